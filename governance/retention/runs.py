"""Letting go what is due: months of the trail, then students' values. Safe to run twice at the same time and to kill at any line.

Each step is one call of a procedure that only the keeper may run, whole by itself, with its entry and its receipt (migrations/sql/).
"""

import dataclasses
import datetime as dt
import logging

from django.db import InterfaceError, OperationalError, connections

from governance.retention import queries
from governance.retention.classes import CLASSES, TRAIL
from governance.trail import context

log = logging.getLogger("portal.retention")
KEEPER = "keeper"
AT_ONCE = 1000
# A hold, an entry that is not sealed yet, a lock or a lost connection: the next run finds what is left to do.
_TRY_AGAIN = (OperationalError, InterfaceError)


@dataclasses.dataclass
class Outcome:
    """What a run let go, or would let go: entries by month, students by class; what waits for another time, in words."""

    months: dict[dt.date, int | None] = dataclasses.field(default_factory=dict)
    students: dict[str, int] = dataclasses.field(default_factory=dict)
    waiting: list[str] = dataclasses.field(default_factory=list)


def run(*, now: dt.datetime, dry: bool = False, months: bool = True, values: bool = True) -> Outcome:
    """Let go what is due. With `dry` nothing leaves and the outcome says what would: of months None stands for a number that is not counted.

    A month that cannot leave now (somebody reads it, not all of it is sealed) waits for the next run. Raises LookupError where this process
    has no keeper's login.
    """
    if KEEPER not in connections:
        raise LookupError("PORTAL_KEEPER_DATABASE_URL is not set: only the keeper's login lets something go.")
    outcome = Outcome()
    if months:
        for month in queries.months(using=KEEPER):
            if month.is_due(now):
                _month(month.month, outcome, dry=dry)
    if values:
        if dry:
            outcome.students = {one.subject: one.students for one in queries.due(using=KEEPER) if one.students}
        else:
            for subject in (key for key in CLASSES if key != TRAIL):
                _values(subject, outcome)
    return outcome


def _month(month: dt.date, outcome: Outcome, *, dry: bool) -> None:
    if dry:
        outcome.months[month] = None
        return
    try:
        left = _call("SELECT retention.let_month_leave(%s, NULL, %s)", month)
    except _TRY_AGAIN as error:
        log.warning("retention.month_waits %s", type(error).__name__)
        outcome.waiting.append(f"{month:%Y-%m}: {_reason(error)}")
        return
    if left is not None:
        outcome.months[month] = left


def _values(subject: str, outcome: Outcome) -> None:
    while True:
        try:
            treated = _call(f"SELECT door.retention_destroy(%s, {AT_ONCE}, NULL, %s)", subject)
        except _TRY_AGAIN as error:
            log.warning("retention.values_wait %s", type(error).__name__)
            outcome.waiting.append(f"{subject}: {_reason(error)}")
            return
        if not treated:
            return
        outcome.students[subject] = outcome.students.get(subject, 0) + treated


def _call(sql: str, what: dt.date | str) -> int | None:
    """One call of a procedure, which is a transaction. A connection that is lost is given back, so that the next call has a fresh one."""
    connection = connections[KEEPER]
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql, [what, context.request_id() or context.new_request_id()])
            found: int | None = cursor.fetchone()[0]
            return found
    except _TRY_AGAIN:
        connection.close_if_unusable_or_obsolete()
        raise


def _reason(error: Exception) -> str:
    """The first line of what the database said: the procedures' own words, which name no value."""
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
