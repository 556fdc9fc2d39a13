"""What a step of a drill is, against its clock."""

import datetime as dt

import pytest

from breaches.clocks.rules import Due, Start
from breaches.drills import library, present, rules
from breaches.drills.rules import Outcome
from breaches.incidents.models import Incident

BEGAN = dt.datetime(2026, 11, 24, 15, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
CLOCK = Due(BEGAN, BEGAN + 4 * HOUR)
NO_NUMBER = Due(BEGAN, None, "no_number")


@pytest.mark.parametrize(
    ("due", "done_after", "seen_after", "expected"),
    [
        (CLOCK, 1, 6, Outcome.MET),
        (CLOCK, 4, 6, Outcome.MET),
        (CLOCK, 5, 6, Outcome.LATE),
        (CLOCK, None, 3, Outcome.OPEN),
        (CLOCK, None, 5, Outcome.MISSED),
        (NO_NUMBER, 1, 6, Outcome.DONE),
        (NO_NUMBER, None, 6, Outcome.NOT_DONE),
    ],
    ids=["in time", "at the last moment", "after it", "not yet", "overdue", "no number", "nothing"],
)
def test_a_step_against_its_clock(due: Due, done_after: int | None, seen_after: int, expected: Outcome) -> None:
    done_at = BEGAN + done_after * HOUR if done_after is not None else None
    one = rules.measure("triage", due, done_at, started_at=BEGAN, at=BEGAN + seen_after * HOUR)
    assert one.outcome is expected
    assert one.took == (done_after * HOUR if done_after is not None else None)
    assert rules.tally([one]) == (int(expected in rules.GOOD), 1)
    assert present.outcome(one).text and present.step_title(one.key)


def test_each_scenario_is_whole() -> None:
    assert len(library.scenarios()) >= 8
    for found in library.scenarios().values():
        assert found.kind in Incident.Kind.values and found.severity in Incident.Severity.values
        times = [inject.after for inject in found.injects]
        assert times[0] == 0 and times == sorted(set(times)) and times[-1] < found.minutes
        assert all(inject.questions and inject.to in found.roles for inject in found.injects)
        assert found.idea and found.summary and found.roles


def test_drills_use_the_districts_own_targets_where_it_has_some() -> None:
    found = {target.id: target for target in library.targets()}
    assert list(found) == ["triage", "contained", "facts", "listed", "drafted", "approved", "sent"]
    assert (found["facts"].start, found["facts"].length.number, found["facts"].length.unit) == (Start.DISCOVERY, 48, "hours")
    assert [each["number"] for each in present.controls()] == ["ID.IM-02", "5.2"]
