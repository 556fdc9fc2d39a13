"""Proof files: one entry, its place in the tree, the way to a signed root. Checked with docs/verify/verify_trail.py, without the portal."""

import base64
import bisect
import datetime as dt
from collections.abc import Iterator, Sequence

from django.db import DEFAULT_DB_ALIAS, connections

from governance.trail import entries
from governance.trail.seals import notes, queries, tree


class NotSealedYet(LookupError):
    """The entry is younger than the last seal; try again in a minute."""


def proof_of(entry_id: int, at: dt.datetime, *, key: entries.Written) -> str | None:
    """The proof file of an entry, for whoever `key` lets see it; None for everybody else. Raises NotSealedYet."""
    _, rows = entries.open_with(key, "SELECT door.canonical_entry(%s, %s)", [entry_id, at])
    canonical = bytes(rows[0][0]) if rows and rows[0][0] is not None else None
    if canonical is None:
        return None
    leaf, checkpoint = queries.leaf_of(entry_id, at), queries.latest_checkpoint()
    if leaf is None or checkpoint is None:
        raise NotSealedYet
    return notes.proof_file(canonical=canonical, index=leaf, path=queries.tiles().inclusion(leaf, checkpoint.size), note=checkpoint.note)


def proof_of_declaration(entry_id: int, at: dt.datetime, *, checkpoint: queries.Signed) -> str | None:
    """The proof file of an entry that declares a restore or a key, under `checkpoint`; None while it is not sealed there. For everybody."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT door.declared_entry(%s, %s)", [entry_id, at])
        canonical = cursor.fetchone()[0]
    leaf = queries.leaf_of(entry_id, at)
    if canonical is None or leaf is None or leaf >= checkpoint.size:
        return None
    path = queries.tiles().inclusion(leaf, checkpoint.size)
    return notes.proof_file(canonical=bytes(canonical), index=leaf, path=path, note=checkpoint.note)


def consistency_of(old: queries.Signed, new: queries.Signed) -> str:
    """A file that shows that the newer checkpoint's record only adds to the older one's (docs/verify/verify_trail.py reads it)."""
    proof = queries.tiles().consistency(old.size, new.size) if old.size else []
    lines = "".join(f"{base64.b64encode(step).decode()}\n" for step in proof)
    return f"trail-consistency/1\n{lines}\n{old.note}--\n{new.note}"


def cover(places: Sequence[int], size: int, tiles: tree.Tiles) -> Iterator[bytes]:
    """The roots of all parts of the tree that hold none of `places` (sorted, each once), from left to right.

    With the leaves at `places` they give the root of the tree of `size` leaves: the proof of an export.
    """

    def walk(low: int, high: int, first: int, last: int) -> Iterator[bytes]:
        if first == last:
            yield tiles.root_of(low, high)
        elif high - low > last - first:  # where every leaf is given, nothing is missing
            middle = low + (1 << ((high - low - 1).bit_length() - 1))
            between = bisect.bisect_left(places, middle, first, last)
            yield from walk(low, middle, first, between)
            yield from walk(middle, high, between, last)

    return walk(0, size, 0, len(places))
