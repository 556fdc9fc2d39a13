"""Working days at the district: weekdays that are no holiday."""

import datetime as dt
import functools

import holidays


def answer_due(sent_on: dt.date, *, working_days: int) -> dt.date:
    """The last day for an answer: that many working days after the day it was sent, which does not count itself."""
    day = sent_on
    while working_days > 0:
        day += dt.timedelta(days=1)
        working_days -= is_working_day(day)
    return day


def working_days_between(first: dt.date, last: dt.date) -> int:
    """Working days after `first` up to and with `last`; 0 where `last` is not later."""
    return sum(is_working_day(first + dt.timedelta(days=ahead)) for ahead in range(1, (last - first).days + 1))


def is_working_day(day: dt.date) -> bool:
    """True on a weekday that is no holiday in Wisconsin."""
    return day.weekday() < 5 and day not in _holidays(day.year)


@functools.cache
def _holidays(year: int) -> frozenset[dt.date]:
    return frozenset(holidays.country_holidays("US", subdiv="WI", years=year))
