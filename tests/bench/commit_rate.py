"""`commit_rate`: entries that 16 clients commit a second, against commits of one integer. On disk (fsync), and counted against the ceiling.

Each client is a connection of the application's login; pgbench sends the statements in the same simple protocol as the portal does.
"""

import hashlib
import os
import random
import re
import statistics
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

from tests.bench import harness, seeds

BAR = 0.4
CLIENTS = 16
SCRIPTS = 64  # so that entries differ and the clients need not work anything out
PEERS = {"one swapped entry, no ceiling and no door": 0.52, "django-auditlog signals, 30 rows": 0.06, "hash chain": 0.10}
TOKEN = "0123456789abcdef0123456789abcdef"


def run(full: bool) -> list[harness.Line]:
    """Rounds in turn; `with the read behind it` opens what each entry names as well."""
    rounds, seconds = (9, 10) if full else (5, 4)
    with closing(harness.owner()) as owner, owner.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_floor(number integer); GRANT INSERT ON bench_floor TO portal_app")
        cursor.execute("SHOW fsync")
        assert cursor.fetchone()[0] == "on"
    harness.lift_ceiling()
    with tempfile.TemporaryDirectory() as name:
        ways = {way: scripts(Path(name), way) for way in ("floor", "entry", "read")}
        for warmed in ways.values():
            commits_a_second(warmed, 2)
        speeds: dict[str, list[float]] = {way: [] for way in ways}
        for number in range(rounds):
            for way in list(ways) if number % 2 else reversed(list(ways)):
                speeds[way].append(commits_a_second(ways[way], seconds))
    value, spread = harness.ratios(speeds["entry"], speeds["floor"])
    behind, _ = harness.ratios(speeds["read"], speeds["floor"])
    return [
        harness.line(
            "commit_rate", value, "x commits of one integer", bar=BAR, better="higher", n=rounds, spread=spread, peers=PEERS,
            with_the_read_behind_it=harness.tidy(behind), a_second={way: round(statistics.median(found)) for way, found in speeds.items()}, clients=CLIENTS, seconds=seconds,
        )
    ]  # fmt: skip


def scripts(folder: Path, way: str) -> list[Path]:
    if way == "floor":
        script = folder / "floor.sql"
        script.write_text("INSERT INTO bench_floor VALUES (1);\n")
        return [script]
    pick, made = random.Random(1), []
    for number in range(SCRIPTS):
        students = ",".join(map(str, pick.sample(range(1, 10_001), 30)))
        enter = (
            f"SELECT door.enter('records.class_list.opened', {pick.randint(1, 800)}, 'teacher', 'classroom-instruction', 'wi-118-125-2d-official', NULL,"
            f" 'teacher-own-classes@1', '0b2b2c1e-1111-4111-8111-123456789012', '10.20.30.40', '{seeds.ELEMENTS}', '{{{students}}}', NULL, NULL,"
            f" '\\x{hashlib.sha256(TOKEN.encode()).hexdigest()}')"
        )
        script = folder / f"{way}{number}.sql"
        if way == "read":
            enter = enter.replace("SELECT door.enter", "SELECT id, at FROM door.enter")
            enter += f" \\gset\nSELECT set_config('portal.key', ':id :at {TOKEN}', true) \\; SELECT * FROM door.read_identity()"
        script.write_text(f"{enter};\n")
        made.append(script)
    return made


def commits_a_second(scripts: list[Path], seconds: int) -> float:
    files = [argument for script in scripts for argument in ("-f", str(script))]
    done = subprocess.run(
        [str(harness.program("pgbench")), "-n", "-M", "simple", "-c", str(CLIENTS), "-j", "2", "-T", str(seconds), *files, os.environ["DATABASE_URL"]],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True,
    )  # fmt: skip
    failed = re.search(r"number of failed transactions: (\d+)", done.stdout)
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None or failed is None or failed.group(1) != "0":
        raise RuntimeError(f"pgbench: {done.stdout[-500:]}{done.stderr[-500:]}")
    return float(found.group(1))
