"""Days on which offices work."""

import datetime as dt

import pytest

from portal.base import workdays


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (dt.date(2026, 11, 24), True),  # a Tuesday
        (dt.date(2026, 11, 26), False),  # Thanksgiving
        (dt.date(2026, 11, 28), False),  # a Saturday
        (dt.date(2026, 12, 25), False),
        (dt.date(2027, 1, 1), False),
        (dt.date(2027, 7, 5), False),  # July 4 falls on a Sunday
    ],
)
def test_weekends_and_holidays_are_no_workdays(day, works) -> None:
    assert workdays.is_workday(day) is works


@pytest.mark.parametrize(
    ("sent_on", "days", "due"),
    [
        (dt.date(2026, 11, 24), 10, dt.date(2026, 12, 9)),  # Thanksgiving between
        (dt.date(2026, 11, 27), 1, dt.date(2026, 11, 30)),
        (dt.date(2026, 11, 28), 1, dt.date(2026, 11, 30)),  # sent on a Saturday
        (dt.date(2026, 11, 24), 0, dt.date(2026, 11, 24)),
    ],
)
def test_the_day_it_was_sent_does_not_count(sent_on, days, due) -> None:
    assert workdays.after(sent_on, days) == due


def test_days_between_are_what_the_due_date_adds() -> None:
    first = dt.date(2026, 11, 20)
    for days in range(15):
        assert workdays.between(first, workdays.after(first, days)) == days
    assert workdays.between(first, first - dt.timedelta(days=3)) == 0
