"""Whose lines a pack holds, and the key that reads them: a family's own child, or a student as an auditor sees them."""

import dataclasses
import datetime as dt
import time
from collections.abc import Iterator
from typing import Any

from django.utils import timezone

from governance.auditors import queries as auditors
from governance.authority.grounds import grounds_of
from governance.people import queries as people
from governance.people.models import User
from governance.records import door
from governance.records.family.queries import Access, Way, access_to
from governance.records.models import Student
from governance.trail import entries, search
from governance.vocabulary import Event, Role
from portal.base import clock

PAGE = 500
KEY_LASTS = 6.0  # seconds; the door says ten, and a page takes less than the rest


class CannotRead(Exception):
    """These lines are not, or no longer, this person's to have whole: an order keeps some back, or the right ended."""


@dataclasses.dataclass(frozen=True)
class Asked:
    """One student's lines of one calendar year of the district, up to a moment. `access` is the family's; None for who checks the trail."""

    student: Student
    by: User
    year: int
    until: dt.datetime
    access: Access | None

    @property
    def days(self) -> tuple[dt.datetime, dt.datetime]:
        """The first moment and the first one after it."""
        zone = timezone.get_default_timezone()
        begins, ends = (dt.datetime(year, 1, 1, tzinfo=zone) for year in (self.year, self.year + 1))
        return begins, max(begins, min(ends, self.until))


def asked_by(*, student: Student, by: User, year: int, as_auditor: bool, until: dt.datetime) -> Asked:
    """What this person may have of the student today. Raises CannotRead."""
    if as_auditor:
        if not {Role.COMPLIANCE_OFFICER, Role.AUDITOR} & people.roles_of(by, on=clock.today()):
            raise CannotRead
        return Asked(student, by, year, until, access=None)
    access = access_to(by, student.public_id, on=clock.today())
    if access is None or access.way is not Way.OPEN or access.kept_back:
        raise CannotRead
    return Asked(student, by, year, until, access)


def open_key(asked: Asked, event: Event) -> entries.Written:
    """Commit the entry that reads these lines. Raises CannotRead where the rules open nothing to a family; that is recorded."""
    low, high = asked.days
    days = {"from": low.isoformat(), "to": high.isoformat()}
    if asked.access is None:
        scope = auditors.scope_of(asked.by)
        hat = Role.COMPLIANCE_OFFICER if scope is None else Role.AUDITOR
        within = auditors.within(scope)
        return entries.append_ahead(
            event,
            by=asked.by,
            students=[asked.student.pk],
            elements={"audit"},
            data={"filters": days | ({"within": within} if within is not None else {})},
            hat=hat,
            purpose=search.PURPOSE,
            basis=search.BASIS,
        )
    reach = asked.access.reach
    grounds = grounds_of(
        asked.by, hat=reach.hat, relation=reach.relation, students=[asked.student.pk], sections=reach.sections, on=clock.today()
    )
    if not grounds:
        door.refuse(by=asked.by, hat=reach.hat, students=[asked.student.pk], elements={"trail"})
        raise CannotRead
    return entries.append_ahead(
        event,
        by=asked.by,
        students=[asked.student.pk],
        elements={"trail"},
        data={"filters": days},
        hat=reach.hat,
        purpose=grounds[0].purpose,
        basis=grounds[0].basis,
        rule_version=grounds[0].rule_version,
    )


def count(key: entries.Written) -> int:
    """How many lines the key's entry reaches."""
    _, rows = entries.open_with(key, "SELECT door.pack_count()")
    return rows[0][0] or 0


def pages(asked: Asked) -> Iterator[list[dict[str, Any]]]:
    """The lines, oldest first, in pages of 500. A key lives ten seconds: a long pack takes several, each with its entry."""
    key, behind, made = open_key(asked, Event.PACK_MADE), (None, None), time.monotonic()
    while True:
        if time.monotonic() - made > KEY_LASTS:
            key, made = open_key(asked, Event.PACK_MADE), time.monotonic()
        names, found = entries.open_with(key, "SELECT * FROM door.pack_lines(%s, %s, %s)", [*behind, PAGE])
        rows = [dict(zip(names, row, strict=True)) for row in found]
        if rows:
            yield rows
        if len(rows) < PAGE:
            return
        behind = (rows[-1]["at"], rows[-1]["id"])


def years(*, since: dt.date | None, on: dt.date) -> list[int]:
    """The years that may be chosen, newest first: from when the portal began to write down, at most ten."""
    first = since.year if since is not None else on.year
    return list(range(on.year, max(first, on.year - 9) - 1, -1))
