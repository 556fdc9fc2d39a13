"""Class lists: the classes to choose from, the rows of one, its parts, and what permissions add to it."""

import dataclasses
import datetime as dt
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from governance.authority.models import Element
from governance.records.door import Opened, Reading
from governance.records.models import Section
from governance.records.plain_words import element_heading, element_list, purpose_words
from governance.records.present.values import lines_of
from governance.records.queries import Decided


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
            school=section.school_name or "",
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


def ask_url() -> str:
    """Where staff ask for more; the room of requests stands above this one, so its page is named and not imported."""
    return reverse("requests:new")
