"""Agreements as pages show them."""

from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from governance.authority.models import Element, Purpose
from governance.people.queries import day_of
from portal.base.components import Status as Shown
from vendors.agreements.models import Agreement, Clause, Signature, Version
from vendors.agreements.queries import Held
from vendors.agreements.states import State
from vendors.agreements.words import SAFEGUARDS
from vendors.providers import present as catalogue

STATES: dict[State, tuple[str, str | Promise]] = {
    State.DRAFT: ("info", gettext_lazy("Draft")),
    State.WAITING_PROVIDER: ("wait", gettext_lazy("Waits for the provider's signature")),
    State.WAITING_DISTRICT: ("wait", gettext_lazy("Waits for the district's signature")),
    State.COMING: ("info", gettext_lazy("Signed, begins later")),
    State.IN_FORCE: ("ok", gettext_lazy("In force")),
    State.EXPIRING: ("warn", gettext_lazy("In force, ends soon")),
    State.ENDED: ("off", gettext_lazy("Ended")),
    State.SUPERSEDED: ("off", gettext_lazy("Superseded")),
    State.DROPPED: ("off", gettext_lazy("Not signed, dropped")),
}
assert set(STATES) == set(State)


def state_of(held: Held) -> Shown:
    """Where an agreement stands, with color and shape."""
    kind, words = STATES[held.standing.state]
    return Shown(kind, str(words))


def pending_of(held: Held) -> Shown | None:
    """Where the text on the table stands, beside one that is in force."""
    if held.pending is None or held.standing.pending_state is None or held.in_force is None:
        return None
    kind, words = STATES[held.standing.pending_state]
    return Shown(kind, f"{held.pending.get_kind_display()}: {words}")


def row(held: Held) -> dict[str, Any]:
    """An agreement in the list."""
    latest = held.latest
    return {
        "url": reverse("agreements:detail", args=[held.agreement.public_id]),
        "title": held.agreement.title,
        "provider": held.agreement.provider.name,
        "kind": held.agreement.get_kind_display(),
        "tools": ", ".join(service.tool.name for service in latest.services.all()) if latest else "",
        "state": state_of(held),
        "pending": pending_of(held),
        "ends_on": day_of(held.agreement.ended_at)
        if held.agreement.ended_at
        else held.standing.ends_on or (latest.ends_on if latest else None),
    }


def terms(version: Version, purposes: dict[str, str]) -> list[dict[str, Any]]:
    """The terms of a text as facts."""
    not_said = _("The text gives no number")
    return [
        {"term": _("First day"), "value": version.starts_on, "is_day": True},
        {"term": _("Last day"), "value": version.ends_on or _("Until it is ended"), "is_day": version.ends_on is not None},
        {"term": _("Purposes"), "value": ", ".join(_(purposes.get(key, key)) for key in version.purposes) or _("None named yet")},
        {
            "term": _("A breach is told within"),
            "value": ngettext("%(count)d hour", "%(count)d hours", version.breach_hours) % {"count": version.breach_hours}
            if version.breach_hours
            else not_said,
            "note": version.breach_words,
        },
        {
            "term": _("At the end"),
            "value": version.get_disposition_display(),
            "note": _within(version.disposition_days, version.disposition_words),
        },
        {"term": _("A family's request is answered within"), "value": _days(version.inspection_days) or not_said},
        {"term": _("Notice before an audit"), "value": _days(version.audit_days) or not_said},
        {"term": _("Safeguards"), "value": ", ".join(str(SAFEGUARDS.get(word, word)) for word in version.safeguards) or _("None named")},
    ]


def _days(count: int | None) -> str:
    return ngettext("%(count)d day", "%(count)d days", count) % {"count": count} if count else ""


def _within(days: int | None, words: str) -> str:
    return " ".join(part for part in (_("within %(days)s.") % {"days": _days(days)} if days else "", words) if part)


def services(version: Version) -> list[dict[str, Any]]:
    """Exhibits A and B: each tool with its schedule of data."""
    found = version.services.select_related("tool").prefetch_related("schedule__element")
    return [
        {
            "name": service.tool.name,
            "slug": service.tool.slug,
            "words": service.words,
            "lines": [
                {"title": line.element.title, "category": line.element.category, "required": line.required, "note": line.note}
                for line in service.schedule.all()
            ],
        }
        for service in found
    ]


def clauses(version: Version) -> list[dict[str, Any]]:
    """The passages by part."""
    parts: dict[str, list[dict[str, Any]]] = {}
    for clause in version.clauses.all():
        parts.setdefault(clause.part, []).append({"id": clause.pk, "heading": clause.heading, "words": clause.words, "state": clause.state})
    return [{"part": str(Clause.Part(part).label), "lines": lines} for part, lines in parts.items()]


def signatures(version: Version) -> list[dict[str, Any]]:
    """Who signed, how and when."""
    return [
        {
            "side": signature.get_side_display(),
            "name": signature.name,
            "title": signature.title,
            "method": signature.get_method_display(),
            "on": signature.signed_on,
            "scan": reverse("providers:document", args=[signature.scan.public_id]) if signature.scan else "",
        }
        for signature in version.signatures.select_related("scan")
    ]


def text(version: Version) -> dict[str, Any]:
    """Everything that a text says, for reading and for signing."""
    purposes = dict(Purpose.objects.filter(pk__in=version.purposes).values_list("pk", "title"))
    return {
        "kind": version.get_kind_display(),
        "number": version.number,
        "terms": terms(version, purposes),
        "services": services(version),
        "clauses": clauses(version),
        "offered_until": version.offered_until,
        "document": {
            "url": reverse("providers:document", args=[version.document.public_id]),
            "title": version.document.title,
            "sha256": version.document.sha256,
        }
        if version.document
        else None,
        "sha256": version.sha256,
    }


def channels(version: Version) -> list[dict[str, Any]]:
    """How data really reaches the version's tools: what each way sends against what the schedule lists."""
    found = []
    covered = list(version.services.select_related("tool").prefetch_related("schedule", "tool__channels"))
    used = {key for service in covered for each in service.tool.channels.all() for key in each.elements}
    titles = dict(Element.objects.filter(pk__in=used).values_list("key", "title"))
    for service in covered:
        listed = frozenset(line.element_id for line in service.schedule.all())
        open_channels = [each for each in service.tool.channels.all() if each.closed_at is None]
        found += [{"tool": service.tool.name, **catalogue.channel(each, titles, listed)} for each in open_channels]
    return found


def versions(agreement: Agreement) -> list[dict[str, Any]]:
    """The texts of an agreement as a timeline, newest first."""
    items: list[dict[str, Any]] = []
    for version in agreement.versions.all():
        title = f"{version.get_kind_display()} ({version.number})"
        if version.dropped_at:
            items.append({"title": title, "when": version.dropped_at, "text": _("Dropped, not signed"), "kind": "off"})
        elif version.signed_at:
            items.append({"title": title, "when": version.signed_at, "text": _("Signed by every side that must"), "kind": "ok"})
        elif version.sent_at:
            items.append({"title": title, "when": version.sent_at, "text": _("Sent for signing"), "kind": "wait"})
        else:
            items.append({"title": title, "when": version.written_at, "text": _("Being written"), "kind": "info"})
    if agreement.ended_at:
        items.insert(0, {"title": _("Ended"), "when": agreement.ended_at, "text": agreement.ended_because, "kind": "stop"})
    return items


def sides_open(version: Version) -> list[str]:
    """Sides that have not signed the text that is on the table."""
    signed = {signature.side for signature in version.signatures.all()}
    return [side for side in Signature.Side.values if side not in signed]
