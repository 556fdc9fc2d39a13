"""Mail about looks and emergencies. It is composed when it goes; the outbox holds ids alone, and no mail names a student."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from governance.authority import stewards
from governance.people import queries as people
from governance.people.models import User
from governance.records.emergency import queries as emergencies
from governance.records.models import EmergencyOpening, LookQuestion
from governance.vocabulary import Role
from portal.base import clock, outbox

LOOK_QUESTIONED = "records.look_questioned"
LOOK_ANSWERED = "records.look_answered"
EMERGENCY = "records.emergency"


@outbox.handles(LOOK_QUESTIONED)
def tell_who_was_asked(body: dict) -> None:
    """Tell the person who opened the record; where nobody did, those who oversee privacy."""
    question = LookQuestion.objects.select_related("asked_of").get(public_id=body["question"])
    if question.answered_at is not None:
        return
    asked = [question.asked_of] if question.asked_of else people.people_with(Role.COMPLIANCE_OFFICER, on=clock.today())
    _send("look_questioned", asked, "records:question", [question.public_id], {"due_on": question.due_on})


@outbox.handles(LOOK_ANSWERED)
def tell_the_family(body: dict) -> None:
    """Tell the person who asked that the answer can be read; of a question taken at the desk the office, which tells the family."""
    question = LookQuestion.objects.select_related("asked_by", "taken_by", "student").get(public_id=body["question"])
    if question.asked_by is not None:
        _send("look_answered", [question.asked_by], "family:looks", [question.student.public_id], {})
    if question.taken_by is not None and question.told_at is None:
        _send("desk_answered", [question.taken_by], "records:question", [question.public_id], {})


@outbox.handles(EMERGENCY)
def tell_of_emergency(body: dict) -> None:
    """Tell the district admins and the steward for health at the student's school that a record was opened in an emergency."""
    opening = EmergencyOpening.objects.select_related("student").get(public_id=body["opening"])
    told = emergencies.told_of(opening, stewards.desks(clock.today()))
    _send("emergency_opened", User.objects.filter(pk__in=told), "records:emergency-reviews", [], {"opened_at": opening.opened_at})


def _send(kind: str, told: Iterable[User], page: str, arguments: list, facts: dict[str, Any]) -> None:
    for user in told:
        with translation.override(user.language):
            words = {"link": settings.BASE_URL.rstrip("/") + reverse(page, args=arguments), "district": people.district(), **facts}
            subject = render_to_string(f"notices/{kind}/subject.txt", words).strip()
            send_mail(subject, render_to_string(f"notices/{kind}/body.txt", words), None, [user.email])
