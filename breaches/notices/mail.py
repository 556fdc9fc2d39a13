"""Mail to those who handle an incident, that the mail server did not take notices for four hours; and the codes that letters carry."""

import dataclasses
from collections.abc import Callable, Mapping
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from breaches.notices.models import Addressee, Notice
from breaches.notices.texts import Whom, one_line
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
    """Tell the incident's lead and the incident leads that families need letters, or that one addressee needs another way."""
    notice = Notice.objects.select_related("incident__lead").get(public_id=body["notice"])
    addressee = Addressee.objects.filter(public_id=body["addressee"]).first() if body["addressee"] else None
    told = {user.pk: user for user in (notice.incident.lead, *people.people_with(Role.INCIDENT_LEAD, on=clock.today())) if user is not None}
    for user in told.values():
        if user.pk != notice.incident.account_id:
            _send(user, notice, addressee)


def _send(user: User, notice: Notice, addressee: Addressee | None) -> None:
    kind = "notice_trouble" if addressee is None else "addressee_trouble"
    with translation.override(user.language):
        link = settings.BASE_URL.rstrip("/") + reverse("notices:notice", args=[notice.public_id])
        words = {"incident": str(notice.incident), "name": addressee.name if addressee else "", "link": link}
        subject = one_line(render_to_string(f"notices/{kind}/subject.txt", words))
        send_mail(subject, render_to_string(f"notices/{kind}/body.txt", words), None, [user.email])
