"""From the bytes of a ZIP to its files, each whole and checked, or with its fault. Nothing is unpacked to disk."""

import dataclasses
import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from django.utils.translation import gettext as _

from portal.base.errors import CannotDo
from vendors.folders.models import File
from vendors.providers import documents

MOST_BYTES = 100 * 2**20
MOST_UNPACKED = 300 * 2**20
MOST_FILES = 200
_FAULTS = {"too_large": File.Fault.TOO_LARGE, "not_a_pdf": File.Fault.NOT_A_PDF}


class CannotRead(CannotDo):
    """Nothing was taken from the folder."""


@dataclasses.dataclass(frozen=True)
class Found:
    """One file: its bytes, or why it cannot be taken."""

    name: str
    content: bytes
    sha256: str
    fault: str


def read(archive: IO[bytes], size: int) -> Iterator[Found]:
    """The files of a ZIP, one after another. Raises CannotRead for what is no ZIP, too large, or holds nothing."""
    if size > MOST_BYTES:
        raise CannotRead(_("The folder is larger than 100 MB. Send it in parts."), code="too_large")
    try:
        with zipfile.ZipFile(archive) as folder:
            inside = [each for each in folder.infolist() if not each.is_dir() and not _is_furniture(each.filename)]
            if not inside:
                raise CannotRead(_("There is no file in this folder."), code="empty")
            if len(inside) > MOST_FILES:
                raise CannotRead(_("There are more than 200 files in this folder. Send it in parts."), code="too_many")
            unpacked = 0
            for each in inside:
                found = _read_one(folder, each)
                unpacked += len(found.content)
                if unpacked > MOST_UNPACKED:
                    raise CannotRead(_("The folder is larger than 100 MB. Send it in parts."), code="too_large")
                yield found
    except zipfile.BadZipFile as error:
        raise CannotRead(_("This is no whole ZIP file. Pack the folder as ZIP and choose it again."), code="no_zip") from error


def _read_one(folder: zipfile.ZipFile, each: zipfile.ZipInfo) -> Found:
    name = each.filename.rsplit("/", 1)[-1].rsplit("\\", 1)[-1].replace("\x00", "")[:200]
    try:
        with folder.open(each) as file:
            content = documents.read_pdf(file)
    except documents.CannotTake as refusal:
        return Found(name, b"", "", _FAULTS[refusal.code])
    except (RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error, EOFError):
        return Found(name, b"", "", File.Fault.LOCKED)
    return Found(name, content, hashlib.sha256(content).hexdigest(), "")


def _is_furniture(name: str) -> bool:
    """What systems put into every folder."""
    last = name.rsplit("/", 1)[-1]
    return name.startswith("__MACOSX/") or last.startswith(".") or last.casefold() in {"thumbs.db", "desktop.ini"}
