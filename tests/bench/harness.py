"""What the benches share: servers of their own, interleaved rounds, medians and quartiles, a web server and its load.

Absolute times depend on the machine, so each bench compares ways that ran in turn, in the same minutes, on the same server. That
server keeps PostgreSQL's promises (fsync, synchronous commits, checksums): a bench without them would measure another product.
"""

import contextlib
import json
import multiprocessing
import os
import re
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

from portal.base import db_logins
from portal.run.account import server_account
from portal.run.postgres import OWNER, Postgres, binaries
from portal.run.valkey import Valkey

TOP = Path(__file__).resolve().parents[2]
LOGINS = {
    "DATABASE_URL": db_logins.APP.name,
    "PORTAL_KEEPER_DATABASE_URL": db_logins.KEEPER.name,
    "PORTAL_SEALER_DATABASE_URL": db_logins.SEALER.name,
    "PORTAL_OWNER_DATABASE_URL": OWNER,
}
TEMPLATE = "bench_template"
SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "4GB", "checkpoint_timeout": "30min", "max_connections": "60"}

Line = dict[str, Any]


# -- Lines ---------------------------------------------------------------------------------------------------------------------------------------------------


def line(
    bench: str,
    value: float,
    unit: str,
    *,
    bar: float,
    better: str,
    n: int,
    spread: Sequence[float],
    peers: Mapping[str, float] | None = None,
    met: bool | None = None,
    **more: Any,
) -> Line:
    """One measured value as docs/reference/contract.md has it. `better` is "lower" or "higher"; `spread` the quartiles of `n` rounds.

    `more` says what else belongs to the number: the size it was taken at, round trips, memory.
    """
    good = (value <= bar if better == "lower" else value >= bar) if met is None else met
    return {
        "bench": bench,
        "value": tidy(value),
        "unit": unit,
        "bar": bar,
        "better": better,
        "met": good,
        "n": n,
        "spread": [tidy(edge) for edge in spread],
        "peers": {name: tidy(peer) for name, peer in (peers or {}).items()},
        **more,
    }


def tidy(number: float) -> float:
    """Three figures that say something; more would claim too much."""
    return float(f"{number:.3g}") if abs(number) < 1000 else round(number)


def quartiles(values: Sequence[float]) -> tuple[float, float]:
    """The first and the third quartile; the extremes where there are fewer than four values."""
    if len(values) < 4:
        return min(values), max(values)
    first, _, third = statistics.quantiles(values, n=4)
    return first, third


def interleaved(ways: Mapping[str, Callable[[], Any]], rounds: int, *, warm: int = 2) -> dict[str, list[float]]:
    """Seconds that each way took in each round. The ways take turns, forwards and backwards, so that a slow minute hits all of them alike."""
    for _ in range(warm):
        for way in ways.values():
            way()
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds):
        for name in list(ways) if number % 2 else reversed(list(ways)):
            began = time.perf_counter()
            ways[name]()
            taken[name].append(time.perf_counter() - began)
    return taken


def ratios(above: Sequence[float], below: Sequence[float]) -> tuple[float, tuple[float, float]]:
    """The ratio of the medians, and the quartiles of the ratio round by round."""
    by_round = [one / other for one, other in zip(above, below, strict=True)]
    return statistics.median(above) / statistics.median(below), quartiles(by_round)


def peak_memory() -> float:
    """The most memory this process has had, in MiB. Linux only; 0 elsewhere."""
    return _status("VmHWM")


def memory() -> float:
    """The memory this process has now, in MiB. Linux only; 0 elsewhere."""
    return _status("VmRSS")


def _status(name: str) -> float:
    with contextlib.suppress(OSError):
        found = re.search(rf"^{name}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
        if found:
            return int(found.group(1)) / 1024
    return 0.0


# -- Servers -------------------------------------------------------------------------------------------------------------------------------------------------


@dataclass
class Servers:
    """PostgreSQL and Valkey of one run of benches, in a folder that goes with them."""

    folder: Path
    postgres: Postgres
    passwords: dict[str, str]
    redis_url: str

    def environment(self, database: str) -> dict[str, str]:
        """What a process needs that works on `database`. The password of demo personas and the secret key are worth nothing."""
        return {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith("PORTAL_") and name not in {"DATABASE_URL", "REDIS_URL", "PORT"}
            },
            **{name: self.postgres.address(database, login, self.passwords[login]) for name, login in LOGINS.items()},
            "REDIS_URL": self.redis_url,
            "PORTAL_VAR": str(self.folder / "var"),
            "PORTAL_SECRETS": str(self.folder / "no-secrets"),
            "PORTAL_SECRET_KEY": "bench-only-bench-only-bench-only-bench-only",
            "PORTAL_DEMO": "1",
            "PORTAL_DEMO_PASSWORD": secrets.token_hex(8),
            "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
            "PYTHONPATH": str(TOP),
        }

    def make(self, database: str, *, template: str | None = TEMPLATE) -> None:
        """A fresh database: a copy of the migrated one with the reference data."""
        with self.owner() as connection, connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{database}"' + (f' TEMPLATE "{template}"' if template else ""))
            db_logins.prepare_database(connection, database)

    def drop(self, database: str) -> None:
        with self.owner() as connection, connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    @contextlib.contextmanager
    def owner(self, database: str = "postgres") -> Iterator[Any]:
        """A connection of the owner, in autocommit."""
        connection = psycopg2.connect(self.postgres.address(database, OWNER, self.passwords[OWNER]))
        connection.autocommit = True
        try:
            yield connection
        finally:
            connection.close()


@contextlib.contextmanager
def servers() -> Iterator[Servers]:
    """Start both servers and make the template database; stop them and remove everything at the end."""
    folder = Path(tempfile.mkdtemp(prefix=f"portal-bench-{os.getpid()}-", dir="/tmp"))
    (folder / "var" / "static").mkdir(parents=True)
    words = {login: secrets.token_hex(16) for login in LOGINS.values()}
    sockets = folder / "s"
    sockets.mkdir(mode=0o700)
    server_account().own(folder, sockets)
    postgres = Postgres(folder / "postgres", sockets, SETTINGS)
    valkey = Valkey(folder / "valkey", folder)
    running: list[subprocess.Popen[bytes]] = []
    try:
        postgres.create(words[OWNER])
        running.append(postgres.start())
        valkey.prepare(words[OWNER])
        running.append(valkey.start())
        postgres.wait(words[OWNER])
        valkey.wait(words[OWNER])
        made = Servers(folder, postgres, words, valkey.address(words[OWNER]))
        with made.owner() as connection:
            db_logins.make_roles(connection, words)
        made.make(TEMPLATE, template=None)
        with made.owner(TEMPLATE) as connection:
            db_logins.prepare_schema(connection)
        steps = subprocess.run(
            [sys.executable, "-m", "portal.run.prepare", "migrate", "reference"],
            cwd=TOP, env=made.environment(TEMPLATE), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if steps.returncode:
            raise RuntimeError(f"The benches' database could not be made:\n{steps.stdout[-1000:]}{steps.stderr[-3000:]}")
        yield made
    finally:
        for process in reversed(running):
            process.send_signal(2)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(30)
            if process.poll() is None:
                process.kill()
                process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def program(name: str) -> Path:
    """A client program of the embedded PostgreSQL (psql, pgbench), of the server's own version."""
    return binaries(server_account()) / "bin" / name


def owner() -> Any:
    """Inside a bench: a bare connection of the owner to the bench's database, in autocommit. For seeding and for limits, never for what is measured."""
    connection = psycopg2.connect(os.environ["PORTAL_OWNER_DATABASE_URL"])
    connection.autocommit = True
    return connection


def lift_ceiling() -> None:
    """Let the application's login open as much as a bench needs. Only the owner can."""
    with contextlib.closing(owner()) as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE door.ceiling SET an_hour = 1000000000000")


# -- Web -----------------------------------------------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def web(*, workers: int = 2, settings: str = "tests.bench.settings") -> Iterator[str]:
    """The portal behind granian, as `make run` starts it, with these settings. Gives its address."""
    port = _free_port()
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": settings, "PORTAL_LOGINS": "default"}
    for name in set(LOGINS) - {"DATABASE_URL"}:
        environment.pop(name, None)
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", str(workers),
        "--blocking-threads", "4", "--backpressure", "128", "--no-ws", "--no-access-log", "--log-level", "warning", "portal.wsgi:application",
    ]  # fmt: skip
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, cwd=TOP, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        address = f"http://localhost:{port}"
        try:
            for _ in range(300):
                with contextlib.suppress(urllib.error.HTTPError):
                    try:
                        urllib.request.urlopen(f"{address}/healthz", timeout=2).close()
                    except urllib.error.HTTPError:
                        break
                    except OSError:
                        time.sleep(0.1)
                        continue
                    break
            else:
                log.seek(0)
                raise RuntimeError(f"The web server does not answer:\n{log.read().decode()[-3000:]}")
            yield address
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def requests_a_second(address: str, *, seconds: float, connections: int = 8, cookie: str = "", encoding: str = "") -> float:
    """Pages a second of `address`, all of them answered with 200. By wrk, or where it is missing by clients of our own."""
    headers = {name: value for name, value in (("Cookie", cookie), ("Accept-Encoding", encoding)) if value}
    if wrk := shutil.which("wrk"):
        given = [argument for name, value in headers.items() for argument in ("-H", f"{name}: {value}")]
        done = subprocess.run(
            [wrk, "-t2", f"-c{connections}", f"-d{max(1, round(seconds))}s", *given, address],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True,
        )  # fmt: skip
        if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
            raise RuntimeError(f"not every page was answered:\n{done.stdout}")
        found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
        assert found is not None
        return float(found.group(1))
    with multiprocessing.get_context("spawn").Pool(connections) as pool:
        return sum(pool.starmap(_ask_again_and_again, [(address, headers, seconds)] * connections))


def client() -> str:
    """Which load generator `requests_a_second` uses: it belongs to the number."""
    return "wrk" if shutil.which("wrk") else "http.client"


def _ask_again_and_again(address: str, headers: dict[str, str], seconds: float) -> float:
    import http.client
    from urllib.parse import urlsplit

    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    count, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        connection.request("GET", parts.path, headers=headers)
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            raise RuntimeError(f"not every page was answered: {response.status}")
        count += 1
    return count / seconds


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def write(lines: Sequence[Line], file: Path) -> None:
    """Print the lines and append them to `file`."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as kept:
        for one in lines:
            text = json.dumps(one, ensure_ascii=False)
            print(text, flush=True)
            kept.write(text + "\n")
