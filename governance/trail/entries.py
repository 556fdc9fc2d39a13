"""Writing entries. Two ways: `append` inside the transaction of a change, `append_ahead` before a read, committed by itself.

There is no third way: the application's login may insert the columns named here and nothing else, and cannot update or delete.
"""

import dataclasses
import datetime as dt
import functools
import hashlib
import json
import secrets
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import DEFAULT_DB_ALIAS, connections, models, transaction

from governance.trail import context
from governance.trail.models import Entry
from governance.vocabulary import Action, Event

COLUMNS = (
    "action", "kind", "content_type_id", "object_pk", "object_id", "actor_id", "hat", "cid", "remote_addr", "changes", "additional_data",
    "purpose", "basis", "grant_id", "rule_version", "elements", "record_ids", "places",
)  # fmt: skip
# The arguments of door.enter, by the columns that they fill; the hash of the key is the last.
_ENTERED = (
    "kind", "actor_id", "hat", "purpose", "basis", "grant_id", "rule_version", "cid", "remote_addr", "elements", "record_ids", "places", "additional_data",
)  # fmt: skip
_ARGUMENTS = ", ".join(["%s"] * (len(_ENTERED) + 1))
_ENTER = f"SELECT door.enter({_ARGUMENTS})"  # nosec B608 - placeholders alone
_ENTER_COUNTED = f"SELECT id, at, stopped, until FROM door.enter_counted({_ARGUMENTS})"  # nosec B608 - placeholders alone


class NoTransaction(RuntimeError):
    """`append` was called outside the transaction of the change it tells of."""


class InsideTransaction(RuntimeError):
    """`append_ahead` was called inside a transaction, which could undo the entry after the read."""


class TooMany(Exception):
    """This person has opened as many students' records as one may for now: nothing was opened, and an entry says so.

    `until` is the moment from which on these students can be opened; None where they are more than anybody may open at once.
    """

    def __init__(self, until: dt.datetime | None):
        super().__init__("too many student records")
        self.until = until


@dataclasses.dataclass(frozen=True)
class Written:
    """An entry that was written: its number and time; `token` opens what it names, for ten seconds."""

    id: int
    timestamp: dt.datetime
    token: str | None = None

    @property
    def key(self) -> str:
        """The value of the setting `portal.key`."""
        return f"{self.id} {self.timestamp.isoformat()} {self.token}"


def append(
    event: Event,
    *,
    action: Action,
    by: Any,
    about: models.Model | None = None,
    students: Iterable[int] | None = None,
    elements: Iterable[str] | None = None,
    data: dict | None = None,
    changes: dict | None = None,
    using: str = DEFAULT_DB_ALIAS,
    **facts: Any,
) -> Written:
    """Write one entry in the open transaction; it opens nothing. If it cannot be written, the change fails with it.

    `by` is a User or None (the portal itself); `about` the object changed, kept by its opaque id; `students` ids of Student anchors
    (at most 1,000); `data` words from fixed lists and opaque ids alone. `facts`: hat, purpose, basis, grant_id, rule_version.
    Raises NoTransaction outside a transaction.
    """
    if not connections[using].in_atomic_block:
        raise NoTransaction("An entry belongs into the transaction of its change.")
    return _insert(
        _row(event, action=action, by=by, about=about, students=students, elements=elements, data=data, changes=changes, **facts),
        using=using,
    )


def append_ahead(
    event: Event,
    *,
    by: Any,
    students: Sequence[int] | None,
    elements: Iterable[str],
    opens: bool = True,
    counted: bool = False,
    data: dict | None = None,
    using: str = DEFAULT_DB_ALIAS,
    **facts: Any,
) -> Written:
    """Write and commit the entry of a read before it happens. With `opens`, its token opens exactly these students and elements.

    `students` are at most 1,000 ids. `facts`: hat, purpose, basis, grant_id, rule_version, places. With `counted` they count against what
    this person may open in an hour and a day; TooMany where that is used up. Raises InsideTransaction inside a transaction: what could be
    rolled back after the read is no record of it.
    """
    if connections[using].in_atomic_block:
        raise InsideTransaction("The door does not open inside a transaction.")
    row = _row(event, action=Action.ACCESS, by=by, students=students, elements=elements, data=data, **facts)
    if not opens:
        return _insert(row, using=using)
    return _enter_counted(row, using=using) if counted else _enter(row, using=using)


def room_for_another(*, by: Any, using: str = DEFAULT_DB_ALIAS, **facts: Any) -> None:
    """Raise TooMany where this person may open no further student for now, with the entry of `append_ahead`. `facts`: hat, purpose."""
    present = context.current()
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT stopped, until FROM door.counted(%s, %s, %s, %s, %s, NULL)",
            [by.pk, str(facts["hat"]), facts.get("purpose"), present.request_id if present else None, present.address if present else None],
        )
        stopped, until = cursor.fetchone()
    if stopped:
        raise TooMany(until)


def _enter_counted(row: dict, *, using: str) -> Written:
    """`_enter` where the person's own limit leaves room. Raises TooMany."""
    given = _as_text(row)
    token = secrets.token_hex(16)
    with connections[using].cursor() as cursor:
        cursor.execute(_ENTER_COUNTED, [*(given.get(name) for name in _ENTERED), hashlib.sha256(token.encode()).digest()])
        number, at, stopped, until = cursor.fetchone()
    if stopped:
        raise TooMany(until)
    return Written(id=number, timestamp=at, token=token)


def _enter(row: dict, *, using: str) -> Written:
    """The entry with the hash of a fresh token, by the door's own function: nobody else can write one."""
    given = _as_text(row)
    token = secrets.token_hex(16)
    with connections[using].cursor() as cursor:
        cursor.execute(_ENTER, [*(given.get(name) for name in _ENTERED), hashlib.sha256(token.encode()).digest()])
        number, _, at = cursor.fetchone()[0].strip("()").partition(",")
    return Written(id=int(number), timestamp=dt.datetime.fromisoformat(at.strip('"')), token=token)


def _row(
    event: Event,
    *,
    action: Action,
    by: Any,
    about: models.Model | None = None,
    students: Iterable[int] | None = None,
    elements: Iterable[str] | None = None,
    data: dict | None = None,
    changes: dict | None = None,
    **facts: Any,
) -> dict:
    present = context.current()
    actor_id = getattr(by, "pk", None) if by is not None else (present.actor() if present else None)
    return {
        "action": int(action),
        "kind": str(event),
        "content_type_id": ContentType.objects.get_for_model(about).pk if about is not None else None,
        "object_pk": str(getattr(about, "public_id", about.pk)) if about is not None else "",
        "object_id": about.pk if about is not None and isinstance(about.pk, int) else None,
        "actor_id": actor_id,
        "cid": present.request_id if present else None,
        "remote_addr": present.address if present else None,
        "changes": json.dumps(changes) if changes is not None else None,
        "additional_data": json.dumps(data) if data is not None else None,
        "elements": sorted(elements) if elements is not None else None,
        "record_ids": list(students) if students is not None else None,
        **{name: (str(value) if isinstance(value, models.TextChoices) else value) for name, value in facts.items()},
    }


def _insert(row: dict, *, using: str) -> Written:
    given = _as_text(row)
    with connections[using].cursor() as cursor:
        cursor.execute(_statement(tuple(given)), list(given.values()))
        entry_id, timestamp = cursor.fetchone()
    return Written(id=entry_id, timestamp=timestamp)


def _as_text(row: dict) -> dict:
    """What there is of a row. Lists are given as one text: PostgreSQL takes longer to read a statement than to write the entry."""
    unknown = set(row) - set(COLUMNS)
    if unknown:
        raise TypeError(f"no such column in an entry: {', '.join(sorted(unknown))}")
    given = {name: value for name, value in row.items() if value is not None and value != ""}
    for name in ("record_ids", "places"):
        if name in given:
            given[name] = f"{{{str(list(given[name]))[1:-1]}}}"
    if "elements" in given:
        given["elements"] = "{" + ",".join(_quoted(element) for element in given["elements"]) + "}"
    return given


@functools.lru_cache(maxsize=256)
def _statement(names: tuple[str, ...]) -> str:
    return f'INSERT INTO trail.entry ({", ".join(names)}) VALUES ({", ".join(["%s"] * len(names))}) RETURNING id, "timestamp"'  # nosec: names are COLUMNS


def _quoted(word: str) -> str:
    """One member of an array's text."""
    return '"' + str(word).replace("\\", "\\\\").replace('"', '\\"') + '"'


def insert_library_entry(entry: Entry, *, using: str = DEFAULT_DB_ALIAS) -> None:
    """Write what django-auditlog composed of a model's change, with the running request's actor, by the login that made the change."""
    present = context.current()
    row = {
        "action": entry.action,
        "kind": entry.kind or str(Event.MODEL_CHANGED),
        "content_type_id": entry.content_type_id,
        "object_pk": str(entry.object_pk or ""),
        "object_id": entry.object_id,
        "actor_id": entry.actor_id or (present.actor() if present else None),
        "cid": entry.cid or (present.request_id if present else None),
        "remote_addr": present.address if present else None,
        "changes": json.dumps(entry.changes) if entry.changes is not None else None,
        "additional_data": json.dumps(entry.additional_data) if entry.additional_data is not None else None,
        "elements": entry.elements,
        "record_ids": entry.record_ids,
        "purpose": entry.purpose,
    }
    written = _insert(row, using=using)
    entry.pk, entry.timestamp = written.id, written.timestamp
    entry._state.adding, entry._state.db = False, using


def open_with(
    written: Written, sql: str, parameters: Sequence[Any] = (), *, using: str = DEFAULT_DB_ALIAS
) -> tuple[list[str], list[tuple]]:
    """Read through the door with an entry's key, in one round trip and one transaction.

    Answers (column names, rows). The setting lives for that transaction alone, so that a pooled connection keeps nothing.
    """
    connection = connections[using]
    if connection.in_atomic_block:
        raise InsideTransaction("The door does not open inside a transaction.")
    # Two statements in one message are one transaction; psycopg2 hands back the result of the last.
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('portal.key', %s, true); " + sql, [written.key, *parameters])
        names = [column.name for column in cursor.description]
        return names, cursor.fetchall()


@transaction.atomic
def refuse(event: Event, *, by: Any, data: dict | None = None, **facts: Any) -> Written:
    """Record that something was not allowed, when nothing else is written."""
    return append(event, action=Action.ACCESS, by=by, data=data, **facts)
