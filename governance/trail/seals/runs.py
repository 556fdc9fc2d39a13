"""Runs of verifying: asked for by a page or at night, done by a process of the sealer's login, kept where the application only reads."""

import dataclasses
import datetime as dt
import json
import subprocess
import sys
import threading
import uuid
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

from governance.trail.seals import verify
from governance.trail.seals.sealer import ALIAS

TOLD_EVERY = 200_000  # entries between two signs of progress
STUCK = "6 hours"  # a run that was asked for and not begun for so long is asked for anew


@dataclasses.dataclass(frozen=True)
class Run:
    """One run. `holds` is None while it goes on; `findings` as (number of the entry or None, words), the first bad entry first."""

    number: int
    asked_at: dt.datetime
    asked_by: uuid.UUID | None
    began_at: dt.datetime | None
    ended_at: dt.datetime | None
    entries: int
    total: int
    checkpoints: int
    unsealed: int
    held: int | None
    holds: bool | None
    findings: list[tuple[int | None, str]]

    @property
    def first_bad_entry(self) -> int | None:
        """The number of the first entry that does not hold; None where none is named."""
        return next((entry for entry, _ in self.findings if entry is not None), None)

    @property
    def percent(self) -> int:
        """How far it is."""
        return min(99, 100 * self.entries // self.total) if self.total else 0


_COLUMNS = (
    "q.number, q.asked_at, q.asked_by, r.began_at, r.ended_at, coalesce(r.entries, 0), coalesce(r.total, 0), coalesce(r.checkpoints, 0),"
    " coalesce(r.unsealed, 0), r.held, r.holds, coalesce(r.findings, '[]')"
)
_FROM = " FROM seal.verify_request q LEFT JOIN seal.verify_run r ON r.request = q.number"


def ask(*, by: uuid.UUID | None, using: str = DEFAULT_DB_ALIAS) -> int:
    """Ask for a run; `by` is the public id of who asks, None at night. Answers its number: that of a run that waits, where one does."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT q.number" + _FROM + " WHERE r.number IS NULL AND q.asked_at > now() - %s::interval ORDER BY q.number LIMIT 1", [STUCK]
        )
        row = cursor.fetchone()
        if row is None:
            cursor.execute("INSERT INTO seal.verify_request(asked_by) VALUES (%s) RETURNING number", [by])
            row = cursor.fetchone()
    return row[0]


def latest(*, at_most: int = 20, using: str = DEFAULT_DB_ALIAS) -> list[Run]:
    """The newest runs first, those that wait included."""
    return _runs(f"SELECT {_COLUMNS}{_FROM} ORDER BY q.number DESC LIMIT %s", [at_most], using)


def last_ended(*, using: str = DEFAULT_DB_ALIAS) -> Run | None:
    """The last run that came to an end; None before the first."""
    found = _runs(f"SELECT {_COLUMNS}{_FROM} WHERE r.ended_at IS NOT NULL ORDER BY q.number DESC LIMIT 1", [], using)
    return found[0] if found else None


def failed_since(number: int, *, using: str = DEFAULT_DB_ALIAS) -> list[Run]:
    """Runs after `number` that found something, oldest first."""
    return _runs(f"SELECT {_COLUMNS}{_FROM} WHERE NOT r.holds AND q.number > %s ORDER BY q.number", [number], using)


def _runs(sql: str, parameters: list, using: str) -> list[Run]:
    with connections[using].cursor() as cursor:
        cursor.execute(sql, parameters)
        rows = cursor.fetchall()
    return [Run(*(*row[:-1], [(entry, what) for entry, what in _as_list(row[-1])])) for row in rows]


def _as_list(findings: Any) -> list:
    return json.loads(findings) if isinstance(findings, str) else findings


def run_next(*, processes: int = 1) -> bool:
    """Do the oldest run that was asked for and is not begun. False where there is none. For the sealer's login."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(
            "INSERT INTO seal.verify_run(request) SELECT q.number FROM seal.verify_request q"
            " WHERE NOT EXISTS (SELECT FROM seal.verify_run r WHERE r.request = q.number) ORDER BY q.number LIMIT 1"
            " ON CONFLICT (request) DO NOTHING RETURNING number"
        )
        row = cursor.fetchone()
    if row is None:
        return False
    told = 0

    def progress(done: int, total: int) -> None:
        nonlocal told
        if done - told >= TOLD_EVERY or not told:
            told = done
            with connections[ALIAS].cursor() as cursor:
                cursor.execute("UPDATE seal.verify_run SET entries = %s, total = %s WHERE number = %s", [done, total, row[0]])

    report = verify.verify(processes=processes, progress=progress)
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM trail.entry WHERE held IS NOT NULL AND \"timestamp\" > now() - interval '1 year'")
        held = cursor.fetchone()[0]
        cursor.execute(
            "UPDATE seal.verify_run SET ended_at = clock_timestamp(), entries = %s, total = %s, checkpoints = %s, unsealed = %s, held = %s,"
            " holds = %s, findings = %s WHERE number = %s",
            [
                report.entries,
                report.size,
                report.checkpoints,
                report.unsealed,
                held,
                report.holds,
                json.dumps([[finding.entry, finding.what] for finding in report.findings]),
                row[0],
            ],
        )
    return True


def is_asked(*, using: str = ALIAS) -> bool:
    """True where a run waits."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT" + _FROM + " WHERE r.number IS NULL)")
        return cursor.fetchone()[0]


class Verifier:
    """The process that verifies while the sealing goes on: one at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen | None = None

    def start_if_asked(self) -> None:
        """Start it where a run waits and none is under way."""
        if self._is_running or not is_asked():
            return
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", "trail", "verify", "--asked", "--processes", "1"],
            cwd=settings.BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )

    @property
    def _is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def wait(self, ended: threading.Event) -> None:
        """Let a run come to its end, unless `ended` is set before."""
        while self._is_running and not ended.wait(0.2):
            pass

    def stop(self) -> None:
        """End it."""
        if self._process is not None and self._is_running:
            self._process.terminate()
            self._process.wait()
