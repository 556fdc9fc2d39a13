"""Entries as plain values for templates: who, what, how many, why, on what ground, from where."""

import dataclasses
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.audit import periods, references
from governance.audit.models import Period, SavedSearch
from governance.audit.queries import Lists
from governance.audit.questions import Question
from governance.people.models import User
from governance.trail.addresses import address_of
from governance.trail.search import COUNTED, Line, Page
from governance.vocabulary import Action, Event, Role
from portal.base.components import BarChart, Status, bar_chart
from portal.base.templatetags.portal import count, long_date

_MOST_BARS = 12
_REFUSALS = {str(event) for event in (Event.READ_REFUSED, Event.REQUEST_REFUSED, Event.DECISION_REFUSED, Event.SIGN_IN_FAILED)}


@dataclasses.dataclass(frozen=True)
class Row:
    """One entry in the list."""

    url: str
    at: dt.datetime
    what: str
    refused: Status | None
    who: str
    who_url: str
    hat: str
    students: str
    names_one: bool
    purpose: str
    basis: str
    elements: str
    decision: str
    address: str
    held: Status | None


@dataclasses.dataclass(frozen=True)
class Around:
    """What stands around a page of entries: people, numbers of decisions, titles."""

    people: Mapping[int, User]
    numbers: Mapping[int, int]
    titles: Lists


def row(line: Line, around: Around) -> Row:
    """The entry as the list shows it."""
    elements = [title_of(around.titles.elements, key) for key in line.elements or () if key not in ("audit", "search", "trail")]
    return Row(
        url=reverse("audit:entry", args=[address_of(line.at, line.id)]),
        at=line.at,
        what=event_words(line.kind),
        refused=Status("stop", _("Not allowed")) if line.kind in _REFUSALS else None,
        who=person_words(line, around.people),
        who_url=person_url(line, around.people),
        hat=hat_words(line.hat),
        students=students_words(line),
        names_one=line.students == 1,
        purpose=title_of(around.titles.purposes, line.purpose),
        basis=title_of(around.titles.bases, line.basis),
        elements=_shortened(elements),
        decision=_decision_name(line, around),
        address=line.remote_addr or "",
        held=held_status(line),
    )


def event_words(kind: str) -> str:
    """What an entry tells, in words; an event that this version no longer knows keeps its code."""
    try:
        return str(Event(kind).label)
    except ValueError:
        return kind


def person_words(line: Line, people: Mapping[int, User]) -> str:
    """Who did it. A student's account has no name here: a name is a guarded value."""
    if line.actor_id is None:
        return _("Somebody at the server's command line") if line.kind.startswith("trail.") else _("The portal itself")
    person = people.get(line.actor_id)
    if person is None:
        return _("An account that is no longer there")
    return person.name or _("Student's account %(id)s") % {"id": person.public_id}


def person_url(line: Line, people: Mapping[int, User]) -> str:
    """Where the timeline of whoever did it stands; empty where nobody with an account did."""
    person = people.get(line.actor_id) if line.actor_id is not None else None
    return reverse("audit:person", args=[person.public_id]) if person else ""


def hat_words(hat: str | None) -> str:
    """In which role."""
    return str(Role(hat).label) if hat in set(Role) else hat or ""


def students_words(line: Line) -> str:
    """How many students an entry names; nothing where it names none."""
    return ngettext("%(count)s student", "%(count)s students", line.students) % {"count": count(line.students)} if line.students else ""


def _decision_name(line: Line, around: Around) -> str:
    """R-2041 where a decision opened the record."""
    number = around.numbers.get(line.grant_id) if line.grant_id is not None else None
    return f"R-{number}" if number is not None else ""


def title_of(titles: Mapping[str, str], key: str | None) -> str:
    """The title of a key; a key that is no longer in the list stands for itself."""
    return _(titles[key]) if key is not None and key in titles else key or ""


def held_status(line: Line) -> Status | None:
    """That families do not see this line, or not yet."""
    if line.held is None:
        return None
    until = long_date(line.held_until)
    if line.held == "silent":
        return Status("warn", _("Kept from families until %(day)s") % {"day": until})
    return Status("info", _("Families see that a line is kept back until %(day)s") % {"day": until})


def found_words(page: Page) -> str:
    """How many entries a search found: exactly, or more than 10,000, or how many up to where the counting came in the time it has."""
    counted = page.counted
    if counted > COUNTED:
        return _("More than %(count)s entries") % {"count": count(COUNTED)}
    if page.counted_to is not None:
        words = ngettext(
            "At least %(count)s entry, counted back to %(day)s", "At least %(count)s entries, counted back to %(day)s", counted
        )
        return words % {"count": count(counted), "day": long_date(page.counted_to)}
    return ngettext("%(count)s entry", "%(count)s entries", counted) % {"count": count(counted)}


def chart_of(days: Sequence[tuple[dt.date, int]], *, by_month: bool = False) -> BarChart | None:
    """Entries by day, or by week, month or year where that would be more than 12 bars, with `by_month` never finer than that; None where
    there is nothing to compare.
    """
    if len(days) < 2:
        return None
    for title, heading, begin, label in (  # noqa: B007 - the one that fits is used below
        (_("Entries by day"), _("Day"), lambda day: day, "M j"),
        (_("Entries by week"), _("Week from"), lambda day: day - dt.timedelta(days=day.weekday()), "M j"),
        (_("Entries by month"), _("Month"), lambda day: day.replace(day=1), "M"),
        (_("Entries by year"), _("Year"), lambda day: day.replace(month=1, day=1), "Y"),
    )[2 if by_month else 0 :]:
        found: dict[dt.date, int] = {}
        for day in _every_day(days[0][0], days[-1][0]):
            found.setdefault(begin(day), 0)
        if len(found) <= _MOST_BARS:
            break
    for day, number in days:
        found[begin(day)] += number
    if sum(number for _day, number in days) > COUNTED:
        title = _("%(title)s: the newest %(count)s") % {"title": title, "count": count(COUNTED)}
    bars = list(found.items())[-_MOST_BARS:]
    return bar_chart(title, [(format_date(day, label), number) for day, number in bars], label_heading=heading, value_heading=_("Entries"))


def each_day(days: Sequence[tuple[dt.date, int]]) -> list[dict[str, Any]]:
    """The days that have entries, the newest first, for a table beside a chart whose bars stand for more than a day; empty where they do not."""
    if len(days) < 2 or (days[-1][0] - days[0][0]).days < _MOST_BARS:
        return []
    return [{"date": day, "entries": number} for day, number in reversed(days)]


def _every_day(first: dt.date, last: dt.date) -> list[dt.date]:
    return [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]


def asked_words(question: Question, *, people: Sequence[User], titles: Lists) -> list[dict[str, str]]:
    """What was searched for, for a list of terms and values."""
    facts = [
        (_("Who did it"), ", ".join(person.name or str(person.public_id) for person in people)),
        (_("Student"), str(question.student or "")),
        (_("What happened"), event_words(question.kind) if question.kind else ""),
        (_("Purpose"), title_of(titles.purposes, question.purpose)),
        (_("Basis"), title_of(titles.bases, question.basis)),
        (_("Kind of data"), title_of(titles.elements, question.element)),
        (_("Decision"), f"R-{question.decision}" if question.decision is not None else ""),
        (_("Tool or agreement"), reference_words(question)),
        (_("Address"), question.address),
        (_("Request"), question.request_id),
        (_("From"), long_date(question.first)),
        (_("To"), long_date(question.last)),
    ]
    return [{"term": term, "value": value} for term, value in facts if value]


def reference_words(question: Question) -> str:
    """What the opaque id that was asked for belongs to; the id itself where no room knows it."""
    if question.reference is None:
        return ""
    return str(references.with_id(question.reference) or question.reference)


def facts_of(line: Line, around: Around, *, about: str, places: Sequence[str]) -> list[dict[str, Any]]:
    """Everything that one entry says, for a list of terms and values."""
    person = around.people.get(line.actor_id) if line.actor_id is not None else None
    pairs: list[tuple[str, str, str]] = [
        (
            _("Who"),
            person_words(line, around.people),
            person_url(line, around.people),
        ),
        (_("Title"), person.title if person else "", ""),
        (_("In the role of"), hat_words(line.hat), ""),
        (_("What was done"), str(Action(line.action).label) if line.action in set(Action) else "", ""),
        (_("Purpose"), title_of(around.titles.purposes, line.purpose), ""),
        (_("Basis"), title_of(around.titles.bases, line.basis), ""),
        (_("Decision"), _decision_name(line, around), ""),
        (_("Rule"), line.rule_version or "", ""),
        (_("Kinds of data"), ", ".join(title_of(around.titles.elements, key) for key in line.elements or ()), ""),
        (_("Schools searched"), ", ".join(places), ""),
        (_("About"), " ".join(part for part in (about, line.object_pk) if part), ""),
        (_("Address"), line.remote_addr or "", ""),
        (_("Request"), line.cid or "", _same_request(line)),
        (_("Database login"), line.login, ""),
        (_("Number in the trail"), str(line.id), ""),
    ]
    return [{"term": term, "value": value, "href": href} for term, value, href in pairs if value]


def _same_request(line: Line) -> str:
    """Where everything of the same request stands: it took seconds, so its day is enough."""
    if not line.cid:
        return ""
    day = line.at.astimezone(timezone.get_default_timezone()).date()
    return reverse("audit:search") + Question(request_id=line.cid, first=day, last=day + dt.timedelta(days=1)).in_address()


@dataclasses.dataclass(frozen=True)
class Day:
    """A day of a timeline: its entries, the newest first."""

    date: dt.date
    rows: list[Row]


def days_of(rows: Sequence[Row]) -> list[Day]:
    """The rows by days of the district's calendar, in the order in which they come."""
    zone = timezone.get_default_timezone()
    days: dict[dt.date, list[Row]] = {}
    for one in rows:
        days.setdefault(one.at.astimezone(zone).date(), []).append(one)
    return [Day(date, found) for date, found in days.items()]


@dataclasses.dataclass(frozen=True)
class Saved:
    """A kept search in the list."""

    name: str
    url: str
    delete_url: str
    days: str
    owner: str
    shared: bool


def saved_row(saved: SavedSearch, *, reader: User) -> Saved:
    """The search as its list shows it; `delete_url` is empty for a search of others."""
    own = saved.owner_id == reader.pk
    return Saved(
        name=saved.name,
        url=reverse("audit:saved-run", args=[saved.public_id]),
        delete_url=reverse("audit:saved-delete", args=[saved.public_id]) if own else "",
        days=str(Period(saved.period).label),
        owner="" if own else saved.owner.name,
        shared=saved.shared,
    )


def asked_now(saved: SavedSearch, question: Question, today: dt.date) -> Question:
    """The question of a kept search as it is asked today."""
    days = periods.days_of(saved.period, today)
    return dataclasses.replace(question, first=days[0], last=days[1]) if days else question


def changes_of(line: Line) -> list[dict[str, str]]:
    """What changed, field by field."""
    rows = []
    for field, change in (line.changes or {}).items():
        if isinstance(change, list) and len(change) == 2:
            rows.append({"field": field, "before": _text(change[0]), "after": _text(change[1])})
        elif isinstance(change, dict):
            members = ", ".join(str(member) for member in change.get("objects", ()))
            gone = change.get("operation") == "delete"
            rows.append({"field": field, "before": members if gone else "", "after": "" if gone else members})
        else:
            rows.append({"field": field, "before": "", "after": _text(change)})
    return rows


def details_of(line: Line) -> list[dict[str, str]]:
    """What else the entry says, by name."""
    return [
        {"term": name.replace("_", " "), "value": _text(value)}
        for name, value in (line.additional_data or {}).items()
        if value not in (None, "", {}, [])
    ]


def _text(value: Any) -> str:
    if value is None or value == "None":
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _shortened(titles: Sequence[str], *, shown: int = 4) -> str:
    if len(titles) <= shown + 1:
        return ", ".join(titles)
    more = len(titles) - shown
    return ngettext("%(titles)s and %(count)d more", "%(titles)s and %(count)d more", more) % {
        "titles": ", ".join(titles[:shown]),
        "count": more,
    }
