"""A family's pages as plain values, in plain words. What an order keeps back is left out here, line by line."""

import csv
import dataclasses
import datetime as dt
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext, gettext_lazy, ngettext, pgettext

from governance.people.models import User
from governance.records.door import Reading
from governance.records.family.queries import Access
from governance.records.family.rules import Discretion
from governance.records.models import EmergencyOpening, LookQuestion
from governance.records.plain_words import element_list, purpose_words
from governance.records.present import DecisionLine, Group, basis_words, citation_of, decision_line, groups_of, law_url_of, what_words
from governance.records.queries import Decided, Links, Titles
from governance.records.questions.present import QuestionRow, name_of
from governance.records.questions.present import row as question_row
from governance.trail import addresses
from governance.vocabulary import Event
from portal.base.components import BarChart, bar_chart

# Where the law's word for a record misleads: it is read with somebody who can explain it (Wis. Stat. 118.125(2)(a)).
EXPLAINED = frozenset(
    {"Assessment", "Special Indicator", "Special Education", "Counseling", "Conduct", "Court", "Law Enforcement", "Health"}
)
BEHAVIORAL = "behavioral"
_WITHOUT_COUNT = {
    Event.CLASS_LIST_OPENED: gettext_lazy("Opened a class list with this student"),
    Event.STUDENTS_FOUND: gettext_lazy("Found in a search by name"),
}


@dataclasses.dataclass(frozen=True)
class Child:
    """A record on the first page."""

    name: str
    url: str
    is_self: bool
    way: str
    opened: int = 0
    people: int = 0
    recent: int = 0
    last_at: dt.datetime | None = None


@dataclasses.dataclass(frozen=True)
class Counts:
    """How often, by how many people, since when."""

    opened: int = 0
    people: int = 0
    recent: int = 0
    first_at: dt.datetime | None = None
    last_at: dt.datetime | None = None


def child(access: Access, name: str, counts: Counts | None) -> Child:
    """A record on the first page, with what is new."""
    found = counts or Counts()
    return Child(
        name=name,
        url=reverse("family:overview", args=[access.student.public_id]),
        is_self=access.is_self,
        way=access.way.value,
        opened=found.opened,
        people=found.people,
        recent=found.recent,
        last_at=found.last_at if not access.discretion.hides_times else None,
    )


@dataclasses.dataclass(frozen=True)
class LookLine:
    """One line of who opened the record."""

    number: int
    at: dt.datetime
    shows_time: bool
    who: str = ""
    what: str = ""
    danger: str = ""
    elements: str = ""
    purpose: str = ""
    lawful: str = ""
    citation: str = ""
    law_url: str = ""
    decision: DecisionLine | None = None
    refused: bool = False
    held_until: dt.date | None = None
    ask_url: str = ""
    proof_url: str = ""
    question: QuestionRow | None = None


@dataclasses.dataclass(frozen=True)
class Known:
    """What lines are explained with: people, titles, decisions, own questions and emergencies."""

    people: Mapping[int, User]
    titles: Titles
    decisions: Mapping[int, Decided]
    questions: Sequence[LookQuestion]
    emergencies: Sequence[EmergencyOpening]
    reader: User
    on: dt.date


def look_lines(rows: Iterable[Mapping[str, Any]], access: Access, name: str, known: Known) -> list[LookLine]:
    """The rows of `door.looks` in words."""
    return [_held_line(row, access.discretion) if row["held"] else _line(row, access, name, known) for row in rows]


def _held_line(row: Mapping[str, Any], discretion: Discretion) -> LookLine:
    return LookLine(number=row["number"], at=row["at"], shows_time=not discretion.hides_times, held_until=row["held_until"])


def _line(row: Mapping[str, Any], access: Access, name: str, known: Known) -> LookLine:
    discretion = access.discretion
    decided = known.decisions.get(row["grant_id"]) if not discretion.hides_people else None
    if decided is not None and not access.kept_back.isdisjoint(decided.elements):
        decided = None  # its reason may tell of what an order keeps back
    question = next((each for each in known.questions if (each.entry_id, each.entry_at) == (row["id"], row["at"])), None)
    may_ask = row["who"] in {"staff", "portal"} and not access.kept_back and question is None
    return LookLine(
        number=row["number"],
        at=row["at"],
        shows_time=not discretion.hides_times,
        who=who_words(row, known.people, discretion, is_self=access.is_self),
        what=_what(row, name, discretion),
        danger=_danger(row, known.emergencies),
        elements=element_list(set(row["elements"] or ()) - access.kept_back - {"trail", "audit", "search"}),
        purpose=purpose_words(row["purpose"], known.titles.purposes.get(row["purpose"], ""))
        if row["purpose"] and not discretion.hides_people
        else "",
        lawful=basis_words(row["basis"], known.titles.bases),
        citation=citation_of(row["basis"], known.titles.bases),
        law_url=law_url_of(row["basis"], known.titles.bases),
        decision=decision_line(decided),
        refused=row["refused"],
        ask_url=reverse("family:ask", args=[access.student.public_id, row["number"]]) if may_ask else "",
        proof_url=_proof_url(row, access),
        question=question_row(question, known.reader, on=known.on) if question else None,
    )


def _proof_url(row: Mapping[str, Any], access: Access) -> str:
    """Where the proof of a line is had. It holds the whole line, hour and elements too, so where anything is kept back there is none."""
    if access.kept_back:
        return ""
    return reverse("checkpoint-files:proof", args=[addresses.address_of(row["at"], row["id"])])


def who_words(row: Mapping[str, Any], people: Mapping[int, User], discretion: Discretion, *, is_self: bool) -> str:
    """Who it was: staff by name and job, families without a name."""
    if row["who"] == "staff":
        if discretion.hides_people:
            return gettext("Somebody who works for the schools")
        return name_of(people.get(row["actor_id"])) or gettext("Somebody who worked for the schools")
    return {
        "portal": gettext("The portal itself, without a person"),
        "you": gettext("You"),
        "guardian": gettext("A parent or guardian") if is_self else gettext("Another parent or guardian"),
        "student": gettext("The student"),
        "stranger": gettext("Somebody with the account of another family"),
    }[row["who"]]


def _what(row: Mapping[str, Any], name: str, discretion: Discretion) -> str:
    if discretion.hides_people and row["kind"] in _WITHOUT_COUNT:
        return str(_WITHOUT_COUNT[row["kind"]])
    return what_words(row["kind"], row["students"] or 0, name=name)


def _danger(row: Mapping[str, Any], emergencies: Sequence[EmergencyOpening]) -> str:
    if row["kind"] != Event.EMERGENCY_OPENED:
        return ""
    held = [each for each in emergencies if each.opened_by_id == row["actor_id"] and each.opened_at <= row["at"] <= each.closes_at]
    return str(EmergencyOpening.Reason(held[-1].reason).label) if held else ""


def counts_of(months: Iterable[Mapping[str, Any]], student_id: int) -> Counts:
    """The row of the whole time out of `door.look_months`."""
    for row in months:
        if row["student_id"] == student_id and row["month"] is None:
            return Counts(row["opened"], row["people"], row["recent"], row["first_at"], row["last_at"])
    return Counts()


def month_chart(months: Iterable[Mapping[str, Any]], student_id: int, *, name: str, on: dt.date) -> BarChart:
    """The last twelve months as a chart with its table; a month without any look stands as 0."""
    opened = {row["month"]: row["opened"] for row in months if row["student_id"] == student_id and row["month"] is not None}
    return bar_chart(
        gettext("How often staff opened %(name)s’s record, by month") % {"name": name}
        if name
        else gettext("How often staff opened the record, by month"),
        [(format_date(month, "M"), opened.get(month, 0)) for month in _last_months(on)],
        label_heading=gettext("Month"),
        value_heading=gettext("Times opened"),
        description="; ".join(
            pgettext("a month and how often", "%(month)s: %(count)s") % {"month": format_date(month, "F Y"), "count": opened.get(month, 0)}
            for month in _last_months(on)
        ),
    )


def _last_months(on: dt.date) -> list[dt.date]:
    months = [divmod(on.year * 12 + on.month - 1 - back, 12) for back in range(11, -1, -1)]
    return [dt.date(year, month + 1, 1) for year, month in months]


def times_words(counts: Counts) -> str:
    """“35 times by 6 people”."""
    times = ngettext("%(count)s time", "%(count)s times", counts.opened) % {"count": f"{counts.opened:,}"}
    people = ngettext("%(count)s person", "%(count)s people", counts.people) % {"count": f"{counts.people:,}"}
    return gettext("%(times)s by %(people)s") % {"times": times, "people": people}


@dataclasses.dataclass(frozen=True)
class Holding:
    """The facts under one heading, those that are best read with somebody apart."""

    key: str
    heading: str
    plain: Group | None
    explained: Group | None
    count: int

    @property
    def groups(self) -> list[Group]:
        """Both, as far as they hold facts."""
        return [group for group in (self.plain, self.explained) if group is not None and group.facts]


def holdings(reading: Reading, student_id: int, titles: Titles, *, links: Links, discretion: Discretion) -> list[Holding]:
    """What is held, by group. Where places are kept back, so is the name of the office that recorded a value."""
    opened = reading.students[student_id]
    if discretion.any:
        opened = dataclasses.replace(
            opened, values={key: [dataclasses.replace(value, source="") for value in values] for key, values in opened.values.items()}
        )
    found = []
    for group in groups_of(reading.elements, opened, titles.elements, links=links, marks={}):
        apart = [fact for fact in group.facts if needs_explaining(fact.element)]
        plain = [fact for fact in group.facts if fact not in apart]
        found.append(
            Holding(
                key=group.key,
                heading=group.heading,
                plain=dataclasses.replace(group, facts=plain) if plain or group.empty else None,
                explained=dataclasses.replace(group, key=f"{group.key}-explained", facts=apart, empty="") if apart else None,
                count=sum(len(fact.lines) for fact in group.facts),
            )
        )
    return found


def needs_explaining(element: Any) -> bool:
    """True for what the law calls a behavioral record and a reader may take amiss: test scores, services, counseling, conduct."""
    return element is not None and element.wi_class == BEHAVIORAL and element.category in EXPLAINED


def copy_rows(found: Sequence[Holding]) -> list[dict[str, str]]:
    """Every fact as one flat row."""
    return [
        {
            "group": holding.heading,
            "kind": fact.heading,
            "item": line.item,
            "value": line.text,
            "recorded_on": line.recorded_on.isoformat() if line.recorded_on else "",
            "source": line.source,
        }
        for holding in found
        for group in holding.groups
        for fact in group.facts
        for line in fact.lines
    ]


def csv_copy(rows: Sequence[Mapping[str, str]]) -> str:
    """The rows for a spreadsheet, RFC 4180; a cell that a spreadsheet would run is made harmless."""
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=["group", "kind", "item", "value", "recorded_on", "source"])
    writer.writeheader()
    writer.writerows({key: harmless(value) for key, value in row.items()} for row in rows)
    return out.getvalue()


def json_copy(rows: Sequence[Mapping[str, str]], *, made_at: dt.datetime, district: str) -> str:
    """The rows for a program."""
    about = {"district": district, "made_at": timezone.localtime(made_at).isoformat(timespec="seconds"), "facts": list(rows)}
    return json.dumps(about, ensure_ascii=False, indent=1)


def harmless(cell: str) -> str:
    """The cell with an apostrophe ahead of what a spreadsheet would take for a formula."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r", "\n"} else cell
