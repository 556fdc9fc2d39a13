"""Reads of deletion orders: for the pages of staff and provider, for families, and for whoever delivers data."""

import dataclasses
import datetime as dt
from collections.abc import Collection
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from governance.authority.models import Clock
from governance.people.queries import day_of
from governance.records.models import Student
from vendors.agreements.models import Agreement, Version
from vendors.ends import states
from vendors.ends.models import Order, Ordered
from vendors.ends.states import OrderFacts, State
from vendors.providers.models import Channel, Tool

# What counts where the agreement gives no number of days: the model agreement's own term (governance/data/deadlines.csv).
CLOCK = "ndpa-disposal"


@dataclasses.dataclass(frozen=True)
class Terms:
    """How long a provider has to delete, and from where that number is. `clock` is empty where the agreement gives it."""

    agreement: Agreement | None
    days: int
    clock: str
    disposition: str


@dataclasses.dataclass(frozen=True)
class DeletionState:
    """What families may be told about one child and one tool. `deleted_on`: the day that the company says, never what the district knows."""

    state: State
    since: dt.datetime
    due_on: dt.date
    deleted_on: dt.date | None
    copies_until: dt.date | None
    confirmed_at: dt.datetime | None


def terms_of(tool: Tool) -> Terms:
    """The terms of the newest signed text that lists the tool, in force or not. Three queries at most."""
    signed = Version.objects.filter(services__tool=tool, signed_at__isnull=False).select_related("agreement")
    version = signed.order_by("-signed_at", "-number").first()
    if version is not None and version.disposition_days:
        return Terms(version.agreement, version.disposition_days, "", version.disposition)
    days = Clock.objects.values_list("duration", flat=True).get(pk=CLOCK)
    assert days is not None, "the clock for disposal has a number"
    if version is None:
        return Terms(None, days, CLOCK, Version.Disposition.DESTROY)
    return Terms(version.agreement, days, CLOCK, version.disposition)


def orders() -> QuerySet[Order]:
    """All orders with what their pages show."""
    return Order.objects.select_related("tool__provider", "agreement", "certificate__document")


def find(public_id: UUID) -> Order | None:
    """The order with this opaque id."""
    return orders().filter(public_id=public_id).first()


def of_provider(provider_id: int) -> QuerySet[Order]:
    """The orders that were sent to a provider, the open ones first."""
    return orders().filter(tool__provider=provider_id, sent_at__isnull=False).order_by("certificate__signed_at", "due_on", "pk")


def waiting() -> QuerySet[Order]:
    """Orders that were sent and have no answer."""
    return orders().filter(sent_at__isnull=False, certificate=None, called_off_at=None)


def late(*, on: dt.date) -> QuerySet[Order]:
    """Those whose last day has passed."""
    return waiting().filter(due_on__lt=on)


def facts_of(order: Order) -> OrderFacts:
    """What counts of an order for its state."""
    return OrderFacts(
        due_on=order.due_on,
        sent=order.sent_at is not None,
        confirmed=hasattr(order, "certificate"),
        called_off=order.called_off_at is not None,
    )


def state(order: Order, *, on: dt.date) -> State:
    """Where an order stands on a day."""
    return states.state_of(facts_of(order), on=on)


def deletion_state(student_id: int, tool: Tool, *, at: dt.datetime) -> DeletionState | None:
    """What became of a child's data at a tool, by the newest order that covers the child; None where none does."""
    return deletion_states(student_id, [tool], at=at).get(tool.pk)


def deletion_states(student_id: int, tools: Collection[Tool], *, at: dt.datetime) -> dict[int, DeletionState]:
    """The same for many tools, by the tool's id. One query."""
    on, found = day_of(at), {}
    covering = orders().filter(
        Q(whole=True) | Q(pk__in=Ordered.objects.filter(student=student_id).values("order")),
        tool__in=[tool.pk for tool in tools],
        called_off_at=None,
        opened_at__lte=at,
    )
    for order in covering.order_by("opened_at", "pk"):
        said = getattr(order, "certificate", None)
        found[order.tool_id] = DeletionState(
            state(order, on=on),
            order.opened_at,
            order.due_on,
            said.deleted_on if said else None,
            said.copies_until if said else None,
            said.signed_at if said else None,
        )
    return found


def to_be_deleted(tool: Tool) -> frozenset[int]:
    """Students of whom a tool was told to delete, and has not said that it did: the delivery marks them so (`tobedeleted`). One query.

    What an order for everybody covers is not listed: then nothing is delivered at all.
    """
    open_ones = Order.objects.filter(tool=tool, whole=False, certificate=None, called_off_at=None)
    return frozenset(Ordered.objects.filter(order__in=open_ones).values_list("student_id", flat=True))


def left_and_not_ordered(tool: Tool) -> list[Student]:
    """Students of whom the tool received something through the portal, who have left, and whom no order covers since. Three queries."""
    received = _received(tool, None)
    if not received:
        return []
    standing = Order.objects.filter(tool=tool, called_off_at=None)
    last: dict[int, dt.date] = {}
    for student, since in Ordered.objects.filter(order__in=standing, student__in=received).values_list("student_id", "since"):
        last[student] = max(last.get(student, dt.date.min), day_of(since))
    everybody = [day_of(opened) for opened in standing.filter(whole=True).values_list("opened_at", flat=True)]
    left = Student.objects.filter(pk__in=received, left_on__isnull=False).order_by("pk")
    return [student for student in left if student.left_on and max([last.get(student.pk, dt.date.min), *everybody]) < student.left_on]


def may_hold(tool: Tool, student: Student) -> bool:
    """False only where nothing of the child can have reached the tool: every known way leads through the portal, and none was recorded here.

    A tool of which no way is known may hold something. Three queries at most.
    """
    ways = set(Channel.objects.filter(tool=tool).values_list("kind", flat=True))
    return ways != {Channel.Kind.PORTAL.value} or bool(_received(tool, [student.pk]))


def received(tool: Tool, students: Collection[int]) -> frozenset[int]:
    """Of which of these students the tool received something through the portal, by the record of disclosures. Two queries, none for nobody."""
    return frozenset(_received(tool, sorted(students))) if students else frozenset()


def _received(tool: Tool, students: list[int] | None) -> list[int]:
    """Which of the students (None: of those who have left) are in the record of disclosures for the tool."""
    signed = Version.objects.filter(services__tool=tool, signed_at__isnull=False).select_related("agreement")
    references = {str(each) for version in signed for each in (version.public_id, version.agreement.public_id)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT student_id FROM door.received(%s, %s, %s::bigint[])", [str(tool.public_id), sorted(references), students])
        return [student for (student,) in cursor.fetchall()]
