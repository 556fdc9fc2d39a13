"""The words of remedies: what a text begins with, what has to be in it, and the offices to which a family can complain."""

import functools
import json
from collections.abc import Mapping
from pathlib import Path

from django.utils.translation import gettext as _

import governance
from breaches.notices.texts import one_line, plain
from breaches.remedies.models import Remedy

LANGUAGES = ("en", "es")
TITLE_MOST, WORDS_MOST = 120, 3_000
# Under 34 CFR 99.20 to 99.22 a family asks for a change first; the hearing follows a refusal. Complaints: 34 CFR 99.63.
_OFFICES = ("sppo", "dpi-sspw")

Texts = Mapping[str, Mapping[str, str]]


@functools.cache
def _beginnings() -> dict[str, Texts]:
    found: dict[str, Texts] = json.loads((Path(__file__).parent / "data" / "texts.json").read_text(encoding="utf-8"))
    assert set(found) == set(Remedy.Kind.values), "a text that each kind begins with"
    return found


def beginning(kind: str) -> Texts:
    """The text that a remedy of this kind begins with, in each language; empty where people have to find the words."""
    return _beginnings()[kind]


def cleaned(texts: Texts) -> dict[str, dict[str, str]]:
    """The texts without characters that hide or turn words."""
    return {
        language: {
            "title": one_line(texts.get(language, {}).get("title", "")),
            "words": plain(texts.get(language, {}).get("words", "")),
        }
        for language in LANGUAGES
    }


def missing(texts: Texts) -> list[str]:
    """What is missing or too long, in words."""
    titles = {"en": _("English"), "es": _("Spanish")}
    return [
        f"{titles[language]}: {part}"
        for language in LANGUAGES
        for key, part, most in (("title", _("title"), TITLE_MOST), ("words", _("text"), WORDS_MOST))
        if not 0 < len(texts[language][key]) <= most
    ]


def said(texts: Texts, language: str) -> tuple[str, str, str]:
    """(title, words, code of the language they are in): the reader's language, or English."""
    code = language if language in texts else "en"
    return texts[code]["title"], texts[code]["words"], code


@functools.cache
def _source() -> list[dict]:
    path = Path(governance.__file__).parent / "data" / "rights.json"
    found = {row["id"]: row for row in json.loads(path.read_text(encoding="utf-8"))["contacts"]}
    return [found[key] for key in _OFFICES]


def offices(language: str) -> list[dict[str, str]]:
    """Name and website of the federal and the state office. Nothing else of them is given: it was not checked (governance/data/rights.json)."""
    return [{"name": row["name"].get(language) or row["name"]["en"], "web": row["web"]} for row in _source()]
