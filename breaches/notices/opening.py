"""Names and addresses of a batch of letters: for each notice and kind of recipient one committed entry, then the read. Nothing of it is kept."""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings

from breaches.notices.models import Notice
from breaches.notices.texts import Whom
from breaches.notices.wire import envelope
from governance.people.models import User
from governance.records import door
from governance.trail import entries
from governance.vocabulary import Event
from portal.base.languages import first_known

PURPOSE, BASIS = "family-communication", "ferpa-school-official"
LANGUAGE = "family-language"
_OF_GUARDIANS = frozenset({"name", "guardian-name", "guardian-email", LANGUAGE})
_OF_STUDENTS = frozenset({"name", "email"})


@dataclasses.dataclass(frozen=True)
class Row:
    """One recipient in a drainer's hands."""

    id: int
    public_id: UUID
    notice_id: int
    student_id: int
    guardian_id: int | None
    own: bool
    attempts: int
    due_at: dt.datetime
    give_up_at: dt.datetime | None

    @property
    def message_id(self) -> str:
        """The same for every try and on every machine: it follows from the row."""
        return f"<{self.public_id}@{envelope(settings.DEFAULT_FROM_EMAIL).rpartition('@')[2]}>"


def opened(rows: Sequence[Row], alias: str) -> dict[int, Whom]:
    """What each of these letters says of its recipient, by the recipient's id; `alias` is the login that opens. Raises InsideTransaction."""
    found: dict[int, Whom] = {}
    for notice_id, own in sorted({(row.notice_id, row.own) for row in rows}):
        some = [row for row in rows if (row.notice_id, row.own) == (notice_id, own)]
        found |= _of_one(notice_of(notice_id), some, own=own, alias=alias)
    return found


def _of_one(notice: Notice, rows: Sequence[Row], *, own: bool, alias: str) -> dict[int, Whom]:
    students = sorted({row.student_id for row in rows})
    written = entries.append_ahead(
        Event.NOTICE_ADDRESSED, by=User(pk=notice.started_by_id), students=students, elements=_OF_STUDENTS if own else _OF_GUARDIANS,
        using=alias, data={"notice": str(notice.public_id)}, hat=notice.hat or None, purpose=PURPOSE, basis=BASIS,
    )  # fmt: skip
    children = {pk: door.Opened(pk) for pk in students}
    for identity in read(written, "door.read_identity()", alias):
        children[identity["student_id"]].identity = identity
    if own:
        return {row.id: _of_self(children[row.student_id]) for row in rows}
    spoken = {each["student_id"]: each["value"] for each in read(written, "door.read_values()", alias) if each["element"] == LANGUAGE}
    guardians = {(each["student_id"], each["guardian_id"]): each for each in read(written, "door.read_guardians()", alias)}
    found = {}
    for row in rows:
        if one := guardians.get((row.student_id, row.guardian_id)):
            name = f"{one['given_name'] or ''} {one['family_name'] or ''}".strip()
            language = language_of(one["language"], spoken.get(row.student_id))
            found[row.id] = Whom(name, children[row.student_id].full_name, one["email"] or "", language, own=False)
    return found


def _of_self(child: door.Opened) -> Whom:
    return Whom(child.full_name, child.full_name, child.identity.get("email") or "", settings.LANGUAGE_CODE, own=True)


def language_of(guardian: str | None, family: str | None) -> str:
    """The language that a letter speaks first: what is on record of the guardian, else of the family; English where the portal has neither."""
    return first_known(guardian, family) or settings.LANGUAGE_CODE


def read(written: entries.Written, source: str, alias: str) -> list[dict[str, Any]]:
    """What a committed entry opens, row by row; `source` is one of the door's three functions."""
    names, rows = entries.open_with(written, f"SELECT * FROM {source}", using=alias)  # nosec B608 - one of three functions
    return [dict(zip(names, row, strict=True)) for row in rows]


def notice_of(pk: int) -> Notice:
    """A notice with its text and its incident. Raises Notice.DoesNotExist."""
    return Notice.objects.select_related("version", "incident").get(pk=pk)
