"""When who hears of a stop task. Knows no database."""

import datetime as dt
import enum
from collections.abc import Callable, Collection

LEADERS_AFTER = 3  # workdays past the last day
OLD_CHECK = dt.timedelta(days=365)  # a look at a way that is older says little


class Step(enum.Enum):
    """The values are those of models.Told.Step."""

    OPENED = "opened"
    LATE = "late"
    LEADERS = "leaders"


def step_due(*, due_on: dt.date, on: dt.date, told: Collection[Step], workdays: Callable[[dt.date, dt.date], int]) -> Step | None:
    """What is to be told now: of several that were missed, the gravest alone. `workdays` counts those after a day up to another."""
    if on <= due_on:
        now = Step.OPENED
    elif workdays(due_on, on) <= LEADERS_AFTER:
        now = Step.LATE
    else:
        now = Step.LEADERS
    order = list(Step)
    return None if any(order.index(each) >= order.index(now) for each in told) else now


def is_old(checked_on: dt.date | None, *, on: dt.date) -> bool:
    """Whether somebody should look again at what a way really sends."""
    return checked_on is None or on - checked_on > OLD_CHECK
