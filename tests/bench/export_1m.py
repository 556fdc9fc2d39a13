"""`export_1m`: a CSV of a million rows of the trail through the door, against `psql \\copy` of the same query by a login that may read all of it."""

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from django.conf import settings
from django.db import connection

from governance.audit import export
from governance.trail import search
from tests.bench import harness, seeds

BAR, MEMORY_BAR = 1.3, 64.0
# What door.export() runs for an export without filters, with the owner's right to the tables.
_SOURCE = """(
  SELECT e.id, e."timestamp" AS at, e.kind, e.action, e.actor_id, e.hat, e.purpose, e.basis, e.grant_id, e.rule_version, e.elements,
    ARRAY(SELECT s.public_id FROM unnest(e.record_ids) WITH ORDINALITY r(id, n) LEFT JOIN records_student s ON s.id = r.id ORDER BY r.n) AS students,
    e.object_pk, e.content_type_id, e.cid, e.remote_addr, e.changes, e.additional_data, e.held, e.held_until
  FROM trail.entry e ORDER BY e."timestamp", e.id)"""


def run(full: bool) -> list[harness.Line]:
    """The same file three ways in turn: by \\copy, as the command writes it, as the page streams it."""
    rows = 1_000_000 if full else 200_000
    looks, rounds = round(rows / seeds.MEAN), 7 if full else 5
    with closing(harness.owner()) as owner, owner.cursor() as cursor:
        seeds.students(cursor, 10_000)
        seeds.looks(cursor, looks, students=10_000, people=400)
    harness.lift_ceiling()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def by_psql() -> None:
            statement = export.query(form="csv", source=_SOURCE).replace("%(zone)s", f"'{settings.TIME_ZONE}'").replace("\n", " ")
            command = statement.replace("COPY", "\\copy", 1).replace("TO STDOUT", f"TO '{folder / 'psql.csv'}'")
            subprocess.run(
                [harness.program("psql"), "-q", "-X", "-v", "ON_ERROR_STOP=1", os.environ["PORTAL_OWNER_DATABASE_URL"], "-c", command],
                check=True,
            )

        def by_command() -> None:
            with (folder / "portal.csv").open("wb") as file:
                export.write(file, by=None, hat=None, filters=search.Filters(), form="csv", reason="review")

        def by_page() -> None:
            with (folder / "page.csv").open("wb") as file:
                for piece in export.stream(by=None, hat=None, filters=search.Filters(), form="csv", reason="review"):
                    file.write(piece)

        ways: dict[str, Callable[[], None]] = {"psql": by_psql, "command": by_command, "page": by_page}
        by_command()
        before = harness.memory()
        grown = _growth_while(by_command, before), _growth_while(by_page, before)
        taken = harness.interleaved(ways, rounds, warm=1)
        size = (folder / "portal.csv").stat().st_size
        with (folder / "portal.csv").open("rb") as file:
            written = sum(1 for _ in file) - 1
    value, spread = harness.ratios(taken["command"], taken["psql"])
    page, page_spread = harness.ratios(taken["page"], taken["psql"])
    memory = max(grown)
    return [
        harness.line(
            "export_1m",
            value,
            "x psql \\copy of the same query",
            bar=BAR,
            better="lower",
            n=rounds,
            spread=spread,
            met=value <= BAR and page <= BAR and memory < MEMORY_BAR,
            peers={"server cursor and csv.writer": 4.9, "ORM objects": 24, "django-import-export": 81},
            peers_measured="before, see docs",
            page=harness.tidy(page),
            page_spread=[harness.tidy(edge) for edge in page_spread],
            memory_mib=harness.tidy(memory),
            memory_of="what the export adds to the process",
            process_mib=harness.tidy(harness.peak_memory()),
            rows=written,
            megabytes=round(size / 1e6),
            entries_of_exports=_exports(),
        )
    ]


def _growth_while(work: Callable[[], None], before: float) -> float:
    """The most memory, in MiB, that this process had above `before` while `work` ran."""
    most, ended = before, threading.Event()

    def watch() -> None:
        nonlocal most
        while not ended.is_set():
            most = max(most, harness.memory())
            time.sleep(0.005)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        work()
    finally:
        ended.set()
        watcher.join()
    return most - before


def _exports() -> int:
    """How many exports stand in the trail: each of them must."""
    with closing(harness.owner()) as owner, owner.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM trail.entry WHERE kind = 'trail.exported'")
        number: int = cursor.fetchone()[0]
    connection.close()
    return number
