"""Each detector both ways, without a database: what it finds odd, and what it leaves alone."""

import datetime as dt
from pathlib import Path

import pytest

from governance.alerts import detectors, limits
from governance.alerts.detectors.seen import Seen
from governance.alerts.models import Detector
from tests.governance.alerts.cast import ON

AT = dt.datetime(2026, 11, 24, 15, 0, tzinfo=dt.UTC)


def seen(**facts: object) -> Seen:
    return Seen(
        **(
            {"id": 1, "at": AT, "kind": "records.student.opened", "actor_id": 7, "hat": "teacher", "address": "10.20.1.1", "students": 1}
            | facts
        )
    )


def found(**facts: object) -> dict[str, dict[str, int]]:
    return dict(detectors.judge(seen(**facts), ON))


ODD = {
    "no_class": {"unrelated": 1},
    "same_address": {"same_address": True},
    "burst": {"in_hour": 60},
    "after_transfer": {"departed": 1},
    "planted": {"planted": 1},
    "volume": {"kind": "records.limit.reached"},
    "many_schools": {"schools": 6},
    "sign_ins": {"kind": "people.sign_in.failed", "actor_id": None, "tries": 20},
    "night": {"hour": 2, "in_hour": 10},
}
FINE = {
    "an ordinary look": {},
    "a class list with own child in it": {"students": 28, "same_address": True},
    "a teacher grading at nine in the evening": {"hour": 21, "in_hour": 40, "usual_hour": 30},
    "a teacher grading at eleven at night": {"hour": 23, "in_hour": 25},
    "one student looked up at two at night": {"hour": 2, "in_hour": 1},
    "a counselor in a busy week": {"in_hour": 90, "usual_hour": 35, "in_ten": 40, "usual_ten": 14},
    "five schools in an hour": {"schools": 5},
    "a password typed wrong": {"kind": "people.sign_in.failed", "actor_id": None, "tries": 19},
    "a new teacher's first hour": {"in_hour": 59, "in_ten": 29},
}


@pytest.mark.parametrize("detector", sorted(ODD))
def test_it_finds_what_is_odd_and_nothing_else_does(detector: str) -> None:
    assert set(found(**ODD[detector])) == {detector}


@pytest.mark.parametrize("name", sorted(FINE))
def test_ordinary_work_is_left_alone(name: str) -> None:
    assert found(**FINE[name]) == {}


def test_every_detector_is_tried_both_ways() -> None:
    assert set(ODD) == set(detectors.DETECTORS) == set(Detector) == set(limits.KNOWN)


@pytest.mark.parametrize("detector", sorted(detectors.DETECTORS))
def test_each_stands_in_a_file_of_its_own_and_says_why(detector: str) -> None:
    module = Path(detectors.__file__).parent / f"{detector}.py"
    assert module.is_file()
    assert len(detectors.DETECTORS[detector].__doc__ or "") > 120


@pytest.mark.parametrize("detector", sorted(set(ODD) - {"volume"}))
def test_it_can_be_turned_off(detector: str) -> None:
    numbers = {**ON, detector: ON[detector] | {"on": 0}}
    assert dict(detectors.judge(seen(**ODD[detector]), numbers)) == {}


def test_being_stopped_is_always_told() -> None:
    assert limits.KNOWN["volume"]["on"].least == 1
    with pytest.raises(limits.OutOfBounds):
        limits.check(limits.defaults() | {"volume": {"on": 0}})


def test_planted_records_are_off_at_first() -> None:
    assert limits.defaults()["planted"] == {"on": 0}
    assert dict(detectors.judge(seen(planted=1), limits.defaults())) == {}


def test_the_burst_is_measured_by_the_persons_own_usual() -> None:
    assert found(in_ten=40, usual_ten=4)["burst"] == {"opened": 40, "usual": 4, "minutes": 10}
    assert "burst" not in found(in_ten=40, usual_ten=14)


@pytest.mark.parametrize(
    "wrong",
    [{}, {"burst": {"on": 1}}, {"burst": {"on": 1, "ten_minutes": 1, "hour": 60, "times": 3}}, {"night": {"on": 1, "from_hour": 6, "to_hour": 5, "students": 10}}],
    ids=["missing", "part", "too-low", "hours"],
)  # fmt: skip
def test_numbers_beyond_their_bounds_are_refused(wrong: dict) -> None:
    with pytest.raises(limits.OutOfBounds):
        limits.check(wrong and limits.defaults() | wrong)
