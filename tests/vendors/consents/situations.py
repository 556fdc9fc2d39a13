"""A tool that families are asked about, and the demo family that answers."""

import datetime as dt
import uuid
from typing import Any

from governance.people.models import User
from governance.records.models import Guardianship, Student
from portal.base import clock
from tests.governance.situations import person
from tests.vendors.situations import PURPOSE, approved, day
from vendors.consents import actions, campaigns, queries
from vendors.consents.models import Answer, Campaign, Form
from vendors.providers.models import Tool

__all__ = ["PURPOSE"]


def child_of(name: str = "parent") -> Student:
    """The first child that this persona may answer for."""
    link = Guardianship.objects.filter(user=person(name), ended_at=None).order_by("student_id").first()
    assert link is not None
    return link.student


def form_for(consent: str = "opt_in", tool: Tool | None = None) -> Form:
    """The text about an approved tool of that kind."""
    approval = approved(tool, consent=consent)
    return actions.publish_for_tool(tool=approval.tool, by=person("steward"), at=clock.now())


def say(form: Form, said: str, by: str | User = "parent", student: Student | None = None, **more: Any) -> Answer:
    """Answer in the portal."""
    user = by if isinstance(by, User) else person(by)
    wanted: dict[str, Any] = {"text_sha256": form.sha256, "language": "en", "key": uuid.uuid4(), "at": clock.now()}
    return actions.answer(matter=form.matter, student=student or child_of(), said=said, by=user, **(wanted | more))


def paper_of(form: Form | None = None, said: str = "given", *, by: User, **more: Any) -> Answer:
    """A paper of the demo parent that somebody registered."""
    text = form or form_for()
    link = Guardianship.objects.get(student=child_of(), user=person("parent"), ended_at=None)
    wanted: dict[str, Any] = {"number": text.number, "language": "en", "signed_on": day(-1), "key": uuid.uuid4(), "at": clock.now()}
    return actions.register_paper(matter=text.matter, link=link, said=said, by=by, **(wanted | more))


def another_guardian(student: Student, name: str = "other.parent", **more: Any) -> Guardianship:
    """A second guardian of the child, with an account."""
    Guardianship.objects.filter(student=student, user=person(name)).delete()
    return Guardianship.objects.create(student=student, user=person(name), **more)


def campaign(
    form: Form, sections: list[int] | None = None, *, by: str = "teacher", days: int = 20, remind: tuple[int, ...] = (), **more: Any
) -> Campaign:
    wanted: dict[str, Any] = {"key": uuid.uuid4(), "at": clock.now()}
    return campaigns.start(
        form=form, sections=sections or [], answer_by=day(days), remind_on=[day(each) for each in remind], by=person(by), **(wanted | more)
    )


def permitted(form: Form, *students: Student, at: dt.datetime | None = None, **more: Any) -> dict[int, str]:
    """Who is withheld from a release for the form's tool, and why."""
    from django.db import transaction

    assert form.matter.tool is not None
    ids = [student.pk for student in students]
    with transaction.atomic():
        allowed, withheld = queries.lock_permitted(ids, form.matter.tool, PURPOSE, at or clock.now(), **more)
    assert set(ids) == allowed | set(withheld) and not allowed & set(withheld)
    return withheld
