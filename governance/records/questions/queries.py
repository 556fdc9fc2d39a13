"""Questions about looks: whom they wait on, and what a family has asked."""

import datetime as dt
from uuid import UUID

from django.db.models import F, Q

from governance.people import queries as people
from governance.people.models import User
from governance.people.permissions import holds
from governance.records.models import LookQuestion, Student
from governance.records.questions.rules import AnswerFacts, may_answer
from governance.vocabulary import Permission


def oversees(user: User, *, on: dt.date) -> bool:
    """True for whoever checks how data is used: they see every question."""
    return holds(people.roles_of(user, on=on), Permission.SEARCH_TRAIL)


def open_for(user: User, *, on: dt.date) -> list[LookQuestion]:
    """Questions that wait on this person, the most urgent first: about own looks and, for who oversees privacy, all that are open."""
    waiting = Q() if oversees(user, on=on) else Q(asked_of=user)
    return list(
        LookQuestion.objects.filter(waiting, answered_at=None)
        .select_related("asked_of", "asked_by", "answered_by")
        .order_by("due_on", "pk")
    )


def taken_by(user: User, *, at_most: int = 50) -> list[LookQuestion]:
    """Questions that this person took down at the desk and whose answer the family still has to hear, those with an answer first."""
    return list(
        LookQuestion.objects.filter(taken_by=user, told_at=None)
        .select_related("asked_of", "asked_by", "answered_by")
        .order_by(F("answered_at").asc(nulls_last=True), "due_on", "pk")[:at_most]
    )


def open_for_answering(user: User) -> list[LookQuestion]:
    """Questions about the person's own looks that wait for an answer, the most urgent first."""
    return list(
        LookQuestion.objects.filter(asked_of=user, answered_at=None)
        .select_related("asked_of", "asked_by", "answered_by")
        .order_by("due_on", "pk")
    )


def count_open_for(user: User) -> int:
    """How many questions about own looks wait for an answer."""
    return LookQuestion.objects.filter(asked_of=user, answered_at=None).count()


def answered_by(user: User, *, at_most: int = 20) -> list[LookQuestion]:
    """The last questions that this person was asked or has answered."""
    mine = Q(asked_of=user) | Q(answered_by=user) | Q(taken_by=user, told_at__isnull=False)
    return list(
        LookQuestion.objects.filter(mine, answered_at__isnull=False)
        .select_related("asked_of", "asked_by", "answered_by")
        .order_by("-answered_at")[:at_most]
    )


def question_for(user: User, public_id: UUID, *, on: dt.date) -> LookQuestion | None:
    """The question, if this person was asked or oversees privacy; None for everybody else."""
    who = Q() if oversees(user, on=on) else Q(asked_of=user) | Q(answered_by=user) | Q(taken_by=user)
    return LookQuestion.objects.filter(who, public_id=public_id).select_related("asked_of", "asked_by", "answered_by", "student").first()


def facts_for(question: LookQuestion, user: User, *, on: dt.date) -> AnswerFacts:
    """What `may_answer` needs."""
    return AnswerFacts(
        asked_of=question.asked_of_id,
        answered=question.answered_at is not None,
        due_on=question.due_on,
        who=user.pk,
        oversees=oversees(user, on=on),
        today=on,
    )


def can_answer(question: LookQuestion, user: User, *, on: dt.date) -> bool:
    """True if this person may answer it today."""
    return may_answer(facts_for(question, user, on=on))


def asked_by(user: User, students: list[Student]) -> list[LookQuestion]:
    """What this person has asked about these students, newest first."""
    return list(
        LookQuestion.objects.filter(asked_by=user, student__in=students)
        .select_related("asked_by", "asked_of", "answered_by", "student")
        .order_by("-asked_at")
    )
