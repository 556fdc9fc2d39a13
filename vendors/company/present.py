"""The provider's own things as its pages show them."""

import datetime as dt
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from governance.authority.models import Element
from portal.base.components import Status, due
from vendors.agreements import present as agreements
from vendors.agreements.queries import Held
from vendors.company.models import BreachNotice, SupplierNotice
from vendors.ends import present as ends
from vendors.ends.models import Order
from vendors.providers.models import Tool
from vendors.reviews import present as reviews
from vendors.reviews.models import Questionnaire
from vendors.reviews.rules import State
from vendors.reviews.status import Status as Stands

# What the provider reads of a tool's standing: the district's reasons and its open reviews stay the district's.
_STATES: dict[State, tuple[str, str | Promise]] = {
    State.APPROVED: ("ok", gettext_lazy("Approved")),
    State.LIMITED: ("ok", gettext_lazy("Approved, with conditions")),
    State.WAITING: ("wait", gettext_lazy("Being reviewed")),
    State.REFUSED: ("stop", gettext_lazy("Not allowed")),
    State.ENDED: ("off", gettext_lazy("Not in use any more")),
    State.RETIRED: ("off", gettext_lazy("Not in use any more")),
    State.UNKNOWN: ("info", gettext_lazy("Not reviewed")),
}
assert set(_STATES) == set(State)


def standing(stands: Stands) -> Status:
    """Where a tool stands, for its provider."""
    kind, words = _STATES[stands.state]
    return Status(kind, str(words))


def tool(row: Tool, stands: Stands) -> dict[str, Any]:
    """A tool in the list."""
    return {"name": row.name, "summary": row.summary, "state": standing(stands)}


def questionnaire(row: Questionnaire, *, on: dt.date) -> dict[str, Any]:
    """A questionnaire in the list."""
    open_one = row.handed_in_at is None
    return {
        "id": row.public_id,
        "tool": row.review.tool.name,
        "open": open_one,
        "saved": open_one and hasattr(row, "draft"),
        "due": due(row.due_on, on) if open_one else Status("ok", _("Handed in")),
        "handed_in_at": row.handed_in_at,
    }


def answers(row: Questionnaire) -> list[dict[str, Any]]:
    """What was handed in."""
    return reviews.questionnaire_rows(row)


def agreement(held: Held) -> dict[str, Any]:
    """An agreement in the list; what waits for the provider's signature says so."""
    waits = held.pending is not None and held.pending.sent_at is not None and "provider" in agreements.sides_open(held.pending)
    return {
        "id": held.agreement.public_id,
        "title": held.agreement.title,
        "kind": held.agreement.get_kind_display(),
        "state": agreements.state_of(held),
        "waits": waits,
        "ends_on": held.standing.ends_on,
    }


def order(row: Order, *, on: dt.date) -> dict[str, Any]:
    """A deletion order in the list."""
    return ends.row(row, on=on)


def breach(row: BreachNotice, names: dict[str, str]) -> dict[str, Any]:
    """A notice, with its clock."""
    late = row.received_at > row.due_at
    hours = ngettext("%(count)d hour", "%(count)d hours", row.hours) % {"count": row.hours}
    return {
        "id": row.public_id,
        "provider": row.provider.name,
        "tools": ", ".join(names.get(str(each), "") for each in row.tools),
        "discovered_at": row.discovered_at,
        "received_at": row.received_at,
        "happened": row.happened,
        "data": row.data,
        "people": row.people,
        "contained": row.contained,
        "measures": row.measures,
        "reach": row.reach,
        "hours": hours,
        "due_at": row.due_at,
        "clock": row.clock,
        "state": Status("stop", _("Told too late")) if late else Status("ok", _("Told in time")),
    }


def suppliers(rows: list[SupplierNotice]) -> list[dict[str, Any]]:
    """Announcements about suppliers. One query more than the rows took."""
    titles = dict(Element.objects.filter(pk__in={key for row in rows for key in row.elements}).values_list("key", "title"))
    return [_supplier(row, titles) for row in rows]


def _supplier(row: SupplierNotice, titles: dict[str, str]) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "provider": row.tool.provider.name,
        "tool": row.tool.name,
        "change": row.get_change_display(),
        "name": row.name,
        "country": row.country,
        "does": row.does,
        "elements": ", ".join(titles[key] for key in row.elements if key in titles),
        "starts_on": row.starts_on,
        "announced_at": row.announced_at,
        "state": Status("ok", _("Seen by the district")) if row.seen_at else Status("wait", _("The district has not looked yet")),
        "seen": row.seen_at is not None,
    }
