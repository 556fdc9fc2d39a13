"""Remedies as plain values: for those who carry them out, and for families (family.py)."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from breaches.incidents.models import Incident
from breaches.incidents.present import name_of
from breaches.remedies import wording
from breaches.remedies.actions import BY_PAGE, BY_PHONE
from breaches.remedies.models import Offer, Remedy
from breaches.remedies.queries import Figures
from portal.base.components import Status

WHICH = ("owed", "offered", "accepted", "refused", "done")


def incident_facts(incident: Incident) -> dict[str, Any]:
    """What every page of one incident's remedies says of it."""
    return {
        "number": str(incident), "title": incident.title, "public_id": incident.public_id, "drill": incident.drill,
        "open": incident.closed_at is None,
    }  # fmt: skip


def crumbs(incident: Incident, *, deeper: bool = False) -> list[dict[str, str]]:
    """The way from the list of incidents."""
    found = [
        {"label": _("Incidents"), "href": reverse("incidents:incidents")},
        {"label": str(incident), "href": reverse("incidents:incident", args=[incident.public_id])},
    ]
    return [*found, {"label": _("Remedies"), "href": reverse("remedies:remedies", args=[incident.public_id])}] if deeper else found


def rows(remedies: Iterable[Remedy], figures: Mapping[int, Figures]) -> list[dict[str, Any]]:
    """The remedies of an incident with their figures."""
    return [
        {
            "title": wording.said(remedy.texts, get_language() or "en")[0],
            "kind": str(Remedy.Kind(remedy.kind).label),
            "url": reverse("remedies:remedy", args=[remedy.public_id]),
            "answer_by": remedy.answer_by,
            "figures": figures[remedy.pk],
            "state": state(remedy, figures[remedy.pk]),
        }
        for remedy in remedies
    ]


def state(remedy: Remedy, figures: Figures) -> Status:
    """Where a remedy stands, the most pressing first."""
    if figures.short:
        return Status("stop", _("Not enough codes"))
    if figures.owed:
        return Status("warn", _("Accepted, to be carried out"))
    if remedy.withdrawn_at is not None:
        return Status("off", _("Called off"))
    return Status("wait", _("Waiting for answers")) if figures.open else Status("ok", _("Done"))


def tiles(remedy: Remedy, figures: Figures) -> list[dict[str, Any]]:
    """The figures of one remedy, each leading to its children."""
    here = reverse("remedies:remedy", args=[remedy.public_id])
    found: list[dict[str, Any]] = [
        {"number": figures.offered, "label": _("Offered to"), "href": "", "text": ""},
        {
            "number": figures.open + figures.lapsed,
            "label": _("Not answered"),
            "href": f"{here}?which=offered",
            "text": _("The last day to answer has passed.") if figures.lapsed else "",
        },
        {"number": figures.accepted, "label": _("Accepted"), "href": f"{here}?which=accepted", "text": ""},
        {"number": figures.refused, "label": _("Refused"), "href": f"{here}?which=refused", "text": ""},
        {"number": figures.owed, "label": _("To be carried out"), "href": f"{here}?which=owed", "text": ""},
        {"number": figures.done, "label": _("Carried out"), "href": f"{here}?which=done", "text": ""},
    ]
    if remedy.kind == Remedy.Kind.CREDIT_WATCH:
        text = _("%(number)d families wait for a code.") % {"number": figures.short} if figures.short else ""
        found.append({"number": figures.codes, "label": _("Codes left"), "href": "", "text": text})
    return found


def facts(remedy: Remedy) -> list[dict[str, Any]]:
    """What was decided about a remedy."""
    found: list[dict[str, Any]] = [
        {"term": _("Kind"), "value": str(Remedy.Kind(remedy.kind).label)},
        {"term": _("Offered by"), "value": name_of(remedy.offered_by)},
    ]
    if remedy.withdrawn_at is not None:
        found.append({"term": _("Called off by"), "value": name_of(remedy.withdrawn_by), "note": remedy.withdrawn_because})
    return found


def offer(one: Offer, *, number: int, name: str = "") -> dict[str, Any]:
    """One child's offer in the list of those who carry it out; `number` is its place, `name` where it was opened."""
    return {
        "public_id": one.public_id, "number": number, "name": name, "state": _state_of(one), "answered_at": one.answered_at,
        "how": str(Offer.How(one.how).label) if one.how else "", "done_at": one.done_at, "done": shown(one),
        "evidence": one.evidence.title if one.evidence else "", "is_owed": one.state == Offer.State.ACCEPTED and one.done_at is None,
        "is_open": one.done_at is None, "is_accepted": one.state == Offer.State.ACCEPTED,
    }  # fmt: skip


def shown(one: Offer) -> str:
    """What shows that it was done."""
    given = {BY_PAGE: _("The code was shown on the family’s page."), BY_PHONE: _("The code was told by phone.")}
    return given.get(one.done_words, one.done_words)


def _state_of(one: Offer) -> Status:
    if one.done_at is not None:
        return Status("ok", _("Carried out"))
    kind = {Offer.State.OFFERED: "wait", Offer.State.ACCEPTED: "warn", Offer.State.REFUSED: "off"}[Offer.State(one.state)]
    return Status(kind, str(Offer.State(one.state).label))
