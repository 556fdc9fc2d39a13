"""Who has no confirmed address: a page of names of one school, opened through the door."""

import dataclasses
import datetime as dt
from typing import Any

from breaches.handling import hat_of
from breaches.readiness import queries
from governance.people import queries as people
from governance.people.models import School, User
from governance.records import door
from governance.trail import entries
from governance.vocabulary import Event

PAGE = 30
# The same purpose and ground as the notices that these families would get on paper.
PURPOSE, BASIS = "family-communication", "ferpa-school-official"
_ELEMENTS = frozenset({"name", "grade"})


@dataclasses.dataclass(frozen=True)
class Page:
    """Some of the children of a school, from the one at `first` on; `total` of all of them."""

    rows: list[dict[str, Any]]
    first: int
    total: int


def open_page(*, school: School, after: int, by: User, at: dt.datetime) -> Page:
    """Names and grades of the next thirty. One committed entry, then one read. Where nobody is missing nothing is opened."""
    found = queries.without_address(school, on=people.day_of(at))
    students = list(found[after : after + PAGE])
    if not students:
        return Page([], after, found.count())
    ids = [student.pk for student in students]
    written = entries.append_ahead(
        Event.READINESS_MISSING_OPENED,
        by=by,
        students=ids,
        elements=_ELEMENTS,
        purpose=PURPOSE,
        basis=BASIS,
        hat=hat_of(by, at),
        counted=True,
    )
    opened = door.opened_by(written, students=ids, elements=_ELEMENTS)
    rows = [
        {"name": opened[student.pk].full_name, "grade": opened[student.pk].identity.get("grade") or "", "public_id": student.public_id}
        for student in students
    ]
    return Page(sorted(rows, key=lambda row: row["name"]), after, found.count())
