"""Sealing: one owner extends the tree by the entries that became visible since the last batch, signs, and remembers.

A batch is what this snapshot sees and the last batch's did not: no entry is skipped whatever the order of commits, and a long transaction
elsewhere stalls nobody. One transaction writes tiles, places, root and checkpoint, so a kill between any two lines leaves the last
seal whole.
The database holds the rest: one root for one size, one batch for one place, no update and no delete.
"""

import dataclasses
import datetime as dt
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connections, transaction

from governance.trail.seals import memory, notes, tree

ALIAS = "sealer"
MOST_IN_A_BATCH = 10_000
QUIET = dt.timedelta(hours=1)
NOTHING_BEFORE = "3:3:"

# Visible now and not before: between these transaction numbers at the most, so the index on xid is enough.
FRESH = """e.xid >= pg_snapshot_xmin(%(before)s::pg_snapshot) AND e.xid < pg_snapshot_xmax(%(after)s::pg_snapshot)
  AND pg_visible_in_snapshot(e.xid, %(after)s::pg_snapshot) AND NOT pg_visible_in_snapshot(e.xid, %(before)s::pg_snapshot)"""
LEAF = "sha256('\\x00'::bytea || trail.canonical(e))"
# The leaf is worked out before the sort, which then moves 32 bytes an entry and not the row.
_BATCH = (
    "SELECT array_agg(b.id ORDER BY b.xid, b.id), min(b.at), max(b.at), string_agg(b.leaf, ''::bytea ORDER BY b.xid, b.id)"
    f' FROM (SELECT e.id, e.xid, e."timestamp" AS at, {LEAF} AS leaf FROM trail.entry e WHERE {FRESH} OFFSET 0) b'  # nosec B608: constants only
)


class CannotSeal(RuntimeError):
    """Sealing stops and a person is needed; trying again does not help."""


class ClockWentBack(CannotSeal):
    """The database's clock is not after the last seal."""


class StateWentBack(CannotSeal):
    """The database is behind what was signed before, or tells another tree: a restored copy, or tampering."""


class AnotherCluster(CannotSeal):
    """The database moved into another cluster, where transaction numbers mean nothing."""


_Tile = tuple[int, int, bytes]  # level, index, hashes


@dataclasses.dataclass(frozen=True)
class Sealed:
    """What one step did: how many entries, the size of the tree, the signed note (None where nothing was due)."""

    entries: int
    size: int
    note: str | None


@dataclasses.dataclass(frozen=True)
class _Last:
    number: int = 0
    size: int = 0
    snapshot: str = NOTHING_BEFORE
    sealed_at: dt.datetime | None = None


def seal(*, key: Ed25519PrivateKey, origin: str, at_most: int = MOST_IN_A_BATCH) -> Sealed:
    """Seal one batch, or an hour without entries, and remember it. Waits for another sealer. Raises CannotSeal."""
    done = _seal(key, origin, at_most)
    if done.note is not None:
        memory.remember(done.note)
    return done


def _seal(key: Ed25519PrivateKey, origin: str, at_most: int) -> Sealed:
    with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("LOCK TABLE seal.turn IN EXCLUSIVE MODE")  # ahead of the snapshot, so that it sees the other sealer's batch
        cursor.execute("SELECT pg_current_snapshot()::text, clock_timestamp()")
        after, now = cursor.fetchone()
        last = _last_batch(cursor)
        epoch = _epoch(cursor)
        last_note_at = _last_note_at(cursor)
        if any(before is not None and now <= before for before in (last.sealed_at, last_note_at)):
            raise ClockWentBack(f"the database says {now}, the last seal was made at {max(filter(None, (last.sealed_at, last_note_at)))}")
        tiles: list[_Tile] = []
        grown = _grow(cursor, last, tiles)
        _compare_with_memory(cursor, grown)
        after = _bite(cursor, last.snapshot, after, at_most)
        cursor.execute(
            _BATCH,
            {"before": last.snapshot, "after": after},
        )
        ids, low_at, high_at, hashes = cursor.fetchone()
        if ids:
            grown.append(bytes(hashes))
        elif last_note_at is not None and now - last_note_at < QUIET:
            return Sealed(0, grown.size, None)
        checkpoint = notes.Checkpoint(origin, grown.size, grown.root())
        _keep_root(cursor, checkpoint)
        if ids:
            _keep_tiles(cursor, tiles)
            _keep_edge(cursor, grown)
            cursor.execute(
                "INSERT INTO seal.batch VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                [last.number + 1, last.size, ids, low_at, high_at, last.snapshot, after, epoch, now, grown.size],
            )
        note = notes.sign(checkpoint, key, at=now)
        cursor.execute("INSERT INTO seal.checkpoint(size, made_at, note) VALUES (%s, %s, %s)", [checkpoint.size, now, note])
    return Sealed(len(ids or ()), checkpoint.size, note)


def seal_everything(*, key: Ed25519PrivateKey, origin: str, at_most: int = MOST_IN_A_BATCH) -> Sealed:
    """Seal until nothing is left that was committed before the call ended; the last batch is remembered, which extends the others."""
    total, note = 0, None
    while True:
        done = _seal(key, origin, at_most)
        total, note = total + done.entries, done.note or note
        if not done.entries:
            break
    if note is not None:
        memory.remember(note)
    return Sealed(total, done.size, note)


def announce_key(*, key: Ed25519PrivateKey, origin: str, because: str) -> bool:
    """Write the public key down for verifiers. False where it stands there already."""
    public = notes.public_bytes(key)
    with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        cursor.execute("LOCK TABLE seal.turn IN EXCLUSIVE MODE")
        cursor.execute("SELECT public_key, origin FROM seal.public_key ORDER BY number DESC LIMIT 1")
        row = cursor.fetchone()
        if row is not None and bytes(row[0]) == public and row[1] == origin:
            return False
        cursor.execute(
            "INSERT INTO seal.public_key(origin, public_key, began_at, because) VALUES (%s, %s, clock_timestamp(), %s)",
            [origin, public, because],
        )
    return True


def cluster_of(cursor: Any) -> str:
    """Names the cluster, so that a copy in another one is noticed."""
    cursor.execute("SELECT system_identifier::text FROM pg_control_system()")
    return cursor.fetchone()[0]


def begin_epoch(cursor: Any, *, because: str) -> int:
    """Start counting transactions anew, after a declared restore into another cluster. For the sealing process, inside a transaction."""
    cursor.execute(
        "INSERT INTO seal.epoch SELECT coalesce(max(number), 0) + 1, %s, clock_timestamp(),"
        " coalesce((SELECT max(size) FROM seal.batch), 0), %s FROM seal.epoch RETURNING number",
        [cluster_of(cursor), because],
    )
    return cursor.fetchone()[0]


def _last_batch(cursor: Any) -> _Last:
    cursor.execute("SELECT number, size, snapshot_after, sealed_at FROM seal.batch ORDER BY number DESC LIMIT 1")
    row = cursor.fetchone()
    return _Last(*row) if row else _Last()


def _last_note_at(cursor: Any) -> dt.datetime | None:
    cursor.execute("SELECT max(made_at) FROM seal.checkpoint")
    return cursor.fetchone()[0]


def _epoch(cursor: Any) -> int:
    cursor.execute("SELECT number, cluster FROM seal.epoch ORDER BY number DESC LIMIT 1")
    row = cursor.fetchone()
    if row is None:
        return begin_epoch(cursor, because="first")
    if row[1] != cluster_of(cursor):
        raise AnotherCluster("this database was copied into another cluster: declare the restore")
    return row[0]


def _grow(cursor: Any, last: _Last, finished: list[_Tile]) -> tree.Tree:
    """The tree as it stands, with its unfinished tiles; each tile that gets full goes into `finished`.

    Raises StateWentBack where they do not give the last root.
    """
    cursor.execute("SELECT hashes FROM seal.edge ORDER BY level")
    edge = [bytes(row[0]) for row in cursor.fetchall()]
    grown = tree.Tree(lambda *tile: finished.append(tile), size=last.size, edge=edge)
    if last.size:
        cursor.execute("SELECT root FROM seal.root WHERE size = %s", [last.size])
        if bytes(cursor.fetchone()[0]) != grown.root():
            raise StateWentBack(f"the stored tree does not give the root of size {last.size}")
    return grown


def _compare_with_memory(cursor: Any, grown: tree.Tree) -> None:
    remembered = memory.recall()
    if remembered is None or remembered.size == 0:
        return
    if remembered.size > grown.size:
        raise StateWentBack(f"the database seals {grown.size} entries, but {remembered.size} were signed before")
    cursor.execute("SELECT root FROM seal.root WHERE size = %s", [remembered.size])
    row = cursor.fetchone()
    if row is None or bytes(row[0]) != remembered.root:
        raise StateWentBack(f"the database tells another tree of size {remembered.size} than the one that was signed")


def _bite(cursor: Any, before: str, after: str, at_most: int) -> str:
    """The snapshot up to which this batch goes: `after`, or for a backlog an earlier one that ends on a transaction's border.

    An earlier snapshot is cut out of `after`: the same transactions still run in it, as far as they had begun.
    """
    oldest, newest, running = after.split(":")
    cursor.execute(
        "SELECT min(later.xid)::text FROM (SELECT e.xid FROM trail.entry e WHERE e.xid >= %s::text::xid8 AND e.xid < %s::text::xid8"
        " ORDER BY e.xid OFFSET %s LIMIT 1) border JOIN LATERAL (SELECT e.xid FROM trail.entry e"
        " WHERE e.xid > border.xid AND e.xid < %s::text::xid8 ORDER BY e.xid LIMIT 1) later ON true",
        [before.split(":")[1], newest, at_most - 1, newest],
    )
    border = cursor.fetchone()[0]
    if border is None:
        return after
    still_running = [number for number in running.split(",") if number and int(number) < int(border)]
    return f"{min(int(oldest), int(border))}:{border}:{','.join(still_running)}"


def _keep_root(cursor: Any, checkpoint: notes.Checkpoint) -> None:
    cursor.execute("SELECT root FROM seal.root WHERE size = %s", [checkpoint.size])
    row = cursor.fetchone()
    if row is None:
        cursor.execute("INSERT INTO seal.root VALUES (%s, %s)", [checkpoint.size, checkpoint.root])
    elif bytes(row[0]) != checkpoint.root:
        raise StateWentBack(f"there is another root of size {checkpoint.size} already")


def _keep_tiles(cursor: Any, tiles: list[_Tile]) -> None:
    if tiles:
        levels, indexes, hashes = zip(*tiles, strict=True)
        cursor.execute(
            "INSERT INTO seal.tile SELECT * FROM unnest(%s::smallint[], %s::bigint[], %s::bytea[])",
            [list(levels), list(indexes), list(hashes)],
        )


def _keep_edge(cursor: Any, grown: tree.Tree) -> None:
    for level, part in enumerate(grown.edge):
        cursor.execute(
            "INSERT INTO seal.edge VALUES (%s, %s) ON CONFLICT (level) DO UPDATE SET hashes = excluded.hashes", [level, bytes(part)]
        )
