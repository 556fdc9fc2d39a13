"""What the sealing process remembers outside of the database: the last checkpoint it signed.

A database that is behind this was restored from an older copy, or cut; sealing then stops until a restore is declared.
"""

import fcntl
import os

from governance.trail.seals import keys, notes


def recall() -> notes.Checkpoint | None:
    """The last checkpoint that was remembered; None before the first."""
    text = note()
    return notes.parse(text)[0] if text is not None else None


def note() -> str | None:
    """The signed note of that checkpoint."""
    try:
        return (keys.folder() / "last-checkpoint").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def remember(note: str, *, instead_of: notes.Checkpoint | None = None) -> None:
    """Keep this checkpoint, on disk before it returns; a smaller one than the last is passed over.

    A crash ahead of it leaves an older one, which the newer state extends. `instead_of` is a checkpoint of a branch that was declared
    lost: where it is the last one, it stays beside the new one under a name of its own.
    """
    place = keys.folder()
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (place / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = recall()
        if known is not None and known == instead_of:
            beside = place / f"lost-{known.size}-{known.root[:4].hex()}"
            if not beside.exists():
                os.link(place / "last-checkpoint", beside)
        elif known is not None and known.size > notes.parse(note)[0].size:
            return
        fresh = place / "last-checkpoint.new"
        with fresh.open("w", encoding="utf-8") as file:
            file.write(note)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(place / "last-checkpoint")
