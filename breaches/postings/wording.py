"""The text of a posting: its parts, what is missing, its hash. Values in, words out."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as __

from breaches.notices.texts import one_line, plain

LANGUAGES = ("en", "es")
PARTS: dict[str, str | Promise] = {
    "happened": __("What happened"),
    "done": __("What we did"),
    "learned": __("What we learned"),
}
TITLE_MOST, PART_MOST = 120, 5_000

Texts = Mapping[str, Mapping[str, str]]


def cleaned(texts: Texts) -> dict[str, dict[str, str]]:
    """The texts without characters that hide or turn words."""
    return {
        language: {"title": one_line(texts.get(language, {}).get("title", ""))}
        | {part: plain(texts.get(language, {}).get(part, "")) for part in PARTS}
        for language in LANGUAGES
    }


def missing(texts: Texts) -> list[str]:
    """Which parts have no words or too many, in words."""
    names = {"en": _("English"), "es": _("Spanish")}
    most = {"title": TITLE_MOST} | dict.fromkeys(PARTS, PART_MOST)
    labels = {"title": _("title")} | {part: str(label) for part, label in PARTS.items()}
    return [
        f"{names[language]}: {labels[part]}"
        for language in LANGUAGES
        for part, limit in most.items()
        if not 0 < len(texts[language][part]) <= limit
    ]


def sha256(texts: Texts, facts: Mapping[str, Any], provider: str) -> str:
    """The hash that is approved: of the text, the facts beside it, and the company that is named."""
    told = json.dumps([texts, facts, provider], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()


def said(texts: Texts, language: str) -> tuple[Mapping[str, str], str]:
    """(title and parts, code of the language they are in): the reader's language, or English."""
    code = language if language in texts else "en"
    return texts[code], code
