"""Which code is running: a fingerprint of the program's own files, so that a published release can be compared with what runs.

docs/how-to/check-the-trail.md says how to compute it by hand, in the folder of a release.
"""

import functools
import hashlib
from pathlib import Path

from django.conf import settings

FOLDERS = ("breaches", "governance", "portal", "templates", "vendors")
KINDS = (".py", ".sql", ".html", ".txt")


@functools.cache
def fingerprint() -> str:
    """64 hex digits: the SHA-256 over the lines of sha256sum of each file, in the order of their names. Read once per process."""
    return fingerprint_of(Path(settings.BASE_DIR))


def fingerprint_of(top: Path) -> str:
    """The fingerprint of the release in the folder `top`."""
    files = (file for folder in FOLDERS for file in (top / folder).rglob("*") if file.suffix in KINDS and file.is_file())
    names = sorted(file.relative_to(top).as_posix().encode() for file in files)
    lines = (f"{hashlib.sha256((top / name.decode()).read_bytes()).hexdigest()}  {name.decode()}\n" for name in names)
    return hashlib.sha256("".join(lines).encode()).hexdigest()
