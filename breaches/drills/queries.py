"""Reads of drills: what has arrived, when each step was done, and how it stands against the clocks."""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from breaches.affected.models import AffectedList
from breaches.approving import APPROVALS
from breaches.assessment import laws
from breaches.assessment import queries as assessment
from breaches.assessment.rules import Answer as Law
from breaches.clocks import queries as calendar
from breaches.clocks.rules import due
from breaches.drills import library, rules
from breaches.drills.library import Inject, Scenario
from breaches.drills.models import Drill, Improvement
from breaches.drills.rules import Measured
from breaches.incidents import queries as incidents
from breaches.incidents.models import Incident
from breaches.notices.models import Approval, Notice, Recipient
from governance.people.models import User

# A district that has not exercised for this long is told.
WITHIN = dt.timedelta(days=365)
FAMILY = "family"


def by_id(public_id: UUID) -> Drill:
    """One drill with its incident. Raises Drill.DoesNotExist."""
    return _all().get(public_id=public_id)


def running() -> QuerySet[Drill]:
    """Drills that have not ended."""
    return _all().filter(ended_at=None)


def ended() -> QuerySet[Drill]:
    """Those that have, the newest first."""
    return _all().filter(ended_at__isnull=False).order_by("-ended_at", "-pk")


def last() -> Drill | None:
    """The newest drill that was played to its end."""
    return ended().first()


def _all() -> QuerySet[Drill]:
    return Drill.objects.select_related("incident__lead", "started_by", "ended_by")


def why_open(incident: Incident, _at: dt.datetime) -> str | None:
    """The incident of a drill ends with the drill, which is scored then."""
    if incident.drill and Drill.objects.filter(incident=incident, ended_at=None).exists():
        return _("This is a drill. End it on the page of the drill, where it is scored.")
    return None


def improvements_of(user: User) -> QuerySet[Improvement]:
    """What this person still has to do because of drills."""
    return Improvement.objects.filter(owner=user, done_at=None).select_related("drill")


def of_page(ids: Iterable[UUID]) -> Incident | None:
    """The drill's incident that a page is about, whose address holds these ids: of an incident, a list of those affected, a notice or a remedy."""
    wanted = list(ids)
    about = (
        Q(public_id__in=wanted)
        | Q(affected_lists__public_id__in=wanted)
        | Q(notices__public_id__in=wanted)
        | Q(remedies__public_id__in=wanted)
        | Q(exercise__public_id__in=wanted)
    )
    return Incident.objects.filter(about, drill=True).select_related("exercise").first() if wanted else None


def lists_to_copy(reader: User) -> QuerySet[AffectedList]:
    """Lists of real incidents that a drill may ask anew, the newest first; none of an incident about the reader."""
    found = AffectedList.objects.filter(incident__drill=False, incident__in=incidents.within_reach(reader), made_at__isnull=False)
    return found.exclude(how=AffectedList.How.HAND).select_related("incident")


# -- What arrives --------------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Arrived:
    """An inject that is there, and since when."""

    inject: Inject
    at: dt.datetime


def scenario_of(drill: Drill) -> Scenario:
    """The scenario that is played. Raises KeyError for one that the library no longer has."""
    return library.scenarios()[drill.scenario]


def arrived(drill: Drill, *, at: dt.datetime) -> list[Arrived]:
    """The injects that are there at `at`: by their minute, or let in by hand before it. Later ones never come before earlier ones."""
    by_hand = dict(drill.arrivals.values_list("number", "at"))
    until = drill.ended_at or at
    found = []
    for inject in scenario_of(drill).injects:
        came = min(filter(None, (by_hand.get(inject.number), drill.started_at + dt.timedelta(minutes=inject.after))))
        if came > until:
            break
        found.append(Arrived(inject, came))
    return found


def next_inject(drill: Drill, *, at: dt.datetime) -> Inject | None:
    """The one that comes next; None where all are there."""
    there, injects = len(arrived(drill, at=at)), scenario_of(drill).injects
    return injects[there] if there < len(injects) else None


# -- When each step was done ---------------------------------------------------------------------------------------------------


def done(incident: Incident) -> Mapping[str, dt.datetime | None]:
    """When each step of the road was first done, from what the portal wrote down then. A fixed number of queries."""
    first = Incident.objects.filter(pk=incident.pk).aggregate(
        triage=Min("decisions__at"), contained=Min("steps__taken_at"), facts=Min("fact_sheets__said_at"), listed=Min("affected_lists__made_at"),
        drafted=Min("notices__versions__written_at"), sent=Min("notices__started_at"),
    )  # fmt: skip
    return {**first, "approved": _approved(incident)}


def _approved(incident: Incident) -> dt.datetime | None:
    """When a text first had as many approvals as it needs."""
    by_version: dict[int, list[dt.datetime]] = {}
    for version, at in Approval.objects.filter(version__notice__incident=incident).order_by("at").values_list("version", "at"):
        by_version.setdefault(version, []).append(at)
    return min((times[APPROVALS - 1] for times in by_version.values() if len(times) >= APPROVALS), default=None)


def would_have_gone_to(incident: Incident) -> int:
    """How many recipients the notices of the drill would have gone to."""
    return Recipient.objects.filter(notice__incident=incident, notice__drill=True).count()


@dataclasses.dataclass(frozen=True)
class LawMeasured:
    """One duty of the law in the drill."""

    law: str
    citation: str
    told: str
    measured: Measured


@dataclasses.dataclass(frozen=True)
class Score:
    """A drill against its clocks, at its end or now."""

    steps: tuple[Measured, ...]
    laws: tuple[LawMeasured, ...]
    recipients: int
    answered: int
    questions: int
    signed_in: tuple[str, ...]

    @property
    def good(self) -> int:
        """How many steps were done and not late."""
        return rules.tally(self.steps)[0]


def score(drill: Drill, *, at: dt.datetime, signed_in: Iterable[User] = ()) -> Score:
    """How a drill stands against the district's targets and the laws' own clocks. Nothing of it is typed."""
    incident, until = drill.incident, drill.ended_at or at
    times, starts = done(incident), incidents.starts_of(incident)
    zone, is_workday = timezone.get_default_timezone(), calendar.workdays_by()(incident.opened_at)
    steps = tuple(
        rules.measure(
            target.id, due([starts.get(target.start)], target.length, zone=zone, is_workday=is_workday), times[target.id],
            started_at=drill.started_at, at=until,
        )
        for target in library.targets()
    )  # fmt: skip
    asked = drill.answers.values("inject", "question").distinct().count()
    names = tuple(user.name or user.email for user in signed_in)
    told = _laws(drill, times["sent"], until)
    return Score(steps, told, would_have_gone_to(incident), asked, scenario_of(drill).questions, names)


def _laws(drill: Drill, sent: dt.datetime | None, until: dt.datetime) -> tuple[LawMeasured, ...]:
    """Each law that has a clock here: done when somebody said so, or, for families, when the notice would have gone."""
    found = assessment.assess(assessment.case_of(drill.incident))
    measured = []
    for each in found.laws:
        if each.answer is Law.NONE or each.due is None or each.due.at is None:
            continue
        ways = [each.met.met_at if each.met else None, sent if laws.audience_of(each.law.row.id) == FAMILY else None]
        first = min((way for way in ways if way is not None), default=None)
        row = each.law.row
        one = rules.measure(row.id, each.due, first, started_at=drill.started_at, at=until)
        measured.append(LawMeasured(row.id, row.citation, row.who_is_told, one))
    return tuple(measured)


def notices_of(incident: Incident) -> QuerySet[Notice]:
    """The notices of a drill with how many recipients each would have gone to."""
    return Notice.objects.filter(incident=incident).annotate(number=Count("recipients"))
