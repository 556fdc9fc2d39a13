"""Making evidence packs in the worker: a zip with a report (PDF/UA), the same as JSON, each entry's proof, the checkpoint and the program that checks them.

Killed at any line it leaves a file without a name, which is swept, and a row that another worker takes up.
"""

import dataclasses
import hashlib
import json
import logging
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from breaches.postings import pack_content, pack_report, packing
from breaches.postings.models import Pack
from governance.trail import context, entries, search
from governance.trail.seals import notes
from governance.trail.seals import queries as seals
from governance.vocabulary import Event
from portal.base import clock, kept, outbox, vault
from portal.base.zips import Stream, onto, put

log = logging.getLogger("portal.postings")
OWNER = "statepacks"
VERIFIER = Path("docs") / "verify" / "verify_trail.py"
# Where these stand in the canonical form of an entry (governance/trail/README.md).
_ID, _TIME, _KIND, _DATA, _STUDENTS = 1, 2, 7, 21, 27


@dataclasses.dataclass(frozen=True)
class Proven:
    """One entry as it was sealed, with the file that proves it."""

    leaf: int
    canonical: str
    proof: str

    @property
    def told(self) -> dict[str, Any]:
        """What the JSON says of it."""
        row = json.loads(self.canonical)
        return {
            "leaf": self.leaf,
            "id": row[_ID],
            "kind": row[_KIND],
            "microseconds_since_1970": row[_TIME],
            "canonical": self.canonical,
            "proof": self.proof,
        }


@outbox.handles(packing.TOPIC)
def wake(body: dict) -> None:
    """Start a worker."""
    from breaches.postings.tasks import sweep

    kept.wake(sweep)


def make_waiting() -> None:
    """Make whatever is ripe, one after the other. Safe to run in several workers."""
    while (pack := packing.claim(at=clock.now())) is not None:
        with context.acting(actor_id=pack.asked_by_id), translation.override("en"):
            _make(pack)


def run() -> None:
    """End what is over, make what waits, clear what was left behind."""
    packing.end_what_is_over(at=clock.now())
    vault.sweep(OWNER, known=kept.names(Pack))
    make_waiting()


def _make(pack: Pack) -> None:
    kept.make(
        pack,
        owner=OWNER,
        write=lambda file: _write(file, pack),
        finish=lambda file, number: packing.finish(pack=pack, file=file, number=number, at=clock.now()),
        failed=lambda for_good: packing.give_back(pack=pack, at=clock.now()),
        log=log,
    )


def _write(file: vault.Writer, pack: Pack) -> int:
    """Write the zip; answers how many entries it holds."""
    checkpoint = seals.latest_checkpoint()
    proven, left_out = _entries(pack, checkpoint) if checkpoint is not None and checkpoint.size else ([], 0)
    content = pack_content.of(pack.incident, at=clock.now())
    content["asked"] = {
        "for": pack.to,
        "why": pack.reason,
        "by": pack_content.who(pack.asked_by),
        "agreed_by": pack_content.who(pack.decided_by),
    }
    content["left_out"]["entries_that_name_students_or_privileged_notes"] = left_out
    content["checkpoint"] = checkpoint.note if checkpoint is not None else ""
    content["entries"] = [one.told | {"file": _name(place)} for place, one in enumerate(proven, start=1)]
    told = json.dumps(content, ensure_ascii=False, indent=1)
    with onto(Stream(file)) as packed:
        put(packed, "pack.json", told.encode())
        put(packed, "pack.pdf", pack_report.pdf(content, sha256=hashlib.sha256(told.encode()).hexdigest()))
        for place, one in enumerate(proven, start=1):
            put(packed, _name(place), one.proof.encode())
        if checkpoint is not None:
            put(packed, "checkpoint", checkpoint.note.encode())
            put(packed, "key.txt", "".join(f"{key.line}\n" for key in seals.public_keys()).encode())
        put(packed, "verify_trail.py", (Path(settings.BASE_DIR) / VERIFIER).read_bytes())
        said = {"number": str(pack.incident), "entries": len(proven), "left_out": left_out, "district": content["district"]}
        put(packed, "README.txt", render_to_string("breaches/postings/packs_readme.txt", said).encode())
    return len(proven)


def _entries(pack: Pack, checkpoint: seals.Signed) -> tuple[list[Proven], int]:
    """(the entries about the incident with their proofs, by their place; how many were left out). One committed look for each reference."""
    found: dict[int, str] = {}
    for reference in pack_content.references(pack.incident):
        written = search.open_door(
            Event.STATE_PACK_READ, by=pack.asked_by, hat=pack.hat or None, filters=search.Filters(reference=reference),
            told={"pack": str(pack.public_id)},
        )  # fmt: skip
        _names, rows = entries.open_with(written, "SELECT leaf, canonical FROM door.export_leaves(%s)", [checkpoint.size])
        found |= dict(rows)
    shown = {leaf: canonical for leaf, canonical in found.items() if _may_leave(json.loads(canonical))}
    tiles = seals.tiles()
    return [
        Proven(
            leaf,
            shown[leaf],
            notes.proof_file(canonical=shown[leaf].encode(), index=leaf, path=tiles.inclusion(leaf, checkpoint.size), note=checkpoint.note),
        )
        for leaf in sorted(shown)
    ], len(found) - len(shown)


def _may_leave(row: list[Any]) -> bool:
    """An entry that names no student and tells of no privileged note."""
    privileged = isinstance(row[_DATA], dict) and row[_DATA].get("privileged") is True
    return not row[_STUDENTS] and not privileged


def _name(place: int) -> str:
    return f"entries/{place:06d}.tlog-proof"
