"""Proof files: one entry, its place in the tree, the way to a signed root. Checked with docs/verify/verify_trail.py, without the portal."""

import datetime as dt
import re

from governance.trail import entries
from governance.trail.seals import notes, queries


class NotSealedYet(LookupError):
    """The entry is younger than the last seal; try again in a minute."""


def reference(entry_id: int, at: dt.datetime) -> str:
    """How an address names an entry: its number and its time in microseconds, so that one partition is enough to find it."""
    return f"{entry_id}-{round(at.timestamp() * 1_000_000)}"


def parse_reference(text: str) -> tuple[int, dt.datetime] | None:
    """(number, time) of a reference; None for anything else."""
    if not re.fullmatch(r"[0-9]{1,18}-[0-9]{1,17}", text):
        return None
    number, micros = text.split("-")
    return int(number), dt.datetime.fromtimestamp(0, dt.UTC) + dt.timedelta(microseconds=int(micros))


def proof_of(entry_id: int, at: dt.datetime, *, key: entries.Written) -> str | None:
    """The proof file of an entry, for whoever `key` lets see it; None for everybody else. Raises NotSealedYet."""
    _, rows = entries.open_with(key, "SELECT door.canonical_entry(%s, %s)", [entry_id, at])
    canonical = bytes(rows[0][0]) if rows and rows[0][0] is not None else None
    if canonical is None:
        return None
    leaf, checkpoint = queries.leaf_of(entry_id, at), queries.latest_checkpoint()
    if leaf is None or checkpoint is None:
        raise NotSealedYet
    return notes.proof_file(canonical=canonical, index=leaf, path=queries.tiles().inclusion(leaf, checkpoint.size), note=checkpoint.note)
