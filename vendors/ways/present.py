"""Ways of data and their tasks as pages show them."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.authority.models import Element
from governance.people.queries import day_of
from portal.base.components import Status, due
from vendors.providers.models import Channel
from vendors.sharing.present import way
from vendors.sharing.words import STOPS
from vendors.ways import rules
from vendors.ways.models import ChildStop
from vendors.ways.queries import Way


def titles(ways: Iterable[Way]) -> dict[str, str]:
    """The names of all elements that these ways mention. One query."""
    keys = {key for each in ways for key in each.agreed | frozenset(each.channel.elements)}
    return {key: _(title) for key, title in Element.objects.filter(pk__in=keys).values_list("pk", "title")}


def standing(found: Way, *, on: dt.date) -> Status:
    """Where a way stands: switched off, being stopped, beyond what was agreed, not looked at for long, or as agreed."""
    channel = found.channel
    if channel.closed_at is not None:
        return Status("off", _("Switched off"))
    if found.task is not None:
        return Status("stop" if day_of(found.task.due_at) < on else "warn", _("Being stopped"))
    if channel.kind == Channel.Kind.PORTAL:
        return Status("ok", _("Held by the gate"))
    if found.beyond:
        number = len(found.beyond)
        return Status("stop", ngettext("%(count)d element beyond", "%(count)d elements beyond", number) % {"count": number})
    if channel.checked_on is None:
        return Status("warn", _("Never checked"))
    if rules.is_old(channel.checked_on, on=on):
        return Status("warn", _("Checked more than a year ago"))
    return Status("ok", _("As agreed"))


def row(found: Way, words: Mapping[str, str], *, on: dt.date) -> dict[str, Any]:
    """A way, agreed against really sent."""
    channel = found.channel
    keeper = getattr(channel, "keeper", None)
    return {
        "url": reverse("ways:way", args=[channel.public_id]),
        "tool": channel.tool.name,
        "way": way(channel),
        "agreed": _names(found.agreed, words),
        "sent": _names(frozenset(channel.elements), words),
        "beyond": _names(found.beyond, words),
        "not_seen": _names(found.not_seen, words),
        "status": standing(found, on=on),
        "checked_on": channel.checked_on,
        "checked_by": channel.checked_by.name if channel.checked_by else "",
        "seen": channel.evidence_note,
        "evidence": reverse("providers:document", args=[channel.evidence.public_id]) if channel.evidence else "",
        "who": channel.switched_off_by,
        "keeper": keeper.user.name if keeper else "",
        "portal": channel.kind == Channel.Kind.PORTAL,
        "closed_at": channel.closed_at,
        "task": reverse("sharing:task", args=[found.task.public_id]) if found.task else "",
    }


def needs_a_look(found: Way, *, on: dt.date) -> bool:
    """Whether a way differs from what was agreed, waits to be stopped, or nobody knows what it sends."""
    return standing(found, on=on).kind in {"stop", "warn"}


def child_stop(task: ChildStop, *, on: dt.date) -> dict[str, Any]:
    """A task for single children: how many, never who."""
    keeper = getattr(task.channel, "keeper", None)
    return {
        "url": reverse("ways:children", args=[task.public_id]),
        "tool": task.channel.tool.name,
        "way": way(task.channel),
        "who": task.channel.switched_off_by,
        "keeper": keeper.user.name if keeper else "",
        "because": STOPS[task.because],
        "children": ngettext("%(count)d child", "%(count)d children", task.count) % {"count": task.count},
        "due": due(day_of(task.due_at), on) if task.done_at is None else Status("ok", _("Done")),
        "due_on": day_of(task.due_at),
        "done_at": task.done_at,
        "done_by": task.done_by.name if task.done_by else "",
        "seen": task.seen,
    }


def _names(keys: frozenset[str], words: Mapping[str, str]) -> list[str]:
    return sorted(words.get(key, key) for key in keys)
