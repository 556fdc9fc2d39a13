"""Names and grades of those on a list: through the door, each batch with its entry, kept nowhere."""

import dataclasses
from collections import Counter
from collections.abc import Sequence

from django.db import connection
from django.utils.translation import gettext as _

from breaches.affected.models import AffectedList
from breaches.handling import hat_of
from governance.people.models import User
from governance.records import door
from governance.records.models import Student
from governance.trail import entries
from governance.vocabulary import Event
from portal.base import clock
from portal.base.errors import CannotDo

PAGE = 30
# Beyond this a count by grade would be an entry for each thousand children, for a number that no decision waits for.
MOST_BY_GRADE = 5_000
PURPOSE, BASIS = "privacy-oversight", "ferpa-school-official"


@dataclasses.dataclass(frozen=True)
class Named:
    """A child of a list with what was opened of it for this page."""

    student: Student
    name: str
    grade: str
    elements: Sequence[str]
    could: bool


def members(affected: AffectedList, *, page: int, by: User) -> tuple[list[Named], int]:
    """(the children of one page of the list as it stands, how many the list has). One entry names exactly these children.

    They come in the order of their ids: an order by name would open all of them. Raises entries.TooMany, InsideTransaction.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM affected_current WHERE list_id = %s", [affected.pk])
        total = cursor.fetchone()[0]
        cursor.execute(
            "SELECT student_id, elements, could FROM affected_current WHERE list_id = %s ORDER BY student_id LIMIT %s OFFSET %s",
            [affected.pk, PAGE, (page - 1) * PAGE],
        )
        rows = cursor.fetchall()
    if not rows:
        return [], total
    opened = _open(affected, [row[0] for row in rows], {"name", "grade"}, by=by, counted=True)
    anchors = Student.objects.select_related("school").in_bulk([row[0] for row in rows])
    return [
        Named(anchors[pk], opened[pk].full_name, opened[pk].identity.get("grade") or "", elements, could)
        for pk, elements, could in rows
        if pk in anchors
    ], total


def named(affected: AffectedList, students: Sequence[int], *, by: User) -> dict[int, str]:
    """The names of these children, who stand in corrections of the list; at most a page. One entry. Raises entries.TooMany."""
    opened = _open(affected, list(dict.fromkeys(students))[:PAGE], {"name"}, by=by, counted=True) if students else {}
    return {pk: one.full_name for pk, one in opened.items()}


def by_grade(affected: AffectedList, *, by: User) -> list[tuple[str, int]]:
    """How many children of the list are in which grade; "" where none is recorded. An entry for each thousand children.

    Raises CannotDo for a list of more than MOST_BY_GRADE, InsideTransaction.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT student_id FROM affected_current WHERE list_id = %s ORDER BY student_id LIMIT %s", [affected.pk, MOST_BY_GRADE + 1]
        )
        students = [row[0] for row in cursor.fetchall()]
    if len(students) > MOST_BY_GRADE:
        raise CannotDo(_("This list is too long to be counted by grade: each child would be opened for it."), code="too_many")
    found: Counter[str] = Counter()
    for start in range(0, len(students), door.MOST_IN_ONE_ENTRY):
        some = students[start : start + door.MOST_IN_ONE_ENTRY]
        found.update(one.identity.get("grade") or "" for one in _open(affected, some, {"grade"}, by=by, counted=False).values())
    return sorted(found.items())


def _open(affected: AffectedList, students: list[int], elements: set[str], *, by: User, counted: bool) -> dict[int, door.Opened]:
    written = entries.append_ahead(
        Event.AFFECTED_NAMED, by=by, students=students, elements=elements, counted=counted, data={"list": str(affected.public_id)},
        hat=hat_of(by, clock.now()), purpose=PURPOSE, basis=BASIS,
    )  # fmt: skip
    return door.opened_by(written, students=students, elements=elements)
