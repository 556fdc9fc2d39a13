"""Reads of clocks and of the district's calendar."""

import datetime as dt
from collections.abc import Callable

from django.db.models import QuerySet

from breaches.clocks import registry
from breaches.clocks.models import ClosedDay, Reached
from breaches.clocks.registry import Running, Source
from portal.base import workdays

FAR = dt.datetime.max.replace(tzinfo=dt.UTC)


def running(at: dt.datetime) -> list[tuple[Source, Running]]:
    """Every running clock of the portal, those that end first on top. A fixed number of queries for each source."""
    found = [(source, clock) for source in registry.sources() for clock in source.running(at)]
    return sorted(found, key=lambda each: (each[1].due_at or FAR, each[0].name, each[1].about, each[1].key))


def pressing(at: dt.datetime, *, within: dt.timedelta = dt.timedelta(days=1)) -> list[tuple[Source, Running]]:
    """Clocks of rooms that escalate which are overdue or end within a day, the most urgent first: what a home page says."""
    found = [(source, clock) for source in registry.sources() if source.told for clock in source.running(at)]
    return sorted(
        (each for each in found if each[1].due_at is not None and each[1].due_at < at + within),
        key=lambda each: (each[1].due_at, each[1].about, each[1].key),
    )


def closed_days() -> QuerySet[ClosedDay]:
    """The days that are closed, the earliest first."""
    return ClosedDay.objects.filter(removed_at=None).select_related("added_by")


def workdays_by() -> Callable[[dt.datetime], Callable[[dt.date], bool]]:
    """One query now; then, for a clock that was on record at a moment, which days are workdays.

    A closed day counts for clocks that came after it was entered: nobody makes a running clock end later by closing the office. A day that
    is taken back counts no more at once, which can only make a clock end earlier.
    """
    known = list(ClosedDay.objects.filter(removed_at=None).values_list("day", "added_at"))

    def as_of(moment: dt.datetime) -> Callable[[dt.date], bool]:
        closed = frozenset(day for day, added_at in known if added_at <= moment)
        return lambda day: day not in closed and workdays.is_workday(day)

    return as_of


def lately_reached(*, most: int = 20) -> QuerySet[Reached]:
    """The points that were told last."""
    return Reached.objects.all()[:most]
