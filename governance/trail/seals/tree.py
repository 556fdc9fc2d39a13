"""The Merkle tree of RFC 6962 in tiles of 256 hashes, as C2SP tlog-tiles lays them out. Pure: bytes in, bytes out."""

import hashlib
from collections.abc import Callable, Iterator

HASH = 32
WIDTH = 256
EMPTY_ROOT = hashlib.sha256(b"").digest()


class MissingTile(LookupError):
    """A tile that the tree needs is not stored."""


def leaf_hash(data: bytes) -> bytes:
    """Hash of one entry's canonical bytes (RFC 6962 section 2.1)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of two subtrees side by side."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def fold(hashes: bytes) -> bytes:
    """Root of a complete subtree whose 2^k node hashes stand one after another."""
    sha256 = hashlib.sha256
    while len(hashes) > HASH:
        hashes = b"".join([sha256(b"\x01" + hashes[at : at + 64]).digest() for at in range(0, len(hashes), 64)])
    return bytes(hashes)


class Tree:
    """An append-only tree: keeps each level's unfinished right-most tile, hands finished ones to `keep(level, index, hashes)`."""

    def __init__(self, keep: Callable[[int, int, bytes], None], *, size: int = 0, edge: list[bytes] | None = None):
        self.keep = keep
        self.size = size
        self.edge = [bytearray(part) for part in edge or [b""]]
        self._peaks: dict[int, tuple[int, list[bytes]]] = {}

    def append(self, hashes: bytes) -> None:
        """Add leaf hashes, one after another."""
        self.size += len(hashes) // HASH
        self._push(0, hashes)

    def _push(self, level: int, hashes: bytes) -> None:
        if level == len(self.edge):
            self.edge.append(bytearray())
        part = self.edge[level]
        part += hashes
        full = len(part) // (WIDTH * HASH)
        if not full:
            return
        first = (self.size >> (8 * (level + 1))) - full
        above = []
        for number in range(full):
            tile = bytes(part[number * WIDTH * HASH : (number + 1) * WIDTH * HASH])
            self.keep(level, first + number, tile)
            above.append(fold(tile))
        del part[: full * WIDTH * HASH]
        self._push(level + 1, b"".join(above))

    def root(self) -> bytes:
        """The root over everything appended so far."""
        peaks = []
        for level in reversed(range(len(self.edge))):
            peaks += self._peaks_of(level)
        if not peaks:
            return EMPTY_ROOT
        root = peaks.pop()
        while peaks:
            root = node_hash(peaks.pop(), root)
        return root

    def _peaks_of(self, level: int) -> list[bytes]:
        """Roots of the complete subtrees in an unfinished tile, largest first; remembered until the level has another node."""
        part = self.edge[level]
        width = len(part) // HASH
        known = self._peaks.get(level)
        if known and known[0] == (self.size >> (8 * level)):
            return known[1]
        peaks, at = [], 0
        for bit in (128, 64, 32, 16, 8, 4, 2, 1):
            if width & bit:
                peaks.append(fold(bytes(part[at * HASH : (at + bit) * HASH])))
                at += bit
        self._peaks[level] = (self.size >> (8 * level), peaks)
        return peaks


class Tiles:
    """Proofs out of stored tiles. `get(level, index)` answers a tile's hashes, or b"" where there is none."""

    def __init__(self, get: Callable[[int, int], bytes]):
        self.get = get
        self._seen: dict[tuple[int, int], bytes] = {}

    def _tile(self, level: int, index: int) -> bytes:
        if (level, index) not in self._seen:
            self._seen[level, index] = self.get(level, index)
        return self._seen[level, index]

    def _node(self, height: int, index: int) -> bytes:
        """Root of the complete subtree of 2^height leaves that is number `index` from the left."""
        level, rest = divmod(height, 8)
        first = index << rest
        at = (first % WIDTH) * HASH
        hashes = self._tile(level, first // WIDTH)[at : at + (HASH << rest)]
        if len(hashes) < HASH << rest:
            raise MissingTile(f"tile {level}/{first // WIDTH} is missing or too short")
        return fold(hashes)

    def root_of(self, low: int, high: int) -> bytes:
        """Root over the leaves from `low` to before `high` (RFC 6962's MTH)."""
        count = high - low
        if count == 0:
            return EMPTY_ROOT
        if count & (count - 1) == 0 and low % count == 0:
            return self._node(count.bit_length() - 1, low // count)
        half = 1 << ((count - 1).bit_length() - 1)
        return node_hash(self.root_of(low, low + half), self.root_of(low + half, high))

    def inclusion(self, leaf: int, size: int) -> list[bytes]:
        """The audit path of leaf number `leaf` in the tree of `size` leaves, from the leaf's sibling up (RFC 6962 section 2.1.1)."""
        if not 0 <= leaf < size:
            raise ValueError("that leaf is not in the tree of this size")
        low, high, path = 0, size, []
        while high - low > 1:
            half = 1 << ((high - low - 1).bit_length() - 1)
            if leaf < low + half:
                path.append(self.root_of(low + half, high))
                high = low + half
            else:
                path.append(self.root_of(low, low + half))
                low += half
        return path[::-1]

    def consistency(self, old: int, size: int) -> list[bytes]:
        """Proof that the tree of `size` leaves extends the one of `old` leaves (RFC 6962 section 2.1.2)."""
        if not 0 < old <= size:
            raise ValueError("the older tree must be smaller and not empty")
        return list(self._subproof(old, 0, size, whole=True)) if old < size else []

    def _subproof(self, old: int, low: int, high: int, *, whole: bool) -> Iterator[bytes]:
        count = high - low
        if old == count:
            if not whole:
                yield self.root_of(low, high)
            return
        half = 1 << ((count - 1).bit_length() - 1)
        if old <= half:
            yield from self._subproof(old, low, low + half, whole=whole)
            yield self.root_of(low + half, high)
        else:
            yield from self._subproof(old - half, low + half, high, whole=False)
            yield self.root_of(low, low + half)


def holds_inclusion(leaf: bytes, index: int, size: int, path: list[bytes], root: bytes) -> bool:
    """True if `path` leads from the leaf hash at `index` to the root of the tree of `size` leaves (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    position, last, found = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if position & 1 or position == last:
            found = node_hash(step, found)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            found = node_hash(found, step)
        position >>= 1
        last >>= 1
    return last == 0 and found == root
