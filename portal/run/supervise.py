"""The processes of `make run`, kept alive by supervisor: one that dies is back within seconds, and all end together."""

import http.client
import os
import secrets
import shlex
import socket
import subprocess
import sys
import time
import xmlrpc.client  # nosec B411: it reads the answers of our own supervisor, through its private socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from portal.run.account import Account, Fence
from portal.run.addresses import APP_ADDRESS, KEEPER_ADDRESS, LOGIN_OF, OWNER_ADDRESS, Shelf
from portal.run.faults import CannotStart
from portal.run.fingerprint import TOP
from portal.run.house import MARK, PROGRAM_MARK, House

SELF = Account(None, os.getuid(), os.getgid())
# Supervisor stops the highest number first, and group by group.
SERVERS, PROCESSES = 10, 20


@dataclass(frozen=True)
class Program:
    """One process to keep alive. `logins` are the database aliases it may use; `log` is its file in var/log."""

    name: str
    command: list[str]
    logins: str = ""
    stop_signal: str = "TERM"
    stop_seconds: int = 20
    is_server: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        """As supervisor calls it: the portal's own processes are one group, so that they end at the same time."""
        return self.name if self.is_server else f"portal:{self.name}"


def own_programs(house: House, *, host: str, port: int) -> list[Program]:
    """The portal's own processes. Each gets the database logins that its work needs, and no other."""

    def python(*arguments: str, addresses: Iterable[str] = (APP_ADDRESS,)) -> list[str]:
        fence = fence_of(house, addresses=addresses)
        return SELF.command([sys.executable, "-m", *arguments], folder=TOP, parent_death="TERM", alone=True, fence=fence)

    def worker(queue: str, concurrency: int, *addresses: str) -> list[str]:
        options = ["--queues", queue, "--hostname", f"{queue}@portal", "--concurrency", str(concurrency), "--prefetch-multiplier", "1"]
        return python(
            "celery", "--quiet", "--app", "portal", "worker", "--loglevel", "WARNING", "--without-gossip", "--without-mingle", *options,
            addresses=(APP_ADDRESS, *addresses),
        )  # fmt: skip

    schedule = ["--schedule", str(house.beat / "schedule"), "--pidfile", "", "--loglevel", "WARNING"]
    web = ["--interface", "wsgi", "--host", host, "--port", str(port), "--workers", "2", "--no-ws", "--log-level", "warning"]
    web += ["--blocking-threads", "4", "--backpressure", "128"]
    web += ["--respawn-failed-workers", "--respawn-interval", "1", "--workers-kill-timeout", "4"]
    sealer = SELF.command(
        [sys.executable, "manage.py", "trail", "seal", "--forever", "--make-first-key"], folder=TOP, parent_death="TERM", alone=True
    )
    return [
        Program("web", python("granian", *web, "portal.wsgi:application"), logins="default"),
        Program("worker", worker("portal", 2), logins="default", stop_seconds=15),
        Program("keeper", worker("keeper", 2, KEEPER_ADDRESS), logins="default,keeper", stop_seconds=15),
        Program("sealer", sealer, logins="sealer"),
        Program("beat", python("celery", "--quiet", "--app", "portal", "beat", *schedule), logins="default"),
    ]


def fence_of(house: House, *, addresses: Iterable[str]) -> Fence:
    """What a process that serves or works has no business with: the sealing key, the database's files, the addresses of other logins, and the
    supervisor, who starts programs without a fence. `addresses` are the names of those that it needs.
    """
    others = [house.secrets / name for name in (*LOGIN_OF, OWNER_ADDRESS) if name not in addresses]
    hidden = (seal_folder(house), house.var / "postgres", house.var / "valkey", house.run, *others)
    return Fence(hidden=hidden, writable=(*house.own_folders, *named_folders(house)))


def seal_folder(house: House) -> Path:
    """Where the sealer keeps its key; made here, so that it is there when others are kept away from it."""
    folder = Path(os.environ.get("PORTAL_SEAL_FOLDER") or house.var / "seal")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def named_folders(house: House) -> tuple[Path, ...]:
    """Folders outside of the portal's own that a setting has it write to: files that others fetch, mail that is only kept."""
    mail = (Shelf(house.secrets).get("PORTAL_EMAIL_URL"), os.environ.get("PORTAL_SECOND_EMAIL_URL", ""))
    kept = [unquote(urlsplit(address).path) for address in mail if address.startswith("file:")]
    folders = tuple(Path(name) for name in (os.environ.get("PORTAL_DROP", ""), *kept) if name)
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    return folders


class Supervisor:
    """Supervisor itself as a child of this process, and the line to it."""

    def __init__(self, house: House, sockets: Path, programs: Iterable[Program]) -> None:
        self.house = house
        self.socket = sockets / "supervisor.sock"
        self.programs = list(programs)
        self.password = secrets.token_hex(16)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it with the servers only. It ends, and everything with it, when this process dies."""
        self.socket.unlink(missing_ok=True)
        configuration = self.house.run / "supervisord.conf"
        with os.fdopen(os.open(configuration, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(self._configuration())
        command = SELF.command(
            [sys.executable, "-m", "supervisor.supervisord", "--nodaemon", "--silent", "--configuration", str(configuration)],
            folder=TOP,
            parent_death="TERM",
        )
        environment = os.environ | {MARK: str(self.house.var), PROGRAM_MARK: "supervisor", "PYTHONUNBUFFERED": "1"}
        # It writes to its terminal only what it cannot write to a log; were that a file, a full disk would end it.
        nowhere = subprocess.DEVNULL
        self.process = subprocess.Popen(
            command, cwd=TOP, env=environment, stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True
        )  # a Ctrl-C reaches only this process, which then ends the others in order
        end = time.monotonic() + 20
        while True:
            try:
                self._call("getPID")
                return
            except OSError as error:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise CannotStart(f"The process supervisor did not start; its log is {self.house.logs / 'supervisor.log'}.") from error
            time.sleep(0.05)

    def start_program(self, program: Program) -> None:
        """Start a program and do not wait for it."""
        self._start(program.full_name)

    def state_of(self, program: Program) -> str:
        """RUNNING, STARTING, BACKOFF, FATAL and so on."""
        return str(self._call("getProcessInfo", program.full_name)["statename"])

    def revive(self) -> None:
        """Try again what supervisor has given up, for example because the disk was full for a while."""
        for info in self._call("getAllProcessInfo"):
            if info["statename"] == "FATAL":
                self._start(f"{info['group']}:{info['name']}")

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """End everything: first web and workers, then the servers. Nothing of this run is left afterwards."""
        if self.process is not None:
            if self.is_running:
                self.process.terminate()
                try:
                    self.process.wait(90)
                except subprocess.TimeoutExpired:
                    self.process.kill()
                    self.process.wait()
            self.house.end_leftovers()

    def last_words(self, program: Program) -> str:
        """The last line of a program's log, and where the rest stands."""
        file = self.house.logs / f"{program.name}.log"
        lines = file.read_text(errors="replace").strip().splitlines() if file.exists() else []
        return f"{lines[-1].strip() if lines else 'it said nothing'} (more in {file})"

    def _start(self, full_name: str) -> None:
        try:
            self._call("startProcess", full_name, False)
        except xmlrpc.client.Fault as fault:
            if "ALREADY_STARTED" not in fault.faultString:
                raise

    def _call(self, method: str, *arguments: Any) -> Any:
        transport = _UnixTransport(self.socket, self.password)
        with xmlrpc.client.ServerProxy("http://supervisor", transport=transport) as proxy:
            return getattr(proxy.supervisor, method)(*arguments)

    def _configuration(self) -> str:
        sections = [
            _section("unix_http_server", {"file": self.socket, "chmod": "0700", "username": "portal", "password": self.password}),
            _section(
                "supervisord",
                {
                    "logfile": self.house.logs / "supervisor.log",
                    "logfile_maxbytes": "1MB",
                    "logfile_backups": 1,
                    "pidfile": self.house.run / "supervisord.pid",
                    "directory": TOP,
                    "umask": "077",
                    "strip_ansi": "true",
                },
            ),
            _section("rpcinterface:supervisor", {"supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"}),
        ]
        own = [program.name for program in self.programs if not program.is_server]
        sections += [_section("group:portal", {"programs": ",".join(own), "priority": PROCESSES})]
        sections += [self._program(program) for program in self.programs]
        return "\n".join(sections)

    def _program(self, program: Program) -> str:
        environment = {PROGRAM_MARK: program.name, "PORTAL_LOGINS": program.logins or "none", **program.environment}
        if not program.is_server:
            environment["TMPDIR"] = str(self.house.temporary)
        return _section(
            f"program:{program.name}",
            {
                "command": shlex.join(program.command),
                "environment": ",".join(f'{name}="{value}"' for name, value in environment.items()),
                "priority": SERVERS if program.is_server else PROCESSES,
                "autostart": "true" if program.is_server else "false",
                "autorestart": "true",
                "startsecs": 1,
                "startretries": 20,
                "stopsignal": program.stop_signal,
                "stopwaitsecs": program.stop_seconds,
                "killasgroup": "true",
                "redirect_stderr": "true",
                "stdout_logfile": self.house.logs / f"{program.name}.log",
                "stdout_logfile_maxbytes": "10MB",
                "stdout_logfile_backups": 2,
            },
        )


def _section(name: str, values: Mapping[str, object]) -> str:
    """Supervisor expands % in values."""
    return "\n".join([f"[{name}]", *(f"{key} = {str(value).replace('%', '%%')}" for key, value in values.items()), ""])


class _UnixTransport(xmlrpc.client.Transport):
    """XML-RPC over supervisor's Unix socket."""

    def __init__(self, path: Path, password: str) -> None:
        super().__init__()
        self._path = path
        self._password = password

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        _, self._extra_headers, _ = self.get_host_info(f"portal:{self._password}@localhost")
        connection = _UnixConnection(self._path)
        self._connection = host, connection
        return connection


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=30)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))
