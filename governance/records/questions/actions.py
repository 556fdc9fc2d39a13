"""Asking about a look, and answering."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from governance.people.models import User
from governance.records import notices
from governance.records.models import Guardianship, LookQuestion, Student
from governance.records.questions import queries
from governance.records.questions.rules import SCHOOL_DAYS_TO_ANSWER
from governance.trail import entries
from governance.vocabulary import Action, Event
from portal.base import outbox, workdays
from portal.base.errors import CannotDo


class CannotAsk(CannotDo):
    """The question was not kept; `what_to_do` says why."""


class CannotAnswer(CannotAsk):
    """The answer was not kept; `what_to_do` says why."""


@transaction.atomic
def ask(*, student: Student, look: Mapping[str, Any], words: str, by: User, at: dt.datetime) -> LookQuestion:
    """Ask about one line of `door.looks`. Whoever opened the record has five school days; without a person it goes to who oversees privacy.

    Raises CannotAsk for a second question of the same person about the same line.
    """
    question, made = LookQuestion.objects.get_or_create(
        asked_by=by,
        student=student,
        entry_id=look["id"],
        entry_at=look["at"],
        defaults={
            "look": {key: look[key] for key in ("kind", "elements", "students", "purpose", "grant_id")},
            "asked_at": at,
            "words": words,
            "asked_of_id": look["actor_id"] if look["who"] == "staff" else None,
            "due_on": workdays.after(timezone.localdate(at, timezone.get_default_timezone()), SCHOOL_DAYS_TO_ANSWER),
        },
    )
    if not made:
        raise CannotAsk(_("You have asked about this line already. You can see your question and its answer on this page."))
    entries.append(Event.LOOK_QUESTIONED, action=Action.CREATE, by=by, about=question)
    outbox.put(notices.LOOK_QUESTIONED, at=at, question=str(question.public_id))
    return question


@transaction.atomic
def take(*, link: Guardianship, words: str, by: User, at: dt.datetime) -> LookQuestion:
    """Write down what a guardian asked by phone or at the desk; it goes to who oversees privacy. A guardian with an account reads the answer there too.

    Raises CannotAsk for a child of one's own.
    """
    if Guardianship.objects.filter(student=link.student_id, user=by, ended_at=None).exists():
        raise CannotAsk(_("This is a child of your own. Ask on your family page."))
    question = LookQuestion.objects.create(
        student=link.student,
        link=link,
        asked_by=link.user,
        taken_by=by,
        asked_at=at,
        words=words,
        due_on=workdays.after(timezone.localdate(at, timezone.get_default_timezone()), SCHOOL_DAYS_TO_ANSWER),
    )
    entries.append(Event.LOOK_QUESTIONED, action=Action.CREATE, by=by, about=question, data={"desk": True})
    outbox.put(notices.LOOK_QUESTIONED, at=at, question=str(question.public_id))
    return question


@transaction.atomic
def tell(*, question: LookQuestion, by: User, at: dt.datetime) -> LookQuestion:
    """The office told the family the answer. Raises CannotAnswer while there is none, and for a question that nobody took at the desk."""
    locked = LookQuestion.objects.select_for_update(of=("self",)).get(pk=question.pk)
    if locked.taken_by_id is None or locked.answered_at is None:
        raise CannotAnswer(_("There is no answer yet. You are told when it comes."))
    if locked.told_at is None:
        locked.told_at, locked.told_by = at, by
        locked.save(update_fields=["told_at", "told_by"])
        entries.append(Event.LOOK_ANSWER_TOLD, action=Action.UPDATE, by=by, about=locked)
    return locked


@transaction.atomic
def answer(*, question: LookQuestion, answer: str, words: str, by: User, at: dt.datetime) -> LookQuestion:
    """Answer with a standard answer and, where it says so, own words. Raises CannotAnswer for others, too early or a second time."""
    locked = LookQuestion.objects.select_for_update(of=("self",)).get(pk=question.pk)
    if locked.answered_at is not None:
        raise CannotAnswer(_("This question has been answered already."))
    if not queries.can_answer(locked, by, on=timezone.localdate(at, timezone.get_default_timezone())):
        raise CannotAnswer(_("Whoever opened the record answers first. You can answer once the date for it has passed."))
    locked.answer, locked.answer_words, locked.answered_by, locked.answered_at = answer, words, by, at
    locked.save(update_fields=["answer", "answer_words", "answered_by", "answered_at"])
    entries.append(Event.LOOK_ANSWERED, action=Action.UPDATE, by=by, about=locked, data={"answer": answer})
    outbox.put(notices.LOOK_ANSWERED, at=at, question=str(locked.public_id))
    return locked
