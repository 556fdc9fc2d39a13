"""Zips that are written from front to back, so that they need no more memory for ten thousand members than for a hundred."""

import zipfile
from typing import IO, Any, Protocol, cast

_EPOCH = (1980, 1, 1, 0, 0, 0)  # what a zip can say least: its members tell no time


class Writes(Protocol):
    """What takes bytes from front to back."""

    def write(self, data: bytes, /) -> Any: ...


class Stream:
    """A file that is written from front to back, as a zip wants it."""

    def __init__(self, sink: Writes):
        self._sink = sink

    def write(self, data: bytes) -> int:
        """Hand on."""
        self._sink.write(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""


def onto(sink: IO[bytes] | Stream) -> zipfile.ZipFile:
    """A zip that is written into `sink`, to be used in a `with`."""
    return zipfile.ZipFile(cast(IO[bytes], sink), "w")


def member(name: str) -> zipfile.ZipInfo:
    """A member: compressed, readable, and without a time."""
    about = zipfile.ZipInfo(name, _EPOCH)
    about.compress_type, about.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
    return about


def put(pack: zipfile.ZipFile, name: str, content: bytes | str) -> None:
    """Add a member."""
    pack.writestr(member(name), content)
