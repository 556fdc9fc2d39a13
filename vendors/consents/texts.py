"""What families read and answer. Composed once when it is published, in each language, and closed with a hash over all of it."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.records.plain_words import element_list, purpose_words
from governance.records.queries import purpose_titles
from vendors.consents.models import Form, Matter
from vendors.providers.models import Tool
from vendors.reviews.models import Guidance

LANGUAGES = ("en", "es")
Texts = dict[str, dict[str, str]]


def canonical(
    *,
    matter: Matter,
    number: int,
    sort: str,
    kind: str,
    under_13_only: bool,
    texts: Texts,
    elements: Sequence[str],
    purposes: Sequence[str],
    window_days: int,
) -> str:
    """The whole of a form as one text, always the same for the same form: what is hashed."""
    whole = {
        "matter": str(matter.public_id),
        "tool": str(matter.tool.public_id) if matter.tool else None,
        "number": number,
        "sort": sort,
        "kind": kind,
        "under_13_only": under_13_only,
        "texts": texts,
        "elements": sorted(elements),
        "purposes": sorted(purposes),
        "window_days": window_days,
    }
    return json.dumps(whole, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def hash_of(text: str) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def hash_of_form(form: Form) -> str:
    """The hash that a published form must have."""
    return hash_of(
        canonical(
            matter=form.matter,
            number=form.number,
            sort=form.sort,
            kind=form.kind,
            under_13_only=form.under_13_only,
            texts=form.texts,
            elements=form.elements,
            purposes=form.purposes,
            window_days=form.window_days,
        )
    )


def of_tool(tool: Tool, *, kind: str, under_13_only: bool, elements: Sequence[str], purposes: Sequence[str], window_days: int) -> Texts:
    """The text about one tool in every language, with the reviewer's message to families."""
    guidance = Guidance.objects.filter(tool=tool).first()
    titles = purpose_titles()
    found = {}
    for language in LANGUAGES:
        with translation.override(language):
            facts = {
                "tool": tool.name,
                "company": tool.provider.name,
                "elements": element_list(elements) or _("no facts about your child"),
                "purposes": "; ".join(purpose_words(purpose, titles.get(purpose, "")) for purpose in sorted(purposes)),
            }
            message = getattr(guidance, f"families_{language}", "") if guidance is not None else ""
            parts = [
                _("The class would like to use %(tool)s. It is made by %(company)s.") % facts,
                message.strip(),
                _("What it would get: %(elements)s.") % facts,
                _("What for: %(purposes)s. For nothing else.") % facts,
                _("You can change your answer on any day. Saying no does not change grades, or how the school treats your child."),
            ]
            found[language] = {
                "title": _("%(tool)s in class") % facts,
                "words": "\n".join(part for part in parts if part),
                "if_nothing": _if_nothing(kind, under_13_only, window_days),
            }
    return found


def of_everybody(subject: Matter.Subject, *, window_days: int) -> Texts:
    """The text about directory information or recruiters, in every language."""
    found = {}
    for language in LANGUAGES:
        with translation.override(language):
            title, words = _everybody(subject)
            found[language] = {"title": title, "words": words, "if_nothing": _if_nothing(Form.Kind.OPT_OUT, False, window_days)}
    return found


def text_in(form: Form, language: str) -> tuple[str, dict[str, Any]]:
    """The form's text in the reader's language, or in English where it has none: (code of the language, text)."""
    code = language if language in form.texts else "en"
    return code, form.texts[code]


def _everybody(subject: Matter.Subject) -> tuple[str, str]:
    if subject == Matter.Subject.RECRUITERS:
        return _("Military and college recruiters"), "\n".join(
            [
                _("Recruiters of the military and of colleges may ask high schools for students’ names, addresses and phone numbers."),
                _("You can say no, and the school gives them nothing about your child (20 U.S.C. 7908)."),
            ]
        )
    return _("Directory information"), "\n".join(
        [
            _(
                "“Directory information” is what a yearbook or a program of a play may show: name, school, grade, photo, activities, awards."
            ),
            _("The school may give it to others. You can say no, and it gives out nothing (34 CFR 99.37; Wis. Stat. 118.125(2)(j))."),
        ]
    )


def _if_nothing(kind: str, under_13_only: bool, window_days: int) -> str:
    if kind == Form.Kind.OPT_IN and under_13_only:
        return _("a child under 13 does not use it, and nothing is sent. The child does another activity in the same lesson.")
    if kind == Form.Kind.OPT_IN:
        return _("your child does not use it, and nothing is sent. Your child does another activity in the same lesson.")
    if kind == Form.Kind.OPT_OUT:
        return ngettext(
            "after %(count)s day these facts may be given out. You can still say no later.",
            "after %(count)s days these facts may be given out. You can still say no later.",
            window_days,
        ) % {"count": window_days}
    return _("your child uses it. You need not do anything.")
