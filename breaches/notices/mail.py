"""Mail to those who handle an incident, that the mail server did not take notices for four hours; and the codes that letters carry."""

import dataclasses
from collections.abc import Callable, Mapping
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation

from breaches.notices.models import Notice
from breaches.notices.texts import Whom
from governance.people import queries as people
from governance.people.models import User
from governance.vocabulary import Role
from portal.base import clock, outbox

TROUBLE = "notices.trouble"

# Answers the code of each recipient (by id, from its public id), once what the code opens is committed.
CodesOf = Callable[[Mapping[int, UUID]], Mapping[int, str]]
_codes: list[CodesOf] = []


def gives_codes(function: CodesOf) -> CodesOf:
    """Register the function that makes the codes of letters. Called when an app starts; there is one such room."""
    _codes[:] = [function]
    return function


def with_codes(found: Mapping[int, Whom], public_ids: Mapping[int, UUID]) -> dict[int, Whom]:
    """What the letters of a batch say, each with its code. A letter that goes a second time carries the same one."""
    made = _codes[0](public_ids) if _codes else {}
    return {pk: dataclasses.replace(whom, code=made.get(pk, "")) for pk, whom in found.items()}


@outbox.handles(TROUBLE)
def tell_of_trouble(body: dict) -> None:
    """Tell the incident's lead and the incident leads that recipients were given up and need letters."""
    notice = Notice.objects.select_related("incident__lead").get(public_id=body["notice"])
    told = {user.pk: user for user in (notice.incident.lead, *people.people_with(Role.INCIDENT_LEAD, on=clock.today())) if user is not None}
    for user in told.values():
        _send(user, notice)


def _send(user: User, notice: Notice) -> None:
    with translation.override(user.language):
        words = {"incident": str(notice.incident), "district": people.district(), "link": settings.BASE_URL.rstrip("/") + "/"}
        subject = render_to_string("notices/notice_trouble/subject.txt", words).strip()
        send_mail(subject, render_to_string("notices/notice_trouble/body.txt", words), None, [user.email])
