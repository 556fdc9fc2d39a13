"""How a drill did: each step held against its clock. Pure: no database, no framework, no clock of its own.

Nothing here is typed by anybody: when a step was done is read from what the portal wrote down as it happened.
"""

import dataclasses
import datetime as dt
import enum
from collections.abc import Iterable

from breaches.clocks.rules import Due


class Outcome(enum.Enum):
    """What became of one step, or of one duty of the law."""

    MET = "met"  # done by its end
    LATE = "late"  # done after its end
    MISSED = "missed"  # not done, and the end has passed
    OPEN = "open"  # not done, and the end is still to come
    DONE = "done"  # done; there is no number to hold it against, or its clock never began
    NOT_DONE = "not_done"  # not done, and no clock runs


GOOD = frozenset({Outcome.MET, Outcome.DONE})


@dataclasses.dataclass(frozen=True)
class Measured:
    """One step with its clock, when it was done and what that makes it. `took` runs from the start of the drill."""

    key: str
    due: Due
    done_at: dt.datetime | None
    took: dt.timedelta | None
    outcome: Outcome


def outcome(due: Due, done_at: dt.datetime | None, *, at: dt.datetime) -> Outcome:
    """What a step is at `at`: the end of the drill, or now."""
    if due.at is None:
        return Outcome.NOT_DONE if done_at is None else Outcome.DONE
    if done_at is not None:
        return Outcome.LATE if due.overdue(done_at) else Outcome.MET
    return Outcome.MISSED if due.overdue(at) else Outcome.OPEN


def measure(key: str, due: Due, done_at: dt.datetime | None, *, started_at: dt.datetime, at: dt.datetime) -> Measured:
    """One step of a drill."""
    return Measured(key, due, done_at, done_at - started_at if done_at is not None else None, outcome(due, done_at, at=at))


def tally(measured: Iterable[Measured]) -> tuple[int, int]:
    """(how many steps were done and not late, how many there are)."""
    found = list(measured)
    return sum(each.outcome in GOOD for each in found), len(found)
