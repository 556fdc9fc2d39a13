"""When a legal clock ends: from its start, its length and its unit. Pure: no database, no framework, no clock of its own.

Units are those of governance/data/deadlines.csv. Where the law gives no number, none is made up: the answer carries the law's words,
and the district's own target stands beside it, marked as such.
"""

import dataclasses
import datetime as dt
import enum
from collections.abc import Callable, Iterable
from zoneinfo import ZoneInfo

LAST_MOMENT = dt.time(23, 59, 59)


class Start(enum.Enum):
    """The events that start a clock of a breach. Each may be known or not yet."""

    DISCOVERY = "discovery"  # the district learned of it
    PROVIDER_NOTICE = "provider_notice"  # the provider's notice reached the district
    PROVIDER_DISCOVERY = "provider_discovery"  # the provider learned of it
    CONFIRMATION = "confirmation"  # it was determined to be a breach
    PEOPLE_TOLD = "people_told"  # the notices to the people went out
    STATE_TOLD = "state_told"  # the report to the state went out
    HOLD_ENDED = "hold_ended"  # what allowed a delay came to its end


# The words of the column clock_starts, each with the events that start the clock: the earliest one that is known counts.
STARTS: dict[str, tuple[Start, ...]] = {
    "discovery": (Start.DISCOVERY,),
    "entity learns of the acquisition": (Start.DISCOVERY,),
    "breach": (Start.DISCOVERY,),
    "reasonable belief": (Start.DISCOVERY,),
    "identified": (Start.DISCOVERY,),
    "notice received": (Start.PROVIDER_NOTICE,),
    "receipt": (Start.PROVIDER_NOTICE,),
    "discovery or receipt": (Start.DISCOVERY, Start.PROVIDER_NOTICE),
    "discovery or notification": (Start.DISCOVERY, Start.PROVIDER_NOTICE),
    "determination": (Start.CONFIRMATION,),
    "determination or notice": (Start.CONFIRMATION, Start.PROVIDER_NOTICE),
    "confirmation of incident": (Start.PROVIDER_DISCOVERY,),
    "learns of it": (Start.PROVIDER_DISCOVERY,),
    "with notice to people": (Start.PEOPLE_TOLD,),
    "notice to people required": (Start.DISCOVERY,),
    "notice to residents": (Start.PEOPLE_TOLD,),
    "agency notices made": (Start.STATE_TOLD,),
    "report required": (Start.DISCOVERY,),
    "delay ends": (Start.HOLD_ENDED,),
    "per contract": (Start.PROVIDER_DISCOVERY,),
    "with website updates": (Start.CONFIRMATION,),
}
# Of a clock that the provider owes, the same words mean the provider's own knowledge.
_PROVIDERS_OWN = {Start.DISCOVERY: Start.PROVIDER_DISCOVERY, Start.CONFIRMATION: Start.PROVIDER_DISCOVERY}

AT_ONCE = frozenset({"immediately"})
NUMBERED = frozenset({"calendar_days", "business_days", "working_days", "hours", "years"})


@dataclasses.dataclass(frozen=True)
class Hold:
    """A written request that lets the notice wait, such as one of the police. `until` is None while its end is open."""

    since: dt.datetime
    until: dt.datetime | None


@dataclasses.dataclass(frozen=True)
class Length:
    """How long a clock runs: `number` of `unit`, or a unit that is words alone (`number` None)."""

    number: int | None
    unit: str


@dataclasses.dataclass(frozen=True)
class Due:
    """When a clock ends. `at` is None where it has not started, is held, or the law gives no number; `why_open` says which."""

    started_at: dt.datetime | None
    at: dt.datetime | None
    why_open: str = ""  # "not_started", "held" or "no_number"

    def overdue(self, now: dt.datetime) -> bool:
        """True from the first moment after the end."""
        return self.at is not None and now > self.at


def starts_of(words: str, *, owed_by_provider: bool) -> tuple[Start, ...]:
    """The events that start a clock with these words in clock_starts. Raises KeyError for words that nobody sorted yet."""
    found = STARTS[words]
    return tuple(_PROVIDERS_OWN.get(start, start) for start in found) if owed_by_provider else found


def due(
    starts: Iterable[dt.datetime | None],
    length: Length,
    *,
    zone: ZoneInfo,
    is_workday: Callable[[dt.date], bool],
    hold: Hold | None = None,
) -> Due:
    """When a clock ends that the earliest of `starts` began.

    Hours run from the moment. Days run from the day after, in the district's zone, to the last second of the last one; a last day on a
    weekend is not moved, so that the figure is never later than what a stricter reading of the law would give. A `hold` that the law
    allows lets the clock end with the hold where that is later, and leaves it open while the hold's end is.
    """
    known = [start for start in starts if start is not None]
    if not known:
        return Due(None, None, "not_started")
    began = min(known)
    if length.unit in AT_ONCE:
        end = began
    elif length.number is None or length.unit not in NUMBERED:
        return Due(began, None, "no_number")
    else:
        end = _end(began, length.number, length.unit, zone=zone, is_workday=is_workday)
    if hold is not None and hold.since <= end:
        if hold.until is None:
            return Due(began, None, "held")
        end = max(end, hold.until)
    return Due(began, end)


def _end(began: dt.datetime, number: int, unit: str, *, zone: ZoneInfo, is_workday: Callable[[dt.date], bool]) -> dt.datetime:
    if unit == "hours":
        return (began.astimezone(dt.UTC) + dt.timedelta(hours=number)).astimezone(
            zone
        )  # in UTC: a zone's own arithmetic is by the wall clock
    day = began.astimezone(zone).date()
    if unit == "calendar_days":
        day += dt.timedelta(days=number)
    elif unit == "years":
        day = _years_after(day, number)
    else:
        left = number
        while left:
            day += dt.timedelta(days=1)
            left -= is_workday(day)
    return dt.datetime.combine(day, LAST_MOMENT, zone)


def _years_after(day: dt.date, number: int) -> dt.date:
    try:
        return day.replace(year=day.year + number)
    except ValueError:  # February 29: the day before, never the day after
        return day.replace(year=day.year + number, day=28)
