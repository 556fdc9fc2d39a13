"""What everybody may read of the seals: checkpoints, keys, tiles. Hashes and numbers, nothing of an entry."""

import dataclasses
import datetime as dt
import json
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from governance.trail.seals import notes, tree


@dataclasses.dataclass(frozen=True)
class Signed:
    """A checkpoint as it was signed."""

    size: int
    made_at: dt.datetime
    note: str


@dataclasses.dataclass(frozen=True)
class Key:
    """A public key of this trail, and why it began."""

    origin: str
    public: bytes
    began_at: dt.datetime
    because: str

    @property
    def line(self) -> str:
        """The key as others configure it (C2SP signed note verifier key)."""
        return notes.verifier_key(self.origin, self.public)


def latest_checkpoint(*, using: str = DEFAULT_DB_ALIAS) -> Signed | None:
    """The newest signed checkpoint; None before the first."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT size, made_at, note FROM seal.checkpoint ORDER BY number DESC LIMIT 1")
        row = cursor.fetchone()
    return Signed(*row) if row else None


def checkpoint_of_size(size: int, *, using: str = DEFAULT_DB_ALIAS) -> Signed | None:
    """The first checkpoint that was signed for exactly this size."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT size, made_at, note FROM seal.checkpoint WHERE size = %s ORDER BY number LIMIT 1", [size])
        row = cursor.fetchone()
    return Signed(*row) if row else None


def public_keys(*, using: str = DEFAULT_DB_ALIAS) -> list[Key]:
    """All keys of this trail, newest first."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT origin, public_key, began_at, because FROM seal.public_key ORDER BY number DESC")
        return [Key(origin, bytes(public), began_at, because) for origin, public, began_at, because in cursor.fetchall()]


def root_of(size: int, *, using: str = DEFAULT_DB_ALIAS) -> bytes | None:
    """The root of the tree of exactly this size; None where no batch ended there."""
    if size > 2**62:
        return None
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT root FROM seal.root WHERE size = %s", [size])
        row = cursor.fetchone()
    return bytes(row[0]) if row else None


def made_at(size: int, *, using: str = DEFAULT_DB_ALIAS) -> dt.datetime | None:
    """When the first checkpoint of this size was signed."""
    found = checkpoint_of_size(size, using=using)
    return found.made_at if found else None


def later_epochs(*, using: str = DEFAULT_DB_ALIAS) -> list[int]:
    """Numbers of the epochs after the first: each began with a declared restore."""
    return _numbers("SELECT number FROM seal.epoch ORDER BY number OFFSET 1", using)


def later_keys(*, using: str = DEFAULT_DB_ALIAS) -> list[int]:
    """Numbers of the keys after the first one, under whatever name of the log."""
    return _numbers("SELECT number FROM seal.public_key WHERE declared_by IS NOT NULL ORDER BY number", using)


def _numbers(sql: str, using: str) -> list[int]:
    with connections[using].cursor() as cursor:
        cursor.execute(sql)
        return [row[0] for row in cursor.fetchall()]


@dataclasses.dataclass(frozen=True)
class Refusal:
    """Where the sealer stopped and stands: how far the database goes, and the note of what was signed before (None: nothing is remembered)."""

    at: dt.datetime
    because: str
    size: int
    note: str | None


def open_refusal(*, using: str = DEFAULT_DB_ALIAS) -> Refusal | None:
    """What the sealer refused last, unless something was sealed since."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT r.at, r.because, r.size, r.note FROM seal.refusal r"
            " WHERE NOT EXISTS (SELECT FROM seal.checkpoint c WHERE c.made_at > r.at) ORDER BY r.number DESC LIMIT 1"
        )
        row = cursor.fetchone()
    return Refusal(*row) if row else None


def size_at(moment: dt.datetime, *, using: str = DEFAULT_DB_ALIAS) -> int:
    """How many entries were sealed at a moment, as far as this database knows."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT coalesce(max(size), 0) FROM seal.batch WHERE sealed_at <= %s", [moment])
        return cursor.fetchone()[0]


@dataclasses.dataclass(frozen=True)
class Declared:
    """What an entry of the trail declares, as it is sealed. `used`: the sealer acted on it."""

    kind: str
    entry: int
    at: dt.datetime
    data: dict[str, Any]
    used: bool


def declared(*, using: str = DEFAULT_DB_ALIAS) -> list[Declared]:
    """Everything that was declared, oldest first, read from the entries themselves: no table that the application could change."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT d.kind, d.entry, d.entry_at, door.declared_entry(d.entry, d.entry_at),"
            " EXISTS (SELECT FROM seal.epoch e WHERE e.declared_by = d.entry) OR EXISTS (SELECT FROM seal.public_key k WHERE k.declared_by = d.entry)"
            " FROM seal.declaration d ORDER BY d.number"
        )
        rows = cursor.fetchall()
    found = []
    for kind, entry, at, canonical, used in rows:
        values = json.loads(bytes(canonical)) if canonical is not None else []
        if len(values) > 21 and values[7] == f"trail.{kind}.declared" and isinstance(values[21], dict):
            found.append(Declared(kind, entry, at, values[21], used))
    return found


def used_declarations(*, using: str = DEFAULT_DB_ALIAS) -> set[int]:
    """Numbers of the declaring entries that the sealer acted on."""
    sql = "SELECT declared_by FROM seal.epoch WHERE declared_by IS NOT NULL UNION SELECT declared_by FROM seal.public_key WHERE declared_by IS NOT NULL"
    return set(_numbers(sql, using))


def declare(kind: str, entry: int, at: dt.datetime, *, using: str = DEFAULT_DB_ALIAS) -> None:
    """Point the sealer to the entry by which two people declared something. In the transaction of that entry."""
    with connections[using].cursor() as cursor:
        cursor.execute("INSERT INTO seal.declaration(kind, entry, entry_at) VALUES (%s, %s, %s)", [kind, entry, at])


def tile(level: int, index: int, *, using: str = DEFAULT_DB_ALIAS) -> bytes:
    """The hashes of a tile; of the unfinished one at the right edge as many as there are; empty where there is none."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT hashes FROM seal.tile WHERE level = %s AND index = %s", [level, index])
        row = cursor.fetchone()
        if row is None:
            cursor.execute(
                "SELECT e.hashes FROM seal.edge e WHERE e.level = %s AND %s = (SELECT count(*) FROM seal.tile t WHERE t.level = e.level)",
                [level, index],
            )
            row = cursor.fetchone()
    return bytes(row[0]) if row else b""


def tiles(*, using: str = DEFAULT_DB_ALIAS) -> tree.Tiles:
    """Proofs out of the stored tiles."""
    return tree.Tiles(lambda level, index: tile(level, index, using=using))


def leaf_of(entry_id: int, at: dt.datetime, *, using: str = DEFAULT_DB_ALIAS) -> int | None:
    """The place of an entry among the leaves; None while it is not sealed."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT b.first_leaf + array_position(b.ids, %s) - 1 FROM seal.batch b"
            " WHERE b.sealed_at >= %s AND b.low_at <= %s AND b.high_at >= %s AND b.ids @> ARRAY[%s]::bigint[] ORDER BY b.sealed_at LIMIT 1",
            [entry_id, at, at, at, entry_id],
        )
        row = cursor.fetchone()
    return row[0] if row else None
