"""`import_first`: the first roster of a district, with enrollments and guardians, against raw COPY of the same rows."""

import tempfile
from pathlib import Path

from tests.bench import harness, rosters

BAR = 20.0
PEERS = {"COPY staging and MERGE": 22, "bulk_create": 70, "django-import-export": 1000}


def run(full: bool) -> list[harness.Line]:
    """Into an empty roster each time, in turn with the limit."""
    students, rounds = rosters.size(full), 3
    first, limit = [], []
    with tempfile.TemporaryDirectory() as folder:
        path = rosters.bundle(Path(folder) / "roster.zip", students)
        rosters.raw_copy(path)
        for _ in range(rounds):
            limit.append(rosters.raw_copy(path))
            rosters.forget()
            seconds, report = rosters.load(path)
            first.append(seconds)
            assert report.counts["students"]["added"] == students and report.counts["enrollments"]["added"] == 5 * students, report
    ratio, spread = harness.ratios(first, limit)
    rows = 7 * students
    return [
        harness.line(
            "import_first", ratio, "x raw COPY", bar=BAR, better="lower", n=rounds, spread=spread, peers=PEERS, students=students, rows=rows,
            seconds=harness.tidy(sorted(first)[rounds // 2]), rows_per_second=harness.tidy(rows / sorted(first)[rounds // 2]),
        )
    ]  # fmt: skip
