"""The companion of an export (`trail-export/1`): each entry as it was sealed, and what else of the tree leads to the signed root.

`docs/verify/verify_trail.py` checks it together with the file, without the portal.
"""

import json
import re
from array import array
from collections.abc import Iterable, Iterator

from governance.exports import tables
from governance.trail.entries import Written
from governance.trail.seals import proofs, queries

SUFFIX = ".proof.json"
_LEAF = re.compile(rb"^\[(\d+)", re.MULTILINE)


class NotAsSealed(RuntimeError):
    """The entries of the file are not those that are sealed: some are missing from the tree, or from the trail."""


def leaves(written: Written, size: int, *, using: str) -> tables.Stream:
    """The entries that the key of `written` opens, each with its place, as far as the tree of `size` leaves holds them. In no order."""
    rows = f"SELECT json_build_array(l.leaf, l.canonical) FROM door.export_leaves({int(size)}) l"  # nosec B608 - a number
    return tables.Stream(written, tables.copy_json(rows), using=using)


def write(
    sink: tables.Sink, *, name: str, sha256: str, rows: int, entries: int, checkpoint: queries.Signed, found: Iterable[bytes], using: str
) -> None:
    """Write the companion of the file `name` with that digest, number of rows and of entries. `found` is what `leaves` gives.

    Keeps a bit for each leaf of the tree and eight bytes for each entry in memory. Raises NotAsSealed.
    """
    told = {"name": name, "sha256": sha256, "rows": rows}
    sink.write(
        f'{{"format": "trail-export/1", "file": {json.dumps(told)}, "checkpoint": {json.dumps(checkpoint.note)}, "entries": [\n'.encode()
    )
    places = _Places(checkpoint.size)
    for piece in _whole_lines(found):
        places.add(int(leaf) for leaf in _LEAF.findall(piece))
        sink.write((b",\n" if places.began else b"") + piece.replace(b"\n[", b",\n["))
        places.began = True
    if places.count != entries:
        raise NotAsSealed(f"{entries} entries were read, {places.count} of them are sealed")
    sink.write(b'], "nodes": [')
    separator = b"\n"
    for node in proofs.cover(places.in_order(), checkpoint.size, queries.tiles(using=using)):
        sink.write(separator + b'"' + node.hex().encode() + b'"')
        separator = b",\n"
    sink.write(b"]}\n")


class _Places:
    """Places of leaves, given in any order."""

    def __init__(self, size: int):
        self._bits = bytearray(size // 8 + 1)
        self.count = 0
        self.began = False

    def add(self, places: Iterable[int]) -> None:
        bits = self._bits
        for place in places:
            bits[place >> 3] |= 1 << (place & 7)
            self.count += 1

    def in_order(self) -> "array[int]":
        return array("q", (index << 3 | bit for index, byte in enumerate(self._bits) if byte for bit in range(8) if byte >> bit & 1))


def _whole_lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same in pieces that end where a line ends, without that line's end."""
    left = b""
    for piece in pieces:
        whole, end, rest = piece.rpartition(b"\n")
        if end:
            yield left + whole
            left = rest
        else:
            left += piece
    if left:
        yield left
