"""What was opened, as plain values for templates: headings, lines of text, and the ground on which each stands."""

import dataclasses
import datetime as dt
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from governance.authority.grounds import Ground
from governance.authority.models import Basis, Element
from governance.authority.plain_words import plain_words
from governance.records.door import Found, Opened, Reading
from governance.records.models import Section
from governance.records.plain_words import FIRST, GROUPS, OTHER, element_heading, element_list, element_words, group_of, purpose_words
from governance.records.queries import Decided, Links, Titles
from governance.vocabulary import Event
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


@dataclasses.dataclass(frozen=True)
class DecisionLine:
    """A decision in one line: its name, its page (for staff), who decided, until when, and the reason that families can read."""

    name: str
    url: str
    who: str
    decided_at: dt.datetime | None
    ends_on: dt.date
    reason: str
    holder: str = ""
    elements: str = ""
    purpose: str = ""


@dataclasses.dataclass(frozen=True)
class Reason:
    """Why something may be opened: in plain words, for what, under which law and, where somebody decided, under which decision."""

    mark: int
    words: str
    purpose: str
    citation: str
    law_url: str
    decision: DecisionLine | None
    elements: str


@dataclasses.dataclass(frozen=True)
class LeftOut:
    """An element that was asked for and not given, with the reason."""

    heading: str
    reason: str


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


def reasons_of(grounds: Sequence[Ground], titles: Titles, decisions: Mapping[int, Decided]) -> list[Reason]:
    """The grounds of a reading, numbered from 1."""
    return [
        Reason(
            mark=mark,
            words=basis_words(ground.basis, titles.bases),
            purpose=purpose_words(ground.purpose, titles.purposes.get(ground.purpose, "")),
            citation=citation_of(ground.basis, titles.bases),
            law_url=law_url_of(ground.basis, titles.bases),
            decision=decision_line(decisions.get(ground.grant_id)) if ground.grant_id else None,
            elements=element_list(ground.elements),
        )
        for mark, ground in enumerate(grounds, start=1)
    ]


def marks_of(grounds: Sequence[Ground]) -> dict[str, int]:
    """For each element the number of the ground on which it was opened."""
    return {element: mark for mark, ground in enumerate(grounds, start=1) for element in ground.elements}


def basis_words(basis: str | None, bases: Mapping[str, Basis]) -> str:
    """Why it is lawful, as a family reads it."""
    if not basis:
        return ""
    found = bases.get(basis)
    return plain_words(basis, otherwise=found.title if found else "")


def citation_of(basis: str | None, bases: Mapping[str, Basis]) -> str:
    """The law behind it."""
    found = bases.get(basis or "")
    return found.citation if found else ""


def law_url_of(basis: str | None, bases: Mapping[str, Basis]) -> str:
    """Where the law can be read; empty where no address is known."""
    found = bases.get(basis or "")
    return found.law.url if found and found.law else ""


def decision_line(decided: Decided | None) -> DecisionLine | None:
    """A decision in one line; None where there is none."""
    if decided is None:
        return None
    who = ", ".join(part for part in (decided.decided_by, decided.decided_by_title) if part)
    return DecisionLine(
        name=f"R-{decided.number}" if decided.number else "",
        url=request_url(decided),
        who=who,
        decided_at=decided.decided_at,
        ends_on=decided.ends_on,
        reason=decided.reason or "",
        holder=", ".join(part for part in (decided.holder_name, decided.holder_title) if part),
        elements=element_list(decided.elements),
        purpose=purpose_words(decided.purpose_id, decided.purpose_title),
    )


def request_url(decided: Decided) -> str:
    """The page of the data request, for staff."""
    return reverse("requests:detail", args=[decided.request_id]) if decided.request_id else ""


def left_out(withheld: Mapping[str, str], given: Collection[str], titles: Mapping[str, Element]) -> list[LeftOut]:
    """What was asked for and not given, with the reason, as far as no other ground gives it."""
    return [
        LeftOut(element_heading(key, titles[key].title if key in titles else ""), reason)
        for key, reason in sorted(withheld.items(), key=lambda pair: element_heading(pair[0]))
        if key not in given
    ]


@dataclasses.dataclass(frozen=True)
class ListRow:
    """One student of a class list."""

    url: str
    name: str
    cells: Sequence[tuple[str, str]]


@dataclasses.dataclass(frozen=True)
class ClassList:
    """An opened class list: its columns beside the name, and a row a student."""

    columns: Sequence[str]
    rows: Sequence[ListRow]
    total: int


def class_list(reading: Reading, public_ids: Mapping[int, Any], titles: Mapping[str, Element], *, name: str = "") -> ClassList:
    """The rows of a class list by family name; with `name` only those of whose name a part begins with it."""
    shown = sorted(reading.elements - {"name", "preferred-name"}, key=lambda key: (key != "grade", element_heading(key)))
    headings = [element_heading(key, titles[key].title if key in titles else "") for key in shown]
    rows = [
        ListRow(
            url=reverse("records:student", args=[public_ids[opened.student_id]]),
            name=opened.full_name or gettext("Name not in the roster"),
            cells=[(heading, cell_text(key, opened)) for key, heading in zip(shown, headings, strict=True)],
        )
        for opened in reading.in_order()
        if opened.student_id in public_ids and matches(opened, name)
    ]
    return ClassList(headings, rows, len(reading.students))


def cell_text(key: str, opened: Opened) -> str:
    """All lines of an element in one cell."""
    return "; ".join(f"{line.item}: {line.text}" if line.item else line.text for line in lines_of(key, opened))


def matches(opened: Opened, name: str) -> bool:
    """True if each word of `name` begins a part of the student's name; case and accents do not count."""
    parts = [
        plain(part)
        for column in ("given_name", "middle_name", "family_name", "preferred_name")
        for part in (opened.identity.get(column) or "").split()
    ]
    return all(any(part.startswith(word) for part in parts) for word in plain(name).split())


def plain(text: str) -> str:
    """Lower case, without accents, as people type names in a hurry."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", text).casefold() if not unicodedata.combining(letter))


def people_count(number: int) -> str:
    """“28 students”."""
    return ngettext("%(count)s student", "%(count)s students", number) % {"count": number}


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


@dataclasses.dataclass(frozen=True)
class ClassCard:
    """A class to choose: its title, school, number of students and page."""

    title: str
    school: str
    count: str
    url: str
    current: bool


def class_cards(sections: Iterable[Section], counts: Mapping[int, int], *, current: Section | None = None) -> list[ClassCard]:
    """Classes as cards or tabs."""
    return [
        ClassCard(
            title=section.title,
            school=section.school.name if section.school else "",
            count=people_count(counts.get(section.pk, 0)),
            url=class_url(section),
            current=current is not None and section.pk == current.pk,
        )
        for section in sections
    ]


def class_url(section: Section, **more: Any) -> str:
    """The page of a class list."""
    return f"{reverse('records:students')}?{urlencode({'class': section.public_id, **more})}"


@dataclasses.dataclass(frozen=True)
class Part:
    """The ids of a class that one entry can hold, and which part of the class they are (from 1)."""

    number: int
    ids: Sequence[int]


def part_of(ids: Sequence[int], wanted: str, *, size: int) -> Part:
    """One part of a class of more students than an entry may name; of an ordinary class all."""
    most = max(1, -(-len(ids) // size))
    number = min(int(wanted), most) if wanted.isdecimal() and int(wanted) > 0 else 1
    return Part(number, ids[(number - 1) * size : number * size])


def parts_of(section: Section, ids: Sequence[int], part: Part, *, size: int) -> dict[str, str]:
    """The addresses before and after a part, for the pagination."""
    most = max(1, -(-len(ids) // size))
    return {
        "previous": class_url(section, part=part.number - 1) if part.number > 1 else "",
        "next": class_url(section, part=part.number + 1) if part.number < most else "",
        "shown": gettext("Part %(number)s of %(total)s") % {"number": part.number, "total": most} if most > 1 else "",
    }


@dataclasses.dataclass(frozen=True)
class Offer:
    """What a permission adds to a class list, to be shown only when it is asked for."""

    elements: str
    purpose: str
    name: str
    until: dt.date
    url: str
    shown: bool


def offers(section: Section, permissions: Sequence[Decided], chosen: Decided | None, reading: Reading) -> list[Offer]:
    """The permissions that hold for a class and add something to what rules give at once."""
    opened_by_rules = frozenset[str]().union(*(ground.elements for ground in reading.grounds if ground.grant_id is None))
    found = []
    for decided in permissions:
        adds = [key for key in decided.elements if key not in opened_by_rules]
        shown = chosen is not None and decided.grant_id == chosen.grant_id
        if adds:
            found.append(
                Offer(
                    elements=element_list(adds),
                    purpose=purpose_words(decided.purpose_id, decided.purpose_title),
                    name=f"R-{decided.number}" if decided.number else "",
                    until=decided.ends_on,
                    url=class_url(section) if shown else class_url(section, **{"with": decided.grant}),
                    shown=shown,
                )
            )
    return found


@dataclasses.dataclass(frozen=True)
class FoundList:
    """Students found by name."""

    rows: Sequence[ListRow]
    too_many: bool = False


def found_in_schools(found: Found, public_ids: Mapping[int, Any]) -> FoundList:
    """What a search through schools gave."""
    return FoundList([_found_row(opened, public_ids) for opened in found.students if opened.student_id in public_ids], found.too_many)


def found_among(readings: Sequence[Reading], public_ids: Mapping[int, Any], term: str) -> FoundList:
    """Of the opened students those of whose name a part begins with `term`."""
    opened = sorted((each for reading in readings for each in reading.students.values()), key=lambda each: each.sort_name)
    return FoundList([_found_row(each, public_ids) for each in opened if each.student_id in public_ids and matches(each, term)])


def _found_row(opened: Opened, public_ids: Mapping[int, Any]) -> ListRow:
    return ListRow(
        url=reverse("records:student", args=[public_ids[opened.student_id]]),
        name=opened.full_name,
        cells=[(element_heading("grade"), grade_words(opened.identity.get("grade")))],
    )


def ask_url() -> str:
    """Where staff ask for more; the room of requests stands above this one, so its page is named and not imported."""
    return reverse("requests:new")


@dataclasses.dataclass(frozen=True)
class OwnLine:
    """One of the reader's own looks, as the families read it."""

    at: dt.datetime
    what: str
    where: str
    url: str
    elements: str
    purpose: str
    decision: str
    refused: bool


def own_line(
    row: Mapping[str, Any],
    classes: Mapping[int, list[tuple[int, str]]],
    public_ids: Mapping[int, Any],
    decisions: Mapping[int, Decided],
    purposes: Mapping[str, str],
) -> OwnLine:
    """One row of `door.own_looks`. Students are told by their class and number: their names would be a look of its own."""
    ids = row["record_ids"]
    decided = decisions.get(row["grant_id"])
    return OwnLine(
        at=row["at"],
        what=what_words(row["kind"], len(ids)),
        where=", ".join(classes_that_hold(ids, classes)),
        url=reverse("records:student", args=[public_ids[ids[0]]]) if len(ids) == 1 and ids[0] in public_ids else "",
        elements=element_list(row["elements"] or ()),
        purpose=purpose_words(row["purpose"], purposes.get(row["purpose"], "")) if row["purpose"] else "",
        decision=f"R-{decided.number}" if decided and decided.number else "",
        refused=row["kind"] == Event.READ_REFUSED,
    )


def classes_that_hold(ids: Collection[int], classes: Mapping[int, list[tuple[int, str]]]) -> list[str]:
    """The reader's classes that all these students are in; where none holds them all, every class that holds one of them."""
    held: dict[tuple[int, str], int] = {}
    for pk in ids:
        for section in classes.get(pk, ()):
            held[section] = held.get(section, 0) + 1
    whole = [title for (_section, title), number in held.items() if number == len(set(ids))]
    return whole or [title for _section, title in held]


def what_words(kind: str, students: int, *, name: str = "") -> str:
    """What happened, in words for families: “Opened the class list (28 students)”. `name` is the child's, where it was opened."""
    if kind == Event.CLASS_LIST_OPENED:
        return gettext("Opened the class list (%(students)s)") % {"students": people_count(students)}
    if kind == Event.STUDENTS_FOUND:
        return gettext("Found in a search by name (%(students)s)") % {"students": people_count(students)}
    if kind in _WHAT_NAMED and name:
        return str(_WHAT_NAMED[kind]) % {"name": name}
    return str(_WHAT.get(kind) or dict(Event.choices).get(kind, _("Something else")))


_WHAT_NAMED: dict[str, str | Promise] = {
    Event.STUDENT_OPENED: _("Opened %(name)s’s record"),
    Event.READ_REFUSED: _("Tried to open %(name)s’s record. The portal refused."),
    Event.EMERGENCY_OPENED: _("Opened %(name)s’s record in an emergency"),
    Event.FAMILY_VIEWED: _("Opened %(name)s’s record"),
    Event.SELF_VIEWED: _("Opened %(name)s’s record"),
    Event.RECORD_DOWNLOADED: _("Downloaded %(name)s’s record"),
}
_WHAT: dict[str, str | Promise] = {
    Event.DISCLOSED: _("Gave facts to somebody outside the schools"),
    Event.DISCLOSURE_REFUSED: _("Somebody outside the schools asked for facts. Nothing was given."),
    Event.DISCLOSURE_MISTAKEN: _("Marked a line of “Who got information” as wrong"),
    Event.DISCLOSURES_VIEWED: _("Opened the list of who got information"),
    Event.DISCLOSURES_DOWNLOADED: _("Downloaded the list of who got information"),
    Event.STUDENT_OPENED: _("Opened the record"),
    Event.READ_REFUSED: _("Tried to open the record. The portal refused."),
    Event.EMERGENCY_OPENED: _("Opened the record in an emergency"),
    Event.FAMILY_VIEWED: _("Opened the record"),
    Event.SELF_VIEWED: _("Opened the record"),
    Event.RECORD_DOWNLOADED: _("Downloaded the record"),
    Event.LOOKS_VIEWED: _("Looked at who opened the record"),
    Event.IMPORT_CHECKED: _("Compared the record with a file from the school’s student system"),
    Event.VALUES_IMPORTED: _("Added or changed facts in the record"),
    Event.STUDENTS_CHANGED: _("Brought the record up to date from the school’s student system"),
    Event.ROSTER_IMPORTED: _("Brought the record up to date from the school’s student system"),
    Event.VALUE_CORRECTED: _("Corrected a fact in the record"),
    Event.TRAIL_SEARCHED: _("Checked who had opened the record"),
    Event.TRAIL_STUDENT_VIEWED: _("Checked who had opened the record"),
    Event.TRAIL_EXPORTED: _("Made a list of who had opened the record"),
    Event.TRAIL_NAMES_OPENED: _("Opened the name while checking who had opened the record"),
    Event.REQUEST_SUBMITTED: _("Asked to see more facts"),
    Event.REQUEST_APPROVED: _("Approved a request to see more facts"),
    Event.REQUEST_NARROWED: _("Approved a part of a request to see more facts"),
    Event.REQUEST_REFUSED: _("Refused a request to see more facts"),
    Event.GRANT_MADE: _("Gave permission to see more facts"),
    Event.GRANT_ENDED: _("Ended a permission to see more facts"),
}
