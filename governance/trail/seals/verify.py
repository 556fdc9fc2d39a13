"""Verifying: recompute every leaf from the entries, every tile and root from the leaves, every signature, and look at the guards.

Nothing stored is believed that can be recomputed. The first entry that does not hold is named.
"""

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connections

from governance.trail.seals import declared, departed, guards, notes, tree
from governance.trail.seals.sealer import ALIAS, LEAF, MOST_IN_A_BATCH

GROUP = 20_000
LATE = dt.timedelta(minutes=1)
MOST_FINDINGS = 50
_LEAVES = (
    'SELECT count(e.id), count(*) FILTER (WHERE e."timestamp" < %s),'
    f" string_agg({LEAF}, ''::bytea ORDER BY u.n), array_agg(u.id) FILTER (WHERE e.id IS NULL),"  # nosec B608: constants only
    ' array_agg(u.id ORDER BY u.n) FILTER (WHERE e."timestamp" < u.floor - make_interval(secs => %s))'
    " FROM unnest(%s::bigint[], %s::timestamptz[]) WITH ORDINALITY AS u(id, floor, n)"
    ' LEFT JOIN trail.entry e ON e.id = u.id AND e."timestamp" BETWEEN %s AND %s'
)
# Of entries that are older than the batch before theirs: those of a transaction that ran already when that batch was sealed are measured by the
# last batch before the transaction began. In another cluster the numbers of transactions say nothing.
_OLDER_THAN_THEIR_TRANSACTION = (
    'SELECT e.id FROM unnest(%s::bigint[]) u(id) JOIN trail.entry e ON e.id = u.id AND e."timestamp" BETWEEN %s AND %s'
    " LEFT JOIN LATERAL (SELECT b.sealed_at FROM seal.batch b WHERE b.number < %s AND b.epoch = %s AND cardinality(b.ids) < %s"
    " AND pg_snapshot_xmax(b.snapshot_after::pg_snapshot) <= e.xid ORDER BY b.number DESC LIMIT 1) began ON true"
    ' WHERE e."timestamp" < coalesce(began.sealed_at, %s) - make_interval(secs => %s) ORDER BY e.id'
)


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that does not hold; `entry` is the number of the entry where there is one."""

    what: str
    entry: int | None = None


@dataclasses.dataclass
class Report:
    """What verifying found: how much was checked, and what does not hold, the first first."""

    entries: int = 0
    batches: int = 0
    checkpoints: int = 0
    size: int = 0
    unsealed: int = 0
    restores: list[declared.Restore] = dataclasses.field(default_factory=list)
    departures: list[departed.Departure] = dataclasses.field(default_factory=list)
    findings: list[Finding] = dataclasses.field(default_factory=list)

    @property
    def holds(self) -> bool:
        """True where nothing was found."""
        return not self.findings

    def add(self, what: str, entry: int | None = None) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(what, entry))


@dataclasses.dataclass(frozen=True)
class _Batch:
    number: int
    first_leaf: int
    ids: list[int]
    low_at: dt.datetime
    high_at: dt.datetime
    before: str
    after: str
    epoch: int
    sealed_at: dt.datetime
    size: int
    floor: dt.datetime | None = None  # when everything that was visible was sealed before it


def verify(
    *,
    kept: list[str] | None = None,
    public_key: bytes | None = None,
    processes: int = 2,
    progress: Callable[[int, int], None] | None = None,
    using: str = ALIAS,
) -> Report:
    """Check the whole trail. `kept` are signed notes that somebody outside kept; `public_key` the key that they know.

    `progress` is called with (entries checked, entries in all). `using` needs to read the trail and the seals.
    """
    report = Report()
    for fault in guards.faults(using=using):
        report.add(fault)
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT clock_timestamp() - make_interval(secs => %s)", [LATE.total_seconds()])
        cutoff = cursor.fetchone()[0]
        report.departures = departed.all_of(cursor)
    for departure in report.departures:
        if departure.fault:
            report.add(departure.fault)
    roots, old = _walk(report, cutoff=cutoff, processes=processes, progress=progress, using=using)
    _check_tiles_beyond(report, using=using)
    _check_declarations(report, using=using)
    _check_notes(report, roots, kept=kept or [], public_key=public_key, using=using)
    _check_unsealed(report, cutoff=cutoff, sealed=old, using=using)
    return report


def _batches(using: str) -> Iterator[_Batch]:
    number, floor = 0, None
    while True:
        with connections[using].cursor() as cursor:
            cursor.execute("SELECT * FROM seal.batch WHERE number > %s ORDER BY number LIMIT 500", [number])
            rows = cursor.fetchall()
        if not rows:
            return
        for row in rows:
            batch = dataclasses.replace(_Batch(*row), floor=floor)
            if len(batch.ids) < MOST_IN_A_BATCH:  # else a bite out of a backlog: what it left was there already
                floor = batch.sealed_at
            yield batch
        number = rows[-1][0]


def _groups(using: str) -> Iterator[list[_Batch]]:
    group: list[_Batch] = []
    count = 0
    for batch in _batches(using):
        group.append(batch)
        count += len(batch.ids)
        if count >= GROUP:
            yield group
            group, count = [], 0
    if group:
        yield group


def _leaves(group: list[_Batch], cutoff: dt.datetime, using: str) -> tuple[list[_Batch], bytes, int, int, list[int], list[int]]:
    """(batches, leaf hashes in order, how many entries, how many older than `cutoff`, ids that are gone, ids that were late) of a group."""
    ids = [number for batch in group for number in batch.ids]
    low, high = min(batch.low_at for batch in group), max(batch.high_at for batch in group)
    # An entry must not be older than the batch before its own by more than a minute: that is what back-dating looks like.
    floors = [batch.floor for batch in group for _ in batch.ids]
    with connections[using].cursor() as cursor:
        cursor.execute(
            _LEAVES,
            [cutoff, LATE.total_seconds(), ids, floors, low, high],
        )
        found, old, hashes, gone, late = cursor.fetchone()
    if gone:  # months that left by their rule have their hashes in the tiles
        hashes, gone = departed.fill(group, bytes(hashes or b""), gone, using=using)
    return group, bytes(hashes or b""), found, old, gone or [], _back_dated(group, late, using=using) if late else []


def _back_dated(group: list[_Batch], late: list[int], *, using: str) -> list[int]:
    """Of entries that are older than the batch before theirs, those for which no transaction that ran long is the reason."""
    suspects, named = set(late), []
    for batch in group:
        if asked := [number for number in batch.ids if number in suspects]:
            with connections[using].cursor() as cursor:
                begun = batch.floor if batch.epoch > 1 else None  # no transaction outlives the restore that began an epoch
                known: list[Any] = [
                    asked,
                    batch.low_at,
                    batch.high_at,
                    batch.number,
                    batch.epoch,
                    MOST_IN_A_BATCH,
                    begun,
                    LATE.total_seconds(),
                ]
                cursor.execute(_OLDER_THAN_THEIR_TRANSACTION, known)
                named += [row[0] for row in cursor.fetchall()]
    return named


def _walk(report: Report, *, cutoff: dt.datetime, processes: int, progress: Callable | None, using: str) -> tuple[dict[int, bytes], int]:
    """Rebuild the tree from the entries; answers every batch's root by size, and how many sealed entries are older than `cutoff`."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT coalesce(max(size), 0) FROM seal.batch")
        total = cursor.fetchone()[0]
    differing: list[tuple[int, int, bytes]] = []

    def keep(level: int, index: int, hashes: bytes) -> None:
        stored = _tile(level, index, using)
        if stored != hashes:
            differing.append((level, index, hashes))
            if level == 0:
                _name_leaf(report, index, hashes, stored, using)
            else:
                report.add(f"the stored tile {level}/{index} does not follow from the entries")

    grown = tree.Tree(keep)
    roots: dict[int, bytes] = {0: tree.EMPTY_ROOT}
    previous: _Batch | None = None
    sealed_before = 0
    with ThreadPoolExecutor(max(1, processes)) as pool:
        for group, hashes, found, old, gone, late in _ahead(
            pool, lambda group: _in_thread(group, cutoff, using), _groups(using), processes + 1
        ):
            sealed_before += old
            for number in gone:
                report.add("is gone, or its time was changed", number)
            for number in late:
                report.add("was first seen more than a minute after its time", number)
            if gone:
                return roots, sealed_before
            at = 0
            for batch in group:
                _check_chain(report, previous, batch, grown.size)
                part = hashes[at : at + 32 * len(batch.ids)]
                at += 32 * len(batch.ids)
                grown.append(part)
                roots[batch.size] = grown.root()
                previous = batch
                report.batches += 1
            report.entries += found
            if progress:
                progress(report.entries, total)
    report.size = grown.size
    _check_roots(report, roots, grown, using)
    return roots, sealed_before


def _in_thread(group: list[_Batch], cutoff: dt.datetime, using: str) -> Any:
    try:
        return _leaves(group, cutoff, using)
    finally:
        connections[using].close()


def _ahead(pool: ThreadPoolExecutor, work: Callable, items: Iterator, depth: int) -> Iterator:
    """Results in order, with at most `depth` under way, so that memory stays bounded."""
    waiting = []
    for item in items:
        waiting.append(pool.submit(work, item))
        if len(waiting) >= depth:
            yield waiting.pop(0).result()
    for future in waiting:
        yield future.result()


def _check_chain(report: Report, previous: _Batch | None, batch: _Batch, size: int) -> None:
    if batch.first_leaf != size or batch.size != size + len(batch.ids):
        report.add(f"batch {batch.number} does not begin where the one before it ended", batch.ids[0])
    if previous is None:
        return
    if batch.number != previous.number + 1:
        report.add(f"between the batches {previous.number} and {batch.number} one is missing", batch.ids[0])
    if batch.sealed_at <= previous.sealed_at:
        report.add(f"batch {batch.number} was sealed before the one ahead of it", batch.ids[0])
    if batch.epoch == previous.epoch and batch.before != previous.after:
        report.add(f"batch {batch.number} does not go on from the snapshot of the one before it", batch.ids[0])


def _tile(level: int, index: int, using: str) -> bytes:
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT hashes FROM seal.tile WHERE level = %s AND index = %s", [level, index])
        row = cursor.fetchone()
    return bytes(row[0]) if row else b""


def _name_leaf(report: Report, index: int, hashes: bytes, stored: bytes, using: str) -> None:
    for place in range(tree.WIDTH):
        at = place * tree.HASH
        if hashes[at : at + tree.HASH] != stored[at : at + tree.HASH]:
            report.add("does not give the hash that was sealed", entry_at(index * tree.WIDTH + place, using=using))
            return


def entry_at(leaf: int, *, using: str = ALIAS) -> int | None:
    """The number of the entry that stands at this leaf."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT ids[%s - first_leaf + 1] FROM seal.batch WHERE first_leaf <= %s AND size > %s", [leaf, leaf, leaf])
        row = cursor.fetchone()
    return row[0] if row else None


def _check_roots(report: Report, roots: dict[int, bytes], grown: tree.Tree, using: str) -> None:
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT size, root FROM seal.root ORDER BY size")
        stored = {size: bytes(root) for size, root in cursor.fetchall()}
        cursor.execute("SELECT level, hashes FROM seal.edge ORDER BY level")
        edge = {level: bytes(hashes) for level, hashes in cursor.fetchall()}
    for level, part in enumerate(grown.edge):
        if bytes(part) != edge.get(level, b""):
            report.add(
                f"the unfinished tile of level {level} does not follow from the entries",
                _first_differing(grown, edge, using) if level == 0 else None,
            )
            break
    for size, root in stored.items():
        if size not in roots:
            report.add(f"a root of size {size} is stored, but no batch ends there")
        elif roots[size] != root:
            entry = _first_differing(grown, edge, using) if size == grown.size else None
            report.add(f"the entries do not give the root of size {size} that was signed", entry)
            return
    for size in roots.keys() - stored.keys() - {0}:
        report.add(f"the root of size {size} is not stored")
        return


def _first_differing(grown: tree.Tree, edge: dict[int, bytes], using: str) -> int | None:
    mine, theirs = bytes(grown.edge[0]), edge.get(0, b"")
    for place in range(0, len(mine), tree.HASH):
        if mine[place : place + tree.HASH] != theirs[place : place + tree.HASH]:
            return entry_at((grown.size >> 8 << 8) + place // tree.HASH, using=using)
    return None


def _check_declarations(report: Report, *, using: str) -> None:
    """Every epoch and every key but the first stands on an entry by which two people declared it. Keeps the restores that hold."""
    with connections[using].cursor() as cursor:
        restores = {restore.entry: restore for restore in declared.restores(cursor)}
        cursor.execute("SELECT number, first_leaf, declared_by FROM seal.epoch ORDER BY number OFFSET 1")
        for number, first_leaf, entry in cursor.fetchall():
            restore = restores.get(entry)
            if restore is None or restore.first > first_leaf:
                report.add(f"epoch {number} began without a restore that two people declared")
            else:
                report.restores.append(restore)
        cursor.execute("SELECT number, public_key, declared_by FROM seal.public_key ORDER BY number")
        known: list[bytes] = []
        for number, public, entry in cursor.fetchall():
            if known and bytes(public) not in known:
                cursor.execute(
                    'SELECT count(*) FROM seal.declaration d JOIN trail.entry e ON e."timestamp" = d.entry_at AND e.id = d.entry'
                    " WHERE d.entry = %s AND e.kind = %s",
                    [entry, declared.KEY],
                )
                if cursor.fetchone()[0] == 0:
                    report.add(f"key {number} came into use without two people who declared it")
            known.append(bytes(public))


def _check_tiles_beyond(report: Report, *, using: str) -> None:
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT level, count(*) FROM seal.tile GROUP BY level")
        for level, count in cursor.fetchall():
            if count != report.size >> (8 * (level + 1)):
                report.add(f"level {level} has {count} finished tiles, the entries give {report.size >> (8 * (level + 1))}")


def _check_notes(report: Report, roots: dict[int, bytes], *, kept: list[str], public_key: bytes | None, using: str) -> None:
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT public_key FROM seal.public_key ORDER BY number")
        known = [bytes(row[0]) for row in cursor.fetchall()]
        if public_key is not None and public_key not in known:
            report.add("the key that was known outside is not among the keys of this trail")
        at, last = 0, None
        while True:
            cursor.execute("SELECT number, size, made_at, note FROM seal.checkpoint WHERE number > %s ORDER BY number LIMIT 1000", [at])
            rows = cursor.fetchall()
            if not rows:
                break
            for number, size, made_at, note in rows:
                report.checkpoints += 1
                told = _signed_by_one_of(known, note)
                if told is None:
                    report.add(f"checkpoint {number} is not signed with a key of this trail")
                elif told[0].size != size or roots.get(size) != told[0].root:
                    report.add(f"checkpoint {number} signs another root of size {size} than the entries give")
                if last is not None and (size < last[0] or made_at <= last[1]):
                    report.add(f"checkpoint {number} is older or smaller than the one before it")
                last = (size, made_at)
            at = rows[-1][0]
    if report.size and (last is None or last[0] < report.size):
        report.add("the newest entries have no checkpoint")
    for note in kept:
        told = _signed_by_one_of([public_key] if public_key else known, note)
        if told is None:
            report.add("a checkpoint that was kept outside is not signed with the key of this trail")
        elif roots.get(told[0].size) != told[0].root and any(restore.covers(*told) for restore in report.restores):
            continue
        elif told[0].size > report.size:
            report.add(f"{told[0].size} entries were sealed once, now there are {report.size}: the newest are gone")
        elif roots.get(told[0].size) != told[0].root:
            report.add(f"the trail is not an extension of the one of size {told[0].size} that was kept outside")


def _signed_by_one_of(keys: list[bytes], note: str) -> tuple[notes.Checkpoint, dt.datetime | None] | None:
    for key in reversed(keys):
        try:
            return notes.check(note, key)
        except notes.BadNote:
            continue
    return None


def _check_unsealed(report: Report, *, cutoff: dt.datetime, sealed: int, using: str) -> None:
    """Every entry that was older than a minute stands in a batch. What does not was put in behind the sealer."""
    with connections[using].cursor() as cursor:
        cursor.execute('SELECT count(*), count(*) FILTER (WHERE "timestamp" < %s) FROM trail.entry', [cutoff])
        everything, old = cursor.fetchone()
        report.unsealed = everything - report.entries
        if old == sealed:
            return
        cursor.execute(
            "SELECT e.id FROM trail.entry e LEFT JOIN (SELECT unnest(b.ids) AS id FROM seal.batch b) s ON s.id = e.id"
            ' WHERE e."timestamp" < %s AND s.id IS NULL ORDER BY e.id LIMIT %s',
            [cutoff, MOST_FINDINGS],
        )
        for (number,) in cursor.fetchall():
            report.add("was never sealed", number)
