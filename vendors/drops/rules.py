"""When a file is due. Knows no database."""

import datetime as dt
from collections.abc import Callable

MOST_ATTEMPTS = 3
MADE_UP_FOR = dt.timedelta(hours=12)  # a night that beat slept through is made up for so long
_BACK = 8  # days to look back for the last moment of a schedule


def slot_before(
    at: dt.datetime, *, every: str, hour: int, since: dt.datetime, zone: dt.tzinfo, is_workday: Callable[[dt.date], bool]
) -> dt.datetime | None:
    """The newest moment of the schedule that has come, after `since` and not longer ago than MADE_UP_FOR; None where there is none."""
    today = at.astimezone(zone).date()
    for back in range(_BACK):
        day = today - dt.timedelta(days=back)
        moment = dt.datetime.combine(day, dt.time(hour), tzinfo=zone)
        if moment > at or not _is_on(day, every=every, hour=hour, is_workday=is_workday):
            continue
        return moment if moment > since and at - moment <= MADE_UP_FOR else None
    return None


def _is_on(day: dt.date, *, every: str, hour: int, is_workday: Callable[[dt.date], bool]) -> bool:
    if every == "week":
        return day.weekday() == 6
    if every == "workday":
        # From noon on it is the evening ahead of the next day.
        return is_workday(day if hour < 12 else day + dt.timedelta(days=1))
    return True
