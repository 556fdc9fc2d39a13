"""What everybody may read of the seals: checkpoints, keys, tiles. Hashes and numbers, nothing of an entry."""

import dataclasses
import datetime as dt

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
