"""Reports of problems and one incident of the demo district, from the report to its lessons. The verbs are the portal's own."""

import datetime as dt
import hashlib

from breaches.incidents import actions, containment
from breaches.incidents.models import Incident
from breaches.reports import actions as reports
from breaches.reports.models import Report, Topic
from governance.people.models import User
from portal.base.models import Message

CONTACT = {
    "name": "Ida Bergstrom",
    "title": "Coordinator of student safety",
    "phone": "(608) 555-0142",
    "email": "safety@riverbend.example",
    "hours": "School days, 7:30 AM to 4:30 PM",
}


def work(*, now: dt.datetime) -> None:
    """The contact for safety, three reports and what became of the oldest. Nothing is mailed."""
    people = {user.email.split("@")[0]: user for user in User.objects.filter(email__endswith="@riverbend.example", is_active=True)}
    reports.set_safety_contact(by=people["admin"], at=now - dt.timedelta(days=90), **CONTACT)
    _snooping(people, began=now - dt.timedelta(days=41))
    _tell(
        Topic.COMPANY, "The spelling app shows my son’s last name to every class in the country.", at=now - dt.timedelta(hours=20), name=""
    )
    _tell(Topic.BULLYING, "Some eighth graders take pictures in the locker room and pass them on.", at=now - dt.timedelta(hours=3), name="")
    Message.objects.filter(topic__startswith="reports.", done_at=None).update(done_at=now)


def _tell(topic: Topic, words: str, *, at: dt.datetime, name: str) -> Report:
    made, _code = reports.receive(
        topic=topic, words=words, when="", name=name, reach="", account=None, language="en",
        sending=hashlib.sha256(words.encode()).digest(), at=at,
    )  # fmt: skip
    return made


def _snooping(people: dict[str, User], *, began: dt.datetime) -> None:
    """Misuse that was no breach: what was found, what was done, what the family is told."""
    lead, officer = people["security"], people["compliance"]
    told = _tell(Topic.LOOKED, "A teacher knew my niece’s grades before she told anybody.", at=began, name="An aunt")
    reports.view(report=told.public_id, by=lead, at=began + dt.timedelta(hours=2))
    reports.ask(report=told.public_id, words="When did you notice it? About is fine.", by=lead, at=began + dt.timedelta(hours=3))
    made = actions.from_report(
        report=told.public_id, title="A look without need", kind=Incident.Kind.MISUSE, severity=Incident.Severity.MODERATE,
        reason="Thank you. We looked into it and found that you were right. The family was told.", account=people["colleague"], by=lead,
        at=began + dt.timedelta(hours=4),
    )  # fmt: skip
    day = dt.timedelta(days=1)
    task = actions.give_task(
        incident=made.public_id, title="Compare the looks with the classes", owner=officer, due_at=began + 3 * day, by=lead, at=began + day
    )
    containment.note_outside(
        incident=made.public_id,
        words="The principal talked with the teacher; no further record is opened meanwhile.",
        by=lead,
        at=began + day,
    )
    actions.finish_task(
        task=task.public_id, words="One look, no class in common, nothing was passed on.", dropped=False, by=officer, at=began + 2 * day
    )
    actions.add_note(
        incident=made.public_id, words="The teacher says it was curiosity about a relative.", happened_at=began + 2 * day, privileged=False,
        by=lead, at=began + 2 * day,
    )  # fmt: skip
    actions.decide_breach(
        incident=made.public_id, is_breach=False, reason="An employee looked without need; nobody outside received anything.", by=lead,
        at=began + 4 * day,
    )  # fmt: skip
    actions.close(
        incident=made.public_id, outcome=Incident.Outcome.MISUSE,
        found="One record was opened once without an educational reason. Nothing was copied or passed on.",
        done="A written reprimand, and the training on records again before the next look.",
        told="What was opened and when, that it was wrong, what was done about it, and how to complain to the district, to the state’s "
        "department and to the U.S. Department of Education.",
        lessons="The training now says that a relative’s record is opened through the family’s own account.",
        by=lead, at=began + 6 * day,
    )  # fmt: skip
