"""Postings as plain values: for the public in its language, and for those who write them."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as __

from breaches.incidents.models import Incident
from breaches.postings import wording
from breaches.postings.models import Posting, Version
from breaches.postings.rules import FEWEST
from governance.authority.models import Element
from portal.base.components import Status
from portal.base.templatetags.portal import count, long_date

# What the public reads of each sort of incident; the words of those who handle them stand in the model.
KINDS: dict[str, str | Promise] = {
    Incident.Kind.MISUSE: __("Somebody who works here misused information"),
    Incident.Kind.MIS_SENT: __("Information went to the wrong person"),
    Incident.Kind.LOST_DEVICE: __("A device was lost or stolen"),
    Incident.Kind.PROVIDER: __("Something happened at a company that works for us"),
    Incident.Kind.INTRUSION: __("Somebody broke into an account or a system"),
    Incident.Kind.PUBLICATION: __("Something was published by mistake"),
}
assert set(KINDS) == set(Incident.Kind)


def about(number: int | None) -> str:
    """How many students, as `rules.rounded` gives it."""
    if number is None:
        return _("not known")
    return _("fewer than %(few)d") % {"few": FEWEST} if number == 0 else _("about %(number)s") % {"number": count(number)}


def titles() -> Mapping[str, str]:
    """Titles of elements by their keys. One query."""
    return dict(Element.objects.values_list("key", "title"))


def facts(version: Version, known: Mapping[str, str]) -> list[dict[str, Any]]:
    """The facts of a version in words; `known` are the titles of elements."""
    told = version.facts
    found: list[dict[str, Any]] = [
        {"term": _("Kind"), "value": str(KINDS.get(told["kind"], ""))},
        {"term": _("Found"), "value": _day(told["found_on"]) or _("not known")},
        {"term": _("Families told"), "value": _day(told["told_on"]) or _("no day on record")},
        {"term": _("Students affected"), "value": about(told["about"])},
        {
            "term": _("Kinds of information"),
            "value": ", ".join(known.get(key, key) for key in told["elements"]) or _("none about students"),
        },
    ]
    if version.provider:
        found.append({"term": _("Company"), "value": version.provider})
    return found


def public(posting: Posting, known: Mapping[str, str]) -> dict[str, Any]:
    """What the public reads of one incident in its language."""
    version = posting.version
    assert version is not None
    said, language = wording.said(version.texts, get_language() or "en")
    gone = posting.taken_down_at is not None
    return {
        "slug": posting.slug,
        "url": reverse("postings:page", args=[posting.slug]),
        "title": _("Taken down") if gone else said["title"],
        "language": language,
        "parts": [] if gone else [{"title": str(label), "words": said[part]} for part, label in wording.PARTS.items()],
        "facts": [] if gone else facts(version, known),
        "gone": gone,
        "because": posting.taken_down_because,
        "gone_at": posting.taken_down_at,
        "first_published_at": posting.first_published_at,
        "changed_at": posting.published_at if posting.published_at != posting.first_published_at else None,
        "kind": str(KINDS.get(version.facts["kind"], "")),
        "about": about(version.facts["about"]),
    }


def row(posting: Posting) -> dict[str, Any]:
    """One line of the register."""
    return public(posting, {})


def machine(postings: Iterable[Posting], *, site: str, known: Mapping[str, str]) -> dict[str, Any]:
    """The register for programs: stable keys, ISO dates, texts in both languages. A number is rounded; `fewer_than` stands where it is small."""
    return {"edition": "1", "incidents": [_record(posting, site, known) for posting in postings]}


def _record(posting: Posting, site: str, known: Mapping[str, str]) -> dict[str, Any]:
    version = posting.version
    assert version is not None and posting.published_at and posting.first_published_at
    found: dict[str, Any] = {
        "id": posting.slug,
        "page": f"{site}/incidents/public/{posting.slug}/",
        "first_published": posting.first_published_at.isoformat(timespec="seconds"),
        "published": posting.published_at.isoformat(timespec="seconds"),
    }
    if posting.taken_down_at is not None:
        taken_down = {"at": posting.taken_down_at.isoformat(timespec="seconds"), "because": posting.taken_down_because}
        return found | {"taken_down": taken_down}
    told = version.facts
    return found | {
        "kind": told["kind"],
        "found": told["found_on"],
        "families_told": told["told_on"],
        "students": None if told["about"] is None else {"fewer_than": FEWEST} if told["about"] == 0 else {"about": told["about"]},
        "information": [{"key": key, "title": known.get(key, key)} for key in told["elements"]],
        "company": version.provider or None,
        "texts": version.texts,
        "sha256": version.sha256,
    }


def state(posting: Posting | None, newest: Version | None, approvals: int, *, needed: int) -> Status:
    """How far a posting is, for those who write it."""
    if posting is None or newest is None:
        return Status("off", _("Nothing written yet"))
    if posting.taken_down_at is not None:
        return Status("stop", _("Taken down"))
    if posting.version_id == newest.pk:
        return Status("ok", _("The public reads it"))
    if approvals >= needed:
        return Status("warn", _("Approved, to be published"))
    return Status("wait", _("%(given)d of %(needed)d approvals") % {"given": approvals, "needed": needed})


def _day(iso: str | None) -> str:
    return long_date(dt.date.fromisoformat(iso)) if iso else ""
