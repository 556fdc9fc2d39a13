"""Exports as far along as a test needs them."""

import datetime as dt
import uuid
from typing import Any

from django.db import connections

from governance.audit.questions import Question
from governance.exports import actions, making
from governance.exports.models import Export
from governance.people.models import User
from governance.records.models import Student
from governance.vocabulary import Role
from portal.base import clock
from tests.governance.situations import person

REASON = "The board asked who opened this record."


SMALL = Question(purpose="test-look")
EVERYTHING = Question()


def look_of(students: list[int]) -> None:
    """One entry that names these students, with a purpose of its own."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO trail.entry(action, kind, actor_id, purpose, elements, record_ids)"
            " VALUES (3, 'records.student.opened', %s, 'test-look', '{name}', %s)",
            [person("teacher").pk, students],
        )


def asked(
    question: Question | None = None, *, by: str = "compliance", form: str = "csv", at: dt.datetime | None = None, **more: Any
) -> Export:
    """An export that was asked for: by default a small one."""
    wanted = {"purpose": "review", "reason": REASON, "language": "en", "key": uuid.uuid4(), "hat": Role.COMPLIANCE_OFFICER}
    if question is None:
        look_of([Student.objects.order_by("pk").values_list("pk", flat=True)[0]])
    return actions.ask(by=person(by), question=SMALL if question is None else question, form=form, at=at or clock.now(), **(wanted | more))


def made(question: Question | None = None, **more: Any) -> Export:
    """An export whose file is ready."""
    export = asked(question, **more)
    assert making.make(export.public_id)
    export.refresh_from_db()
    assert export.state == Export.State.READY, export.failure
    return export


def everything(**more: Any) -> Export:
    """An export of the whole trail, which needs a second person."""
    export = asked(EVERYTHING, **more)
    assert export.state == Export.State.WAITING
    return export


def another_officer() -> User:
    """A second compliance officer."""
    from governance.people.models import RoleAssignment

    user = person("colleague")
    RoleAssignment.objects.create(user=user, role=Role.COMPLIANCE_OFFICER, starts_on=clock.today(), given_at=clock.now())
    return person("colleague")
