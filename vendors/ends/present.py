"""Deletion orders as pages of staff and provider show them."""

import datetime as dt
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal.base.components import Status, due
from vendors.ends import queries
from vendors.ends.models import Order
from vendors.ends.states import State

STATES: dict[State, tuple[str, str | Promise]] = {
    State.GATHERING: ("info", gettext_lazy("Goes out within the hour")),
    State.OPEN: ("wait", gettext_lazy("Waits for the provider")),
    State.LATE: ("stop", gettext_lazy("Late")),
    State.CONFIRMED: ("ok", gettext_lazy("The provider says it is deleted")),
    State.CALLED_OFF: ("off", gettext_lazy("Called off")),
}
assert set(STATES) == set(State)


def state_of(order: Order, *, on: dt.date) -> Status:
    """Where an order stands, with color and shape."""
    kind, words = STATES[queries.state(order, on=on)]
    return Status(kind, str(words))


def whom(order: Order) -> str:
    """Of whom the data goes: everybody, or how many. Never who."""
    if order.whole:
        return _("All students")
    return ngettext("%(count)d student", "%(count)d students", order.students) % {"count": order.students}


def row(order: Order, *, on: dt.date) -> dict[str, Any]:
    """An order in a list."""
    stands = queries.state(order, on=on)
    return {
        "id": order.public_id,
        "tool": order.tool.name,
        "provider": order.tool.provider.name,
        "because": order.get_because_display(),
        "whom": whom(order),
        "due_on": order.due_on,
        "state": state_of(order, on=on),
        "due": due(order.due_on, on) if stands in {State.OPEN, State.LATE} else None,
        "open": stands in {State.OPEN, State.LATE},
    }


def facts(order: Order) -> list[dict[str, Any]]:
    """What was ordered, on which term, until when."""
    term = (
        _("The agreement gives this number.")
        if not order.clock
        else _("The agreement gives no number: the term of the model agreement counts (clock %(clock)s).") % {"clock": order.clock}
    )
    return [
        {"term": _("Tool"), "value": order.tool.name},
        {"term": _("Whose data"), "value": whom(order)},
        {"term": _("Why"), "value": order.get_because_display()},
        {"term": _("What to do"), "value": order.get_disposition_display()},
        {
            "term": _("Within"),
            "value": ngettext("%(count)d day", "%(count)d days", order.days) % {"count": order.days},
            "note": term,
        },
    ]


def certificate(order: Order) -> dict[str, Any] | None:
    """What the provider said, as its statement."""
    said = getattr(order, "certificate", None)
    if said is None:
        return None
    return {
        "kind": said.get_kind_display(),
        "deleted_on": said.deleted_on,
        "copies_until": said.copies_until,
        "name": said.name,
        "title": said.title,
        "signed_at": said.signed_at,
        "registered": said.registered,
        "document": {"id": said.document.public_id, "sha256": said.document.sha256} if said.document else None,
    }


def timeline(order: Order, *, on: dt.date) -> list[dict[str, Any]]:
    """What happened, newest first."""
    items: list[dict[str, Any]] = [{"title": _("Opened"), "when": order.opened_at, "text": order.get_because_display(), "kind": "info"}]
    if order.sent_at:
        items.append({"title": _("Sent to the provider"), "when": order.sent_at, "text": "", "kind": "wait"})
    for reminder in order.reminders.order_by("told_at", "pk"):
        if reminder.days:
            text = ngettext("%(count)d day ahead", "%(count)d days ahead", reminder.days) % {"count": reminder.days}
            items.append({"title": _("Reminded"), "when": reminder.told_at, "text": text, "kind": "wait"})
        else:
            items.append({"title": _("Late: both sides were told"), "when": reminder.told_at, "text": "", "kind": "stop"})
    said = getattr(order, "certificate", None)
    if said is not None:
        items.append({"title": _("The provider confirmed"), "when": said.signed_at, "text": said.name, "kind": "ok"})
    if order.called_off_at:
        items.append({"title": _("Called off"), "when": order.called_off_at, "text": order.called_off_because, "kind": "off"})
    return items[::-1]
