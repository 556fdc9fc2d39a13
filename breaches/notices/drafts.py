"""A first text for each audience, from what an incident and its assessment know. A fact that nobody knows is a blank; none is made up.

The words stand in data/drafts.json. What nobody may invent (what happened, what was done) is always a blank.
"""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.utils import translation

from breaches.assessment import queries as assessment
from breaches.clocks.rules import Start
from breaches.notices import texts as wording
from breaches.notices.models import Notice
from governance.authority.models import Element
from governance.people import queries as people
from portal.base import clock
from portal.base.templatetags.portal import long_date

LANGUAGES = ("en", "es")


class _Facts(dict[str, str]):
    """Facts by name; one that is not known is its blank."""

    def __init__(self, known: Mapping[str, str], blanks: Mapping[str, str]):
        super().__init__({key: value for key, value in known.items() if value})
        self._blanks = blanks

    def __missing__(self, key: str) -> str:
        return f"[[{self._blanks[key]}]]"


@functools.cache
def _said() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads((Path(__file__).parent / "data" / "drafts.json").read_text(encoding="utf-8"))
    return found


def draft(notice: Notice) -> wording.Texts:
    """The first text of a notice, in the languages that there is one in."""
    found = {}
    for language, text in _said()["drafts"].get(notice.content, {}).items():
        facts = _Facts(_known(notice, language), _said()["blanks"][language])
        found[language] = {
            "subject": text["subject"].format_map(facts),
            "parts": {key: words.format_map(facts) for key, words in text["parts"].items()},
        }
    return found


def _known(notice: Notice, language: str) -> dict[str, str]:
    """What is on record, in words of that language. Names of elements are English: in another language they stay a blank."""
    incident, district = notice.incident, people.district()
    case = assessment.case_of(incident)
    found_at = case.starts.get(Start.DISCOVERY)
    touched = case.sheet.elements if case.sheet is not None else notice.affected.elements if notice.affected is not None else []
    titles = dict(Element.objects.filter(key__in=touched).values_list("key", "title"))
    students = notice.affected.children if notice.affected is not None else case.sheet.students if case.sheet is not None else None
    with translation.override(language):
        begins, ends = (long_date(moment) for moment in (incident.happened_from, incident.happened_until))
        return {
            "found_on": long_date(found_at),
            "happened": begins if not ends or begins == ends else f"{begins} – {ends}" if begins else "",
            "today": long_date(clock.today()),
            "elements": ", ".join(titles.get(key, key) for key in touched) if language == "en" else "",
            "count": f"{students:,}" if students else "",
            "provider": incident.provider.name if incident.provider else "",
            "district": district.name if district else "",
            "contact_name": district.contact_name if district else "",
            "contact_phone": district.contact_phone if district else "",
            "contact_email": district.contact_email if district else "",
            "office_hours": district.office_hours if district and language == "en" else "",
            "website": district.website if district else "",
        }
