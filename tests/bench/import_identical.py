"""`import_identical`: the very file that was applied last, against raw COPY of its rows."""

import tempfile
from pathlib import Path

from tests.bench import harness, rosters

BAR = 0.5
PEERS = {"sha256 of the unpacked files": 0.3}


def run(full: bool) -> list[harness.Line]:
    """The same zip again, in turn with the limit."""
    students, rounds = rosters.size(full), 7
    again, limit = [], []
    with tempfile.TemporaryDirectory() as folder:
        path = rosters.bundle(Path(folder) / "roster.zip", students)
        rosters.load(path)
        rosters.raw_copy(path)
        for _ in range(rounds):
            limit.append(rosters.raw_copy(path))
            seconds, report = rosters.load(path)
            again.append(seconds)
            assert report.identical, report
    ratio, spread = harness.ratios(again, limit)
    return [
        harness.line(
            "import_identical",
            ratio,
            "x raw COPY",
            bar=BAR,
            better="lower",
            n=rounds,
            spread=spread,
            peers=PEERS,
            students=students,
            rows=7 * students,
        )
    ]
