"""The trail as a table. PostgreSQL writes the lines (COPY) and they pass through, so that a million rows need no more memory than a hundred.

An export is a look: its entry is committed ahead. One row an entry and student; students by their opaque ids, never by name. A cell that a
spreadsheet would run as a formula begins with an apostrophe (docs/reference/contract.md, Files).
"""

import contextlib
import dataclasses
import datetime as dt
import fcntl
import io
import os
import threading
from collections.abc import Iterator
from typing import Any, Protocol

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.utils import timezone

from governance.trail import search
from governance.trail.entries import Written
from governance.vocabulary import Event

LONGEST = dt.timedelta(minutes=30)
_CHUNK = 256 * 1024


class Sink(Protocol):
    """Where the file goes."""

    def write(self, data: bytes, /) -> Any: ...


def _harmless(column: str) -> str:
    # = + - @ TAB CR LF
    return f"CASE WHEN ascii({column}) IN (61, 43, 45, 64, 9, 13, 10) THEN '''' || {column} ELSE {column} END"


# Column of the file: the expression that makes it, over an entry `x`, its person `u`, its decision `d` and the type `t` of what it is about.
_COLUMNS = {
    "entry": "x.id",
    "time": """to_char(x.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
    "local_time": "to_char(x.at AT TIME ZONE %(zone)s, 'YYYY-MM-DD HH24:MI:SS')",
    "event": "x.kind",
    "action": "(ARRAY['created', 'changed', 'deleted', 'opened'])[x.action + 1]",
    "person_id": "u.public_id",
    "person": _harmless("u.name"),
    "role": _harmless("x.hat"),
    "purpose": _harmless("x.purpose"),
    "basis": _harmless("x.basis"),
    "elements": _harmless("array_to_string(x.elements, ' ')"),
    "rule": _harmless("x.rule_version"),
    "decision": "'R-' || d.number",
    "address": "host(x.remote_addr)",
    "request": _harmless("x.cid"),
    "about_type": "t.label",
    "about": _harmless("nullif(x.object_pk, '')"),
    "changes": "x.changes",
    "details": "x.additional_data",
    "held": "x.held",
    "held_until": "x.held_until",
    "students": "cardinality(x.students)",
}
HEADER = (*_COLUMNS, "student")

# What belongs to an entry is worked out once for it, and then once more written for each of its students. Each lookup stands in a subquery that
# PostgreSQL does not turn into a join of its choice: some joins would lose the order of the entries.
_ROWS = """
SELECT {names}, s.student FROM (
  SELECT {columns}, x.students AS all_students
  FROM {source} x
  LEFT JOIN LATERAL (SELECT p.public_id, p.name FROM people_user p WHERE p.id = x.actor_id OFFSET 0) u ON true
  LEFT JOIN LATERAL (SELECT r.number FROM governance_datarequest r WHERE r.grant_id = x.grant_id OFFSET 0) d ON true
  LEFT JOIN LATERAL (SELECT c.app_label || '.' || c.model AS label FROM django_content_type c WHERE c.id = x.content_type_id OFFSET 0) t ON true
  OFFSET 0) e LEFT JOIN LATERAL unnest(e.all_students) s(student) ON true"""


def query(*, form: str, source: str = "door.export()") -> str:
    """The COPY that writes the table as `csv` or `jsonl`; `%(zone)s` in it is the district's time zone. `source` is what gives the entries."""
    rows = _ROWS.format(
        names=", ".join(f"e.{name}" for name in _COLUMNS),
        columns=", ".join(f"{made} AS {name}" for name, made in _COLUMNS.items()),
        source=source,
    )
    return copy_json(f"SELECT row_to_json(j) FROM ({rows}) j") if form == "jsonl" else f"COPY ({rows}) TO STDOUT (FORMAT csv, HEADER)"  # nosec B608 - constants


def copy_json(rows: str) -> str:
    """The COPY that writes one JSON text a line, as it is: none has either of these two characters or a line break."""
    return f"COPY (SELECT r.j::text FROM ({rows}) r(j)) TO STDOUT (FORMAT csv, DELIMITER E'\\x02', QUOTE E'\\x01')"  # nosec B608 - constants


def open_door(
    *,
    by: Any,
    hat: str | None,
    filters: search.Filters,
    form: str,
    purpose: str,
    told: dict[str, Any] | None = None,
    using: str = DEFAULT_DB_ALIAS,
) -> Written:
    """Commit the entry of the export; it opens what `filters` find for ten seconds. Raises InsideTransaction inside a transaction."""
    return search.open_door(
        Event.TRAIL_EXPORTED, by=by, hat=hat, filters=filters, told={"format": form, "reason": purpose, **(told or {})}, using=using
    )


@dataclasses.dataclass
class Stream:
    """What a COPY gives, in pieces. `rows` and `entries` count what came so far; `close` ends it when the reader goes away.

    `statement` begins to read before this is made whole, so that the key of `written` is still young.
    """

    written: Written
    statement: str
    ends: bytes = b"\n"
    heading: bool = False
    using: str = DEFAULT_DB_ALIAS
    rows: int = 0
    entries: int = 0
    _error: BaseException | None = None

    def __post_init__(self) -> None:
        # A pipe between the thread that reads the database and the one that takes: when it is full, the database waits.
        self._read_end, self._write_end = os.pipe()
        if hasattr(fcntl, "F_SETPIPE_SZ"):  # Linux; a wider pipe wakes the threads less often
            with contextlib.suppress(OSError):
                fcntl.fcntl(self._write_end, fcntl.F_SETPIPE_SZ, _CHUNK)
        self._thread = threading.Thread(target=self._work, name="trail-export", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        try:
            with os.fdopen(self._write_end, "wb", buffering=_CHUNK) as pipe:
                self._copy(_Lines(pipe, self))
        except BaseException as error:  # noqa: BLE001 - raised again where it is read
            self._error = error
        finally:
            connections[self.using].close()  # this thread's own connection

    def _copy(self, lines: "_Lines") -> None:
        connection = connections[self.using]
        with connection.cursor() as cursor, connection.wrap_database_errors:
            # One message, so one transaction: the settings live for it alone.
            statement = cursor.mogrify(
                "SELECT set_config('portal.key', %(key)s, true), set_config('statement_timeout', %(longest)s, true); " + self.statement,
                {"key": self.written.key, "longest": f"{LONGEST.total_seconds():.0f}s", "zone": settings.TIME_ZONE},
            )
            cursor.copy_expert(statement.decode(), lines)

    def __iter__(self) -> Iterator[bytes]:
        try:
            while piece := os.read(self._read_end, _CHUNK):
                yield piece
            self._thread.join()
            if self._error is not None:
                raise self._error  # half a file must not look whole
        finally:
            self.close()

    def text(self) -> io.TextIOWrapper:
        """The same as a text file, for a reader of CSV."""
        return io.TextIOWrapper(io.BufferedReader(_Raw(iter(self)), _CHUNK), encoding="utf-8", newline="")

    def close(self) -> None:
        """Let go of both ends; the thread ends with its next line."""
        if self._read_end >= 0:
            os.close(self._read_end)
            self._read_end = -1


class _Lines:
    """Takes one row at a time from PostgreSQL, ends it as the form has it (RFC 4180: CR LF) and counts. The rows of an entry follow each other."""

    def __init__(self, sink: Sink, stream: Stream):
        self._sink, self._stream, self._ends = sink, stream, stream.ends
        self._entry = b"\n"
        self._heading = stream.heading

    def write(self, row: bytes) -> None:
        self._sink.write(row if self._ends == b"\n" else row[:-1] + self._ends)
        if self._heading:
            self._heading = False
            return
        self._stream.rows += 1
        if not row.startswith(self._entry):
            self._entry = row[: row.index(b",") + 1]
            self._stream.entries += 1


class _Raw(io.RawIOBase):
    """Pieces as a file."""

    def __init__(self, pieces: Iterator[bytes]):
        self._pieces, self._left = pieces, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._left = self._left or next(self._pieces, b"")
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size


def stream(written: Written, *, form: str, source: str = "door.export()", using: str = DEFAULT_DB_ALIAS) -> Stream:
    """The table that the key of `written` opens, as `csv` or `jsonl`."""
    is_csv = form == "csv"
    return Stream(written, query(form=form, source=source), ends=b"\r\n" if is_csv else b"\n", heading=is_csv, using=using)


def file_name(filters: search.Filters, form: str) -> str:
    """A name that says which days it holds and nothing else."""
    first = timezone.localdate(filters.since).isoformat() if filters.since else "beginning"
    last = timezone.localdate(filters.until - dt.timedelta(microseconds=1)).isoformat() if filters.until else "now"
    return f"trail-{first}-to-{last}.{form}"
