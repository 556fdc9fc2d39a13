"""The folders: `<PORTAL_DROP>/<tool>/`, one a tool. A file bears its name only when it is whole and on disk; every step may be the last one.

All is done relative to the opened folder and follows no link: a name that was swapped for a link meanwhile leads nowhere.
"""

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

_UNFINISHED = ".part"


class CannotWrite(OSError):
    """The folder is not there, is a link, or cannot be written."""


def place_of(tool: str) -> Path:
    """Where the files of a tool (its slug) lie."""
    return Path(settings.DROP) / tool


def write(tool: str, name: str, content: bytes) -> None:
    """Put the bytes on disk under an unfinished name. What an earlier try left is written anew. Raises CannotWrite."""
    with _opened(tool, make=True) as folder:
        unfinished = f".{name}{_UNFINISHED}"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(unfinished, dir_fd=folder)
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=folder), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


def finish(tool: str, name: str) -> None:
    """Give what was written its name, in one step. Raises CannotWrite."""
    with _opened(tool) as folder:
        os.rename(f".{name}{_UNFINISHED}", name, src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)


def is_whole(tool: str, name: str, *, size: int, sha256: str) -> bool:
    """Whether the file lies there under its name, as it was made."""
    try:
        with _opened(tool) as folder, os.fdopen(os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder), "rb") as file:
            found = os.fstat(file.fileno())
            return stat.S_ISREG(found.st_mode) and found.st_size == size and hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return False


def remove(tool: str, name: str) -> None:
    """Take a file away, finished or not; one that is gone already is no error. Raises CannotWrite."""
    if not place_of(tool).exists():
        return
    with _opened(tool) as folder:
        for each in (name, f".{name}{_UNFINISHED}"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(each, dir_fd=folder)
        os.fsync(folder)


@contextlib.contextmanager
def _opened(tool: str, *, make: bool = False) -> Iterator[int]:
    place = place_of(tool)
    try:
        if make:
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            place.mkdir(mode=0o700, exist_ok=True)
        folder = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise CannotWrite("the folder cannot be opened") from error
    try:
        yield folder
    except OSError as error:
        raise CannotWrite("the folder cannot be written") from error
    finally:
        os.close(folder)
