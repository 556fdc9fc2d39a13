"""Reads of what is shared, for pages and for the rooms above."""

import dataclasses
import datetime as dt
import enum
from collections.abc import Collection
from uuid import UUID

from django.db.models import Count, DateField, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject, TruncMonth

from vendors.providers import queries as catalogue
from vendors.providers.models import Channel, Tool
from vendors.reviews import status
from vendors.sharing.models import Delivery, Release, StopTask

SENT = (Release.State.MADE, Release.State.STOPPED)


class Flow(enum.Enum):
    """Whether data travels on a way."""

    OPEN = "open"
    BEING_STOPPED = "being_stopped"
    STOPPED = "stopped"


@dataclasses.dataclass(frozen=True)
class ChannelState:
    """One way of data to a tool. `beyond`: elements that were seen on it and that agreement and approval do not name."""

    channel: Channel
    flow: Flow
    due_at: dt.datetime | None
    since: dt.datetime | None
    beyond: frozenset[str]


def channel_states(tool: Tool, at: dt.datetime) -> list[ChannelState]:
    """How data travels to a tool, agreed against really sent; for pages of the register and of families."""
    return channel_states_of([tool], at)[tool.pk]


def channel_states_of(tools: Collection[Tool], at: dt.datetime) -> dict[int, list[ChannelState]]:
    """The same for many tools, by the tool's id: three queries more than their statuses take, and those of schedules."""
    found: dict[int, list[ChannelState]] = {tool.pk: [] for tool in tools}
    permits = {tool.pk: status.permit_of(tool, at) for tool in tools}
    channels = list(Channel.objects.filter(tool__in=found))
    tasks = {task.channel_id: task for task in StopTask.objects.filter(channel__in=channels, done_at=None)}
    portal = {delivery.tool_id: delivery for delivery in Delivery.objects.filter(tool__in=found, stopped_at=None)}
    for channel in channels:
        permit = permits[channel.tool_id]
        agreed = permit.elements if permit is not None else frozenset()
        beyond = frozenset(channel.elements) - agreed
        if channel.closed_at is not None:
            state = ChannelState(channel, Flow.STOPPED, None, channel.closed_at, frozenset())
        elif channel.kind == Channel.Kind.PORTAL:
            flows = permit is not None and channel.tool_id in portal
            # The gate lets nothing through that is not agreed, whatever the note of an earlier check says.
            state = ChannelState(channel, Flow.OPEN if flows else Flow.STOPPED, None, None, frozenset())
        elif channel.pk in tasks:
            task = tasks[channel.pk]
            state = ChannelState(channel, Flow.BEING_STOPPED, task.due_at, task.opened_at, beyond)
        else:
            state = ChannelState(channel, Flow.OPEN, None, None, beyond)
        found[channel.tool_id].append(state)
    return found


@dataclasses.dataclass(frozen=True)
class LastDelivery:
    """The last month in which something was sent to a tool through the portal, and of how many children at most in one sending."""

    month: dt.date
    children: int


def last_delivery(tool: Tool) -> LastDelivery | None:
    """When the portal last sent something to a tool; None where it never did."""
    return last_of(with_last_delivery(Tool.objects.filter(pk=tool.pk)).get())


def with_last_delivery(tools: QuerySet[Tool]) -> QuerySet[Tool]:
    """The tools with what `last_of` needs, in the same query. What left counts, however its release ended."""
    months = (
        Release.objects.filter(delivery__tool=OuterRef("pk"), children__gt=0)
        .order_by()
        .annotate(month=TruncMonth("asked_at", output_field=DateField()))
        .values("month")
        .annotate(most=Max("children"))
        .order_by("-month")
    )
    return tools.annotate(sent_last=Subquery(months.values(told=JSONObject(month="month", children="most"))[:1]))


def last_of(tool: Tool) -> LastDelivery | None:
    """The last delivery of a tool of `with_last_delivery`."""
    told = tool.sent_last  # type: ignore[attr-defined]  # annotated above
    return LastDelivery(dt.date.fromisoformat(told["month"][:10]), told["children"]) if told else None


def deliveries() -> QuerySet[Delivery]:
    """All deliveries with how often something was sent, the open ones first."""
    return (
        Delivery.objects.select_related("tool__provider", "opened_by")
        .annotate(
            sent=Count("releases", filter=Q(releases__state__in=SENT)), last=Max("releases__asked_at", filter=Q(releases__state__in=SENT))
        )
        .order_by("stopped_at", "tool__name", "pk")
    )


def find_delivery(public_id: UUID) -> Delivery | None:
    """The delivery with this opaque id."""
    return Delivery.objects.select_related("tool__provider", "channel", "opened_by", "seen_by").filter(public_id=public_id).first()


def delivery_of(tool: Tool) -> Delivery | None:
    """The delivery that is open for a tool."""
    return Delivery.objects.filter(tool=tool, stopped_at=None).first()


def releases_of(delivery: Delivery, *, most: int = 20) -> list[Release]:
    """The newest releases of a delivery."""
    return list(Release.objects.filter(delivery=delivery).select_related("asked_by")[:most])


def to_deliver(at: dt.datetime) -> list[Tool]:
    """Tools that could get a delivery: approved with an agreement and elements, and none open."""
    free = catalogue.listed().exclude(deliveries__in=Delivery.objects.filter(stopped_at=None))
    return [each.tool for each in status.of_all(list(free), at).values() if each.usable and each.version is not None]


def open_tasks() -> QuerySet[StopTask]:
    """Ways that have to be switched off, the most urgent first."""
    return StopTask.objects.filter(done_at=None).select_related("channel__tool__provider")


def find_task(public_id: UUID) -> StopTask | None:
    """The task with this opaque id."""
    return StopTask.objects.select_related("channel__tool__provider", "done_by").filter(public_id=public_id).first()
