"""An incident of the demo district that is in the middle of its road: a class list that went astray, whom it touched, a notice that waits."""

import datetime as dt
import re
from collections.abc import Mapping

from breaches.affected import actions as affected
from breaches.affected.models import AffectedList, Correction
from breaches.assessment import actions as assessment
from breaches.assessment.actions import Answers
from breaches.incidents import actions as incidents
from breaches.incidents.models import Incident
from breaches.notices import actions, drafts
from breaches.notices.models import Audience
from governance.people.models import User
from governance.records.models import Enrollment, Student, Teaching
from portal.base.models import Message

CHILDREN = 6
# What those who handle it filled into the blanks of the draft, by its language and the blank's first words.
_WORDS = {
    "en": {
        "what happened": "A teacher sent a class list to the wrong e-mail address. It went to one family that has no child in the class.",
        "what was done": "We called the family on the same day. They deleted the list and told us so in writing. The teacher and the school’s office "
        "were told how to check an address before they send.",
        "what comes next": "From next month on, lists with grades can only be opened in the portal and not sent.",
        "what help": "You may talk with the school’s counselor, and we explain what stood in the list. Call by the end of the school year.",
    },
    "es": {
        "qué pasó": "Una maestra envió la lista de una clase a una dirección equivocada. Llegó a una familia que no tiene hijos en la clase.",
        "qué se hizo": "Llamamos a la familia el mismo día. Borraron la lista y nos lo dijeron por escrito. Explicamos a la maestra y a la oficina "
        "cómo revisar una dirección antes de enviar.",
        "qué sigue": "Desde el próximo mes, las listas con notas solo se podrán abrir en el portal y no enviar.",
        "qué ayuda": "Puede hablar con la consejera de la escuela, y le explicamos qué decía la lista. Llame antes de que termine el año escolar.",
        "tipos de información": "nombre, grado y notas del curso",
        "horario": "de lunes a viernes, de 7:30 a 16:00",
    },
}
_DONE = {
    "target:board": "The superintendent called the board’s president.",
    "target:insurer": "Reported by phone, claim 26-1187.",
    "target:affected": "The list was made on the next day.",
}
_COUNSEL = {
    "cisa-circia": "One e-mail to one family is no covered cyber incident.",
    "hipaa-60": "A class list is an education record and no health information under this rule.",
}


def work(*, now: dt.datetime) -> None:
    """The incident with its facts, a list by hand with one change that waits, a notice to families that one of two people approved, and one to
    the state that is begun.
    """
    people = {user.email.split("@")[0]: user for user in User.objects.filter(email__endswith="@riverbend.example", is_active=True)}
    lead, began, day = people["security"], now - dt.timedelta(days=2, hours=5), dt.timedelta(days=1)
    found = incidents.open_incident(
        title="A class list went to the wrong family", kind=Incident.Kind.MIS_SENT, severity=Incident.Severity.MODERATE, discovered_at=began,
        by=lead, at=began,
    )  # fmt: skip
    incidents.set_span(
        incident=found.public_id, happened_from=began - day / 12, happened_until=began - day / 12, by=lead, at=began + day / 24
    )
    incidents.give_task(
        incident=found.public_id, title="Call the families whom no letter reaches", owner=people["compliance"], due_at=now + 4 * day, by=lead,
        at=began + day,
    )  # fmt: skip
    incidents.decide_breach(
        incident=found.public_id, is_breach=True, reason="Grades reached somebody who had no right to them.", by=lead, at=began + day
    )
    listed = _listed(found, people, at=began + day)
    assessment.say_facts(
        incident=found.public_id,
        answers=Answers(
            elements=["name", "grade", "course-grades"], protection="none", protected_by="", harm="possible",
            harm_reason="Grades of named children are known to a family of the school.", residents={"US-WI": CHILDREN}, students=CHILDREN,
            found="family", at_provider=False,
        ),
        seen=0, by=lead, at=began + 1.5 * day,
    )  # fmt: skip
    for key, words in _DONE.items():
        assessment.meet(incident=found.public_id, key=key, met_at=began + day / 2, words=words, by=lead, at=began + 1.5 * day)
    for law, reason in _COUNSEL.items():
        assessment.override(
            incident=found.public_id, law=law, says="none", counsel="M. Okafor", reason=reason, by=lead, at=began + 1.5 * day
        )  # fmt: skip
    notice = actions.make(incident=found.public_id, affected=listed.public_id, duties=["target:families"], by=lead, at=began + 1.5 * day)
    texts = {language: _filled(text, _WORDS[language]) for language, text in drafts.draft(notice).items()}
    version = actions.write(notice=notice.public_id, texts=texts, by=lead, at=began + 2 * day)
    actions.approve(notice=notice.public_id, sha256=version.sha256, by=people["compliance"], at=began + 2 * day)
    actions.make(incident=found.public_id, audience=Audience.STATE_AGENCY, duties=["target:state"], by=lead, at=began + 2 * day)
    Message.objects.filter(topic__startswith="affected.", done_at=None).update(done_at=now)


def _listed(found: Incident, people: dict[str, User], *, at: dt.datetime) -> AffectedList:
    """Children of a class of teacher@, each added by two people; one more waits for the second."""
    made = affected.ask_by_hand(incident=found.public_id, by=people["security"], at=at)
    affected.make({"list": str(made.public_id)})
    section = Teaching.objects.filter(staff_member__user=people["teacher"]).order_by("section_id").values_list("section_id", flat=True)[0]
    pupils = Enrollment.objects.filter(section=section).values("student_id")
    chosen = Student.objects.filter(pk__in=pupils, left_on=None).order_by("pk")[: CHILDREN + 1]
    for number, child in enumerate(chosen):
        added = affected.propose(
            affected=made.public_id, student=child.public_id, kind=Correction.Kind.ADD, elements={"name", "grade", "course-grades"},
            reason="Stood in the list that was sent.", by=people["security"], at=at,
        )  # fmt: skip
        if number < CHILDREN:
            affected.decide(correction=added.public_id, agreed=True, by=people["compliance"], at=at)
    return AffectedList.objects.get(pk=made.pk)


def _filled(text: Mapping, words: dict[str, str]) -> dict:
    def fill(said: str) -> str:
        return re.sub(
            r"\[\[(.*?)\]\]", lambda blank: next(given for begins, given in words.items() if blank.group(1).startswith(begins)), said
        )

    return {"subject": fill(text["subject"]), "parts": {key: fill(said) for key, said in text["parts"].items()}}
