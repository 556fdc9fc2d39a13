"""What two people declared: a restore from a backup, or a new signing key. Each is an entry of the trail, sealed like every other.

The entry names no person: it is for everybody to read. Who proposed and who confirmed stand in entries of their own, beside it.
"""

import base64
import dataclasses
import datetime as dt
import json
from typing import Any

from governance.trail.seals import notes

RESTORE, KEY = "trail.restore.declared", "trail.key.declared"
_SELECT = (
    'SELECT d.entry, d.entry_at, e.additional_data FROM seal.declaration d JOIN trail.entry e ON e."timestamp" = d.entry_at AND e.id = d.entry'
    " WHERE d.kind = %s AND e.kind = %s"
)


@dataclasses.dataclass(frozen=True)
class Restore:
    """The entries at the places `first` to `to` - 1 are lost; `root` is the root of the last checkpoint that was signed over them."""

    entry: int
    at: dt.datetime
    reason: str
    first: int
    to: int
    root: bytes
    backup_at: dt.datetime

    @classmethod
    def of(cls, entry: int, at: dt.datetime, data: Any) -> "Restore":
        """From an entry. Raises ValueError, KeyError and TypeError where it does not say what it should."""
        data = json.loads(data) if isinstance(data, str) else data
        return cls(
            entry=entry,
            at=at,
            reason=str(data["reason"]),
            first=int(data["lost_from"]),
            to=int(data["lost_to"]),
            root=base64.b64decode(data["root"], validate=True),
            backup_at=dt.datetime.fromisoformat(data["backup_at"]),
        )

    def covers(self, checkpoint: notes.Checkpoint, seen_at: dt.datetime | None) -> bool:
        """True where a checkpoint is of the branch that was lost: of a size in the range, and signed before the declaration."""
        if seen_at is None or seen_at > self.at or not self.first < checkpoint.size <= self.to:
            return False
        return checkpoint.size != self.to or checkpoint.root == self.root


def restore_data(*, reason: str, first: int, lost: notes.Checkpoint, backup_at: dt.datetime, hats: tuple[str, str]) -> dict[str, Any]:
    """What the entry of a declared restore says. `hats` are the roles of the two people."""
    return {
        "reason": reason,
        "lost_from": first,
        "lost_to": lost.size,
        "root": base64.b64encode(lost.root).decode(),
        "backup_at": backup_at.isoformat(),
        "hats": list(hats),
    }


def restores(cursor: Any) -> list[Restore]:
    """All declared restores that the trail holds, oldest first. For a login that reads the trail."""
    cursor.execute(f"{_SELECT} ORDER BY d.number", ["restore", RESTORE])
    found = []
    for row in cursor.fetchall():
        try:
            found.append(Restore.of(*row))
        except (ValueError, KeyError, TypeError):
            continue
    return found


def unused_restores(cursor: Any) -> list[Restore]:
    """Declared restores that began no epoch, oldest first."""
    cursor.execute("SELECT declared_by FROM seal.epoch WHERE declared_by IS NOT NULL")
    used = {row[0] for row in cursor.fetchall()}
    return [restore for restore in restores(cursor) if restore.entry not in used]


def restore_of_present_epoch(cursor: Any) -> Restore | None:
    """The declared restore that began the present epoch; None where none did."""
    cursor.execute("SELECT declared_by FROM seal.epoch ORDER BY number DESC LIMIT 1")
    row = cursor.fetchone()
    return next((restore for restore in restores(cursor) if row and restore.entry == row[0]), None)


def unused_key(cursor: Any) -> tuple[int, str] | None:
    """(entry, why) of the newest declared key, unless a key was made for it already."""
    cursor.execute(f"{_SELECT} ORDER BY d.number DESC LIMIT 1", ["key", KEY])
    row = cursor.fetchone()
    if row is None:
        return None
    cursor.execute("SELECT count(*) FROM seal.public_key WHERE declared_by = %s", [row[0]])
    data = json.loads(row[2]) if isinstance(row[2], str) else row[2]
    return (row[0], str((data or {}).get("reason", ""))) if cursor.fetchone()[0] == 0 else None
