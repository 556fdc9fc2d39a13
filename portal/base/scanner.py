"""Files that are handed on are looked through by the district's virus scanner, where it named one (`PORTAL_SCANNER`): clamd, spoken to by its
own protocol. Where none is named nothing is looked through; where one is named and does not answer, no file is taken.
"""

import contextlib
import socket
import struct
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from portal.base.errors import CannotDo

_PIECE = 64 * 1024
_SECONDS = 30


class NotClean(CannotDo):
    """The file was not taken: something was found in it, or it could not be looked through."""


def check(content: bytes) -> None:
    """Raises NotClean. What was found is not told: it is nobody's business but the scanner's log's."""
    if not settings.SCANNER:
        return
    try:
        answer = _ask(content)
    except OSError as error:
        raise NotClean(_("The virus scanner does not answer, so no file can be taken now. Try again later."), code="no_scanner") from error
    if answer == b"stream: OK":
        return
    if answer.startswith(b"stream: ") and answer.endswith(b" FOUND"):
        raise NotClean(_("The virus scanner found something in this file. Get it again from where it came, and tell them."), code="virus")
    raise NotClean(_("The virus scanner could not look through this file. Try a smaller one."), code="no_scanner")


def _ask(content: bytes) -> bytes:
    """clamd's INSTREAM: pieces, each with its length before it, and an empty one at the end."""
    with _connected() as line:
        line.sendall(b"zINSTREAM\0")
        for at in range(0, len(content), _PIECE):
            piece = content[at : at + _PIECE]
            line.sendall(struct.pack(">I", len(piece)) + piece)
        line.sendall(struct.pack(">I", 0))
        answer = b""
        while not answer.endswith(b"\0") and len(answer) < 4096:
            got = line.recv(4096)
            if not got:
                break
            answer += got
    return answer.rstrip(b"\0").strip()


@contextlib.contextmanager
def _connected() -> Iterator[socket.socket]:
    parts = urlsplit(settings.SCANNER)
    if parts.scheme == "unix":
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(_SECONDS)
            line.connect(parts.path)
            yield line
    else:
        with socket.create_connection((parts.hostname or "", parts.port or 3310), timeout=_SECONDS) as line:
            yield line
