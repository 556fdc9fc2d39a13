"""The values of one record as lines of text, under the headings of their groups."""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from governance.authority.models import Element
from governance.records.door import Opened
from governance.records.plain_words import FIRST, GROUPS, OTHER, element_heading, element_words, group_of
from governance.records.queries import Links
from portal.base.templatetags.portal import long_date

EARLY_GRADES: dict[str, str | Promise] = {
    "IT": _("Infants and toddlers"),
    "PR": _("Preschool"),
    "PK": _("Prekindergarten"),
    "TK": _("Kindergarten, first year"),
    "KG": _("Kindergarten"),
    "PS": _("After high school"),
}
ETHNICITIES: dict[str, str | Promise] = {
    "americanIndianOrAlaskaNative": _("American Indian or Alaska Native"),
    "asian": _("Asian"),
    "blackOrAfricanAmerican": _("Black or African American"),
    "nativeHawaiianOrOtherPacificIslander": _("Native Hawaiian or other Pacific Islander"),
    "white": _("White"),
    "demographicRaceTwoOrMoreRaces": _("Two or more races"),
    "hispanicOrLatinoEthnicity": _("Hispanic or Latino"),
}
GENDERS: dict[str, str | Promise] = {"male": _("Male"), "female": _("Female"), "unspecified": _("Not stated"), "other": _("Other")}


@dataclasses.dataclass(frozen=True)
class Line:
    """One recorded value: its item (a course, a test; often none), its text, when and where it was recorded."""

    text: str
    item: str = ""
    recorded_on: dt.date | None = None
    source: str = ""


@dataclasses.dataclass(frozen=True)
class Fact:
    """One element with its lines; `mark` is the number of the ground on which it was opened."""

    key: str
    heading: str
    lines: Sequence[Line]
    mark: int = 1
    element: Element | None = None

    @property
    def recorded(self) -> Line | None:
        """When and where, where that is the same for all lines: said once."""
        first = self.lines[0]
        same = all((line.recorded_on, line.source) == (first.recorded_on, first.source) for line in self.lines)
        return first if same and first.recorded_on else None


@dataclasses.dataclass(frozen=True)
class Group:
    """The facts under one heading, and what was opened and found empty."""

    key: str
    heading: str
    facts: Sequence[Fact]
    empty: str = ""


def grade_words(grade: str | None) -> str:
    """“Grade 7” for 07, “Kindergarten” for KG; nothing for none."""
    if not grade:
        return ""
    if grade in EARLY_GRADES:
        return str(EARLY_GRADES[grade])
    return gettext("Grade %(number)s") % {"number": grade.lstrip("0") or grade}


def lines_of(key: str, opened: Opened, links: Links | None = None) -> list[Line]:
    """The lines of one opened element; empty where nothing is recorded."""
    if key in _LINKED:
        return [Line(text) for text in _LINKED[key](links)] if links else []
    if key in _IDENTITY:
        text = _IDENTITY[key](opened.identity)
        return [Line(text)] if text else []
    if key in _GUARDIANS:
        return [
            Line(text, item=relation_words(guardian["relation"])) for guardian in opened.guardians if (text := _GUARDIANS[key](guardian))
        ]
    return [Line(value.value, value.item, value.recorded_on, value.source) for value in opened.values.get(key, ())]


def relation_words(relation: str) -> str:
    """How an adult stands to the student; a relation that the roster names otherwise is shown as it is."""
    return str(_RELATIONS.get(relation.lower(), relation.capitalize()))


def groups_of(
    elements: Iterable[str], opened: Opened, titles: Mapping[str, Element], *, links: Links | None, marks: Mapping[str, int]
) -> list[Group]:
    """The opened elements by group, in the order of `plain_words.GROUPS`."""
    facts: dict[str, list[Fact]] = {}
    empty: dict[str, list[str]] = {}
    for key in sorted(elements, key=lambda key: (FIRST.index(key) if key in FIRST else len(FIRST), element_heading(key))):
        element = titles.get(key)
        group, _heading = group_of(element.category if element else "")
        lines = lines_of(key, opened, links)
        if lines:
            facts.setdefault(group, []).append(
                Fact(key, element_heading(key, element.title if element else ""), lines, marks.get(key, 1), element)
            )
        else:
            empty.setdefault(group, []).append(element_words(key, element.title if element else ""))
    order = [(key, str(heading)) for key, heading, _categories in GROUPS] + [(OTHER[0], str(OTHER[1]))]
    return [
        Group(key, heading, facts.get(key, []), ", ".join(empty.get(key, []))) for key, heading in order if key in facts or key in empty
    ]


def call_name(opened: Opened) -> str:
    """What the student is called at home and in class: “Maya”."""
    return opened.identity.get("preferred_name") or opened.identity.get("given_name") or ""


def _full_name(identity: Mapping[str, Any]) -> str:
    return " ".join(part for part in (identity.get("given_name"), identity.get("middle_name"), identity.get("family_name")) if part)


_IDENTITY = {
    "name": _full_name,
    "preferred-name": lambda identity: identity.get("preferred_name") or "",
    "pronouns": lambda identity: identity.get("pronouns") or "",
    "local-id": lambda identity: identity.get("local_id") or "",
    "state-id": lambda identity: identity.get("state_id") or "",
    "email": lambda identity: identity.get("email") or "",
    "username": lambda identity: identity.get("username") or "",
    "phone": lambda identity: identity.get("phone") or "",
    "grade": lambda identity: grade_words(identity.get("grade")),
    "birth-date": lambda identity: long_date(identity.get("birth_date")),
    "birth-place": lambda identity: identity.get("birth_place") or "",
    "gender": lambda identity: str(GENDERS.get(identity.get("gender") or "", identity.get("gender") or "")),
    "ethnicity": lambda identity: ", ".join(str(ETHNICITIES.get(each, each)) for each in identity.get("ethnicity") or ()),
}
_GUARDIANS = {
    "guardian-name": lambda guardian: " ".join(part for part in (guardian["given_name"], guardian["family_name"]) if part),
    "guardian-email": lambda guardian: guardian["email"] or "",
    "guardian-phone": lambda guardian: guardian["phone"] or "",
}
_LINKED = {
    "school": lambda links: [links.school] if links.school else [],
    "schedule": lambda links: links.sections,
    "homeroom": lambda links: links.homerooms,
    "teachers": lambda links: links.teachers,
}
_RELATIONS: dict[str, str | Promise] = {
    "parent": _("Parent"),
    "mother": _("Mother"),
    "father": _("Father"),
    "guardian": _("Guardian"),
    "stepparent": _("Stepparent"),
    "grandparent": _("Grandparent"),
    "foster": _("Foster parent"),
    "caseworker": _("Caseworker"),
}
