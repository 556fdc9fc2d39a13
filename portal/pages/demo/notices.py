"""An incident of the demo district that is in the middle of its road: a stolen password, whom it touched, and a notice that waits."""

import datetime as dt
import re
from collections.abc import Mapping

from breaches.affected import actions as affected
from breaches.assessment import actions as assessment
from breaches.assessment.actions import Answers
from breaches.incidents import actions as incidents
from breaches.incidents.models import Incident
from breaches.notices import actions, drafts
from breaches.notices.models import Audience
from governance.people.models import User
from portal.base.models import Message

# What those who handle it filled into the blanks of the draft, by its language and the blank's words.
_WORDS = {
    "en": {
        "what happened": "Somebody used the password of a teacher to open the records of some students. The password had been given away in a "
        "false e-mail.",
        "what was done": "We closed the account the same morning and changed its password. We looked at every record that it opened.",
        "what comes next": "All teachers get a second step for signing in by the end of next month.",
        "what help": "You may talk with the school’s counselor, and we explain what was opened. Call by the end of the school year.",
        "web page": "riverbend.example/notices",
    },
    "es": {
        "qué pasó": "Alguien usó la contraseña de un maestro para abrir los registros de algunos estudiantes. La contraseña se había entregado en "
        "un correo falso.",
        "qué se hizo": "Cerramos la cuenta esa misma mañana y cambiamos su contraseña. Revisamos cada registro que se abrió.",
        "qué sigue": "Todos los maestros tendrán un segundo paso para entrar antes de que termine el próximo mes.",
        "qué ayuda": "Puede hablar con la consejera de la escuela, y le explicamos qué se abrió. Llame antes de que termine el año escolar.",
        "tipos de información": "nombre, grado y clases",
        "horario": "de lunes a viernes, de 7:30 a 16:00",
        "página": "riverbend.example/notices",
    },
}


def work(*, now: dt.datetime) -> None:
    """The incident with its facts and its list, a notice to families that one of two people approved, and one to the state that is begun."""
    people = {user.email.split("@")[0]: user for user in User.objects.filter(email__endswith="@riverbend.example", is_active=True)}
    lead, began, day = people["security"], now - dt.timedelta(days=5), dt.timedelta(days=1)
    found = incidents.open_incident(
        title="A teacher’s password was stolen", kind=Incident.Kind.INTRUSION, severity=Incident.Severity.HIGH, discovered_at=began,
        account=people["colleague"], by=lead, at=began,
    )  # fmt: skip
    incidents.set_span(incident=found.public_id, happened_from=began - 14 * day, happened_until=began, by=lead, at=began + day / 24)
    incidents.give_task(
        incident=found.public_id, title="Call the families whom no letter reaches", owner=people["compliance"], due_at=now + 4 * day, by=lead,
        at=began + day,
    )  # fmt: skip
    listed = affected.ask_account(
        incident=found.public_id, account=people["colleague"], since=began - 14 * day, until=began, reach=False, by=lead, at=began + day
    )
    affected.make({"list": str(listed.public_id)})
    listed.refresh_from_db()
    incidents.decide_breach(
        incident=found.public_id, is_breach=True, reason="Records were opened by somebody who had no right.", by=lead, at=began + day
    )
    assessment.say_facts(
        incident=found.public_id,
        answers=Answers(
            elements=["name", "grade"], protection="none", protected_by="", harm="possible", harm_reason="Names can be used in false calls.",
            residents={"US-WI": listed.children}, students=listed.children, found="staff", at_provider=False,
        ),
        seen=0, by=lead, at=began + 2 * day,
    )  # fmt: skip
    notice = actions.make(
        incident=found.public_id, affected=listed.public_id, duties=["target:families"], by=lead, at=began + 2 * day
    )  # fmt: skip
    texts = {language: _filled(text, _WORDS[language]) for language, text in drafts.draft(notice).items()}
    version = actions.write(notice=notice.public_id, texts=texts, by=lead, at=began + 3 * day)
    actions.approve(notice=notice.public_id, sha256=version.sha256, by=people["compliance"], at=began + 3 * day)
    actions.make(incident=found.public_id, audience=Audience.STATE_AGENCY, duties=["target:state"], by=lead, at=began + 3 * day)
    Message.objects.filter(topic__startswith="affected.", done_at=None).update(done_at=now)


def _filled(text: Mapping, words: dict[str, str]) -> dict:
    def fill(said: str) -> str:
        return re.sub(
            r"\[\[(.*?)\]\]", lambda blank: next(given for begins, given in words.items() if blank.group(1).startswith(begins)), said
        )

    return {"subject": fill(text["subject"]), "parts": {key: fill(said) for key, said in text["parts"].items()}}
