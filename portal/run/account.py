"""Whose rights the database servers run with.

PostgreSQL refuses to run as root. Under root the servers run as `nobody`, who often cannot reach the folder of a private home; so
they are started inside their own folder, which they call `/proc/self/cwd`, and their programs are copied to where everybody can read.
"""

import os
import pwd
import shutil
import stat
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from portal.run import child
from portal.run.faults import CannotStart

CHILD = Path(child.__file__)
SHARED = Path("/var/cache/student-data-portal")


@dataclass(frozen=True)
class Fence:
    """What a process cannot open, and the only places where it can write. Kept by the kernel (fence.py)."""

    hidden: tuple[Path, ...]
    writable: tuple[Path, ...]

    def options(self) -> list[str]:
        """The same as options of child.py."""
        named = {"--hidden": self.hidden, "--writable": self.writable}
        return [word for name, paths in named.items() for path in paths for word in (name, str(path.resolve()))]


@dataclass(frozen=True)
class Account:
    """The account of a server process. `name` is None where it is simply the present one."""

    name: str | None
    uid: int
    gid: int

    @property
    def is_another(self) -> bool:
        return self.name is not None

    def own(self, *paths: Path) -> None:
        """Give `paths` to this account."""
        if self.is_another:
            for path in paths:
                os.chown(path, self.uid, self.gid)

    def reaches(self, path: Path) -> bool:
        """True when this account may walk to `path` and read there."""
        if not self.is_another:
            return True
        path = path.resolve()
        return all(self._has(folder.stat(), 0o1) for folder in path.parents) and self._has(path.stat(), 0o5 if path.is_dir() else 0o4)

    def _has(self, status: os.stat_result, bits: int) -> bool:
        shift = 6 if status.st_uid == self.uid else 3 if status.st_gid == self.gid else 0
        return stat.S_IMODE(status.st_mode) >> shift & bits == bits

    def command(self, program: list[str], *, folder: Path, parent_death: str, alone: bool = False, fence: Fence | None = None) -> list[str]:
        """The command line that runs `program` in `folder` as this account and ends it with its parent by `parent_death`.

        With `alone`, what a killed predecessor of the same name left running ends first. With a `fence`, it runs within that.
        """
        options = ["--folder", str(folder), "--parent-death", parent_death]
        options += ["--account", self.name] if self.name else []
        options += ["--alone"] if alone else []
        options += fence.options() if fence else []
        return [sys.executable, "-I", "-S", str(CHILD), *options, "--", *program]

    def name_of(self, folder: Path) -> str:
        """How a process of this account, started inside `folder`, names that folder."""
        return str(folder) if self.reaches(folder) else "/proc/self/cwd"

    def reachable_copy(self, source: Path, *beside: Path, label: str) -> Path:
        """`source` itself where this account can read it, else a copy that it can, with `beside` next to it. Made once per `label`."""
        if self.reaches(source):
            return source
        shelf = SHARED if _writable(SHARED.parent) else Path(tempfile.gettempdir()) / f"student-data-portal-{os.getuid()}"
        shelf.mkdir(exist_ok=True)
        status = shelf.lstat()
        if status.st_uid != os.getuid() or not stat.S_ISDIR(status.st_mode) or status.st_mode & 0o022:
            raise CannotStart(f"{shelf} belongs to somebody else. Remove it and start again.")
        shelf.chmod(0o755)
        copied = shelf / label
        if not copied.exists():
            fresh = Path(tempfile.mkdtemp(prefix=f".{label}-", dir=shelf))
            for item in (source, *beside):
                if item.is_dir():
                    shutil.copytree(item, fresh / item.name, symlinks=True)
                elif item.exists():
                    shutil.copy2(item, fresh / item.name)
            _open_for_reading(fresh)
            try:
                fresh.rename(copied)
            except OSError:  # another start was faster
                shutil.rmtree(fresh)
        return copied / source.name


def _writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)


def _open_for_reading(top: Path) -> None:
    top.chmod(0o755)
    for path in top.rglob("*"):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() or path.stat().st_mode & 0o100 else 0o044))


@cache
def server_account() -> Account:
    """Under root `nobody`, else the present account."""
    if os.geteuid() != 0:
        return Account(None, os.getuid(), os.getgid())
    nobody = pwd.getpwnam("nobody")
    return Account("nobody", nobody.pw_uid, nobody.pw_gid)
