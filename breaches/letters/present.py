"""Letters as plain values for pages: what a notice said, in which languages, and how far printings and calls are."""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from breaches.letters.models import Answer
from breaches.notices.models import Notice
from breaches.notices.texts import PARTS, one_line, plain
from governance.records.plain_words import element_words
from portal.base.components import Status

_NAMES = dict(settings.LANGUAGES)


@dataclasses.dataclass(frozen=True)
class Said:
    """What a notice said in one language: its subject, and (title, words) of each part."""

    language: str
    name: str
    subject: str
    parts: list[tuple[str, str]]


def said(notice: Notice, first: str) -> list[Said]:
    """The text that went out, in each of its languages: `first` where it has that one, else English, then the others."""
    assert notice.version is not None
    texts: Mapping[str, Any] = notice.version.texts
    order = sorted(texts, key=lambda language: (language != first, language != "en", language))
    found = []
    for language in order:
        with translation.override(language):
            told = texts[language]["parts"]
            parts = [(str(title), told[key]) for key, title in PARTS.items() if key in told]
        found.append(Said(language, str(_NAMES.get(language, language)), texts[language]["subject"], parts))
    return found


def other_languages(notice: Notice, current: str) -> list[tuple[str, str, str]]:
    """(code, name, address of the page) of the notice's languages but the current one; the address holds no code of a letter."""
    assert notice.version is not None
    found = []
    for language, _name in settings.LANGUAGES:
        if language in notice.version.texts and language != current:
            with translation.override(language):
                found.append((language, str(translation.get_language_info(language)["name_local"]).capitalize(), reverse("letters:letter")))
    return found


def element_titles(keys: Sequence[str], elements: Mapping[str, Any]) -> list[str]:
    """What these kinds of data are called, in the words of families. No value."""
    return sorted(element_words(key, elements[key].title if key in elements else key) for key in keys)


@dataclasses.dataclass(frozen=True)
class AnswerRow:
    """One answer to a letter, for the one who sent it or for those who handle it."""

    public_id: str
    kind: str
    language: str
    words: str
    came_at: dt.datetime
    status: Status
    open: bool
    who: str = ""


def own_answers(answers: Sequence[Answer]) -> list[AnswerRow]:
    """What was said under a code: that it came, not what it said, so that a lost letter tells less."""
    return [dataclasses.replace(row, words="") for row in answer_rows(answers)]


def answer_rows(answers: Sequence[Answer]) -> list[AnswerRow]:
    """Answers, as the page lists them."""
    return [
        AnswerRow(
            public_id=str(one.public_id),
            kind=str(Answer.Kind(one.kind).label),
            language=one_line(one.language),
            words=plain(one.words),
            came_at=one.came_at,
            status=Status("ok", _("Looked after")) if one.handled_at else Status("wait", _("Waits for the school district")),
            open=one.handled_at is None,
            who=one.handled_by.name if one.handled_by else "",
        )
        for one in answers
    ]


@dataclasses.dataclass(frozen=True)
class OwnLetter:
    """One letter of a family, as its own page shows it."""

    gone_at: dt.datetime | None
    opened: list[dt.datetime]
    elements: list[str]
    offers: list[str]
    said: list[Said]
    answers: list[AnswerRow]
