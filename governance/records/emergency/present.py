"""Emergency openings as plain values."""

import dataclasses
import datetime as dt
from collections.abc import Collection, Mapping, Sequence

from django.urls import reverse
from django.utils.translation import gettext

from governance.authority.models import Element
from governance.people.models import User
from governance.records.door import Found, Opened, Reading
from governance.records.emergency import rules
from governance.records.models import EmergencyOpening, Student
from governance.records.plain_words import element_heading, element_words
from governance.records.present import Fact, grade_words, lines_of, relation_words
from governance.records.queries import Links
from portal.base.components import Status

# In the order in which helpers ask.
_MEDICAL = ("health-alerts", "allergy-plan", "emergency-card", "medication-log")
_PERSON = ("name", "preferred-name", "grade", "birth-date", "school", "family-language")


@dataclasses.dataclass(frozen=True)
class Contact:
    """An adult to call; `careful` where a court order limits this person."""

    name: str
    relation: str
    phone: str
    careful: bool


@dataclasses.dataclass(frozen=True)
class Sheet:
    """What an emergency opened: what to mind, whom to call, who it is."""

    name: str
    medical: Sequence[Fact]
    nothing_on: str
    contacts: Sequence[Contact]
    emergency_contacts: Sequence[Fact]
    person: Sequence[Fact]


@dataclasses.dataclass(frozen=True)
class OpeningRow:
    """One opening for review. Names the opener and never the student."""

    public_id: str
    who: str
    opened_at: dt.datetime
    reason: str
    words: str
    school: str
    state: Status
    reviewed_by: str
    reviewed_at: dt.datetime | None
    yours: bool
    may_review: bool


def choices(found: Found, students: Mapping[int, Student]) -> list[tuple[str, str]]:
    """The students found, to choose from: name, grade and school."""
    return [
        (str(students[each.student_id].public_id), _told(each, students[each.student_id]))
        for each in found.students
        if each.student_id in students
    ]


def _told(opened: Opened, student: Student) -> str:
    return ", ".join(
        part
        for part in (opened.full_name, grade_words(opened.identity.get("grade")), student.school.name if student.school else "")
        if part
    )


def sheet(reading: Reading, student: Student, titles: Mapping[str, Element], careful: Collection[int]) -> Sheet:
    """The page for helpers. Guardians whom an order limits stand last, marked."""
    opened = reading.students[student.pk]
    links = Links(student.school.name if student.school else "", (), (), ())
    contacts = [
        Contact(
            name=" ".join(part for part in (guardian["given_name"], guardian["family_name"]) if part),
            relation=relation_words(guardian["relation"]),
            phone=guardian["phone"] or "",
            careful=guardian["guardian_id"] in careful,
        )
        for guardian in opened.guardians
    ]
    return Sheet(
        name=opened.full_name,
        medical=_facts(_MEDICAL, opened, links, titles),
        nothing_on=", ".join(element_words(key) for key in _MEDICAL if key in rules.ELEMENTS and not lines_of(key, opened, links)),
        contacts=sorted(contacts, key=lambda contact: contact.careful),
        emergency_contacts=_facts(("emergency-contact",), opened, links, titles),
        person=_facts(_PERSON, opened, links, titles),
    )


def _facts(keys: Sequence[str], opened: Opened, links: Links, titles: Mapping[str, Element]) -> list[Fact]:
    return [
        Fact(key, element_heading(key, titles[key].title if key in titles else ""), lines)
        for key in keys
        if (lines := lines_of(key, opened, links))
    ]


def opening_rows(openings: Sequence[EmergencyOpening], reader: User, readable: Collection[int]) -> list[OpeningRow]:
    """Openings for review. `readable` are keys of those whose free text the reader may see."""
    return [
        OpeningRow(
            public_id=str(opening.public_id),
            who=", ".join(part for part in (opening.opened_by.name, opening.opened_by.title) if part),
            opened_at=opening.opened_at,
            reason=str(EmergencyOpening.Reason(opening.reason).label),
            words=opening.words if opening.pk in readable else "",
            school=opening.student.school.name if opening.student.school else "",
            state=Status("ok", gettext("Reviewed")) if opening.reviewed_at else Status("warn", gettext("Waits for a review")),
            reviewed_by=opening.reviewed_by.name if opening.reviewed_by else "",
            reviewed_at=opening.reviewed_at,
            yours=opening.opened_by_id == reader.pk,
            may_review=opening.pk in readable and opening.opened_by_id != reader.pk,
        )
        for opening in openings
    ]


def open_links(openings: Sequence[EmergencyOpening]) -> list[dict]:
    """Own openings that have not closed, with their pages."""
    return [
        {
            "url": reverse("records:emergency-sheet", args=[opening.public_id]),
            "opened_at": opening.opened_at,
            "closes_at": opening.closes_at,
        }
        for opening in openings
    ]
