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

from governance.exports import files, tables
from governance.trail import search
from portal.base import vault
from tests.bench import harness, seeds

BAR, MEMORY_BAR = 1.3, 64.0
# What door.export() runs for an export without filters, with the owner's right to the tables.
SOURCE = """(
  SELECT e.id, e."timestamp" AS at, e.kind, e.action, e.actor_id, e.hat, e.purpose, e.basis, e.grant_id, e.rule_version, e.elements,
    ARRAY(SELECT s.public_id FROM unnest(e.record_ids) WITH ORDINALITY r(id, n) LEFT JOIN records_student s ON s.id = r.id ORDER BY r.n) AS students,
    e.object_pk, e.content_type_id, e.cid, e.remote_addr, e.changes, e.additional_data, e.held, e.held_until
  FROM trail.entry e ORDER BY e."timestamp", e.id)"""


def run(full: bool) -> list[harness.Line]:
    """The same file three ways in turn: by \\copy, as the command writes it, as the worker keeps it encrypted."""
    rows = 1_000_000 if full else 200_000
    looks, rounds = round(rows / seeds.MEAN), 7 if full else 5
    with closing(harness.owner()) as owner, owner.cursor() as cursor:
        seeds.students(cursor, 10_000)
        seeds.looks(cursor, looks, students=10_000, people=400)
    harness.lift_ceiling()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings.VAR = folder

        def by_psql() -> None:
            statement = tables.query(form="csv", source=SOURCE).replace("%(zone)s", f"'{settings.TIME_ZONE}'").replace("\n", " ")
            command = statement.replace("COPY", "\\copy", 1).replace("TO STDOUT", f"TO '{folder / 'psql.csv'}'")
            subprocess.run(
                [harness.program("psql"), "-q", "-X", "-v", "ON_ERROR_STOP=1", os.environ["PORTAL_OWNER_DATABASE_URL"], "-c", command],
                check=True,
            )

        wanted = files.Wanted(by=None, hat=None, filters=search.Filters(), form="csv", purpose="review", name="portal.csv")

        def by_command() -> None:
            with (folder / "portal.csv").open("wb") as file:
                files.write(wanted, files.Plain(file))

        def by_worker() -> None:
            with vault.Writer("bench") as file:
                files.write(wanted, file)
                vault.destroy(file.finish().name)

        ways: dict[str, Callable[[], None]] = {"psql": by_psql, "command": by_command, "worker": by_worker}
        by_command()
        before = harness.memory()
        grown = growth_while(by_command, before), growth_while(by_worker, before)
        taken = harness.interleaved(ways, rounds, warm=1)
        size = (folder / "portal.csv").stat().st_size
        with (folder / "portal.csv").open("rb") as file:
            written = sum(1 for _ in file) - 1
    value, spread = harness.ratios(taken["command"], taken["psql"])
    worker, worker_spread = harness.ratios(taken["worker"], taken["psql"])
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
            met=value <= BAR and worker <= BAR and memory < MEMORY_BAR,
            peers={"server cursor and csv.writer": 4.9, "ORM objects": 24, "django-import-export": 81},
            peers_measured="before, see docs",
            worker=harness.tidy(worker),
            worker_spread=[harness.tidy(edge) for edge in worker_spread],
            memory_mib=harness.tidy(memory),
            memory_of="what the export adds to the process",
            process_mib=harness.tidy(harness.peak_memory()),
            rows=written,
            megabytes=round(size / 1e6),
            entries_of_exports=_exports(),
        )
    ]


def growth_while(work: Callable[[], None], before: float) -> float:
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
