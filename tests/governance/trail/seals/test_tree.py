"""The tree against the published test vectors of RFC 6962 and against a second way of computing it."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.trail.seals import tree

# Leaf data and roots from the reference implementation of Certificate Transparency (RFC 6962).
LEAVES = [
    bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def plain_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\x01" + plain_root(leaves[:half]) + plain_root(leaves[half:])).digest()


def grown(leaves: list[bytes]) -> tuple[tree.Tree, tree.Tiles]:
    kept: dict[tuple[int, int], bytes] = {}
    made = tree.Tree(lambda level, index, hashes: kept.__setitem__((level, index), hashes))
    made.append(b"".join(leaves))
    return made, tree.Tiles(lambda level, index: kept.get((level, index)) or bytes(made.edge[level]))


@pytest.mark.parametrize("count", range(1, 9))
def test_the_published_roots(count: int) -> None:
    made, _ = grown([tree.leaf_hash(data) for data in LEAVES[:count]])
    assert made.root().hex() == ROOTS[count - 1]


def test_the_empty_tree() -> None:
    assert grown([])[0].root().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 1400), st.data())
def test_roots_and_proofs_of_any_size(count: int, data: st.DataObject) -> None:
    leaves = [tree.leaf_hash(str(number).encode()) for number in range(count)]
    made, tiles = grown(leaves)
    assert made.root() == plain_root(leaves)
    index = data.draw(st.integers(0, count - 1))
    path = tiles.inclusion(index, count)
    assert tree.holds_inclusion(leaves[index], index, count, path, made.root())
    other = data.draw(st.integers(0, count - 1).filter(lambda number: number != index)) if count > 1 else None
    if other is not None:
        assert not tree.holds_inclusion(leaves[other], index, count, path, made.root())
        assert not tree.holds_inclusion(leaves[index], other, count, path, made.root())
    assert not tree.holds_inclusion(leaves[index], index, count, [*path, path[0] if path else leaves[0]], made.root())


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 700), min_size=1, max_size=6))
def test_growing_step_by_step_gives_the_same_root_at_each_step(steps: list[int]) -> None:
    made, leaves = tree.Tree(lambda *_: None), []
    for step in steps:
        fresh = [tree.leaf_hash(f"{len(leaves)}-{number}".encode()) for number in range(step)]
        leaves += fresh
        made.append(b"".join(fresh))
        assert made.root() == plain_root(leaves)
