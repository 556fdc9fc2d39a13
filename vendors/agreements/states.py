"""In which state an agreement is: worked out from its facts, never stored. Pure: no database."""

import dataclasses
import datetime as dt
import enum
from collections.abc import Iterable

WARN_DAYS = 120


class State(enum.Enum):
    """Where an agreement stands."""

    DRAFT = "draft"
    WAITING_PROVIDER = "waiting_provider"
    WAITING_DISTRICT = "waiting_district"
    COMING = "coming"
    IN_FORCE = "in_force"
    EXPIRING = "expiring"
    ENDED = "ended"
    SUPERSEDED = "superseded"
    DROPPED = "dropped"


IN_FORCE = frozenset({State.IN_FORCE, State.EXPIRING})


@dataclasses.dataclass(frozen=True)
class VersionFacts:
    """What counts of a version. `sides` are those who signed: "district", "provider"."""

    number: int
    starts_on: dt.date
    ends_on: dt.date | None
    sent: bool
    signed_at: dt.datetime | None
    dropped: bool
    sides: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True)
class Standing:
    """The state at a moment; the number of the version in force, and of the one that is on the table."""

    state: State
    in_force: int | None
    pending: int | None
    ends_on: dt.date | None = None
    pending_state: State | None = None


def version_in_force(
    versions: Iterable[VersionFacts], *, at: dt.datetime, on: dt.date, ended_at: dt.datetime | None
) -> VersionFacts | None:
    """The version that holds at a moment, `on` being the district's day of it.

    The newest one that is signed and has begun counts alone: when its last day has passed, none is in force, whatever an earlier one said.
    An agreement that was ended is over from that very moment.
    """
    if ended_at is not None and ended_at <= at:
        return None
    begun = [each for each in versions if each.signed_at is not None and each.signed_at <= at and each.starts_on <= on]
    newest = max(begun, key=lambda each: each.number, default=None)
    if newest is None or (newest.ends_on is not None and newest.ends_on < on):
        return None
    return newest


def standing(
    versions: Iterable[VersionFacts], *, at: dt.datetime, on: dt.date, ended_at: dt.datetime | None, superseded: bool = False
) -> Standing:
    """The state of an agreement with these versions, `on` being the district's day of `at`."""
    versions = sorted(versions, key=lambda each: each.number)
    now = version_in_force(versions, at=at, on=on, ended_at=ended_at)
    open_version = next((each for each in reversed(versions) if each.signed_at is None and not each.dropped), None)
    pending, pending_state = (open_version.number, _open_state(open_version)) if open_version else (None, None)
    if ended_at is not None and ended_at <= at:
        return Standing(State.SUPERSEDED if superseded else State.ENDED, None, pending, pending_state=pending_state)
    if now is not None:
        ends_on = _last_day(versions, now)
        soon = ends_on is not None and (ends_on - on).days <= WARN_DAYS
        return Standing(State.EXPIRING if soon else State.IN_FORCE, now.number, pending, ends_on, pending_state)
    signed = [each for each in versions if each.signed_at is not None]
    if signed:
        state = State.COMING if any(each.starts_on > on for each in signed) else State.ENDED
        return Standing(state, None, pending, signed[-1].ends_on, pending_state)
    if pending_state is not None:
        return Standing(pending_state, None, pending, None, pending_state)
    return Standing(State.DROPPED, None, None)


def _open_state(version: VersionFacts) -> State:
    if not version.sent:
        return State.DRAFT
    return State.WAITING_PROVIDER if "provider" not in version.sides else State.WAITING_DISTRICT


def _last_day(versions: list[VersionFacts], now: VersionFacts) -> dt.date | None:
    """The last day of what holds now, with the renewals that are signed and go on without a gap."""
    last = now.ends_on
    for each in versions:
        follows = each.number > now.number and each.signed_at is not None and last is not None
        if follows and last is not None and each.starts_on <= last + dt.timedelta(days=1):
            last = each.ends_on
    return last
