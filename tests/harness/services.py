"""PostgreSQL and Valkey of one test run, and the databases that tests get copies of.

A run has servers of its own in a temporary folder, so that two runs never meet. They start from a snapshot: a stopped cluster with
one template database, kept under `var/test/` under the digest of everything that went into it, so that a second run starts at once.
There are two: `base` (migrated, reference data loaded) and `cast` (a small demo district on top), each a server of its own.

Under xdist the controller starts the servers and ends them; its workers find them through the environment.
"""

import atexit
import contextlib
import datetime as dt
import fcntl
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg2

from portal.base import db_logins
from portal.run import fingerprint
from portal.run.account import server_account
from portal.run.postgres import OWNER, Postgres
from portal.run.valkey import Valkey

TOP = Path(__file__).resolve().parents[2]
KEPT = TOP / "var" / "test"
VARIABLE = "PORTAL_TEST_RUN"
ADDRESSES = {
    "default": ("DATABASE_URL", db_logins.APP.name),
    "keeper": ("PORTAL_KEEPER_DATABASE_URL", db_logins.KEEPER.name),
    "sealer": ("PORTAL_SEALER_DATABASE_URL", db_logins.SEALER.name),
    "owner": ("PORTAL_OWNER_DATABASE_URL", OWNER),
}
TEMPLATES = {"base": "portal_template", "cast": "portal_cast"}
# The name a test sees that asked for no database: PostgreSQL's refusal then says what is missing.
NO_DATABASE = "ask_for_the_database_fixture"
# Code that shows what is there and makes nothing: the demo district does not depend on it.
ONLY_PAGES = {"views.py", "urls.py", "forms.py", "present.py", "plain_words.py", "policies.py", "middleware.py", "adapter.py", "tasks.py"}
# A test cluster that the machine's own crash may lose, not more.
FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "on",
    "max_connections": "200",
    "autovacuum": "off",
    "max_wal_size": "256MB",
}


# A clone is two thousand files, and one is made for most tests: in memory that takes a sixth of the time that it takes on a disk.
MEMORY = Path("/dev/shm")
DISK = Path("/tmp")
ENOUGH = 6 << 30  # bytes free there, and of memory


def workplace() -> Path:
    """Where the servers of a run keep their files: in memory, where the machine has plenty, else on disk."""
    if not (os.path.ismount(MEMORY) and os.access(MEMORY, os.W_OK)):
        return DISK
    room = os.statvfs(MEMORY)
    available = re.search(r"^MemAvailable:\s*(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    memory = int(available[1]) << 10 if available else 0
    return MEMORY if min(room.f_bavail * room.f_frsize, memory) >= ENOUGH else DISK


def digest(kind: str) -> str:
    """Names the state of everything that the template `kind` is made from."""
    database = (*fingerprint.DATABASE, "portal/settings.py", "portal/run/postgres.py")
    if kind == "base":
        return fingerprint.of(database)[:16]
    today = dt.datetime.now().astimezone().date().isoformat()  # when the demo district's year ends
    code = [
        f"{package}/**/*.py"
        for package in ("governance", "vendors", "breaches", "portal/base", "portal/pages/demo", "portal/pages/management")
    ]
    return fingerprint.of((*database, *code), today, without=ONLY_PAGES)[:16]


@contextlib.contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold the lock of `file`; another run waits."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def passwords() -> dict[str, str]:
    """The logins' passwords, the same for all snapshots of this working copy."""
    file = KEPT / "passwords.json"
    with locked(KEPT / "lock-passwords"):
        if not file.exists():
            fresh = file.with_suffix(".new")
            fresh.touch(mode=0o600)
            fresh.write_text(json.dumps({login: secrets.token_hex(16) for _, login in ADDRESSES.values()}))
            fresh.rename(file)
        found: dict[str, str] = json.loads(file.read_text())
        return found


def copy_cluster(source: Path, target: Path) -> None:
    """Copy a stopped cluster, owners and modes included."""
    reflink = ["--reflink=auto"] if sys.platform == "linux" else []
    subprocess.run(["cp", "-a", *reflink, str(source), str(target)], check=True)


@dataclass
class Cluster:
    """A PostgreSQL server of this run."""

    postgres: Postgres
    passwords: dict[str, str]

    def connect(self, database: str = "postgres") -> Any:
        """A connection of the owner, in autocommit."""
        connection = psycopg2.connect(self.postgres.address(database, OWNER, self.passwords[OWNER]))
        connection.autocommit = True
        return connection

    def addresses(self, database: str) -> dict[str, str]:
        """The environment that leads the portal to `database`."""
        return {name: self.postgres.address(database, login, self.passwords[login]) for name, login in ADDRESSES.values()}

    def make_clone(self, template: str, name: str) -> None:
        """A database of its own for one test. Files are copied: through the WAL it takes more than twice as long."""
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
            db_logins.prepare_database(connection, name)
        finally:
            connection.close()

    def drop_clone(self, name: str) -> None:
        """Drop it whatever is still connected."""
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        finally:
            connection.close()


def build_snapshot(kind: str, target: Path) -> None:
    """Make the cluster of `kind` in `target`, from nothing or from `base`, by production's own steps. Raises RuntimeError."""
    words = passwords()
    workshop = Path(tempfile.mkdtemp(prefix="portal-snapshot-", dir=DISK))
    server_account().own(workshop)
    postgres = Postgres(workshop / "cluster", workshop, FAST)
    server = None
    try:
        if kind == "cast":
            copy_cluster(snapshot("base"), postgres.folder)
        else:
            postgres.create(words[OWNER])
        server = postgres.start()
        postgres.wait(words[OWNER])
        cluster = Cluster(postgres, words)
        template = TEMPLATES[kind]
        connection = cluster.connect()
        with connection.cursor() as cursor:
            source = f'TEMPLATE "{TEMPLATES["base"]}"' if kind == "cast" else ""
            cursor.execute(f'CREATE DATABASE "{template}" {source}')
        db_logins.make_roles(connection, words)
        db_logins.prepare_database(connection, template)
        environment = _clean_environment() | cluster.addresses(template)
        environment |= {"PORTAL_SECRET_KEY": "test-only", "PORTAL_VAR": str(workshop / "var"), "DJANGO_SETTINGS_MODULE": "portal.settings"}
        if kind == "cast":
            environment |= {"PORTAL_DEMO": "1", "PORTAL_DEMO_PASSWORD": "Riverbend-demo-2026"}
            run = [sys.executable, "manage.py", "demo", "--students", "60", "--seed", "1"]
        else:
            run = [sys.executable, "-m", "portal.run.prepare", "logins", "migrate", "reference"]
        done = subprocess.run(run, cwd=TOP, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(
                f"The template database {template} could not be made. {' '.join(run[1:])} said:\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
            )
        with connection.cursor() as cursor:
            cursor.execute(f'ALTER DATABASE "{template}" IS_TEMPLATE true ALLOW_CONNECTIONS false')
        connection.close()
        _stop(server)
        server = None
        postgres.log.unlink(missing_ok=True)
        shutil.rmtree(target, ignore_errors=True)
        shutil.move(postgres.folder, target)
    finally:
        if server:
            _stop(server)
        shutil.rmtree(workshop, ignore_errors=True)


def snapshot(kind: str) -> Path:
    """The folder of the stopped cluster `kind`, made where it is not there. Older ones of the same kind are cleared away."""
    target = KEPT / f"{kind}-{digest(kind)}"
    with locked(KEPT / f"lock-{kind}"):
        if not (target / "data" / "PG_VERSION").exists():
            build_snapshot(kind, target)
        target.touch()
        for old in sorted(KEPT.glob(f"{kind}-*"), key=lambda path: path.stat().st_mtime)[:-5]:
            shutil.rmtree(old, ignore_errors=True)
    return target


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(2)
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _clean_environment() -> dict[str, str]:
    """The environment without the portal's own variables: a test must not depend on the developer's."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PORTAL_") and name not in {"DATABASE_URL", "REDIS_URL", "PORT"}
    }


class Run:
    """One test run: its folder, and the servers that this process started in it."""

    def __init__(self) -> None:
        joined = os.environ.get(VARIABLE)
        self.is_joined = joined is not None
        self.folder = Path(joined) if joined else self._open()
        self.redis_number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw") or 0) % 16
        self._servers: list[subprocess.Popen[bytes]] = []
        self._clusters: dict[str, Cluster] = {}
        self._start_lock = threading.RLock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def _open(self) -> Path:
        for old in (*DISK.glob("portal-test-*"), *MEMORY.glob("portal-test-*")):
            pid = old.name.split("-")[2]
            if pid.isdigit() and not _is_alive(int(pid)) and old.lstat().st_uid in {os.getuid(), server_account().uid}:
                shutil.rmtree(old, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix=f"portal-test-{os.getpid()}-", dir=workplace()))
        (folder / "var" / "static").mkdir(parents=True)  # where WhiteNoise looks for collected files
        server_account().own(folder)
        atexit.register(self.end)
        return folder

    @cached_property
    def passwords(self) -> dict[str, str]:
        return passwords()

    def environment(self) -> dict[str, str]:
        """What the settings of this run are read from. Known before any server runs."""
        for name in set(os.environ) - set(_clean_environment()) - {VARIABLE}:
            del os.environ[name]
        return {
            VARIABLE: str(self.folder),
            "PORTAL_VAR": str(self.folder / "var"),
            "DJANGO_ALLOW_ASYNC_UNSAFE": "1",  # Playwright keeps an event loop in the main thread
            "PORTAL_SECRET_KEY": "test-only",
            "PORTAL_DEMO_PASSWORD": "Riverbend-demo-2026",
            "REDIS_URL": self._valkey().address(self.passwords[OWNER], self.redis_number),
            **self._cluster("base").addresses(NO_DATABASE),
        }

    def _sockets(self, kind: str) -> Path:
        return self.folder / kind[0]

    def _cluster(self, kind: str) -> Cluster:
        return Cluster(Postgres(self.folder / kind, self._sockets(kind), FAST), self.passwords)

    def _valkey(self) -> Valkey:
        return Valkey(self.folder / "valkey", self.folder, {"appendonly": "no"})

    def cluster(self, kind: str) -> Cluster:
        """The running server of `kind`; started here, or awaited where another process of this run does it. Raises RuntimeError."""
        with self._start_lock:
            if kind not in self._clusters:
                if self.is_joined:
                    self._await(kind)
                    self._clusters[kind] = self._cluster(kind)
                else:
                    self._start(kind)
            return self._clusters[kind]

    def _start(self, kind: str) -> None:
        if not self._servers:
            valkey = self._valkey()
            valkey.prepare(self.passwords[OWNER])
            self._servers.append(valkey.start())
            valkey.wait(self.passwords[OWNER])
        cluster = self._cluster(kind)
        copy_cluster(snapshot(kind), cluster.postgres.folder)
        sockets = self._sockets(kind)
        sockets.mkdir(mode=0o700)
        server_account().own(sockets)
        self._servers.append(cluster.postgres.start())
        cluster.postgres.wait(self.passwords[OWNER])
        self._clusters[kind] = cluster

    @contextlib.contextmanager
    def private_cluster(self, *, empty: bool = False) -> Iterator[Cluster]:
        """A server of one test's own, for what concerns the whole server: roles, crashes. `empty` is one that nobody has prepared."""
        folder = Path(tempfile.mkdtemp(prefix="p", dir=self.folder))
        folder.chmod(0o711)
        sockets = folder / "s"
        sockets.mkdir(mode=0o700)
        server_account().own(sockets)
        cluster = Cluster(Postgres(folder / "cluster", sockets, FAST), self.passwords)
        if empty:
            cluster.postgres.create(self.passwords[OWNER])
        else:
            copy_cluster(snapshot("base"), cluster.postgres.folder)
        server = cluster.postgres.start()
        try:
            cluster.postgres.wait(self.passwords[OWNER])
            yield cluster
        finally:
            _stop(server)
            shutil.rmtree(folder, ignore_errors=True)

    def start_for_workers(self) -> None:
        """Start all servers beside the workers' start-up. The thread lives as long as they do: they end with the thread that made them."""

        def work() -> None:
            for kind in TEMPLATES:
                try:
                    self.cluster(kind)
                    self._say(kind, "ready")
                except Exception as error:  # noqa: BLE001 - told to every test that needs it
                    self._say(kind, str(error))
            self._ended.wait()
            self._stop_servers()

        self._thread = threading.Thread(target=work, name="services", daemon=True)
        self._thread.start()

    def _say(self, kind: str, what: str) -> None:
        fresh = self.folder / f"{kind}.new"
        fresh.write_text(what)
        fresh.rename(self.folder / f"{kind}.state")

    def _await(self, kind: str) -> None:
        state = self.folder / f"{kind}.state"
        end = time.monotonic() + 300
        while not state.exists():
            if time.monotonic() > end or not self.folder.exists():
                raise RuntimeError(f"The {kind} database server of this run did not come up.")
            time.sleep(0.05)
        if (what := state.read_text()) != "ready":
            raise RuntimeError(what)

    def end(self) -> None:
        """Stop what this process started and remove the run's folder. Workers leave that to the controller."""
        if self.is_joined:
            return
        self._ended.set()
        if self._thread:
            self._thread.join(60)
        else:
            self._stop_servers()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _stop_servers(self) -> None:
        for server in reversed(self._servers):
            _stop(server)
        self._servers.clear()


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


RUN = Run()
