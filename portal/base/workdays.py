"""Days on which a school office works: weekdays that are no holiday of the state. For the district's own targets, not for legal clocks."""

import datetime as dt
import functools

import holidays


@functools.lru_cache(maxsize=32)
def _holidays_of(year: int) -> frozenset[dt.date]:
    return frozenset(holidays.country_holidays("US", subdiv="WI", years=year))


def is_workday(day: dt.date) -> bool:
    """True for a weekday that is no holiday."""
    return day.weekday() < 5 and day not in _holidays_of(day.year)


def after(day: dt.date, count: int) -> dt.date:
    """The last of the next `count` workdays; `day` itself does not count."""
    while count > 0:
        day += dt.timedelta(days=1)
        count -= is_workday(day)
    return day


def between(first: dt.date, last: dt.date) -> int:
    """Workdays after `first` up to and with `last`; 0 where `last` is not later."""
    return sum(is_workday(first + dt.timedelta(days=ahead)) for ahead in range(1, (last - first).days + 1))
