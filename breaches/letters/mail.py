"""Mail to those who handle an incident: that a family answered its letter. It says neither who nor what."""

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from breaches.letters.actions import ANSWERED
from breaches.letters.models import Answer
from governance.people import queries as people
from governance.people.models import User
from governance.vocabulary import Role
from portal.base import clock, outbox


@outbox.handles(ANSWERED)
def tell_of_answer(body: dict) -> None:
    """Tell the incident's lead; where it has none, the incident leads."""
    found = Answer.objects.select_related("recipient__notice__incident__lead").get(public_id=body["answer"])
    incident = found.recipient.notice.incident
    told = [incident.lead] if incident.lead is not None else list(people.people_with(Role.INCIDENT_LEAD, on=clock.today()))
    for user in told:
        if user.pk != incident.account_id:
            _send(user, found)


def _send(user: User, answer: Answer) -> None:
    with translation.override(user.language):
        page = reverse("letters:notice", args=[answer.recipient.notice.public_id])
        words = {"incident": str(answer.recipient.notice.incident), "link": settings.BASE_URL.rstrip("/") + page}
        subject = render_to_string("notices/letter_answered/subject.txt", words).strip()
        send_mail(subject, render_to_string("notices/letter_answered/body.txt", words), None, [user.email])
