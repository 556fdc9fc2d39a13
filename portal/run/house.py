"""The folder that a running portal lives in: `var/`, its lock, the place of its sockets, and what a killed run left behind."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from portal.run.account import Account, server_account
from portal.run.child import MARKS
from portal.run.faults import CannotStart

# A Unix socket's address has room for 108 bytes on Linux and 104 on macOS; the longest name put into the folder takes 28.
ROOM_FOR_FOLDER = 104 - 1 - 28
# Carried by every process of a run: whose it is, and which of the programs.
MARK, PROGRAM_MARK = MARKS
LEAST_FREE = 300 * 2**20


@dataclass
class House:
    """The folder `var` and what is in it."""

    var: Path
    account: Account = field(default_factory=server_account)
    _lock: int | None = None
    _kept_open: int | None = None

    def __post_init__(self) -> None:
        self.var = self.var.resolve()

    @property
    def run(self) -> Path:
        return self.var / "run"

    @property
    def secrets(self) -> Path:
        return self.var / "secrets"

    @property
    def logs(self) -> Path:
        return self.var / "log"

    @property
    def beat(self) -> Path:
        return self.run / "beat"

    @property
    def temporary(self) -> Path:
        return self.var / "tmp"

    @property
    def own_folders(self) -> tuple[Path, ...]:
        """Where processes that serve or work write, each file for its owner alone."""
        return (self.beat, self.temporary, *(self.var / name for name in ("mail", "files", "kept", "drop")))

    def make(self) -> None:
        """Make the folders. Those that may hold a person's data or a secret are for their owner alone."""
        if not self.var.exists():
            self.var.mkdir(parents=True)
            self.var.chmod(0o711)
        for folder, mode in {
            self.run: 0o711,
            self.secrets: 0o700,
            self.logs: 0o700,
            **dict.fromkeys(self.own_folders, 0o700),
        }.items():
            folder.mkdir(exist_ok=True)
            folder.chmod(mode)
        if shutil.disk_usage(self.var).free < LEAST_FREE:
            raise CannotStart(
                f"The disk that holds {self.var} is nearly full. Free at least {LEAST_FREE // 2**20} MB there, "
                "or keep the data elsewhere with PORTAL_VAR=/another/folder."
            )

    def take(self, url: str) -> None:
        """Become the only run in this folder, until this process ends in whatever way. Raises CannotStart where another one is."""
        file = self.run / "lock"
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            try:
                other = json.loads(os.read(descriptor, 4096) or b"{}")
            except ValueError:
                other = {}
            os.close(descriptor)
            raise CannotStart(
                f"A portal already runs in {self.var}: {other.get('url', 'it is still starting')} (process {other.get('pid', 'unknown')}). "
                "Stop it there with Ctrl-C, or start a second one with PORTAL_VAR=/another/folder PORT=8001."
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "url": url}).encode(), 0)
        self._lock = descriptor

    def sockets(self) -> Path:
        """The folder of the sockets: in `var`, or a private one of short path where `var` is too deep or closed to the servers."""
        inside = self.run / "sockets"
        inside.mkdir(exist_ok=True)
        inside.chmod(0o700)
        self.account.own(inside)
        if len(os.fsencode(inside)) <= ROOM_FOR_FOLDER and self.account.reaches(inside):
            return inside
        note = self.run / "sockets-elsewhere"
        outside = Path(note.read_text()) if note.exists() else None
        if outside is None or not self._is_private(outside):
            above = os.environ.get("XDG_RUNTIME_DIR", "")
            is_usable = len(above) < ROOM_FOR_FOLDER - 20 and os.access(above, os.W_OK) and not self.account.is_another
            outside = Path(tempfile.mkdtemp(prefix="portal-", dir=above if is_usable else None))
            if len(os.fsencode(outside)) > ROOM_FOR_FOLDER:
                raise CannotStart(
                    f"The path of the temporary folder, {outside.parent}, is too long for a socket. Choose another: TMPDIR=/tmp make run."
                )
            self.account.own(outside)
            note.write_text(str(outside))
        # Whoever clears out old things from /tmp leaves alone what is locked.
        self._kept_open = os.open(outside, os.O_RDONLY)
        fcntl.flock(self._kept_open, fcntl.LOCK_SH)
        return outside

    def _is_private(self, folder: Path) -> bool:
        try:
            status = folder.lstat()
        except OSError:
            return False
        return stat.S_ISDIR(status.st_mode) and status.st_uid == self.account.uid and stat.S_IMODE(status.st_mode) == 0o700

    def end_leftovers(self) -> None:
        """End every process of an earlier run in this folder. A supervisor is left the time to do so in order; orphans do not listen.

        PostgreSQL is not among them: it ends by itself with its parent, and must not be hurried (Postgres.end_leftover).
        """
        for number, patience in ((signal.SIGTERM, 20.0 if any(self._leftovers("supervisor")) else 2.0), (signal.SIGKILL, 5.0)):
            for pid in self._leftovers():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            end = time.monotonic() + patience
            while time.monotonic() < end and any(self._leftovers()):
                time.sleep(0.05)

    def _leftovers(self, program: str = "") -> Iterator[int]:
        """Processes that carry this folder's mark (and that of `program`), other than this one. Without /proc (macOS) none are found."""
        if sys.platform != "linux":
            return
        wanted = {f"{MARK}={self.var}".encode(), f"{PROGRAM_MARK}={program}".encode()} if program else {f"{MARK}={self.var}".encode()}
        for entry in os.scandir("/proc"):
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                try:
                    environment = set(Path(entry.path, "environ").read_bytes().split(b"\0"))
                except OSError:
                    continue
                if wanted <= environment and f"{PROGRAM_MARK}=postgres".encode() not in environment:
                    yield int(entry.name)
