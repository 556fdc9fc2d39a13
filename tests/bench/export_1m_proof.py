"""`export_1m_proof`: a CSV of a million rows with its proof companion, against `psql \\copy` of the same rows by a login that may read all of them.

Measured is what the worker does: the table encrypted at rest, its digest, each entry as it was sealed, and the hashes that lead to the root.
"""

import datetime as dt
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from governance.exports import files, tables
from governance.trail import search
from governance.trail.seals import notes, queries, sealer
from portal.base import vault
from tests.bench import harness, seeds
from tests.bench.export_1m import SOURCE, growth_while

BAR, MEMORY_BAR = 2.0, 128.0
ORIGIN = "bench.example/trail"
VERIFIER = harness.TOP / "docs" / "verify" / "verify_trail.py"


def seal(key: str) -> None:
    """Seal everything with a key given in hex."""
    signing = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key))
    sealer.announce_key(key=signing, origin=ORIGIN, because="first")
    sealer.seal_everything(key=signing, origin=ORIGIN)


def run(full: bool) -> list[harness.Line]:
    """The same rows three ways in turn: by \\copy, as the command writes file and companion, as the worker keeps them. The verifier has the last word."""
    rows = 1_000_000 if full else 200_000
    looks, rounds = round(rows / seeds.MEAN), 7 if full else 5
    os.environ["PORTAL_SEAL_FOLDER"] = tempfile.mkdtemp(prefix="bench-seal-")
    with closing(harness.owner()) as owner, owner.cursor() as cursor:
        seeds.students(cursor, 10_000)
        seeds.looks(cursor, looks, students=10_000, people=400)
    harness.lift_ceiling()
    key = Ed25519PrivateKey.generate()
    # Sealed by a process of its own, as ever: what that takes is not the export's.
    program = (
        f"import django; django.setup(); from tests.bench import export_1m_proof; export_1m_proof.seal({key.private_bytes_raw().hex()!r})"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=harness.TOP)
    checkpoint = queries.latest_checkpoint()
    assert checkpoint is not None
    # Without the looks of the bench itself.
    filters = search.Filters(until=dt.datetime(2026, 11, 1, tzinfo=dt.UTC))
    source = SOURCE.replace("ORDER BY", "WHERE e.\"timestamp\" < '2026-11-01 00:00:00+00' ORDER BY")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings.VAR = folder

        def by_psql() -> None:
            statement = tables.query(form="csv", source=source).replace("%(zone)s", f"'{settings.TIME_ZONE}'").replace("\n", " ")
            command = statement.replace("COPY", "\\copy", 1).replace("TO STDOUT", f"TO '{folder / 'psql.csv'}'")
            subprocess.run(
                [harness.program("psql"), "-q", "-X", "-v", "ON_ERROR_STOP=1", os.environ["PORTAL_OWNER_DATABASE_URL"], "-c", command],
                check=True,
            )

        wanted = files.Wanted(by=None, hat=None, filters=filters, form="csv", purpose="review", name="trail.csv", checkpoint=checkpoint)

        def by_command() -> None:
            with (folder / "trail.csv").open("wb") as file, (folder / "trail.csv.proof.json").open("wb") as companion:
                files.write(wanted, files.Plain(file), companion)

        def by_worker() -> None:
            with vault.Writer("bench") as file, vault.Writer("bench") as companion:
                files.write(wanted, file, companion)
                for kept in (file.finish(), companion.finish()):
                    vault.destroy(kept.name)

        ways: dict[str, Callable[[], None]] = {"psql": by_psql, "command": by_command, "worker": by_worker}
        by_command()
        before = harness.memory()
        memory = max(growth_while(by_command, before), growth_while(by_worker, before))
        process = before + memory
        taken = harness.interleaved(ways, rounds, warm=1)
        with (folder / "trail.csv").open("rb") as file:
            written = sum(1 for _ in file) - 1
        megabytes = [round((folder / name).stat().st_size / 1e6) for name in ("trail.csv", "trail.csv.proof.json")]
        line = notes.verifier_key(ORIGIN, notes.public_bytes(key))
        checked = subprocess.run(
            [sys.executable, str(VERIFIER), "--key", line, str(folder / "trail.csv.proof.json")],
            capture_output=True,
            text=True,
            check=False,
        )
    value, spread = harness.ratios(taken["command"], taken["psql"])
    worker, worker_spread = harness.ratios(taken["worker"], taken["psql"])
    return [
        harness.line(
            "export_1m_proof",
            value,
            "x psql \\copy of the same rows, without a proof",
            bar=BAR,
            better="lower",
            n=rounds,
            spread=spread,
            met=value <= BAR and worker <= BAR and memory < MEMORY_BAR and checked.returncode == 0,
            worker=harness.tidy(worker),
            worker_spread=[harness.tidy(edge) for edge in worker_spread],
            memory_mib=harness.tidy(memory),
            memory_of="what the export adds to the process",
            process_mib=harness.tidy(process),
            rows=written,
            entries=looks,
            megabytes=megabytes[0],
            megabytes_of_proof=megabytes[1],
            verified=checked.returncode == 0,
        )
    ]
