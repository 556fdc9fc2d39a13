"""In which state an agreement is, over the whole table of what its versions can be. No database."""

import datetime as dt

import pytest

from vendors.agreements.states import Standing, State, VersionFacts, standing, version_in_force

TODAY = dt.date(2026, 11, 24)
NOON = dt.datetime(2026, 11, 24, 18, tzinfo=dt.UTC)


def version(
    number: int = 1,
    *,
    starts: int = -10,
    ends: int | None = 300,
    signed: int | None = -10,
    sent: bool = True,
    dropped: bool = False,
    sides: str = "",
) -> VersionFacts:
    """Days count from today."""
    return VersionFacts(
        number,
        TODAY + dt.timedelta(days=starts),
        None if ends is None else TODAY + dt.timedelta(days=ends),
        sent,
        None if signed is None else NOON + dt.timedelta(days=signed),
        dropped,
        frozenset(sides.split()),
    )


def said(*versions: VersionFacts, ended: int | None = None, superseded: bool = False) -> Standing:
    return standing(versions, at=NOON, on=TODAY, ended_at=None if ended is None else NOON + dt.timedelta(days=ended), superseded=superseded)


@pytest.mark.parametrize(
    ("versions", "state", "in_force", "pending"),
    [
        ([version(signed=None, sent=False)], State.DRAFT, None, 1),
        ([version(signed=None)], State.WAITING_PROVIDER, None, 1),
        ([version(signed=None, sides="district")], State.WAITING_PROVIDER, None, 1),
        ([version(signed=None, sides="provider")], State.WAITING_DISTRICT, None, 1),
        ([version(signed=None, dropped=True)], State.DROPPED, None, None),
        ([version(starts=5)], State.COMING, None, None),
        ([version()], State.IN_FORCE, 1, None),
        ([version(ends=None)], State.IN_FORCE, 1, None),
        ([version(ends=120)], State.EXPIRING, 1, None),
        ([version(ends=121)], State.IN_FORCE, 1, None),
        ([version(ends=0)], State.EXPIRING, 1, None),
        ([version(ends=-1)], State.ENDED, None, None),
        ([version(), version(2, signed=None)], State.IN_FORCE, 1, 2),
        ([version(), version(2)], State.IN_FORCE, 2, None),
        ([version(ends=30), version(2, starts=31, ends=400)], State.IN_FORCE, 1, None),
        ([version(ends=30), version(2, starts=32, ends=400)], State.EXPIRING, 1, None),
        # a newer text that has run out is not healed by an older one
        ([version(ends=300), version(2, ends=-1)], State.ENDED, None, None),
        # a text signed later than this moment does not hold yet
        ([version(signed=1)], State.ENDED, None, None),
    ],
    ids=[
        "draft", "provider", "district-first", "district", "dropped", "coming", "in-force", "open-end", "expiring", "not-yet", "last-day", "over",
        "amendment-open", "amended", "renewed", "gap", "shorter", "signed-later",
    ],
)  # fmt: skip
def test_the_state_follows_from_the_versions(versions: list[VersionFacts], state: State, in_force: int | None, pending: int | None) -> None:
    found = said(*versions)
    assert (found.state, found.in_force, found.pending) == (state, in_force, pending)


def test_an_end_wins_from_its_very_moment() -> None:
    assert said(version(), ended=0).state is State.ENDED
    assert said(version(), ended=0, superseded=True).state is State.SUPERSEDED
    assert said(version(), ended=1).state is State.IN_FORCE
    assert version_in_force([version()], at=NOON, on=TODAY, ended_at=NOON) is None
    assert version_in_force([version()], at=NOON, on=TODAY, ended_at=NOON + dt.timedelta(microseconds=1)) is not None
