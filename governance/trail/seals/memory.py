"""What the sealing process remembers outside of the database: the last checkpoint it signed.

A database that is behind this was restored from an older copy, or cut; sealing then stops until a restore is declared.
"""

import fcntl
import os

from governance.trail.seals import keys, notes


def recall() -> notes.Checkpoint | None:
    """The last checkpoint that was remembered; None before the first."""
    try:
        return notes.parse((keys.folder() / "last-checkpoint").read_text(encoding="utf-8"))[0]
    except FileNotFoundError:
        return None


def remember(note: str) -> None:
    """Keep this checkpoint, on disk before it returns; a smaller one than the last is passed over.

    A crash ahead of it leaves an older one, which the newer state extends.
    """
    place = keys.folder()
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (place / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = recall()
        if known is not None and known.size > notes.parse(note)[0].size:
            return
        fresh = place / "last-checkpoint.new"
        with fresh.open("w", encoding="utf-8") as file:
            file.write(note)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(place / "last-checkpoint")
