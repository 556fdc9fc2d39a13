"""What a person at the terminal is told when a start fails: one line, with what to do."""

import errno
import os
from pathlib import Path


class CannotStart(Exception):
    """The portal cannot start. The message is for the person at the terminal: what is wrong, and what to do."""


def words_of(output: str, lines: int = 3) -> str:
    """The last `lines` lines of a program's output on one line."""
    last = [line.strip() for line in output.strip().splitlines() if line.strip()][-lines:]
    return " / ".join(last) or "it said nothing"


def of_file_system(error: OSError, var: Path) -> CannotStart:
    """Words for a folder that cannot be used."""
    place = error.filename or var
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return CannotStart(
            f"The disk that holds {var} is full. Free some space there, or keep the data elsewhere with PORTAL_VAR=/another/folder."
        )
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return CannotStart(
            f"{place} cannot be written by {os.environ.get('USER') or os.getuid()}. "
            "Change its owner, or keep the data elsewhere with PORTAL_VAR=/another/folder."
        )
    return CannotStart(f"{place} cannot be used: {error.strerror or error}. Keep the data elsewhere with PORTAL_VAR=/another/folder.")
