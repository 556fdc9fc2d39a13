"""Files at rest, encrypted: what is made in the background, waits for its taker and goes again.

A file lies in the data folder under a random name, in pieces of 64 KiB, each sealed by AES-256-GCM under a key of the file's own. That key,
wrapped by one that is derived from `PORTAL_SECRET_KEY`, is handed to the caller, who keeps it in the database: neither the folder nor the
database opens anything alone, and a file whose row is gone cannot be opened any more, wherever a copy of it lies.

Any part can be read without what stands before it. A file bears its name only when it is whole.
"""

import contextlib
import dataclasses
import hashlib
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from types import TracebackType

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PIECE = 64 * 1024
_TAG = 16
_UNFINISHED = ".part"
_SCRATCH = "scratch-"
_NAME = re.compile(r"[a-z]+-[0-9a-f]{32}")


class Damaged(OSError):
    """The file is gone, cut off or changed, or was kept under another secret key."""


@dataclasses.dataclass(frozen=True)
class Kept:
    """What one has to remember to open a file again: its name, length in bytes, SHA-256 (hex) and wrapped key."""

    name: str
    size: int
    sha256: str
    key: bytes


def folder() -> Path:
    """Where the files lie; made when it is asked for."""
    place = Path(settings.VAR) / "kept"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


class Writer:
    """Takes a file in any pieces. Leave the `with` by an error, or without `finish`, and nothing of it is left.

    `owner` is the room that keeps it, in small letters; `size` and `sha256` tell of what came so far.
    """

    def __init__(self, owner: str) -> None:
        self.name = f"{owner}-{secrets.token_hex(16)}"
        self.size = 0
        self._key = AESGCM.generate_key(256)
        self._cipher = AESGCM(self._key)
        self._digest = hashlib.sha256()
        self._waiting = bytearray()
        self._pieces = 0
        self._unfinished = folder() / f"{self.name}{_UNFINISHED}"
        self._file = os.fdopen(os.open(self._unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()
        self._unfinished.unlink(missing_ok=True)

    def write(self, data: bytes) -> int:
        """Add to the end."""
        self._digest.update(data)
        self.size += len(data)
        self._waiting += data
        if len(self._waiting) >= PIECE:
            whole = len(self._waiting) - len(self._waiting) % PIECE
            for at in range(0, whole, PIECE):
                self._seal(bytes(self._waiting[at : at + PIECE]))
            del self._waiting[:whole]
        return len(data)

    @property
    def sha256(self) -> str:
        """SHA-256 of what came so far, in hex."""
        return self._digest.hexdigest()

    def finish(self) -> Kept:
        """Put the file on disk under its name."""
        if self._waiting or not self._pieces:
            self._seal(bytes(self._waiting))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._unfinished.rename(folder() / self.name)
        return Kept(self.name, self.size, self.sha256, _wrap(self._key, self.name))

    def _seal(self, piece: bytes) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._pieces), piece, self.name.encode()))
        self._pieces += 1


@contextlib.contextmanager
def keeping(owner: str, content: bytes) -> Iterator[Kept]:
    """The bytes as a kept file, for the row that is written within; where that fails nothing of it is left."""
    with Writer(owner) as writer:
        writer.write(content)
        kept = writer.finish()
    try:
        yield kept
    except BaseException:
        destroy(kept.name)
        raise


def read(kept: Kept, first: int = 0, last: int | None = None) -> Iterator[bytes]:
    """The bytes from `first` to `last`, both included (default: all), in pieces. Raises Damaged, before the first piece where it can."""
    last = kept.size - 1 if last is None else last
    if not 0 <= first <= last + 1 or last >= kept.size:
        raise ValueError("there are no such bytes in this file")
    cipher = AESGCM(_unwrap(kept.key, kept.name))
    place = _place(kept.name)
    if not place.exists():
        raise Damaged("the file is not there")
    return _pieces(place, cipher, kept, first, last)


def _pieces(place: Path, cipher: AESGCM, kept: Kept, first: int, last: int) -> Iterator[bytes]:
    with place.open("rb") as file:  # opened with the first piece: an answer that nobody reads opens nothing
        for number in range(first // PIECE, last // PIECE + 1):
            file.seek(number * (PIECE + _TAG))
            try:
                piece = cipher.decrypt(_nonce(number), file.read(PIECE + _TAG), kept.name.encode())
            except (InvalidTag, ValueError) as error:
                raise Damaged("a piece of the file is damaged") from error
            low = number * PIECE
            if len(piece) != min(PIECE, kept.size - low):
                raise Damaged("the file is cut off")
            yield piece[max(first - low, 0) : last + 1 - low]


def destroy(name: str) -> None:
    """Remove a file; one that is gone already is no error."""
    _place(name).unlink(missing_ok=True)


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A folder for what has to be put together on disk first. It goes with its `with`, or is swept after an hour where the process was killed."""
    with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=folder(), ignore_cleanup_errors=True) as name:
        yield Path(name)


def sweep(owner: str, *, known: Collection[str], hours: float = 1.0) -> int:
    """Remove what killed processes left unfinished, and whole files of `owner` that no row knows, once untouched for `hours`. Answers how many."""
    removed, before = 0, time.time() - hours * 3600
    for path in folder().iterdir():
        mine = path.name.startswith((_SCRATCH, f"{owner}-")) and path.name not in known
        with contextlib.suppress(FileNotFoundError):
            if not mine or path.stat().st_mtime >= before:
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
            removed += 1
    return removed


def seal(secret: bytes, name: str) -> bytes:
    """A short secret for a row of the database, sealed under `name`, which has to be given again to open it."""
    return _wrap(secret, name)


def unseal(sealed: bytes, name: str) -> bytes:
    """What `seal` was given. Raises Damaged where it was changed, belongs to another name or was sealed under another secret key."""
    return _unwrap(bytes(sealed), name)


def _place(name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise ValueError("not a name of a kept file")
    return folder() / name


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")  # each file has a key of its own, so a number is used once


def _wrapping(secret: str) -> AESGCM:
    return AESGCM(HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"portal.base.vault").derive(secret.encode()))


def _wrap(key: bytes, name: str) -> bytes:
    nonce = secrets.token_bytes(12)
    return nonce + _wrapping(settings.SECRET_KEY).encrypt(nonce, key, name.encode())


def _unwrap(wrapped: bytes, name: str) -> bytes:
    """Under the secret key, else under those it took the place of."""
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        with contextlib.suppress(InvalidTag, ValueError):
            return _wrapping(secret).decrypt(wrapped[:12], wrapped[12:], name.encode())
    raise Damaged("the file's key does not open")
