"""A delivery as it arrives: a folder, or a zip that is not trusted. Nothing is unpacked to disk."""

import dataclasses
import io
import re
import stat
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, cast

from governance.records.roster.faults import Faults, Notice
from governance.records.roster.standard import FILES, MANIFEST, NOT_USED, spelled

MOST_BYTES = 200 * 2**20
MOST_FILES = 50
MOST_RATIO = 100
FREE_BYTES = 2**20  # a file of this size may be packed as well as it likes: short files with one word in every row are honest
_JUNK = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|Thumbs\.db$|\._)")


class Refused(Exception):
    """A file breaks a limit while it is read. `file` is its name, `code` one of `faults.WORDS`."""

    def __init__(self, file: str, code: str):
        super().__init__(code)
        self.file = file
        self.code = code


@dataclasses.dataclass(frozen=True)
class Member:
    """One file of the delivery; `name` as it stands there, `kind` its name in the standard ("" where the standard has none)."""

    name: str
    kind: str
    open: Callable[[], IO[bytes]]


@dataclasses.dataclass
class Bundle:
    """The files of a delivery, by their name in the standard, and what was wrong with it before any was read."""

    name: str
    members: dict[str, Member]
    others: list[str]
    faults: Faults


class _Counted(io.RawIOBase):
    """A member of a zip that stops at the limits."""

    def __init__(self, inner: IO[bytes], packed: int, total: list[int], file: str):
        self.inner, self.packed, self.total, self.file = inner, max(packed, 1), total, file
        self.unpacked = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        try:
            data = self.inner.read(size if size >= 0 else MOST_BYTES + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
            raise Refused(self.file, "not_zip") from error
        self.unpacked += len(data)
        self.total[0] += len(data)
        if self.total[0] > MOST_BYTES:
            raise Refused(self.file, "too_large")
        if self.unpacked > FREE_BYTES and self.unpacked > MOST_RATIO * self.packed:
            raise Refused(self.file, "ratio")
        return data


def open_path(path: Path) -> Bundle:
    """The delivery at `path`, a folder or a zip on this machine."""
    if path.is_dir():
        return _folder(path)
    if not path.is_file():
        return _refused(path.name or str(path), "nothing")
    return open_zip(path, path.name)


def open_zip(source: Path | IO[bytes], name: str) -> Bundle:
    """The delivery in a zip: a path or a seekable binary file."""
    try:
        packed = zipfile.ZipFile(source)
        entries = [entry for entry in packed.infolist() if not entry.is_dir() and not _JUNK.search(entry.filename)]
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError):
        return _refused(name, "not_zip")
    faults = Faults()
    if len(entries) > MOST_FILES:
        return _refused(name, "too_many_files")
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        return _refused(name, "too_large")
    tops = {entry.filename.partition("/")[0] for entry in entries}
    inside = f"{tops.pop()}/" if len(tops) == 1 and all("/" in entry.filename for entry in entries) else ""
    total = [0]
    found = []
    for entry in entries:
        short = entry.filename.removeprefix(inside)
        problem = _problem_of(entry, inside, short)
        if problem:
            faults.add(short[-100:], 0, "", problem)
        else:
            found.append(Member(short, _kind_of(short), _opener(packed, entry, total, short)))
    return _sorted(name, found, faults)


def _opener(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, total: list[int], short: str) -> Callable[[], IO[bytes]]:
    def opened() -> IO[bytes]:
        try:
            return cast(IO[bytes], _Counted(packed.open(entry), entry.compress_size, total, short))
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
            raise Refused(short, "not_zip") from error

    return opened


def _problem_of(entry: zipfile.ZipInfo, inside: str, short: str) -> str:
    if entry.flag_bits & 0x1:
        return "encrypted"
    if stat.S_IFMT(entry.external_attr >> 16) == stat.S_IFLNK:
        return "link"
    if (
        "/" in short
        or "\\" in entry.filename
        or inside in {"../", "./"}
        or re.match(r"^([A-Za-z]:|/)", entry.filename)
        or "\x00" in entry.orig_filename
    ):
        return "bad_name"
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return "compression"
    return ""


def _folder(path: Path) -> Bundle:
    faults = Faults()
    found = []
    for file in sorted(path.iterdir()):
        if _JUNK.search(file.name) or (file.is_dir() and not file.is_symlink()):
            continue
        if file.is_symlink() or not file.is_file():
            faults.add(file.name, 0, "", "link")
            continue
        found.append(Member(file.name, _kind_of(file.name), _reader(file)))
    return _sorted(path.name or str(path), found, faults)


def _reader(file: Path) -> Callable[[], IO[bytes]]:
    def opened() -> IO[bytes]:
        try:
            return file.open("rb")
        except OSError as error:
            raise Refused(file.name, "unreadable") from error

    return opened


def _kind_of(name: str) -> str:
    stem, dot, ending = name.rpartition(".")
    return FILES.get(spelled(stem), "") if dot and ending.lower() == "csv" else ""


def _sorted(name: str, found: list[Member], faults: Faults) -> Bundle:
    members: dict[str, Member] = {}
    others = []
    for member in found:
        if not member.kind:
            others.append(member.name)
        elif member.kind in members:
            faults.add(member.name, 0, "", "two_files")
        else:
            members[member.kind] = member
    if not faults and not set(members) - {MANIFEST, *NOT_USED}:
        faults.add(name, 0, "", "no_files")
    return Bundle(name, members, others, faults)


def _refused(name: str, code: str) -> Bundle:
    faults = Faults()
    faults.add(name, 0, "", code)
    return Bundle(name, {}, [], faults)


def notices_of(bundle: Bundle) -> list[Notice]:
    """Files that are not opened, told once each."""
    unused = [Notice(bundle.members[kind].name, 0, "", "not_used") for kind in NOT_USED if kind in bundle.members]
    return unused + [Notice(other[-100:], 0, "", "unknown_file") for other in bundle.others]
