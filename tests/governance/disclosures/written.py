"""Lines of the record of disclosures as tests write them."""

import datetime as dt
import uuid
from typing import Any

from django.db import connections, transaction

from governance.disclosures import door
from governance.disclosures.door import Child, Disclosure, Party
from governance.records.models import Student
from governance.vocabulary import Role
from portal.base import clock
from tests.governance.records.readers import person

LINCOLN_HIGH = Party("Northwoods High School", "school", "records office, 715-555-0199")


def disclosure(**more: Any) -> Disclosure:
    """Records sent to the next school."""
    said = {
        "public_id": uuid.uuid4(),
        "party": LINCOLN_HIGH,
        "basis": "ferpa-transfer-school",
        "required": True,
        "channel": "file",
        "happened_on": clock.today() - dt.timedelta(days=1),
        "interest": "The student enrolls there.",
    }
    return Disclosure(**(said | more))


def write(*students: Student, elements: set[str] | None = None, by: str = "secretary", opens: bool = False, **more: Any) -> list[door.Part]:
    """Record one disclosure about these students, as the office does."""
    words = frozenset(elements or {"name", "course-grades", "attendance"})
    with transaction.atomic():
        return door.record(
            by=person(by),
            hat=Role.SECRETARY,
            disclosure=disclosure(**more),
            children=[Child(student.pk, words) for student in students],
            at=clock.now(),
            opens=opens,
        )


def rows(sql: str, *parameters: Any) -> list[tuple]:
    """What the owner sees. Row security hides the guarded tables from it too, so it looks as the door."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET LOCAL ROLE portal_door")
        cursor.execute(sql, parameters)
        return cursor.fetchall()
