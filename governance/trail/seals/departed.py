"""Months of the trail that left by their retention rule, as verifying sees them.

Their entries are gone and their places in the tree are known; the hashes of those leaves stand in the tiles, which have to give the roots that were
signed. So nothing here is believed either: a month is taken for departed only where the trail itself, in an entry that stands, says the same.
"""

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from typing import Any, Protocol

from django.db import connections

from governance.trail.seals import tree

YEARS = 7  # no rule lets a month go earlier (34 CFR 99.32; governance/retention)
_TELLING = "retention.month.left"


class Batch(Protocol):
    """What is asked of a batch: which entries stand where."""

    @property
    def first_leaf(self) -> int: ...

    @property
    def ids(self) -> list[int]: ...


@dataclasses.dataclass(frozen=True)
class Departure:
    """A month that left: its first day, its entries, the places of their leaves as (first, behind the last), when and by which rule."""

    month: dt.date
    entries: int
    first_id: int | None
    last_id: int | None
    leaves: tuple[tuple[int, int], ...]
    departed_at: dt.datetime
    rule: str
    fault: str

    @property
    def words(self) -> str:
        """What to say of it."""
        numbers = f" (numbers {self.first_id} to {self.last_id})" if self.entries else ""
        return (
            f"{self.month:%Y-%m}: {self.entries} entries{numbers} left by retention on {self.departed_at:%Y-%m-%d} under rule {self.rule}"
        )


def all_of(cursor: Any) -> list[Departure]:
    """The months that left, the oldest first; `fault` says what does not fit, and is empty where all does."""
    cursor.execute("SELECT to_regclass('retention.departed') IS NOT NULL")
    if not cursor.fetchone()[0]:
        return []
    cursor.execute(
        "SELECT d.month, d.entries, d.first_id, d.last_id, d.leaves::text, d.departed_at, d.rule::text, d.months, e.kind, e.action,"
        ' e.additional_data::text, e."timestamp", (SELECT array_agg(ARRAY[lower(r), upper(r)] ORDER BY lower(r)) FROM unnest(d.leaves) r)'
        ' FROM retention.departed d LEFT JOIN trail.entry e ON e."timestamp" = d.entry_at AND e.id = d.entry_id ORDER BY d.month'
    )
    return [_departure(row) for row in cursor.fetchall()]


def _departure(row: tuple[Any, ...]) -> Departure:
    month, entries, first_id, last_id, text, departed_at, rule, months, kind, action, data, told_at, leaves = row
    digest = hashlib.sha256(text.encode()).hexdigest()
    behind = (month.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    fault = ""
    if kind != _TELLING or action != 2 or data is None:
        fault = f"the month {month:%Y-%m} was taken out, and no entry of the trail tells it"
    elif not _fits(data, month=month, entries=entries, first=first_id, last=last_id, leaves=digest, rule=rule, months=months):
        fault = f"the entry that tells of the month {month:%Y-%m} says something else than what was taken out"
    elif behind.replace(year=behind.year + YEARS) > told_at.astimezone(dt.UTC).date():
        fault = f"the month {month:%Y-%m} was taken out before {YEARS} years were over"
    elif sum(high - low for low, high in leaves or ()) != entries:
        fault = f"the month {month:%Y-%m} left with another number of entries than it names"
    return Departure(month, entries, first_id, last_id, tuple((low, high) for low, high in leaves or ()), departed_at, rule, fault)


def _fits(data: str, *, month: dt.date, **expected: Any) -> bool:
    told = json.loads(data)
    return told.get("month") == f"{month:%Y-%m}" and all(told.get(name) == value for name, value in expected.items())


def fill(group: Sequence[Batch], hashes: bytes, gone: Sequence[int], *, using: str) -> tuple[bytes, list[int]]:
    """The leaf hashes of a group, one a place, with those of departed entries put in from the tiles; and the entries that are gone without
    having left.
    """
    with connections[using].cursor() as cursor:
        spans = [span for departure in all_of(cursor) if not departure.fault for span in departure.leaves]
    missing, still_gone, whole = set(gone), [], bytearray(hashes)
    stored = _Stored(using)
    places = ((place, number) for batch in group for place, number in enumerate(batch.ids, start=batch.first_leaf))
    for at, (place, number) in enumerate(places):
        if number not in missing:
            continue
        leaf = stored.leaf(place) if any(low <= place < high for low, high in spans) else b""
        if leaf:
            whole[at * tree.HASH : (at + 1) * tree.HASH] = leaf
        else:
            still_gone.append(number)
    return bytes(whole), still_gone


class _Stored:
    """Leaf hashes from the tiles, one tile at a time."""

    def __init__(self, using: str):
        self._using = using
        self._index = -1
        self._hashes = b""

    def leaf(self, place: int) -> bytes:
        """The hash of the leaf at this place; empty where the tiles do not have it."""
        index, inside = divmod(place, tree.WIDTH)
        if index != self._index:
            with connections[self._using].cursor() as cursor:
                cursor.execute("SELECT hashes FROM seal.tile WHERE level = 0 AND index = %s", [index])
                row = cursor.fetchone()
                if row is None:
                    cursor.execute("SELECT hashes FROM seal.edge WHERE level = 0")
                    row = cursor.fetchone()
            self._index, self._hashes = index, bytes(row[0]) if row else b""
        return self._hashes[inside * tree.HASH : (inside + 1) * tree.HASH]


def told(cursor: Any, behind: str, before: str) -> bool:
    """True where every month from the day `behind` to the day `before` (the bounds of two partitions) is told to have left."""
    left = {departure.month for departure in all_of(cursor) if not departure.fault}
    month, end = dt.date.fromisoformat(behind[:10]), dt.date.fromisoformat(before[:10])
    if not left or month > end:
        return False
    while month < end:
        if month not in left:
            return False
        month = (month.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    return True
