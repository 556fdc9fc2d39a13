"""`seal_rate`: entries sealed a second in batches of 10,000, against the rate at which PostgreSQL alone computes their leaf hashes."""

import time
from contextlib import closing

from django.db import connections

from governance.trail.seals import sealer
from tests.bench import harness, sealing

BAR = 0.5
PEERS = {"prototype": 0.58}


def run(full: bool) -> list[harness.Line]:
    """Each round writes entries anew, hashes them in one query of the sealer's login, then seals them."""
    rounds, entries = (9, 100_000) if full else (5, 30_000)
    key = sealing.begin()
    hashed: list[float] = []
    sealed: list[float] = []
    with closing(harness.owner()) as owner, owner.cursor() as cursor:
        for number in range(rounds + 1):
            first, last = sealing.write(cursor, entries)
            cursor.execute("VACUUM ANALYZE trail.entry")
            hashing, seal = _hash(first, last, entries), _seal(key, entries)
            if number:  # the first is for warming
                hashed.append(hashing)
                sealed.append(seal)
    value, spread = harness.ratios(hashed, sealed)
    return [
        harness.line(
            "seal_rate", value, "x the rate of the leaf hash alone", bar=BAR, better="higher", n=rounds, spread=spread, peers=PEERS,
            a_second=round(entries / min(sealed)), entries=entries, batch=sealer.MOST_IN_A_BATCH,
        )
    ]  # fmt: skip


def _hash(first: int, last: int, entries: int) -> float:
    began = time.perf_counter()
    with connections[sealer.ALIAS].cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")  # one core, as the sealer has
        cursor.execute(f"SELECT count(*), max({sealer.LEAF}) FROM trail.entry e WHERE e.id BETWEEN %s AND %s", [first, last])
        assert cursor.fetchone()[0] == entries
    return time.perf_counter() - began


def _seal(key: object, entries: int) -> float:
    began = time.perf_counter()
    done = sealer.seal_everything(key=key, origin=sealing.ORIGIN)
    assert done.entries == entries, done
    return time.perf_counter() - began
