"""The pack itself: a zip with a proof for each line, the signed checkpoint, the keys, the program that checks them, a table and a page to read.

Written from front to back in pages, so that it needs no more memory for ten thousand lines than for a hundred.
"""

import csv
import dataclasses
import datetime as dt
import io
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from governance.packs.reading import Asked, pages
from governance.people import queries as people
from governance.records import queries as records
from governance.records.emergency import queries as emergencies
from governance.records.family.present import Known, LookLine, harmless, look_lines
from governance.records.plain_words import element_list, purpose_words
from governance.records.present import basis_words, citation_of, what_words
from governance.trail.seals import notes
from governance.trail.seals import queries as seals
from governance.vocabulary import Role
from portal.base.zips import Stream, member, onto, put

COLUMNS = ("proof", "list", "line", "time", "who", "role", "what", "kinds_of_data", "purpose", "why_allowed", "law", "decision", "note")
VERIFIER = Path("docs") / "verify" / "verify_trail.py"
_LEAVES = """SELECT x.place, (SELECT b.first_leaf + array_position(b.ids, x.id) - 1 FROM seal.batch b
  WHERE b.sealed_at >= x.at AND b.low_at <= x.at AND b.high_at >= x.at AND b.ids @> ARRAY[x.id] ORDER BY b.sealed_at LIMIT 1)
FROM unnest(%s::bigint[], %s::timestamptz[]) WITH ORDINALITY x(id, at, place)"""


class NothingSealed(Exception):
    """No checkpoint was signed yet, so nothing can be proven."""


@dataclasses.dataclass
class Made:
    """What a pack holds: its lines, and how many of them come with a proof."""

    lines: int = 0
    proven: int = 0


def write(
    sink: IO[bytes] | Stream, asked: Asked, *, at: dt.datetime, language: str, told: Callable[[int], None] = lambda done: None
) -> Made:
    """Write the pack into `sink`, in the reader's language. `told` hears how many lines are done.

    Each page of lines is read with the key of a committed entry. Raises NothingSealed, and CannotRead where the right has ended.
    """
    checkpoint = seals.latest_checkpoint()
    if checkpoint is None:
        raise NothingSealed
    tiles, made = seals.tiles(), Made()
    with (
        translation.override(language),
        tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as table,
        onto(sink) as pack,
    ):
        rows = csv.DictWriter(table, fieldnames=COLUMNS)
        rows.writeheader()
        for page in pages(asked):
            leaves = _leaves_of(page)
            for row, said, leaf in zip(page, _words_of(page, asked), leaves, strict=True):
                made.lines += 1
                name = ""
                if row["canonical"] is not None and leaf is not None and leaf < checkpoint.size:
                    name = f"{_folder(row)}/{made.lines if row['number'] is None else row['number']:06d}.tlog-proof"
                    path = tiles.inclusion(leaf, checkpoint.size)
                    proof = notes.proof_file(canonical=bytes(row["canonical"]), index=leaf, path=path, note=checkpoint.note)
                    put(pack, name, proof)
                    made.proven += 1
                elif row["canonical"] is not None:
                    said["note"] = _("Too new: not sealed yet when this pack was made. Take a pack again in a minute.")
                rows.writerow({"proof": name} | {key: harmless(value) for key, value in said.items()})
            told(made.lines)
        table.seek(0)
        _put_file(pack, "index.csv", table)
        put(pack, "checkpoint", checkpoint.note)
        put(pack, "key.txt", "".join(f"{key.line}\n" for key in seals.public_keys()))
        put(pack, "verify_trail.py", (Path(settings.BASE_DIR) / VERIFIER).read_text(encoding="utf-8"))
        for code in dict.fromkeys((language, "en", "es")):
            put(pack, f"README.{code}.txt", _readme(code, asked, made, checkpoint, at))
    return made


def _readme(language: str, asked: Asked, made: Made, checkpoint: seals.Signed, at: dt.datetime) -> str:
    with translation.override(language):
        return render_to_string(
            "governance/packs/readme.txt",
            {
                "district": people.district(),
                "year": str(asked.year),
                "made": made,
                "checkpoint": checkpoint,
                "made_at": at,
                "site": settings.BASE_URL.rstrip("/"),
                "auditor": asked.access is None,
                "unproven": made.lines - made.proven,
            },
        )


def _folder(row: Mapping[str, Any]) -> str:
    return {"school": "by-the-schools", "family": "by-the-family"}.get(row["list"], "entries")


def _put_file(pack: zipfile.ZipFile, name: str, source: IO[str]) -> None:
    with pack.open(member(name), "w") as opened, io.TextIOWrapper(opened, encoding="utf-8", newline="") as text:
        text.write("\ufeff")  # spreadsheets take the file for UTF-8 by it
        for piece in iter(lambda: source.read(64 * 1024), ""):
            text.write(piece)


def _leaves_of(page: Sequence[Mapping[str, Any]]) -> list[int | None]:
    """The place of each line among the leaves; None while it is not sealed. One query."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(_LEAVES, [[row["id"] for row in page], [row["at"] for row in page]])
        return [leaf for _place, leaf in sorted(cursor.fetchall())]


# -- The table: what the family's page says ------------------------------------------------------------------------------


def _words_of(page: list[dict[str, Any]], asked: Asked) -> Iterator[dict[str, str]]:
    titles = records.titles()
    actors = records.actors(row["actor_id"] for row in page)
    decisions = records.decisions_behind({row["grant_id"] for row in page if row["grant_id"]})
    if asked.access is not None:
        known = Known(
            people=actors,
            titles=titles,
            decisions=decisions,
            questions=(),
            emergencies=emergencies.of_student(asked.student),
            reader=asked.by,
            on=timezone.localdate(asked.until),
        )
        for row, line in zip(page, look_lines(page, asked.access, "", known), strict=True):
            yield _row(row, line)
        return
    for row in page:
        person, decided = actors.get(row["actor_id"]), decisions.get(row["grant_id"])
        yield _named(row) | {
            "who": (person.name or str(person.public_id)) if person else _("The portal itself"),
            "what": what_words(row["kind"], row["students"] or 0),
            "kinds_of_data": element_list(set(row["elements"] or ()) - {"trail", "audit", "search"}),
            "purpose": purpose_words(row["purpose"], titles.purposes.get(row["purpose"], "")) if row["purpose"] else "",
            "why_allowed": basis_words(row["basis"], titles.bases),
            "law": citation_of(row["basis"], titles.bases),
            "decision": f"R-{decided.number}" if decided and decided.number else "",
            "note": _("Kept from the family until %(day)s (%(how)s)") % {"day": row["held_until"], "how": row["held"]}
            if row["held"]
            else "",
        }


def _named(row: Mapping[str, Any]) -> dict[str, str]:
    hat = row["hat"]
    return {
        "list": row["list"],
        "line": "" if row["number"] is None else str(row["number"]),
        "time": timezone.localtime(row["at"]).isoformat(timespec="seconds"),
        "role": str(Role(hat).label) if hat in set(Role) else "",
    }


def _row(row: Mapping[str, Any], line: LookLine) -> dict[str, str]:
    if line.held_until is not None:
        held = _("The law does not let us show this line yet. It can be shown on %(day)s.") % {"day": line.held_until.isoformat()}
        return _named(row) | {"note": held}
    return _named(row) | {
        "who": line.who,
        "what": line.what,
        "kinds_of_data": line.elements,
        "purpose": line.purpose,
        "why_allowed": line.lawful,
        "law": line.citation,
        "decision": line.decision.name if line.decision else "",
        "note": line.danger,
    }
