"""Names and postal addresses for a printing: per batch one committed entry, then the read. Nothing of it is kept.

Whose address it is matters more than that there is one. What is on record as a guardian's own address (an item of `guardian-address` that
bears the guardian's name) goes to that guardian alone. The child's address, or one that bears no name, is used for a guardian only while
nobody's access to this child is limited, so that no letter tells one parent where the other one lives. A protected address is never printed.
"""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q

from breaches.letters import codes
from breaches.letters.models import Sheet
from breaches.letters.wording import Addressed, lines_of
from breaches.notices.bars import still_told
from breaches.notices.opening import BASIS, LANGUAGE, PURPOSE, language_of, read
from breaches.notices.texts import one_line
from governance.people.models import User
from governance.records import door
from governance.records.models import Guardianship
from governance.trail import entries
from governance.vocabulary import Event

BATCH = 100
_OF_GUARDIANS = frozenset({"name", "guardian-name", LANGUAGE, "guardian-address", "address", "safe-at-home"})
_OF_STUDENTS = frozenset({"name", "address", "safe-at-home"})


@dataclasses.dataclass(frozen=True)
class Found:
    """What came of one sheet: an addressed letter, or why there is none."""

    outcome: str
    whom: Addressed | None = None


def addressed(sheets: Sequence[Sheet], *, by: User, hat: str, on: dt.date, using: str) -> dict[int, Found]:
    """What each of at most 100 sheets says, by its id. Raises InsideTransaction inside a transaction."""
    told = still_told([sheet.recipient_id for sheet in sheets], on=on)
    found = {sheet.pk: Found(Sheet.Outcome.BARRED) for sheet in sheets if sheet.recipient_id not in told}
    for own in (False, True):
        some = [sheet for sheet in sheets if sheet.recipient.own is own and sheet.recipient_id in told]
        if some:
            found |= _read(some, own=own, by=by, hat=hat, on=on, using=using)
    return found


def _read(sheets: Sequence[Sheet], *, own: bool, by: User, hat: str, on: dt.date, using: str) -> dict[int, Found]:
    students = sorted({sheet.recipient.student_id for sheet in sheets})
    written = entries.append_ahead(
        Event.LETTERS_ADDRESSED, by=by, students=students, elements=_OF_STUDENTS if own else _OF_GUARDIANS, using=using,
        data={"printing": str(sheets[0].printing.public_id)}, hat=hat or None, purpose=PURPOSE, basis=BASIS,
    )  # fmt: skip
    children = {pk: door.Opened(pk) for pk in students}
    for row in read(written, "door.read_identity()", using):
        children[row["student_id"]].identity = row
    values: dict[int, list[dict[str, Any]]] = {}
    for row in read(written, "door.read_values()", using):
        values.setdefault(row["student_id"], []).append(row)
    guardians = {} if own else {(row["student_id"], row["guardian_id"]): row for row in read(written, "door.read_guardians()", using)}
    limited = set() if own else _limited(students, on=on)
    return {
        sheet.pk: _found(sheet, children[sheet.recipient.student_id], values.get(sheet.recipient.student_id, []), guardians, limited)
        for sheet in sheets
    }


def _found(
    sheet: Sheet,
    child: door.Opened,
    values: Sequence[Mapping[str, Any]],
    guardians: Mapping[tuple[int, int | None], Mapping[str, Any]],
    limited: set[int],
) -> Found:
    recipient = sheet.recipient
    guardian = None
    if not recipient.own:
        assert recipient.guardianship is not None
        guardian = guardians.get((recipient.student_id, recipient.guardianship.guardian_id))
        if guardian is None:
            return Found(Sheet.Outcome.BARRED)
    if any(value["element"] == "safe-at-home" for value in values):
        return Found(Sheet.Outcome.PROTECTED)
    name = child.full_name if guardian is None else f"{guardian['given_name'] or ''} {guardian['family_name'] or ''}".strip()
    lines = lines_of(_address(name, values, shared=recipient.student_id not in limited))
    if not name or not lines:
        return Found(Sheet.Outcome.NO_ADDRESS)
    spoken = next((value["value"] for value in values if value["element"] == LANGUAGE), None)
    language = "en" if guardian is None else language_of(guardian["language"], spoken)
    reference = f"{sheet.printing}-{sheet.number}"
    return Found(
        Sheet.Outcome.PRINTED,
        Addressed(reference, name, child.full_name, lines, language, recipient.own, codes.code_of(recipient.public_id)),
    )


def _address(name: str, values: Sequence[Mapping[str, Any]], *, shared: bool) -> str:
    """The address of that name; where nobody is limited also one that bears no name, then the child's."""
    own = [value["value"] for value in values if value["element"] == "guardian-address" and _same(value["item"], name)]
    common = [value["value"] for value in values if value["element"] == "guardian-address" and not value["item"]]
    home = [value["value"] for value in values if value["element"] == "address"]
    return next(iter([*own, *(common + home if shared else [])]), "")


def _same(item: str, name: str) -> bool:
    return bool(item) and one_line(item).casefold() == one_line(name).casefold()


def _limited(students: Sequence[int], *, on: dt.date) -> set[int]:
    """Children with a guardian whose access is limited. One query."""
    holds = Q(limit_ends_on=None) | Q(limit_ends_on__gte=on)
    links = Guardianship.objects.filter(holds, student__in=students, ended_at=None).exclude(limit="")
    return set(links.values_list("student", flat=True))
