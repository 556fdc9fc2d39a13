"""`proof`: milliseconds for an inclusion proof out of PostgreSQL, by the application's login: the place of the entry and its way to the root."""

import random
import statistics
import time
from contextlib import closing

from governance.trail.seals import queries, tree
from tests.bench import harness, sealing

BAR = 5.0
PEERS = {"prototype": 3.4}


def run(full: bool) -> list[harness.Line]:
    """Random entries of the whole trail; each proof is checked against the signed root, outside of the time."""
    proofs, entries = (500, 1_000_000) if full else (200, 50_000)
    key = sealing.begin()
    pick = random.Random(1)
    with closing(harness.owner()) as owner, owner.cursor() as cursor:
        sealing.sealed_trail(cursor, entries, key=key, students="1")
        cursor.execute('SELECT id, "timestamp" FROM trail.entry')
        chosen = pick.sample(cursor.fetchall(), proofs)
        cursor.execute("SELECT root FROM seal.root ORDER BY size DESC LIMIT 1")
        root = bytes(cursor.fetchone()[0])
    checkpoint = queries.latest_checkpoint()
    assert checkpoint is not None
    taken = []
    for entry, at in chosen:
        began = time.perf_counter()
        leaf = queries.leaf_of(entry, at)
        assert leaf is not None
        path = queries.tiles().inclusion(leaf, checkpoint.size)
        taken.append((time.perf_counter() - began) * 1000)
        assert tree.holds_inclusion(_hash_of(leaf), leaf, checkpoint.size, path, root)
    value = statistics.median(taken)
    return [
        harness.line(
            "proof", value, "ms", bar=BAR, better="lower", n=proofs, spread=harness.quartiles(taken), peers=PEERS, entries=entries,
            slowest=harness.tidy(max(taken)),
        )
    ]  # fmt: skip


def _hash_of(leaf: int) -> bytes:
    part = queries.tile(0, leaf // tree.WIDTH)
    at = leaf % tree.WIDTH * tree.HASH
    return part[at : at + tree.HASH]
