"""Reads of what teachers ask for and use."""

import datetime as dt
import enum
import math
from collections.abc import Collection
from uuid import UUID

from django.db.models import Aggregate, DurationField, ExpressionWrapper, F, QuerySet

from governance.people.models import User
from vendors.providers.models import Tool
from vendors.tool_requests.models import ToolRequest, ToolUse

ENOUGH_TO_TELL = 5
ENDS_SOON_DAYS = 30


class State(enum.Enum):
    """Where a request stands."""

    WAITING = "waiting"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


def state_of(tool_request: ToolRequest) -> State:
    """Where a request stands, from its facts. What the answer is says the tool's status."""
    if tool_request.withdrawn_at is not None:
        return State.WITHDRAWN
    return State.ANSWERED if tool_request.answered_at is not None else State.WAITING


def requests_of(user: User) -> list[ToolRequest]:
    """The person's own requests, newest first."""
    return list(ToolRequest.objects.filter(asker=user).select_related("tool__provider", "review__reviewer"))


def find(user: User, public_id: UUID) -> ToolRequest | None:
    """The person's own request with this opaque id; None for somebody else's."""
    return ToolRequest.objects.filter(asker=user, public_id=public_id).select_related("tool__provider", "review__reviewer").first()


def answered_since(user: User, since: dt.datetime) -> list[ToolRequest]:
    """The person's own requests that got an answer since then, the newest first."""
    return list(ToolRequest.objects.filter(asker=user, answered_at__gte=since, withdrawn_at=None).order_by("-answered_at"))


def open_request(user: User, tool: Tool) -> ToolRequest | None:
    """The person's own request for a tool that has no answer yet."""
    return ToolRequest.objects.filter(asker=user, tool=tool, answered_at=None, withdrawn_at=None).first()


def waiting() -> QuerySet[ToolRequest]:
    """Requests without an answer, the oldest first."""
    return (
        ToolRequest.objects.filter(answered_at=None, withdrawn_at=None).select_related("asker", "tool", "review").order_by("asked_at", "pk")
    )


def not_joined() -> QuerySet[ToolRequest]:
    """Requests for something that the catalogue does not know, the oldest first."""
    return waiting().filter(tool=None)


def open_uses(*, on: dt.date) -> QuerySet[ToolUse]:
    """Who uses which tool with which classes on that day."""
    return ToolUse.objects.filter(ended_at=None, starts_on__lte=on, ends_on__gte=on)


def uses_of_tool(tool: Tool, *, on: dt.date) -> list[ToolUse]:
    """The open uses of one tool."""
    return list(open_uses(on=on).filter(tool=tool).select_related("teacher").order_by("pk"))


def sections_using(tool: Tool, *, on: dt.date) -> frozenset[int]:
    """Ids of the classes in which the tool is used on that day. Who is in them says the roster of that day."""
    return frozenset(section for use in open_uses(on=on).filter(tool=tool).values_list("sections", flat=True) for section in use)


def tools_used_in(sections: Collection[int], *, on: dt.date) -> QuerySet[Tool]:
    """Tools that are used in one of these classes on that day."""
    return Tool.objects.filter(uses__in=open_uses(on=on).filter(sections__overlap=list(sections))).distinct()


def uses_of(user: User) -> list[ToolUse]:
    """What the person uses now, the one that ends first on top; a use whose last day has passed too, until somebody ends it."""
    return list(ToolUse.objects.filter(teacher=user, ended_at=None).select_related("tool__provider").order_by("ends_on", "pk"))


def find_use(user: User, public_id: UUID) -> ToolUse | None:
    """The person's own use with this opaque id."""
    return ToolUse.objects.filter(teacher=user, public_id=public_id).select_related("tool__provider").first()


class _Percentile(Aggregate):
    """The value below which that share of the rows lies."""

    function = "percentile_disc"
    name = "percentile"
    output_field = DurationField()
    template = "%(function)s(0.9) WITHIN GROUP (ORDER BY %(expressions)s)"


_WAITED = ExpressionWrapper(F("answered_at") - F("asked_at"), output_field=DurationField())


def usual_wait(at: dt.datetime) -> int | None:
    """Within how many days nine in ten requests of the last year had an answer; None with fewer than five of them.

    Requests that still wait longer than that count too, as long as they have waited: else the slow ones would make the number look good.
    """
    year = at - dt.timedelta(days=365)
    asked = ToolRequest.objects.filter(asked_at__gt=year, asked_at__lte=at, withdrawn_at=None)
    answered = asked.filter(answered_at__isnull=False, answered_at__lte=at)
    found = answered.aggregate(ninth=_Percentile(_WAITED), number=Aggregate(F("pk"), function="count"))
    if found["number"] < ENOUGH_TO_TELL:
        return None
    slow = [at - since for since in asked.filter(answered_at=None).values_list("asked_at", flat=True) if at - since > found["ninth"]]
    if slow:
        times = sorted([*slow, *(answered.annotate(waited=_WAITED).values_list("waited", flat=True))])
        found["ninth"] = times[math.ceil(0.9 * len(times)) - 1]
    return max(1, math.ceil(found["ninth"].total_seconds() / 86_400))
