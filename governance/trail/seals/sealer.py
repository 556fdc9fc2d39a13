"""Sealing: one owner extends the tree by the entries that became visible since the last batch, signs, and remembers.

A batch is what this snapshot sees and the last batch's did not: no entry is skipped whatever the order of commits, and a long transaction
elsewhere stalls nobody. One transaction writes tiles, places, root and checkpoint, so a kill between any two lines leaves the last
seal whole.
The database holds the rest: one root for one size, one batch for one place, no update and no delete.
"""

import dataclasses
import datetime as dt
import itertools
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connections, transaction

from governance.trail.seals import declared, memory, notes, tree

ALIAS = "sealer"
MOST_IN_A_BATCH = 10_000
QUIET = dt.timedelta(hours=1)
NOTHING_BEFORE = "3:3:"

# Visible now and not before: between these transaction numbers at the most, so the index on xid is enough.
FRESH = """e.xid >= pg_snapshot_xmin(%(before)s::pg_snapshot) AND e.xid < pg_snapshot_xmax(%(after)s::pg_snapshot)
  AND pg_visible_in_snapshot(e.xid, %(after)s::pg_snapshot) AND NOT pg_visible_in_snapshot(e.xid, %(before)s::pg_snapshot)"""
LEAF = "sha256('\\x00'::bytea || trail.canonical(e))"


def _batch(where: str) -> str:
    """The leaf is worked out before the sort, which then moves 32 bytes an entry and not the row."""
    return (
        "SELECT array_agg(b.id ORDER BY b.xid, b.id), min(b.at), max(b.at), string_agg(b.leaf, ''::bytea ORDER BY b.xid, b.id)"
        f' FROM (SELECT e.id, e.xid, e."timestamp" AS at, {LEAF} AS leaf FROM trail.entry e {where} OFFSET 0) b'  # nosec B608: constants only
    )


_BATCH = _batch(f"WHERE {FRESH}")
# After a move into another cluster the numbers of the old cluster's transactions come again. What is older than the move is told apart by
# whether it is sealed; what is younger cannot be.
_BATCH_AFTER_MOVE = _batch(
    f'WHERE {FRESH} AND (e."timestamp" >= %(moved_at)s OR NOT EXISTS (SELECT FROM seal.batch b'  # nosec B608: constants only
    ' WHERE b.low_at <= e."timestamp" AND b.high_at >= e."timestamp" AND e.id = ANY (b.ids)))'
)
# The first batch after a move: whatever is there and was never sealed.
_BATCH_AT_MOVE = _batch("LEFT JOIN (SELECT unnest(b.ids) AS id FROM seal.batch b) s ON s.id = e.id WHERE s.id IS NULL")


class CannotSeal(RuntimeError):
    """Sealing stops and a person is needed; trying again does not help."""


class ClockWentBack(CannotSeal):
    """The database's clock is not after the last seal."""


class StateWentBack(CannotSeal):
    """The database is behind what was signed before, or tells another tree: a restored copy, or tampering."""


class AnotherCluster(CannotSeal):
    """The database moved into another cluster, where transaction numbers mean nothing."""


class UndeclaredKey(CannotSeal):
    """The key in the folder is not the one that this trail announced, and no two people declared a new one."""


_Tile = tuple[int, int, bytes]  # level, index, hashes


@dataclasses.dataclass(frozen=True)
class Sealed:
    """What one step did: how many entries, the size of the tree, the signed note (None where nothing was due)."""

    entries: int
    size: int
    note: str | None
    instead_of: notes.Checkpoint | None = None  # what was remembered of a branch that was declared lost


@dataclasses.dataclass(frozen=True)
class _Last:
    number: int = 0
    size: int = 0
    snapshot: str = NOTHING_BEFORE
    sealed_at: dt.datetime | None = None
    epoch: int = 0


@dataclasses.dataclass(frozen=True)
class _Epoch:
    """`moved_at`: when the database last came into another cluster; None where it never did. `in_move`: the move's first batch is due."""

    number: int
    moved_at: dt.datetime | None = None
    in_move: bool = False


def seal(*, key: Ed25519PrivateKey, origin: str, at_most: int = MOST_IN_A_BATCH) -> Sealed:
    """Seal one batch, or an hour without entries, and remember it. Waits for another sealer. Raises CannotSeal."""
    done = _seal(key, origin, at_most)
    if done.note is not None:
        memory.remember(done.note, instead_of=done.instead_of)
    return done


def _seal(key: Ed25519PrivateKey, origin: str, at_most: int) -> Sealed:
    with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("LOCK TABLE seal.turn IN EXCLUSIVE MODE")  # ahead of the snapshot, so that it sees the other sealer's batch
        cursor.execute("SELECT pg_current_snapshot()::text, clock_timestamp()")
        after, now = cursor.fetchone()
        last = _last_batch(cursor)
        epoch = _epoch(cursor, last)
        last_note_at = _last_note_at(cursor)
        if any(before is not None and now <= before for before in (last.sealed_at, last_note_at)):
            raise ClockWentBack(f"the database says {now}, the last seal was made at {max(filter(None, (last.sealed_at, last_note_at)))}")
        tiles: list[_Tile] = []
        grown = _grow(cursor, last, tiles)
        superseded = _compare_with_memory(cursor, grown)
        if epoch.in_move:
            cursor.execute(_BATCH_AT_MOVE)
        else:
            after = _bite(cursor, last.snapshot, after, at_most)
            cursor.execute(
                _BATCH_AFTER_MOVE if epoch.moved_at else _BATCH, {"before": last.snapshot, "after": after, "moved_at": epoch.moved_at}
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
                [last.number + 1, last.size, ids, low_at, high_at, last.snapshot, after, epoch.number, now, grown.size],
            )
        note = notes.sign(checkpoint, key, at=now)
        cursor.execute("INSERT INTO seal.checkpoint(size, made_at, note) VALUES (%s, %s, %s)", [checkpoint.size, now, note])
    return Sealed(len(ids or ()), checkpoint.size, note, superseded)


def seal_everything(*, key: Ed25519PrivateKey, origin: str, at_most: int = MOST_IN_A_BATCH) -> Sealed:
    """Seal until nothing is left that was committed before the call ended; the last batch is remembered, which extends the others."""
    total, note, superseded = 0, None, None
    while True:
        done = _seal(key, origin, at_most)
        total, note, superseded = total + done.entries, done.note or note, done.instead_of or superseded
        if not done.entries:
            break
    if note is not None:
        memory.remember(note, instead_of=superseded)
    return Sealed(total, done.size, note)


def announce_key(*, key: Ed25519PrivateKey, origin: str, because: str = "first", declared_by: int | None = None) -> bool:
    """Write the public key down for verifiers. False where it stands there already.

    A key after the first one needs `declared_by`, the number of the entry by which two people declared it; a new name of the log does not.
    Raises UndeclaredKey.
    """
    public = notes.public_bytes(key)
    with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        cursor.execute("LOCK TABLE seal.turn IN EXCLUSIVE MODE")
        cursor.execute("SELECT public_key, origin FROM seal.public_key ORDER BY number DESC LIMIT 1")
        row = cursor.fetchone()
        if row is not None and bytes(row[0]) == public and row[1] == origin:
            return False
        if row is not None and declared_by is None:
            if bytes(row[0]) != public:
                raise UndeclaredKey("the signing key is not the one that was announced: two people have to declare a new one")
            because = "renamed"
        cursor.execute(
            "INSERT INTO seal.public_key(origin, public_key, began_at, because, declared_by) VALUES (%s, %s, clock_timestamp(), %s, %s)",
            [origin, public, because, declared_by],
        )
    return True


def begin_declared_epoch() -> bool:
    """Begin a new epoch where two people declared a restore that fits what the sealer sees and remembers; False where nobody did.

    A declaration of something else, or of no loss at all, is passed over: it neither opens a way nor stops the sealing.
    """
    with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM seal.declaration WHERE kind = 'restore'")
        if cursor.fetchone()[0] == 0:
            return False
        cursor.execute("LOCK TABLE seal.turn IN EXCLUSIVE MODE")
        fitting = [restore for restore in declared.unused_restores(cursor) if _fits(cursor, restore)]
        if not fitting:
            return False
        begin_epoch(cursor, because="restore", declared_by=fitting[-1].entry)
    return True


def _fits(cursor: Any, restore: declared.Restore) -> bool:
    remembered = memory.recall()
    is_named = remembered is None or (remembered.size, remembered.root) == (restore.to, restore.root)
    if remembered is not None and not is_named and _root_of(cursor, remembered.size) != remembered.root:
        return False  # what was signed is lost as well, and the declaration does not say so
    cursor.execute("SELECT cluster FROM seal.epoch ORDER BY number DESC LIMIT 1")
    row = cursor.fetchone()
    is_moved = row is not None and row[0] != cluster_of(cursor)
    is_lost = _root_of(cursor, restore.to) != restore.root
    return restore.first <= _last_batch(cursor).size and (is_lost or is_moved)


def note_refusal(refusal: CannotSeal) -> None:
    """Write down where the sealer stopped, once, so that pages can say what has to be declared."""
    because = {StateWentBack: "went-back", AnotherCluster: "another-cluster"}.get(type(refusal))
    if because is None:
        return
    with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        cursor.execute("SELECT coalesce(max(size), 0) FROM seal.batch")
        row = (because, cursor.fetchone()[0], memory.note())
        cursor.execute("SELECT because, size, note FROM seal.refusal ORDER BY number DESC LIMIT 1")
        if cursor.fetchone() != row:
            cursor.execute("INSERT INTO seal.refusal(because, size, note) VALUES (%s, %s, %s)", row)


def cluster_of(cursor: Any) -> str:
    """Names the cluster, so that a copy in another one is noticed."""
    cursor.execute("SELECT system_identifier::text FROM pg_control_system()")
    return cursor.fetchone()[0]


def begin_epoch(cursor: Any, *, because: str, declared_by: int | None = None) -> int:
    """Start counting transactions anew. `declared_by` is the entry of a declared restore. For the sealing process, inside a transaction."""
    cursor.execute(
        "INSERT INTO seal.epoch(number, cluster, began_at, first_leaf, because, declared_by) SELECT coalesce(max(number), 0) + 1, %s,"
        " clock_timestamp(), coalesce((SELECT max(size) FROM seal.batch), 0), %s, %s FROM seal.epoch RETURNING number",
        [cluster_of(cursor), because, declared_by],
    )
    return cursor.fetchone()[0]


def _last_batch(cursor: Any) -> _Last:
    cursor.execute("SELECT number, size, snapshot_after, sealed_at, epoch FROM seal.batch ORDER BY number DESC LIMIT 1")
    row = cursor.fetchone()
    return _Last(*row) if row else _Last()


def _last_note_at(cursor: Any) -> dt.datetime | None:
    cursor.execute("SELECT max(made_at) FROM seal.checkpoint")
    return cursor.fetchone()[0]


def _epoch(cursor: Any, last: _Last) -> _Epoch:
    """The epoch that stands. Raises AnotherCluster where the database was moved and nobody declared it."""
    cursor.execute("SELECT number, cluster, began_at FROM seal.epoch ORDER BY number")
    rows = cursor.fetchall()
    if not rows:
        return _Epoch(begin_epoch(cursor, because="first"))
    if rows[-1][1] != cluster_of(cursor):
        raise AnotherCluster("this database was copied into another cluster: declare the restore")
    moves = [row for before, row in itertools.pairwise(rows) if row[1] != before[1]]
    if not moves:
        return _Epoch(rows[-1][0])
    return _Epoch(rows[-1][0], moved_at=moves[-1][2], in_move=last.epoch < moves[-1][0])


def _root_of(cursor: Any, size: int) -> bytes | None:
    cursor.execute("SELECT root FROM seal.root WHERE size = %s", [size])
    row = cursor.fetchone()
    return bytes(row[0]) if row else None


def _grow(cursor: Any, last: _Last, finished: list[_Tile]) -> tree.Tree:
    """The tree as it stands, with its unfinished tiles; each tile that gets full goes into `finished`.

    Raises StateWentBack where they do not give the last root.
    """
    cursor.execute("SELECT hashes FROM seal.edge ORDER BY level")
    edge = [bytes(row[0]) for row in cursor.fetchall()]
    grown = tree.Tree(lambda *tile: finished.append(tile), size=last.size, edge=edge)
    if last.size and _root_of(cursor, last.size) != grown.root():
        raise StateWentBack(f"the stored tree does not give the root of size {last.size}")
    return grown


def _compare_with_memory(cursor: Any, grown: tree.Tree) -> notes.Checkpoint | None:
    """Raises StateWentBack where the database is not what was signed before. Answers what is remembered of a branch that was declared lost."""
    remembered = memory.recall()
    if remembered is None or remembered.size == 0 or _root_of(cursor, remembered.size) == remembered.root:
        return None
    restore = declared.restore_of_present_epoch(cursor)
    if restore is not None and (restore.to, restore.root) == (remembered.size, remembered.root):
        return remembered
    if remembered.size > grown.size:
        raise StateWentBack(f"the database seals {grown.size} entries, but {remembered.size} were signed before")
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
    known = _root_of(cursor, checkpoint.size)
    if known is None:
        cursor.execute("INSERT INTO seal.root VALUES (%s, %s)", [checkpoint.size, checkpoint.root])
    elif known != checkpoint.root:
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
