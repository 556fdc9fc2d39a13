"""Deliveries, releases and stop tasks as pages show them."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from governance.authority.models import Element
from governance.people.queries import day_of
from portal.base.components import Status as Shown
from portal.base.components import due
from vendors.providers.models import Channel
from vendors.sharing import gate
from vendors.sharing.models import Delivery, Release, StopTask
from vendors.sharing.queries import ChannelState, Flow
from vendors.sharing.words import REASONS, REFUSALS, STOPS

_RELEASES = {
    Release.State.RUNNING: ("wait", gettext_lazy("Being made")),
    Release.State.MADE: ("ok", gettext_lazy("Sent")),
    Release.State.STOPPED: ("warn", gettext_lazy("Stopped in the middle")),
    Release.State.REFUSED: ("stop", gettext_lazy("Refused")),
}
assert set(_RELEASES) == set(Release.State)


def delivery_state(delivery: Delivery, *, usable: bool) -> Shown:
    """Whether anything can leave on it now."""
    if delivery.stopped_at is not None:
        return Shown("off", _("Stopped"))
    if not usable:
        return Shown("stop", _("The gate is closed"))
    if delivery.seen_at is None:
        return Shown("wait", _("Waits for its preview"))
    return Shown("ok", _("Open"))


def row(delivery: Delivery, *, usable: bool) -> dict[str, Any]:
    """A delivery in the list."""
    return {
        "url": reverse("sharing:delivery", args=[delivery.public_id]),
        "tool": delivery.tool.name,
        "provider": delivery.tool.provider.name,
        "state": delivery_state(delivery, usable=usable),
        "last": getattr(delivery, "last", None),
        "sent": getattr(delivery, "sent", 0),
    }


def titles_of(keys: Collection[str]) -> list[str]:
    """Names of elements, as people know them."""
    titles = dict(Element.objects.filter(pk__in=keys).values_list("pk", "title"))
    return [_(titles.get(key, key)) for key in sorted(keys)]


def preview(decided: gate.Decided) -> dict[str, Any]:
    """Whom and what a release would hold."""
    children, held = len(decided.given), gate.counted(decided)
    parts = [
        ngettext("%(count)d child", "%(count)d children", children) % {"count": children},
        ngettext("%(count)d element", "%(count)d elements", len(decided.elements)) % {"count": len(decided.elements)},
        ngettext("%(count)d withheld", "%(count)d withheld", sum(held.values())) % {"count": sum(held.values())},
    ]
    partly = sum(told != decided.elements for told in decided.given.values())
    return {
        "parts": parts,
        "children": children,
        "elements": titles_of(decided.elements),
        "not_sent": titles_of(decided.permit.elements - decided.elements),
        "withheld": withheld(held),
        "partly": partly,
    }


def withheld(counts: dict[str, int]) -> list[dict[str, Any]]:
    """How many children were left out, and why."""
    return [{"count": count, "why": REASONS[because]} for because, count in sorted(counts.items())]


def release(made: Release) -> dict[str, Any]:
    """One release in the list of a delivery."""
    kind, words = _RELEASES[Release.State(made.state)]
    return {
        "at": made.asked_at,
        "by": made.asked_by.name,
        "state": Shown(kind, str(words)),
        "why": REFUSALS.get(made.because, ""),
        "children": made.children,
        "withheld": withheld(made.withheld),
    }


def task(found: StopTask, *, on: dt.date) -> dict[str, Any]:
    """A way that has to be switched off."""
    channel = found.channel
    return {
        "url": reverse("sharing:task", args=[found.public_id]),
        "tool": channel.tool.name,
        "provider": channel.tool.provider.name,
        "way": way(channel),
        "who": channel.switched_off_by,
        "because": STOPS[found.because],
        "due": due(day_of(found.due_at), on) if found.done_at is None else Shown("ok", _("Switched off")),
        "due_on": day_of(found.due_at),
        "done_at": found.done_at,
        "done_by": found.done_by.name if found.done_by else "",
        "seen": found.seen,
    }


def way(channel: Channel) -> str:
    """The way in words, with the name of the system."""
    return f"{channel.get_kind_display()}: {channel.name}" if channel.name else channel.get_kind_display()


def channel(found: ChannelState) -> dict[str, Any]:
    """A way of data, agreed against really sent."""
    shown = {
        Flow.OPEN: Shown("ok", _("Open")),
        Flow.BEING_STOPPED: Shown("warn", _("Being stopped")),
        Flow.STOPPED: Shown("off", _("Stopped")),
    }[found.flow]
    is_portal = found.channel.kind == Channel.Kind.PORTAL
    return {
        "way": way(found.channel),
        "status": shown,
        "until": found.due_at,
        "note": _("Held by the gate") if is_portal else found.channel.evidence_note,
        "checked_on": None if is_portal else found.channel.checked_on,
        "beyond": titles_of(found.beyond),
    }
