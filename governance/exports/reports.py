"""An export as a report for people: a summary, charts and up to 3,000 entries, in English or Spanish."""

import csv
import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TextIO

from django.utils import timezone, translation
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.audit import present, queries
from governance.exports import words
from governance.exports.typesetting import Column, Report, Section, chart_of, pdf
from governance.people import queries as people
from governance.records.plain_words import element_words, purpose_words
from governance.vocabulary import Event
from portal.base import clock
from portal.base.templatetags.portal import count, long_date, long_time

MOST_ENTRIES = 3_000
LANGUAGES = ("en", "es")
_BARS = 12
_MOST_DAYS = 31
_REFUSED = (str(Event.READ_REFUSED), str(Event.REQUEST_REFUSED), str(Event.DECISION_REFUSED))


class TooLong(ValueError):
    """More entries than a person reads, and than the setting of a page can hold."""


@dataclasses.dataclass(frozen=True)
class Line:
    """One entry, as the table has it."""

    at: dt.datetime
    event: str
    person: str
    role: str
    purpose: str
    elements: tuple[str, ...]
    students: int
    address: str


@dataclasses.dataclass
class Collected:
    """The entries of a table, oldest first, and the different students in them."""

    lines: list[Line] = dataclasses.field(default_factory=list)
    students: set[str] = dataclasses.field(default_factory=set)


def collect(table: TextIO) -> Collected:
    """Read the entries out of a CSV of the trail. Raises TooLong."""
    found, last = Collected(), ""
    for row in csv.DictReader(table):
        if row["student"]:
            found.students.add(row["student"])
        if row["entry"] == last:
            continue
        last = row["entry"]
        if len(found.lines) == MOST_ENTRIES:
            raise TooLong(MOST_ENTRIES)
        found.lines.append(
            Line(
                at=dt.datetime.fromisoformat(row["time"]),
                event=row["event"],
                person=row["person"],
                role=row["role"],
                purpose=row["purpose"],
                elements=tuple(row["elements"].split()),
                students=int(row["students"] or 0),
                address=row["address"],
            )
        )
    return found


def of_export(found: Collected, *, name: str, purpose: str, language: str) -> bytes:
    """The report as a PDF/UA-1. `name` is the file's, `purpose` a key of `words.PURPOSES`. Raises typesetting.CannotSet."""
    with translation.override(language):
        return pdf(_report(found, name=name, purpose=purpose, language=language))


def _report(found: Collected, *, name: str, purpose: str, language: str) -> Report:
    titles = queries.lists()
    district = people.district()
    lines = found.lines
    facts = [
        (_("District"), district.name if district else ""),
        (_("File"), name),
        (_("Taken for"), str(words.PURPOSES[purpose])),
        (_("Made"), long_time(clock.now())),
        (_("Entries"), count(len(lines))),
        (_("Students they name"), count(len(found.students))),
        (_("Refused"), count(sum(line.event in _REFUSED for line in lines))),
    ]
    if lines:
        facts.append((_("First and last entry"), f"{long_time(lines[0].at)} – {long_time(lines[-1].at)}"))
    sections = [
        _days(lines),
        _counted(_("What happened"), (present.event_words(line.event) for line in lines)),
        _counted(_("In which role"), (present.hat_words(line.role) or _("None") for line in lines)),
        _counted(
            _("For which purpose"),
            (purpose_words(line.purpose, present.title_of(titles.purposes, line.purpose)) or _("None") for line in lines),
        ),
        Section(
            heading=_("Entries"),
            columns=[
                Column(_("When"), wide=1.5),
                Column(_("What happened"), wide=1.8),
                Column(_("Who"), wide=1.6),
                Column(_("Students"), number=True, wide=0.9),
                Column(_("Purpose"), wide=1.8),
                Column(_("Kinds of data"), wide=2.4),
                Column(_("From"), wide=1.2),
            ],
            rows=[_row(line, titles) for line in lines],
            small=True,
        ),
    ]
    lead = ngettext(
        "%(count)s entry of the record of who opened or changed what in the portal.",
        "%(count)s entries of the record of who opened or changed what in the portal.",
        len(lines),
    ) % {"count": count(len(lines))}
    return Report(
        language=language,
        title=_("Extract of the trail"),
        lead=lead,
        page=_("Page %(number)s of %(all)s"),
        facts=[fact for fact in facts if fact[1]],
        sections=[section for section in sections if section.rows or section.chart],
    )


def _row(line: Line, titles: queries.Lists) -> list[str]:
    hat = present.hat_words(line.role)
    kinds = [element_words(key, present.title_of(titles.elements, key)) for key in line.elements if key not in ("audit", "search", "trail")]
    return [
        short_time(line.at),
        present.event_words(line.event),
        f"{line.person} ({hat})" if line.person and hat else line.person or hat or "–",
        count(line.students) if line.students else "–",
        purpose_words(line.purpose, present.title_of(titles.purposes, line.purpose)) or "–",
        ", ".join(kinds[:4]) + ("…" if len(kinds) > 4 else "") or "–",
        line.address or "–",
    ]


def short_time(moment: dt.datetime) -> str:
    """The day and the minute at the district, short."""
    local = timezone.localtime(moment, timezone.get_default_timezone())
    return format_date(local, "j/n/Y H:i" if translation.get_language() == "es" else "n/j/Y g:i A")


def _days(lines: Sequence[Line]) -> Section:
    """Entries by day; by month where that would be too many bars."""
    days = Counter(timezone.localdate(line.at, timezone.get_default_timezone()) for line in lines)
    if len(days) < 2:
        return Section(heading=_("By day"))
    first, last = min(days), max(days)
    if (last - first).days < _MOST_DAYS:
        every = [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]
        return _bars(_("By day"), _("Entries by day"), [(long_date(day), days[day]) for day in every])
    months = Counter(day.replace(day=1) for day in days.elements())
    return _bars(_("By month"), _("Entries by month"), [(format_date(month, "F Y"), months[month]) for month in sorted(months)])


def _counted(heading: str, found: Iterable[str]) -> Section:
    most = Counter(found).most_common()
    shown = most[:_BARS]
    if rest := sum(number for _word, number in most[_BARS:]):
        shown.append((_("Others"), rest))
    return _bars(heading, heading, shown)


def _bars(heading: str, title: str, bars: Sequence[tuple[str, int]]) -> Section:
    return Section(heading=heading, chart=chart_of(title, bars))
