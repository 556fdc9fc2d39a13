"""When clocks end: lengths, daylight saving, leap days, holds, and words that are no number."""

import csv
import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from breaches.assessment import rules as assessment
from breaches.clocks.rules import STARTS, Due, Hold, Length, Start, due, starts_of
from governance.authority.reference import DATA
from portal.base import workdays

CHICAGO = ZoneInfo("America/Chicago")


def ends(began: str, number: int | None, unit: str, hold: Hold | None = None) -> Due:
    return due([moment(began)], Length(number, unit), zone=CHICAGO, is_workday=workdays.is_workday, hold=hold)


def moment(words: str) -> dt.datetime:
    return dt.datetime.fromisoformat(words).replace(tzinfo=CHICAGO)


@pytest.mark.parametrize(
    ("began", "number", "unit", "end"),
    [
        ("2026-11-24 09:00", 45, "calendar_days", "2027-01-08 23:59:59"),
        ("2026-11-24 23:59", 1, "calendar_days", "2026-11-25 23:59:59"),
        ("2026-11-24 09:00", 2, "business_days", "2026-11-27 23:59:59"),  # Thanksgiving is no business day, the Friday after it is
        ("2026-11-27 09:00", 1, "working_days", "2026-11-30 23:59:59"),
        ("2026-11-24 09:00", 72, "hours", "2026-11-27 09:00"),
        ("2028-02-29 09:00", 1, "years", "2029-02-28 23:59:59"),
        ("2028-02-28 09:00", 1, "calendar_days", "2028-02-29 23:59:59"),
        ("2026-11-24 09:00", None, "immediately", "2026-11-24 09:00"),
    ],
)
def test_where_a_clock_ends(began: str, number: int | None, unit: str, end: str) -> None:
    assert ends(began, number, unit).at == moment(end)


def test_hours_are_hours_over_a_change_to_summer_time() -> None:
    found = ends("2027-03-13 12:00", 24, "hours").at
    assert found is not None
    assert found.astimezone(dt.UTC) - moment("2027-03-13 12:00").astimezone(dt.UTC) == dt.timedelta(hours=24)


def test_a_day_ends_in_the_districts_zone() -> None:
    late = dt.datetime(2026, 11, 25, 5, 30, tzinfo=dt.UTC)  # still November 24 in Wisconsin
    found = due([late], Length(1, "calendar_days"), zone=CHICAGO, is_workday=workdays.is_workday).at
    assert found == moment("2026-11-25 23:59:59")


@pytest.mark.parametrize("unit", ["without_unreasonable_delay", "as_soon_as_practicable", "no_number", "with_individual_notice"])
def test_no_number_is_made_up(unit: str) -> None:
    found = ends("2026-11-24 09:00", None, unit)
    assert (found.at, found.why_open) == (None, "no_number")


def test_the_earliest_known_event_starts_it() -> None:
    found = due(
        [moment("2026-11-26 09:00"), None, moment("2026-11-24 09:00")],
        Length(10, "calendar_days"),
        zone=CHICAGO,
        is_workday=workdays.is_workday,
    )
    assert found.started_at == moment("2026-11-24 09:00")
    assert found.at == moment("2026-12-04 23:59:59")


def test_a_clock_without_a_known_start_has_not_started() -> None:
    assert due([None], Length(10, "calendar_days"), zone=CHICAGO, is_workday=workdays.is_workday) == Due(None, None, "not_started")


def test_a_hold_without_an_end_leaves_it_open() -> None:
    assert ends("2026-11-24 09:00", 2, "calendar_days", Hold(moment("2026-11-25 09:00"), None)).why_open == "held"


def test_a_hold_moves_the_end_to_its_own_where_that_is_later() -> None:
    hold = Hold(moment("2026-11-25 09:00"), moment("2026-12-10 12:00"))
    assert ends("2026-11-24 09:00", 2, "calendar_days", hold).at == moment("2026-12-10 12:00")
    assert ends("2026-11-24 09:00", 45, "calendar_days", hold).at == moment("2027-01-08 23:59:59")


def test_a_hold_asked_for_after_the_end_changes_nothing() -> None:
    hold = Hold(moment("2026-12-01 09:00"), moment("2026-12-10 12:00"))
    assert ends("2026-11-24 09:00", 2, "calendar_days", hold).at == moment("2026-11-26 23:59:59")


def test_overdue_begins_after_the_last_second() -> None:
    found = ends("2026-11-24 09:00", 1, "calendar_days")
    assert not found.overdue(moment("2026-11-25 23:59:59"))
    assert found.overdue(moment("2026-11-26 00:00"))


def test_a_provider_owes_from_its_own_knowledge() -> None:
    assert starts_of("discovery", owed_by_provider=True) == (Start.PROVIDER_DISCOVERY,)
    assert starts_of("discovery", owed_by_provider=False) == (Start.DISCOVERY,)


def test_every_row_that_a_breach_is_held_against_has_a_known_start() -> None:
    with (DATA / "deadlines.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    wanted = {row["clock_starts"] for row in rows if row["kind"] in assessment.KINDS or row["id"] in assessment.ALSO}
    assert len(wanted) > 15
    assert wanted - STARTS.keys() == set()
