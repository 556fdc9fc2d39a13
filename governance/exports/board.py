"""What the compliance officer brings to the school board: counts of a period, the one before beside it, the same on the page and as a PDF.

Every number comes from the trail through the door, or from a table of states. Numbers of students under ten are not told: a small group could be
known by its number (34 CFR 99.31(b)(1)); where one alone would be left out, the next smallest goes with it, so that none can be worked out.
"""

import dataclasses
import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _

from governance.audit import present as audit
from governance.audit import queries as audit_queries
from governance.disclosures import door as disclosures
from governance.disclosures.words import PartyKind
from governance.exports import typesetting
from governance.people import queries as people
from governance.people.models import School, User
from governance.records.models import EmergencyOpening, LookQuestion
from governance.records.plain_words import purpose_words
from governance.requests.models import DataRequest
from governance.trail import entries, search
from governance.trail.seals import queries as seals
from governance.trail.seals import runs
from governance.vocabulary import Event, Role, Tier
from portal.base import clock
from portal.base.templatetags.portal import count, long_date, long_time

FEWEST = 10
_BARS = 12
_REQUEST_OPEN = (DataRequest.State.SUBMITTED, DataRequest.State.INFORMATION_ASKED)


@dataclasses.dataclass(frozen=True)
class Period:
    """Days of the district's calendar, both included."""

    first: dt.date
    last: dt.date

    @property
    def before(self) -> "Period":
        """The period of the same length that ends the day before."""
        return Period(self.first - (self.last - self.first) - dt.timedelta(days=1), self.first - dt.timedelta(days=1))

    @property
    def words(self) -> str:
        """From when to when."""
        return f"{long_date(self.first)} – {long_date(self.last)}"

    def bounds(self) -> tuple[dt.datetime, dt.datetime]:
        """The first moment of it, and the first after it."""
        return _midnight(self.first), _midnight(self.last + dt.timedelta(days=1))


def last_month(today: dt.date) -> Period:
    """The calendar month before this one."""
    last = today.replace(day=1) - dt.timedelta(days=1)
    return Period(last.replace(day=1), last)


@dataclasses.dataclass(frozen=True)
class Row:
    """A line of a table: words, and what is counted now and before; texts stand as they are. `short` is what a narrow chart says."""

    label: str
    now: int | str
    before: int | str
    short: str = ""

    @property
    def now_words(self) -> str:
        """As people write it."""
        return self.now if isinstance(self.now, str) else count(self.now)

    @property
    def before_words(self) -> str:
        """As people write it."""
        return self.before if isinstance(self.before, str) else count(self.before)


@dataclasses.dataclass(frozen=True)
class Part:
    """A part of the report. `charted` draws what is counted now; `text` are sentences under the heading."""

    heading: str
    label: str
    rows: Sequence[Row]
    text: Sequence[str] = ()
    charted: bool = False
    name: str = ""

    @property
    def bars(self) -> list[tuple[str, int]]:
        """What the chart shows: the largest, and the rest together; of months both periods, in order."""
        if self.name == "month":
            return [(row.short, int(row.now) + int(row.before)) for row in self.rows][-_BARS:]
        counted = sorted(((row.label, row.now) for row in self.rows if isinstance(row.now, int)), key=lambda pair: -pair[1])
        rest = sum(number for _label, number in counted[_BARS - 1 :]) if len(counted) > _BARS else 0
        return [*counted[: _BARS - 1], (_("Others"), rest)] if rest else counted

    def share(self, row: Row) -> int:
        """How long the row's bar is, in percent of the longest."""
        most = max((other.now for other in self.rows if isinstance(other.now, int)), default=0)
        return round(100 * row.now / most) if most and isinstance(row.now, int) else 0


@dataclasses.dataclass(frozen=True)
class Report:
    """All of it. `unseen` says what the portal does not see."""

    period: Period
    made_at: dt.datetime
    parts: Sequence[Part]
    unseen: Sequence[str]


_further: list[Callable[[Period], Part]] = []


def also(part: Callable[[Period], Part]) -> None:
    """Have the report hold a further part, which a room above makes. Called when an app starts."""
    if part not in _further:
        _further.append(part)


def report(period: Period, *, by: User, hat: Role) -> Report:
    """Count everything. A look with entries of its own; about ten queries. Raises InsideTransaction inside a transaction."""
    found = _totals(period, by=by, hat=hat)
    titles = audit_queries.lists()
    schools = {str(pk): name for pk, name in School.objects.values_list("pk", "name")}
    now = clock.now()
    parts = [
        _all(found),
        _part("role", _("By role"), _("Role"), found, lambda key: audit.hat_words(key) or _("The portal itself")),
        _part(
            "purpose",
            _("By purpose"),
            _("Purpose"),
            found,
            lambda key: purpose_words(key, audit.title_of(titles.purposes, key)) or _("None"),
        ),
        _part("tier", _("By sensitivity of the data"), _("Most sensitive kind of data"), found, _tier_words, order=list(Tier)),
        _schools(found, schools),
        _months(found),
        _part("refused", _("Refusals"), _("What was refused"), found, audit.event_words, charted=False),
        _emergencies(period),
        _disclosures(period, by=by, hat=hat),
        *(part(period) for part in _further),
        _overdue(now),
        _verified(),
    ]
    return Report(period=period, made_at=now, parts=parts, unseen=unseen_words())


def unseen_words() -> list[str]:
    """What the portal does not see, in one breath."""
    return [
        _("We do not yet see: looks into other systems that do not report here, paper, talk, e-mail, phone and screenshots."),
        _("Nor do we see what people with access to the server itself could do."),
        _(
            "The record shows that an entry was not changed after it was sealed. It does not show that a look was right, or that nothing is missing."
        ),
    ]


def _totals(period: Period, *, by: User, hat: Role) -> dict[str, dict[str, dict[bool, tuple[int, int, int]]]]:
    """part -> label -> is it the period itself -> (opened, students, people)."""
    since, until = period.before.bounds()[0], period.bounds()[1]
    written = search.open_door(
        Event.BOARD_REPORT_OPENED,
        by=by,
        hat=hat,
        filters=search.Filters(since=since, until=until),
        told={"split": period.bounds()[0].isoformat()},
    )
    _names, rows = entries.open_with(written, "SELECT * FROM door.board_totals(%s, %s)", [period.bounds()[0], settings.TIME_ZONE])
    found: dict[str, dict[str, dict[bool, tuple[int, int, int]]]] = defaultdict(lambda: defaultdict(dict))
    for part, label, is_now, opened, students, persons in rows:
        found[part][label][is_now] = (opened, students or 0, persons or 0)
    return found


_Found = Mapping[str, Mapping[str, Mapping[bool, tuple[int, int, int]]]]
_NOTHING = (0, 0, 0)


def _all(found: _Found) -> Part:
    sums = found.get("all", {}).get("", {})
    now, before = sums.get(True, _NOTHING), sums.get(False, _NOTHING)
    return Part(
        heading=_("In short"),
        label=_("What"),
        rows=[
            Row(_("Times that records were opened"), now[0], before[0]),
            Row(_("Students whose record was opened"), _few(now[1]), _few(before[1])),
            Row(_("People who opened one"), now[2], before[2]),
        ],
    )


def _part(name: str, heading: str, label: str, found: _Found, words: Any, *, order: Sequence[str] = (), charted: bool = True) -> Part:
    rows = [(key, Row(words(key), sums.get(True, _NOTHING)[0], sums.get(False, _NOTHING)[0])) for key, sums in found.get(name, {}).items()]
    rows.sort(key=lambda pair: (order.index(pair[0]) if pair[0] in order else len(order), -int(pair[1].now), pair[1].label))
    return Part(heading=heading, label=label, rows=[row for _key, row in rows], charted=charted, name=name)


def _months(found: _Found) -> Part:
    """The months of both periods, in order; a month that both have a part of stands once."""
    months = found.get("month", {})
    rows = [
        Row(format_date(day, "F Y"), sums.get(True, _NOTHING)[0], sums.get(False, _NOTHING)[0], format_date(day, "M"))
        for day, sums in sorted((dt.date.fromisoformat(f"{month}-01"), sums) for month, sums in months.items())
    ]
    return Part(heading=_("By month"), label=_("Month"), rows=rows, charted=len(rows) > 1, name="month")


def _schools(found: _Found, names: Mapping[str, str]) -> Part:
    rows = sorted(
        (names.get(key, _("No school")), sums.get(True, _NOTHING), sums.get(False, _NOTHING))
        for key, sums in found.get("school", {}).items()
    )
    now, before = suppressed([sums[1] for _name, sums, _old in rows]), suppressed([old[1] for _name, _sums, old in rows])
    return Part(
        heading=_("By school: students whose record was opened"),
        label=_("School"),
        rows=[Row(name, now[place], before[place]) for place, (name, _sums, _old) in enumerate(rows)],
        text=[_("A student counts once, however often the record was opened.")],
        name="school",
    )


def _emergencies(period: Period) -> Part:
    counted = {
        is_now: list(
            EmergencyOpening.objects.filter(opened_at__gte=which.bounds()[0], opened_at__lt=which.bounds()[1]).values_list(
                "reviewed_at", flat=True
            )
        )
        for is_now, which in ((True, period), (False, period.before))
    }
    unreviewed = {is_now: sum(at is None for at in found) for is_now, found in counted.items()}
    rows = [
        Row(_("Records opened in an emergency"), len(counted[True]), len(counted[False])),
        Row(_("Of these, not yet reviewed by somebody else"), unreviewed[True], unreviewed[False]),
    ]
    return Part(
        heading=_("Emergencies"),
        label=_("What"),
        rows=rows,
        text=[
            _(
                "In a health or safety emergency a record opens at once, for a short time; somebody else reviews it afterwards (34 CFR 99.36)."
            )
        ],
    )


def _disclosures(period: Period, *, by: User, hat: Role) -> Part:
    """Disclosures under 34 CFR 99.32, by the kind of party."""
    counts: dict[str, dict[bool, int]] = defaultdict(lambda: {True: 0, False: 0})
    for is_now, which in ((True, period), (False, period.before)):
        since, until = which.bounds()
        for line in disclosures.counts_between(by=by, hat=hat, since=since, until=until):
            if line["outcome"] == "given":
                counts[line["party_kind"]][is_now] += line["disclosures"]
            else:
                counts["refused"][is_now] += line["disclosures"]
            if line["required"]:
                counts["required"][is_now] += line["disclosures"]
    labels = {str(kind): str(kind.label) for kind in PartyKind} | {
        "refused": _("Asked for and not given"),
        "required": _("Of all of these, the law asks for a record"),
    }
    order = {key: place for place, key in enumerate([*map(str, PartyKind), "refused", "required"])}
    rows = [
        Row(labels.get(key, key), counts[key][True], counts[key][False])
        for key in sorted(counts, key=lambda key: order.get(key, len(order)))
    ]
    return Part(
        heading=_("Disclosures to others (34 CFR 99.32)"),
        label=_("To whom"),
        rows=rows,
        text=[] if rows else [_("None in these two periods.")],
    )


def _overdue(now: dt.datetime) -> Part:
    """What is late today, whatever the period."""
    today = timezone.localdate(now, timezone.get_default_timezone())
    requests = DataRequest.objects.filter(state__in=_REQUEST_OPEN, due_on__lt=today)
    questions = LookQuestion.objects.filter(answered_at=None, due_on__lt=today)
    rows = [
        Row(_("Data requests past their day"), requests.count(), "–"),
        Row(_("Families' questions about a look past their day"), questions.count(), "–"),
    ]
    return Part(heading=_("Overdue today"), label=_("Clock"), rows=rows, text=[_("As it stands on %(day)s.") % {"day": long_date(today)}])


def _verified() -> Part:
    """What the last check of the whole trail found, and the newest seal."""
    last, checkpoint = runs.last_ended(), seals.latest_checkpoint()
    rows = []
    if last is not None:
        rows.append(Row(_("Last check of the whole trail"), long_time(last.ended_at), ""))
        rows.append(Row(_("What it found"), _("Everything holds") if last.holds else _("Something does not hold"), ""))
        rows.append(Row(_("Entries that were checked"), last.entries, ""))
    if checkpoint is not None:
        rows.append(Row(_("Newest seal"), long_time(checkpoint.made_at), ""))
        rows.append(Row(_("Entries that are sealed"), checkpoint.size, ""))
    text = [] if last is not None else [_("The whole trail has not been checked yet.")]
    return Part(heading=_("Is the record unchanged?"), label=_("What"), rows=rows, text=text, name="verified")


def _tier_words(key: str) -> str:
    return str(Tier(key).label) if key in set(Tier) else _("Not sorted")


def _few(number: int) -> int | str:
    """A number of students, or that it is too small to tell."""
    return _("fewer than %(few)d") % {"few": FEWEST} if 0 < number < FEWEST else number


def suppressed(numbers: Sequence[int]) -> list[int | str]:
    """Numbers of students with those under ten left out; where that is one alone, the next smallest too, so that no sum gives it away."""
    small = {place for place, number in enumerate(numbers) if 0 < number < FEWEST}
    others = [place for place, number in enumerate(numbers) if number >= FEWEST]
    shown: list[int | str] = [_few(number) for number in numbers]
    if len(small) == 1 and others:
        shown[min(others, key=lambda place: numbers[place])] = _("not told")
    return shown


def as_pdf(found: Report, *, language: str) -> bytes:
    """The report as a PDF/UA-1; `found` was made in the same language. Raises typesetting.CannotSet."""
    district = people.district()
    with translation.override(language):
        return typesetting.pdf(
            typesetting.Report(
                language=language,
                title=_("Report on the use of student data"),
                lead=f"{district.name}: {found.period.words}" if district else found.period.words,
                page=_("Page %(number)s of %(all)s"),
                facts=[(_("Beside it"), found.period.before.words), (_("Made"), long_time(found.made_at))],
                sections=[
                    *(_section(part) for part in found.parts),
                    typesetting.Section(heading=_("What we do not yet see"), text=found.unseen),
                ],
            )
        )


def _section(part: Part) -> typesetting.Section:
    compared = part.name != "verified"
    columns = [typesetting.Column(part.label, wide=3), typesetting.Column(_("This period"), number=True, wide=1.2 if compared else 3)]
    columns += [typesetting.Column(_("The one before"), number=True, wide=1.2)] if compared else []
    bars = part.bars if part.charted else []
    return typesetting.Section(
        heading=part.heading,
        text=part.text,
        chart=typesetting.chart_of(part.heading, bars),
        columns=columns if part.rows else [],
        rows=[[row.label, row.now_words, *([row.before_words] if compared else [])] for row in part.rows],
    )


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), tzinfo=timezone.get_default_timezone())
