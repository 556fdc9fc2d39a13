"""One incident of the demo district that the public reads of: a list that went to the wrong club, closed, with what families can still ask for."""

import datetime as dt
from typing import Any

from breaches.affected import actions as affected
from breaches.clocks.rules import Start
from breaches.incidents import actions as incidents
from breaches.incidents import containment
from breaches.incidents.models import Incident
from breaches.postings import actions as postings
from breaches.remedies import actions as remedies
from breaches.remedies import wording
from breaches.remedies.models import Remedy
from governance.people.models import User
from governance.records.models import Guardianship, Student
from portal.base.models import Message

CHILDREN = 12
TEXTS = {
    "en": {
        "title": "A list went to the wrong club",
        "happened": "A school office sent the list of one after-school club to the leader of another club. The list had names and grades.",
        "done": "The leader told us the same day and deleted the message. Nobody else had opened it. We told the families.",
        "learned": "The office no longer types addresses of clubs. It picks them from a list that two people keep.",
    },
    "es": {
        "title": "Una lista llegó al club equivocado",
        "happened": "La oficina de una escuela envió la lista de un club al encargado de otro club. La lista tenía nombres y grados.",
        "done": "El encargado nos avisó el mismo día y borró el mensaje. Nadie más lo había abierto. Avisamos a las familias.",
        "learned": "La oficina ya no escribe las direcciones de los clubes. Las elige de una lista que mantienen dos personas.",
    },
}


def work(*, now: dt.datetime) -> None:
    """The incident from its opening to its public page. Nothing is mailed."""
    people = {user.email.split("@")[0]: user for user in User.objects.filter(email__endswith="@riverbend.example", is_active=True)}
    began, day = now - dt.timedelta(days=33), dt.timedelta(days=1)
    lead, second, third = people["security"], people["compliance"], people["admin"]
    made = incidents.open_incident(
        title="Club list to the wrong club", kind=Incident.Kind.MIS_SENT, severity=Incident.Severity.LOW, discovered_at=began, by=lead,
        at=began + dt.timedelta(hours=1),
    )  # fmt: skip
    containment.note_outside(
        incident=made.public_id, words="The club’s leader deleted the message and said so in writing.", by=lead, at=began + day / 4
    )
    _listed(made, people, lead, second, at=began + day)
    incidents.decide_breach(
        incident=made.public_id, is_breach=False, reason="The message was deleted unread by others; no record was kept.", by=lead, at=began + 2 * day
    )  # fmt: skip
    incidents.say_when(
        incident=made.public_id, start=Start.PEOPLE_TOLD, moment=began + 5 * day, reason="Letters to the twelve families", by=lead, at=began + 5 * day
    )  # fmt: skip
    incidents.close(
        incident=made.public_id, outcome=Incident.Outcome.NEAR_MISS, found=TEXTS["en"]["happened"], done=TEXTS["en"]["done"],
        told="What was sent to whom, and how to complain.", lessons=TEXTS["en"]["learned"], by=lead, at=began + 6 * day,
    )  # fmt: skip
    version = postings.write(incident=made.public_id, texts=TEXTS, name_provider=False, counsel="", by=lead, at=began + 7 * day)
    given: dict[str, Any] = {"posting": version.posting.public_id, "sha256": version.sha256}
    for who in (second, third):
        postings.approve(**given, by=who, at=began + 8 * day)
    postings.publish(**given, by=lead, at=began + 9 * day)


def _listed(made: Incident, people: dict[str, User], lead: User, second: User, *, at: dt.datetime) -> None:
    """The children of the list, a child of parent@ among them, and a hearing for whoever does not agree."""
    which = affected.ask_by_hand(incident=made.public_id, by=lead, at=at)
    affected.make({"list": str(which.public_id)})
    Message.objects.filter(topic=affected.MAKE, done_at=None).update(done_at=at)
    mine = (
        Guardianship.objects.filter(user=people["parent"], ended_at=None, limit="")
        .order_by("student_id")
        .values_list("student_id", flat=True)[0]
    )
    first = Student.objects.get(pk=mine)
    others = Student.objects.filter(left_on=None, school=first.school).exclude(pk=mine).order_by("pk")[: CHILDREN - 1]
    for student in (first, *others):
        proposed = affected.propose(
            affected=which.public_id, student=student.public_id, kind="add", elements=["grade", "name"], reason="Stands on the club’s list.",
            by=lead, at=at,
        )  # fmt: skip
        affected.decide(correction=proposed.public_id, agreed=True, by=second, at=at)
    remedies.offer(
        incident=made.public_id, kind=Remedy.Kind.COMPLAINT, texts=wording.beginning(Remedy.Kind.COMPLAINT), affected=which.public_id,
        with_could=False, answer_by=at.date() + dt.timedelta(days=90), lasts_until=None, by=lead, at=at + dt.timedelta(hours=2),
    )  # fmt: skip
