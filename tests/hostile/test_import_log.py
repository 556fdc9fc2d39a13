"""What a broken row makes the database's server write down: never the row."""

from typing import Any

from tests.governance.records.roster.bundles import small
from tests.harness.databases import Clone
from tests.harness.services import RUN


def test_the_servers_log_holds_no_row_of_a_broken_file(database: Clone, load: Any) -> None:
    """Two rows that make up for each other's cells are found by COPY, whose complaint quotes the row."""
    text = (
        small()
        .texts()["enrollments.csv"]
        .replace("e1,,,c1,s1,", "e1,,,c1,")
        .replace("u3,student,,2026-09-01,", "telltale-id,student,,2026-09-01,,2026-12-01")
    )
    log = RUN.cluster("base").postgres.log
    before = log.stat().st_size
    assert load(small(), enrollments=text).refused
    written = log.read_bytes()[before:].decode(errors="replace")
    assert "missing data for column" in written  # the complaint itself is there
    assert not any(words in written for words in ("telltale", "e1,,,c1", "COPY stage_enrollment, line"))
