"""A question about a look as plain values."""

import dataclasses
import datetime as dt
from collections.abc import Iterable

from django.conf.locale import LANG_INFO
from django.urls import reverse
from django.utils.translation import get_language, gettext

from governance.people.models import User
from governance.records.models import LookQuestion
from governance.records.plain_words import element_list, purpose_words
from governance.records.present import what_words
from portal.base.components import Status, due


@dataclasses.dataclass(frozen=True)
class QuestionRow:
    """One question: the line it is about, what the family wrote, until when, and the answer."""

    url: str
    opened_at: dt.datetime | None
    what: str
    elements: str
    purpose: str
    words: str
    words_language: str
    family_language: str
    asked_at: dt.datetime
    due_on: dt.date
    state: Status
    asked_of: str
    yours: bool
    answered_at: dt.datetime | None
    answered_by: str
    answer: str
    answer_words: str
    answer_language: str
    answer_written_in: str
    at_desk: bool
    told_at: dt.datetime | None


def rows(questions: Iterable[LookQuestion], reader: User, *, on: dt.date) -> list[QuestionRow]:
    """Questions as plain values, in their order."""
    return [row(question, reader, on=on) for question in questions]


def row(question: LookQuestion, reader: User, *, on: dt.date) -> QuestionRow:
    """One question as plain values for `reader`."""
    answered = question.answered_at is not None
    words_language = question.asked_by.language if question.asked_by and not question.taken_by_id else "en"
    answer_language = question.answered_by.language if question.answered_by else ""
    return QuestionRow(
        url=reverse("records:question", args=[question.public_id]),
        opened_at=question.entry_at,
        what=gettext("Asked by phone or at the office")
        if question.taken_by_id
        else what_words(question.look.get("kind") or "", question.look.get("students") or 0),
        elements=element_list(question.look.get("elements") or ()),
        purpose=purpose_words(question.look.get("purpose") or ""),
        words=question.words,
        words_language=words_language,
        family_language=language_name(words_language) if question.words else "",
        asked_at=question.asked_at,
        due_on=question.due_on,
        state=Status("ok", gettext("Answered")) if answered else due(question.due_on, on, soon=2),
        asked_of=name_of(question.asked_of),
        yours=question.asked_of_id == reader.pk,
        answered_at=question.answered_at,
        answered_by=name_of(question.answered_by),
        answer=str(LookQuestion.Answer(question.answer).label) if answered and question.answer != LookQuestion.Answer.OTHER else "",
        answer_words=question.answer_words,
        answer_language=answer_language,
        answer_written_in=language_name(answer_language) if question.answer_words else "",
        at_desk=question.taken_by_id is not None,
        told_at=question.told_at,
    )


def name_of(user: User | None) -> str:
    """A person as families and staff read them: name and job."""
    return ", ".join(part for part in (user.name, user.title) if part) if user else ""


def language_name(code: str) -> str:
    """The name of a language, where it is not that of the page; else nothing."""
    if not code or code == get_language():
        return ""
    return gettext(LANG_INFO[code]["name"])
