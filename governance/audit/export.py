"""The trail as a file. PostgreSQL writes the lines (COPY) and they pass through, so that a million rows need no more memory than a hundred.

An export is a look: its entry is committed ahead. One row an entry and student; students by their opaque ids, never by name. A cell that a
spreadsheet would run as a formula begins with an apostrophe (docs/reference/contract.md, Files).
"""

import contextlib
import dataclasses
import datetime as dt
import fcntl
import os
import threading
from collections.abc import Iterator
from typing import Any, Protocol

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from governance.trail import search
from governance.trail.entries import Written
from governance.vocabulary import Event

# Why somebody takes the trail out of the portal: a word from a fixed list, since the trail holds no free text.
REASONS: dict[str, str | Promise] = {
    "review": _("Regular review of who opens what"),
    "family": _("A family asked"),
    "incident": _("Looking into an incident"),
    "records_request": _("A records request, court or auditor"),
    "archive": _("Keeping a copy outside the portal"),
}
FORMATS = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson; charset=utf-8"}
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
    """The COPY that writes the file; `%(zone)s` in it is the district's time zone. `source` is what gives the entries."""
    rows = _ROWS.format(
        names=", ".join(f"e.{name}" for name in _COLUMNS),
        columns=", ".join(f"{made} AS {name}" for name, made in _COLUMNS.items()),
        source=source,
    )
    if form == "jsonl":
        # A JSON text has neither of these two characters nor a line break, so that it is written as it is.
        return f"COPY (SELECT row_to_json(j)::text FROM ({rows}) j) TO STDOUT (FORMAT csv, DELIMITER E'\\x02', QUOTE E'\\x01')"
    return f"COPY ({rows}) TO STDOUT (FORMAT csv, HEADER)"


def write(sink: Sink, *, by: Any, hat: str | None, filters: search.Filters, form: str, reason: str, using: str = DEFAULT_DB_ALIAS) -> None:
    """Write the file into `sink`. `form` is one of FORMATS, `reason` one of REASONS; `by` is None at the server's own command line.

    Raises InsideTransaction inside a transaction, and the database's errors: then what was written is not whole.
    """
    _copy(sink, _open(by=by, hat=hat, filters=filters, form=form, reason=reason, using=using), form=form, using=using)


@dataclasses.dataclass
class Stream:
    """The file in pieces, as a web answer wants it. `close` ends the export when the reader goes away."""

    _written: Written
    _form: str
    _using: str
    _error: BaseException | None = None

    def __post_init__(self) -> None:
        # A pipe between the thread that reads the database and the one that answers: when it is full, the database waits.
        self._read_end, self._write_end = os.pipe()
        if hasattr(fcntl, "F_SETPIPE_SZ"):  # Linux; a wider pipe wakes the threads less often
            with contextlib.suppress(OSError):
                fcntl.fcntl(self._write_end, fcntl.F_SETPIPE_SZ, _CHUNK)
        self._thread = threading.Thread(target=self._work, name="trail-export", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        try:
            with os.fdopen(self._write_end, "wb", buffering=_CHUNK) as pipe:
                _copy(pipe, self._written, form=self._form, using=self._using)
        except BaseException as error:  # noqa: BLE001 - raised again where the answer is read
            self._error = error
        finally:
            connections[self._using].close()  # this thread's own connection

    def __iter__(self) -> Iterator[bytes]:
        try:
            while piece := os.read(self._read_end, _CHUNK):
                yield piece
            self._thread.join()
            if self._error is not None:
                raise self._error  # a broken answer: half a file must not look whole
        finally:
            self.close()

    def close(self) -> None:
        """Let go of both ends; the thread ends with its next line."""
        if self._read_end >= 0:
            os.close(self._read_end)
            self._read_end = -1


def stream(*, by: Any, hat: str | None, filters: search.Filters, form: str, reason: str, using: str = DEFAULT_DB_ALIAS) -> Stream:
    """The same file for a web answer. The entry is committed, and reading begins, before this returns."""
    return Stream(_open(by=by, hat=hat, filters=filters, form=form, reason=reason, using=using), form, using)


def file_name(filters: search.Filters, form: str) -> str:
    """A name that says which days it holds and nothing else."""
    first = timezone.localdate(filters.since).isoformat() if filters.since else "beginning"
    last = timezone.localdate(filters.until - dt.timedelta(microseconds=1)).isoformat() if filters.until else "now"
    return f"trail-{first}-to-{last}.{form}"


def _open(*, by: Any, hat: str | None, filters: search.Filters, form: str, reason: str, using: str) -> Written:
    if form not in FORMATS or reason not in REASONS:
        raise ValueError("an export has a format and a reason from the fixed lists")
    return search.open_door(Event.TRAIL_EXPORTED, by=by, hat=hat, filters=filters, told={"format": form, "reason": reason}, using=using)


class _CarriageReturns:
    """Ends each row as RFC 4180 has it. PostgreSQL hands over one row at a time."""

    def __init__(self, sink: Sink):
        self._sink = sink

    def write(self, row: bytes) -> None:
        self._sink.write(row[:-1] + b"\r\n")


def _copy(sink: Sink, written: Written, *, form: str, using: str) -> None:
    connection = connections[using]
    with connection.cursor() as cursor, connection.wrap_database_errors:
        # One message, so one transaction: the settings live for it alone.
        statement = cursor.mogrify(
            "SELECT set_config('portal.key', %(key)s, true), set_config('statement_timeout', %(longest)s, true); " + query(form=form),
            {"key": written.key, "longest": f"{LONGEST.total_seconds():.0f}s", "zone": settings.TIME_ZONE},
        )
        cursor.copy_expert(statement.decode(), _CarriageReturns(sink) if form == "csv" else sink)
