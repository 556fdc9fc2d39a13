"""`import_same`: a roster in other bytes that says what the portal holds already, against raw COPY of the same rows; and the WAL it writes."""

import tempfile
from pathlib import Path

from tests.bench import harness, rosters

BAR, WAL_BAR = 4.5, 1.0
PEERS = {"COPY staging and diff": 3.9, "ON CONFLICT with guard": 8}


def run(full: bool) -> list[harness.Line]:
    """The same facts with another dateLastModified in each row, in turn with the limit."""
    students, rounds = rosters.size(full), 5
    same, limit, wal = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        paths = [rosters.bundle(Path(folder) / f"roster{day}.zip", students, day=day) for day in (1, 2)]
        rosters.load(paths[0])
        rosters.a_day_later()
        rosters.raw_copy(paths[0])
        rosters.load(paths[1])
        for number in range(rounds):
            limit.append(rosters.raw_copy(paths[number % 2]))
            before = rosters.wal_position()
            seconds, report = rosters.load(paths[number % 2])
            wal.append((rosters.wal_position() - before) / 2**20)
            same.append(seconds)
            assert report.unchanged and not report.identical, report
    ratio, spread = harness.ratios(same, limit)
    more = {"students": students, "rows": 7 * students}
    return [
        harness.line("import_same", ratio, "x raw COPY", bar=BAR, better="lower", n=rounds, spread=spread, peers=PEERS, **more),
        harness.line(
            "import_same_wal",
            sorted(wal)[rounds // 2],
            "MiB of WAL",
            bar=WAL_BAR,
            better="lower",
            n=rounds,
            spread=harness.quartiles(wal),
            **more,
        ),
    ]
