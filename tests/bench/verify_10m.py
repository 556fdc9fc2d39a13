"""`verify_10m`: seconds to recompute ten million sealed entries with two processes."""

import time
from contextlib import closing

from governance.trail.seals import verify
from tests.bench import harness, sealing

BAR = 60.0
PEERS = {"prototype, narrow rows": 14}


def run(full: bool) -> list[harness.Line]:
    """One student an entry. The indexes for searching are taken off while the entries are written: verifying does not use them."""
    entries = 10_000_000 if full else 100_000
    key = sealing.begin()
    with closing(harness.owner()) as owner, owner.cursor() as cursor:
        cursor.execute(
            "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'trail.entry'::regclass AND NOT indisprimary"
            " AND pg_get_indexdef(indexrelid) NOT LIKE '%%(xid%%'"
        )
        for (index,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX {index}")
        sealing.sealed_trail(cursor, entries, key=key, students="1")
    began = time.perf_counter()
    report = verify.verify(processes=2)
    value = time.perf_counter() - began
    assert report.holds and report.entries >= entries, report
    return [
        harness.line(
            "verify_10m", value, "s", bar=BAR, better="lower", n=1, spread=[value, value], peers=PEERS, entries=entries, processes=2,
            a_second=round(entries / value), memory=harness.tidy(harness.peak_memory()),
        )
    ]  # fmt: skip
