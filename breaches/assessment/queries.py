"""What the laws say to an incident, worked out whenever somebody asks."""

import dataclasses
import datetime as dt
import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from breaches.assessment import laws, rules
from breaches.assessment.laws import Target
from breaches.assessment.models import FactSheet, LawReview, Met, Override, PoliceHold
from breaches.assessment.rules import Answer, Duty, Facts, Harm, LawRow, Protection
from breaches.clocks import queries as calendar
from breaches.clocks import rules as clocks
from breaches.clocks.rules import Due, Hold, Length, Start
from breaches.incidents.models import Incident, Moment
from governance.alerts.queries import is_somebody
from governance.people.queries import day_of
from governance.records.models import Student
from vendors.agreements import states
from vendors.agreements.models import Agreement, Version
from vendors.agreements.states import VersionFacts

HOME = "US-WI"


# -- Laws and reviews ----------------------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Law:
    """A row with the hash of its content and counsel's review: of this very content, or of an earlier one (`stale`)."""

    row: LawRow
    content: str
    trigger: str
    notice: str
    review: LawReview | None
    stale: bool

    @property
    def reviewed(self) -> bool:
        """True where counsel reviewed the row as it stands."""
        return self.review is not None and not self.stale


def all_laws() -> list[Law]:
    """Every row that a breach is held against, with its review: the district's state first, then the country, then the others. Two queries."""
    newest = {review.law: review for review in LawReview.objects.order_by("said_at", "pk")}
    found = []
    for clock in laws.breach_clocks():
        content, review = laws.content_of(clock), newest.get(clock.pk)
        fresh = review is not None and review.content == content
        row = laws.row_of(clock, review.reach if review is not None and fresh else None)
        found.append(Law(row, content, clock.trigger, clock.facts.get("notice_content", ""), review, review is not None and not fresh))
    return sorted(found, key=lambda each: (HOME, "US").index(each.row.jurisdiction) if each.row.jurisdiction in (HOME, "US") else 2)


def law(slug: str) -> Law | None:
    """One of them."""
    return next((each for each in all_laws() if each.row.id == slug), None)


# -- Facts ---------------------------------------------------------------------------------------------------------------------------------


def sheets_of(incident: Incident) -> QuerySet[FactSheet]:
    """All versions of an incident's facts, the first one first."""
    return FactSheet.objects.filter(incident=incident).select_related("said_by").order_by("number")


def enrolled() -> int:
    """How many students there are now."""
    return Student.objects.filter(is_somebody(), left_on=None).count()


@dataclasses.dataclass(frozen=True)
class Case:
    """An incident with everything its assessment rests on."""

    incident: Incident
    sheet: FactSheet | None
    starts: Mapping[Start, dt.datetime]
    hold: PoliceHold | None
    overrides: Mapping[str, Override]
    met: Mapping[str, Met]
    agreed: Sequence[Version]  # the versions of agreements with its provider that held when the district learned of it

    @property
    def pause(self) -> Hold | None:
        """The hold that lets a clock wait: the newest request of the police, where it is in writing."""
        return Hold(self.hold.since, self.hold.until) if self.hold is not None and self.hold.in_writing else None


def cases(incidents: Iterable[Incident]) -> list[Case]:
    """The incidents with what their assessments rest on. A fixed number of queries, however many."""
    found = list(incidents)
    ids = [incident.pk for incident in found]
    sheets = {sheet.incident_id: sheet for sheet in FactSheet.objects.filter(incident__in=ids).select_related("said_by").order_by("number")}
    holds = {
        hold.incident_id: hold for hold in PoliceHold.objects.filter(incident__in=ids).select_related("said_by").order_by("said_at", "pk")
    }
    starts: dict[int, dict[Start, dt.datetime]] = defaultdict(dict)
    for moment in Moment.objects.filter(incident__in=ids, waits=False, refused=False).order_by("said_at", "pk"):
        starts[moment.incident_id][Start(moment.start)] = moment.at
    overrides: dict[int, dict[str, Override]] = defaultdict(dict)
    for override in Override.objects.filter(incident__in=ids).select_related("said_by").order_by("said_at", "pk"):
        overrides[override.incident_id][override.law] = override
    met: dict[int, dict[str, Met]] = defaultdict(dict)
    for each in Met.objects.filter(incident__in=ids, taken_back_at=None).select_related("said_by"):
        met[each.incident_id][each.key] = each
    agreed = _agreed({incident.provider_id for incident in found if incident.provider_id})
    return [
        Case(
            incident,
            sheets.get(incident.pk),
            _with_hold(starts[incident.pk], holds.get(incident.pk)),
            holds.get(incident.pk),
            overrides[incident.pk],
            met[incident.pk],
            _in_force(agreed.get(incident.provider_id or 0, ()), starts[incident.pk].get(Start.DISCOVERY, incident.opened_at)),
        )
        for incident in found
    ]


def case_of(incident: Incident) -> Case:
    """One of them."""
    return cases([incident])[0]


def _agreed(providers: set[int]) -> dict[int, list[Agreement]]:
    """The agreements of providers, each with its signed versions, by provider. Two queries."""
    signed = Prefetch("versions", queryset=Version.objects.filter(signed_at__isnull=False), to_attr="signed_versions")
    found: dict[int, list[Agreement]] = defaultdict(list)
    for agreement in Agreement.objects.filter(provider__in=providers).prefetch_related(signed).order_by("pk"):
        found[agreement.provider_id].append(agreement)
    return found


def _in_force(found: Iterable[Agreement], at: dt.datetime) -> list[Version]:
    held = []
    for agreement in found:
        versions = {version.number: version for version in agreement.signed_versions}  # type: ignore[attr-defined]  # prefetched
        known = [
            VersionFacts(each.number, each.starts_on, each.ends_on, True, each.signed_at, each.dropped_at is not None)
            for each in versions.values()
        ]
        now = states.version_in_force(known, at=at, on=day_of(at), ended_at=agreement.ended_at)
        if now is not None:
            versions[now.number].agreement = agreement
            held.append(versions[now.number])
    return held


def _with_hold(starts: Mapping[Start, dt.datetime], hold: PoliceHold | None) -> dict[Start, dt.datetime]:
    ended = hold.until if hold is not None and hold.in_writing else None
    return {**starts, **({Start.HOLD_ENDED: ended} if ended else {})}


@dataclasses.dataclass(frozen=True)
class Shared:
    """What assessments rest on beside their incidents: the laws, which days are workdays for whom, and which elements are personal."""

    laws: Sequence[Law]
    days: Callable[[dt.datetime], Callable[[dt.date], bool]]
    personal: tuple[frozenset[str], frozenset[str]]


def facts_of(case: Case, sheet: FactSheet, common: Shared) -> Facts:
    """A version of the facts as the rules take them."""
    elements = frozenset(sheet.elements)
    everywhere, somewhere = common.personal
    return Facts(
        home=HOME,
        elements=elements,
        personal=elements & everywhere,
        personal_in_some_states=elements & somewhere,
        protection=Protection(sheet.protection),
        harm=Harm(sheet.harm),
        residents=sheet.residents,
        students=sheet.students,
        enrolled=sheet.enrolled,
        at_provider=sheet.at_provider,
        starts=case.starts,
        hold=case.pause,
    )


# -- Answers -------------------------------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Standing:
    """What one law says here: the computed answer, counsel's in its place where it stands, and what was done."""

    law: Law
    duty: Duty
    answer: Answer
    due: Due | None
    override: Override | None
    lapsed: bool  # counsel answered, but what counsel saw has changed since
    met: Met | None

    @property
    def runs(self) -> bool:
        """True where something is still to be done, or to be decided by counsel."""
        return self.answer is not Answer.NONE and self.met is None


@dataclasses.dataclass(frozen=True)
class Owed:
    """What an agreement asks of one side. `hours` None: its words give no number."""

    version: Version
    by_provider: bool
    words: str
    due: Due
    met: Met | None

    @property
    def key(self) -> str:
        """Its name beside the ids of laws."""
        return f"agreement:{self.version.agreement.public_id}:{'provider' if self.by_provider else 'district'}"


@dataclasses.dataclass(frozen=True)
class Aimed:
    """A target of the district's own, with its clock here."""

    target: Target
    due: Due
    met: Met | None
    done: bool


@dataclasses.dataclass(frozen=True)
class Assessment:
    """All that is to be done about an incident, from the newest facts."""

    case: Case
    laws: Sequence[Standing]
    agreements: Sequence[Owed]
    targets: Sequence[Aimed]


def shared() -> Shared:
    """What the assessments of several incidents have in common. Four queries."""
    return Shared(all_laws(), calendar.workdays_by(), laws.personal_elements())


def saw(law: Law, duty: Duty) -> str:
    """Hash of what counsel sees when answering in place of the portal: the row, the computed answer, and why."""
    told = [law.content, duty.answer.value, sorted(reason.value for reason in duty.reasons)]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def duties(case: Case, sheet: FactSheet, common: Shared) -> list[Duty]:
    """What each law answers to a version of the facts, with the starts known now."""
    return rules.assess(
        facts_of(case, sheet, common),
        [each.row for each in common.laws],
        zone=timezone.get_default_timezone(),
        is_workday=common.days(case.incident.opened_at),
    )


def assess(case: Case, common: Shared | None = None) -> Assessment:
    """What the laws, the agreements and the district's policy ask. Before any facts are known, only the policy does."""
    common = common or shared()
    return Assessment(case, _standings(case, common), _owed(case, common), _aimed(case, common))


def _standings(case: Case, common: Shared) -> list[Standing]:
    if case.sheet is None:
        return []
    facts = facts_of(case, case.sheet, common)
    zone, is_workday = timezone.get_default_timezone(), common.days(case.incident.opened_at)
    found = rules.assess(facts, [each.row for each in common.laws], zone=zone, is_workday=is_workday)
    by_id = {each.row.id: each for each in common.laws}
    standings = []
    for duty in found:
        law, override = by_id[duty.law.id], case.overrides.get(duty.law.id)
        stands = override is not None and override.saw == saw(law, duty)
        answer = Answer(override.says) if override is not None and stands else duty.answer
        due = duty.due
        if answer is not Answer.NONE and due is None:
            due = rules.clock_of(facts, duty.law, zone=zone, is_workday=is_workday)
        standings.append(
            Standing(
                law,
                duty,
                answer,
                due if answer is not Answer.NONE else None,
                override,
                override is not None and not stands,
                case.met.get(duty.law.id),
            )
        )
    return standings


def _owed(case: Case, common: Shared) -> list[Owed]:
    """What the agreements with the incident's provider ask: of the company where it happened there, of the district where it did not."""
    if case.sheet is None:
        return []
    zone, is_workday = timezone.get_default_timezone(), common.days(case.incident.opened_at)
    by_provider, found = case.sheet.at_provider, []
    for version in case.agreed:
        length = Length(version.breach_hours, "hours") if by_provider and version.breach_hours else Length(None, "as_soon_as_possible")
        start = case.starts.get(Start.PROVIDER_DISCOVERY if by_provider else Start.DISCOVERY)
        due = clocks.due([start], length, zone=zone, is_workday=is_workday)
        one = Owed(version, by_provider, version.breach_words if by_provider else "", due, None)
        found.append(dataclasses.replace(one, met=case.met.get(one.key)))
    return found


def _aimed(case: Case, common: Shared) -> list[Aimed]:
    zone, is_workday = timezone.get_default_timezone(), common.days(case.incident.opened_at)
    return [
        Aimed(
            target,
            clocks.due([case.starts.get(target.start)], target.length, zone=zone, is_workday=is_workday),
            case.met.get(target.key),
            done=target.until == "facts" and case.sheet is not None,
        )
        for target in laws.targets()
    ]


def told(duties_: Iterable[Duty]) -> dict[str, list[object]]:
    """The answers as they are kept with a version of the facts: law to answer, reasons and end."""
    return {
        duty.law.id: [
            duty.answer.value,
            [reason.value for reason in duty.reasons],
            duty.due.at.isoformat() if duty.due and duty.due.at else None,
        ]
        for duty in duties_
    }
