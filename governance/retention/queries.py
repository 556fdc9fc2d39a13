"""What is kept how long, what holds it, what leaves next and what has left. Counts and dates; no value of anybody."""

import dataclasses
import datetime as dt

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Count, F, QuerySet

from governance.authority.models import Element
from governance.retention.classes import CLASSES, class_of
from governance.retention.models import Hold, Receipt, RetentionRule


def elements_of(subject: str) -> list[str]:
    """The keys of the elements that the portal holds in this class."""
    held = Element.objects.exclude(held_in__in=["", "link"]).order_by("key")
    return [element.key for element in held if class_of(element.retention, element.wi_class) == subject]


def rules() -> QuerySet[RetentionRule]:
    """All rules, the newest first."""
    return RetentionRule.objects.select_related("proposed_by", "adopted_by")


def in_force() -> dict[str, RetentionRule]:
    """The rule that counts of each class."""
    adopted = rules().filter(state=RetentionRule.State.ADOPTED).order_by("adopted_at", "pk")
    return {rule.subject: rule for rule in adopted}


def holds(*, at_most: int) -> list[tuple[Hold, int]]:
    """The holds, open ones first, the newest first, each with how many students it names."""
    found = Hold.objects.select_related("placed_by", "end_asked_by", "ended_by").annotate(named=Count("students"))
    return [(hold, getattr(hold, "named", 0)) for hold in found.order_by(F("ended_at").desc(nulls_first=True), "-placed_at")[:at_most]]


def receipts() -> QuerySet[Receipt]:
    """What has left, the newest first."""
    return Receipt.objects.select_related("rule")


@dataclasses.dataclass(frozen=True)
class Month:
    """A month of the trail: when it may leave (None: no rule is adopted), and whether a hold keeps it."""

    month: dt.date
    may_leave_at: dt.datetime | None
    held: bool

    def is_due(self, now: dt.datetime) -> bool:
        """True where it may leave now."""
        return self.may_leave_at is not None and self.may_leave_at <= now and not self.held


def months(*, using: str = DEFAULT_DB_ALIAS) -> list[Month]:
    """The months of the trail that are over, the oldest first."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT month, may_leave_at, held FROM retention.months()")
        return [Month(*row) for row in cursor.fetchall()]


@dataclasses.dataclass(frozen=True)
class Due:
    """How many students' values are past the rule of their class, and how many values."""

    subject: str
    students: int
    values: int


def due(*, using: str = DEFAULT_DB_ALIAS) -> list[Due]:
    """What the next run destroys, by class."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT subject, students, held FROM door.retention_due()")
        return [Due(*row) for row in cursor.fetchall()]


@dataclasses.dataclass(frozen=True)
class Departure:
    """A month of the trail that left."""

    month: dt.date
    entries: int
    first_id: int | None
    last_id: int | None
    departed_at: dt.datetime
    entry_id: int


def departures() -> list[Departure]:
    """The months that left, the newest first."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT month, entries, first_id, last_id, departed_at, entry_id FROM retention.departed ORDER BY month DESC")
        return [Departure(*row) for row in cursor.fetchall()]


@dataclasses.dataclass(frozen=True)
class KeptUntil:
    """How long a class is kept of one student: `months` after leaving, and the day, where the student has left and a rule is adopted."""

    subject: str
    months: int | None
    until: dt.date | None
    held: bool


def kept_until(*, student_id: int, left_on: dt.date | None) -> list[KeptUntil]:
    """How long each class of a student's values is kept."""
    adopted = in_force()
    held = Hold.objects.filter(ended_at=None, holds_values=True)
    is_held = held.filter(for_all=True).exists() or held.filter(students=student_id).exists()
    return [
        KeptUntil(
            subject,
            adopted[subject].months if subject in adopted else None,
            _months_after(left_on, adopted[subject].months) if left_on and subject in adopted else None,
            is_held,
        )
        for subject in CLASSES
        if subject != "trail"
    ]


def _months_after(day: dt.date, months: int) -> dt.date:
    """The day so many months later; of a month that is too short, its last day, as PostgreSQL counts."""
    years, month = divmod(day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return day.replace(year=day.year + years, month=month + 1, day=last)
        except ValueError:
            continue
    raise ValueError(f"no such day: {day} and {months} months")
