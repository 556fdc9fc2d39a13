"""The report of a year: how many incidents of which kind, how fast families were told, clocks met and late, remedies, and what was learned.

The same sections make the page and the PDF. Numbers of children under ten are not told. Exercises do not count.
"""

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median

from django.db.models import Min
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from breaches.assessment import queries as assessment
from breaches.assessment.queries import Assessment
from breaches.assessment.rules import Answer
from breaches.clocks.rules import Due, Start
from breaches.incidents.models import Incident
from breaches.notices.models import Notice
from breaches.postings.present import KINDS
from breaches.remedies import queries as remedies
from breaches.remedies.models import Remedy
from governance.exports import board, typesetting
from governance.exports.typesetting import Column, Section
from governance.people import queries as people
from portal.base.templatetags.portal import count, long_time


@dataclasses.dataclass(frozen=True)
class Report:
    """The report of one calendar year of the district."""

    year: int
    made_at: dt.datetime
    sections: Sequence[Section]


def years(at: dt.datetime) -> list[int]:
    """The years of which there is something to tell, the newest first; this year among them."""
    found = Incident.objects.filter(drill=False).dates("opened_at", "year")
    return sorted({timezone.localtime(at).year, *(day.year for day in found)}, reverse=True)


def report(year: int, *, at: dt.datetime) -> Report:
    """Count the incidents that were opened in a year. A fixed number of queries, however many incidents."""
    zone = timezone.get_default_timezone()
    begins, ends = (dt.datetime(each, 1, 1, tzinfo=zone) for each in (year, year + 1))
    found = list(
        Incident.objects.filter(drill=False, opened_at__gte=begins, opened_at__lt=ends)
        .select_related("provider")
        .order_by("opened_at", "pk")
    )
    cases, common = assessment.cases(found), assessment.shared()
    assessed = [assessment.assess(case, common) for case in cases]
    sections = [_counts(found), _days(assessed), _clocks(assessed, at), _remedies(found, at), _lessons(found)]
    return Report(year, at, [section for section in sections if section.text or section.rows])


def as_pdf(found: Report, *, language: str) -> bytes:
    """The report as PDF/UA-1; `found` was made in the same language. Raises typesetting.CannotSet."""
    district = people.district()
    with translation.override(language):
        return typesetting.pdf(
            typesetting.Report(
                language=language,
                title=_("Incidents with student data in %(year)d") % {"year": found.year},
                lead=district.name if district else "",
                page=_("Page %(number)s of %(all)s"),
                facts=[(_("Made"), long_time(found.made_at))],
                sections=found.sections,
            )
        )


def _counts(found: Sequence[Incident]) -> Section:
    kinds = Counter(incident.kind for incident in found)
    outcomes = Counter(incident.outcome for incident in found)
    rows = [[str(words), count(kinds[key])] for key, words in KINDS.items() if kinds[key]]
    rows += [[str(outcome.label), count(outcomes[outcome])] for outcome in Incident.Outcome if outcomes[outcome]]
    if outcomes[""]:
        rows.append([_("Still open"), count(outcomes[""])])
    return Section(
        heading=_("How many, and of which kind"),
        text=[_("Incidents in this year: %(number)s.") % {"number": count(len(found))}],
        columns=[Column(_("Kind and outcome"), wide=3), Column(_("Incidents"), number=True)] if rows else [],
        rows=rows,
    )


def _days(assessed: Iterable[Assessment]) -> Section:
    """Days from the district's discovery to the first notice, of those where families were told."""
    by_incident = {each.case.incident.pk: each.case.starts for each in assessed}
    sent = Notice.objects.filter(incident__in=by_incident, audience="family", drill=False, started_at__isnull=False)
    first = dict(sent.order_by().values_list("incident").annotate(Min("started_at")))
    days = []
    for pk, starts in by_incident.items():
        told = min((at for at in (first.get(pk), starts.get(Start.PEOPLE_TOLD)) if at), default=None)
        if told is not None and Start.DISCOVERY in starts:
            days.append((told - starts[Start.DISCOVERY]).days)
    if not days:
        return Section(heading=_("From finding it to telling families"), text=[_("No notice went out for these incidents.")])
    return Section(
        heading=_("From finding it to telling families"),
        columns=[Column(_("What"), wide=3), Column(_("Days"), number=True)],
        rows=[
            [_("Shortest"), count(min(days))],
            [_("In the middle"), count(round(median(days)))],
            [_("Longest"), count(max(days))],
            [_("Incidents with a notice"), count(len(days))],
        ],
    )


def _clocks(assessed: Iterable[Assessment], at: dt.datetime) -> Section:
    kinds = {"law": _("Laws"), "agreement": _("Agreements"), "target": _("The district’s own targets")}
    counted: dict[str, Counter[str]] = {kind: Counter() for kind in kinds}
    for each in assessed:
        if each.case.incident.confirmed_breach is False:
            continue  # its clocks ended with that decision
        counted["law"].update(_standing(one.due, one.met.met_at if one.met else None, at) for one in each.laws if one.answer is Answer.DUTY)
        counted["law"]["counsel"] += sum(one.answer is Answer.ASK_COUNSEL for one in each.laws)
        counted["agreement"].update(_standing(one.due, one.met.met_at if one.met else None, at) for one in each.agreements)
        counted["target"].update("met" if one.done else _standing(one.due, one.met.met_at if one.met else None, at) for one in each.targets)
    states = {"met": _("Met in time"), "late": _("Late"), "running": _("Running"), "no_end": _("No end given"), "counsel": _("Ask counsel")}
    rows = [[words, *(count(counted[kind][state]) for state in states)] for kind, words in kinds.items() if sum(counted[kind].values())]
    return Section(
        heading=_("Clocks"),
        text=[_("What was to be done by a time, and whether it was. Where counsel has not answered, nothing is asserted.")] if rows else [],
        columns=[Column(_("Whose clock"), wide=2), *(Column(words, number=True) for words in states.values())] if rows else [],
        rows=rows,
    )


def _standing(due: Due | None, met_at: dt.datetime | None, at: dt.datetime) -> str:
    if met_at is not None:
        return "late" if due is not None and due.overdue(met_at) else "met"
    if due is None or due.at is None:
        return "no_end"
    return "late" if due.overdue(at) else "running"


def _remedies(found: Sequence[Incident], at: dt.datetime) -> Section:
    offered = list(Remedy.objects.filter(incident__in=found).order_by("kind", "pk"))
    figures = remedies.figures(offered, on=people.day_of(at))
    sums: dict[str, list[int]] = {}
    for remedy in offered:
        each = figures[remedy.pk]
        numbers = (each.offered, each.accepted, each.refused, each.done)
        sums[remedy.kind] = [old + new for old, new in zip(sums.get(remedy.kind, [0, 0, 0, 0]), numbers, strict=True)]
    rows = [[str(Remedy.Kind(kind).label), *(_few(number) for number in numbers)] for kind, numbers in sums.items()]
    titles = (_("Offered"), _("Accepted"), _("Refused"), _("Carried out"))
    return Section(
        heading=_("Remedies"),
        text=[_("Numbers of students under ten are not told.")] if rows else [],
        columns=[Column(_("What was offered"), wide=2), *(Column(title, number=True) for title in titles)] if rows else [],
        rows=rows,
    )


def _few(number: int) -> str:
    return _("fewer than %(few)d") % {"few": board.FEWEST} if 0 < number < board.FEWEST else count(number)


def _lessons(found: Sequence[Incident]) -> Section:
    learned = [f"{KINDS[incident.kind]}: {incident.lessons}" for incident in found if incident.closed_at and incident.lessons]
    return Section(heading=_("What was learned"), text=learned)
