"""Reads of requests: who asks for what, on whom it waits, what came of it."""

import dataclasses
import datetime as dt
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from django.db.models import Aggregate, DurationField, ExpressionWrapper, F, Prefetch, QuerySet

from governance.authority import stewards
from governance.authority.models import Grant
from governance.authority.stewards import Desk, Desks, Waiting
from governance.people import permissions
from governance.people import queries as people
from governance.people.models import User
from governance.records import scope
from governance.records.models import Section, Student
from governance.requests.models import DataRequest, RequestedElement
from governance.vocabulary import Permission, Relation, Role
from portal.base import clock

State = DataRequest.State
WAITING = (State.SUBMITTED, State.INFORMATION_ASKED)
DECIDED = (State.APPROVED, State.NARROWED, State.REFUSED, State.ENDED)
ENOUGH_TO_TELL = 5


# -- What the asker may ask about ----------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Standing:
    """In which role, and by which link to the students, somebody asks."""

    hat: Role
    relation: Relation


def sections_to_choose(user: User, *, on: dt.date) -> list[Section]:
    """Classes that the person may ask about: a teacher's own; else the homerooms of the own schools, or all classes there."""
    roles = people.roles_of(user, on=on)
    if Role.TEACHER in roles:
        return scope.sections_taught_by(user, on=on)
    known = Section.objects.filter(scope.open_on(on), active=True).order_by("title", "pk")
    found = known.annotate(school_name=F("school__name"))  # type: ignore[no-redef]  # the model names it, too
    schools = [people.schools_of(user, role, on=on) for role in scope.SCHOOL_ROLES if role in roles]
    if None not in schools:  # None: the whole district
        found = found.filter(school__in={pk for each in schools for pk in each or ()})
    return list(found.filter(kind="homeroom")) or list(found)


def standing_of(user: User, *, sections: Collection[int], students: Sequence[int], on: dt.date) -> Standing | None:
    """How the person reaches these sections and students together; None where no one role and link reaches all of them."""
    if students:
        reach = scope.staff_reach(user, students, on=on)
        found = Standing(reach.hat, reach.relation) if reach else None
        if not sections or found is None:
            return found
    roles = people.roles_of(user, on=on)
    wanted = set(sections)
    if not wanted:
        return None
    if Role.TEACHER in roles and wanted <= {section.pk for section in scope.sections_taught_by(user, on=on)}:
        return Standing(Role.TEACHER, Relation.OWN_SECTION)
    places = set(Section.objects.filter(pk__in=wanted, active=True).values_list("school_id", flat=True))
    for role in scope.SCHOOL_ROLES:
        if role in roles:
            schools = people.schools_of(user, role, on=on)
            if schools is None:
                return Standing(role, Relation.DISTRICT)
            if places and places <= schools:
                return Standing(role, Relation.OWN_SCHOOL)
    return None


def schools_of(data_request: DataRequest) -> frozenset[int]:
    """Ids of the schools of the students that a request is about."""
    return schools_of_all([data_request])[data_request.pk]


def schools_of_all(requests: Iterable[DataRequest]) -> dict[int, frozenset[int]]:
    """The same for many requests in two queries, by the request's id."""
    requests = list(requests)
    sections = {pk for each in requests for pk in each.sections}
    students = {pk for each in requests for pk in each.students}
    of_section = dict(Section.objects.filter(pk__in=sections).values_list("pk", "school_id"))
    of_student = dict(Student.objects.filter(pk__in=students).values_list("pk", "school_id")) if students else {}
    return {
        each.pk: frozenset(
            school
            for school in [*(of_section.get(pk) for pk in each.sections), *(of_student.get(pk) for pk in each.students)]
            if school is not None
        )
        for each in requests
    }


# -- On whom it waits ----------------------------------------------------------------------------------------------------------


def desk_of(data_request: DataRequest, today: Desks, schools: Collection[int]) -> Desk | None:
    """The desk that holds a request today: the one it was sent to while that lasts, else whichever now covers what it asks for."""
    for desk in today.open:
        if desk.stewardship.pk == data_request.stewardship_id:
            return desk
    open_elements = [asked for asked in data_request.requested.all() if asked.allowed is None]
    found = set(today.split((asked.element.category for asked in open_elements), schools).values())
    return found.pop() if len(found) == 1 else None


def waits_on(data_request: DataRequest, today: Desks, schools: Collection[int]) -> Waiting:
    """Who decides now. After the first of two keys: everybody else who may be the second."""
    desk = desk_of(data_request, today, schools)
    if data_request.first_key_by_id is not None:
        return Waiting(desk, today.second_keys(asker=data_request.asker_id, first=data_request.first_key_by_id), gap=False)
    return today.waits_on(desk, asker=data_request.asker_id)


@dataclasses.dataclass(frozen=True)
class Held:
    """A request that waits, with who may decide it now."""

    data_request: DataRequest
    waiting: Waiting
    schools: frozenset[int]


NOBODY = Waiting(None, (), gap=False)


def narrowed(held: Iterable[Held], wanted: Mapping[str, str]) -> list[Held]:
    """Those whose number, asker or words hold `q`, for the purpose `purpose`."""
    text, purpose = wanted.get("q", "").strip().casefold(), wanted.get("purpose", "")
    return [
        each
        for each in held
        if (not purpose or each.data_request.purpose_id == purpose)
        and (not text or text in f"{each.data_request} {each.data_request.asker.name} {each.data_request.what_for}".casefold())
    ]


def with_everything(requests: QuerySet[DataRequest]) -> QuerySet[DataRequest]:
    """The rows that pages show of a request, in a fixed number of queries."""
    asked = RequestedElement.objects.select_related("element")
    return requests.select_related(
        "asker", "purpose", "grant", "decided_by", "first_key_by", "stewardship__steward", "stewardship__deputy"
    ).prefetch_related(Prefetch("requested", queryset=asked))


def waiting_requests(on: dt.date, *, today: Desks | None = None) -> list[Held]:
    """Every request that waits for a decision or an answer, the most urgent first, with who holds it."""
    today = today or stewards.desks(on)
    found = list(with_everything(DataRequest.objects.filter(state__in=WAITING)).order_by("due_on", "number"))
    schools = schools_of_all(found)
    return [Held(each, waits_on(each, today, schools[each.pk]), schools[each.pk]) for each in found]


def requests_waiting_on(user: User, on: dt.date) -> list[DataRequest]:
    """Requests that this person may decide now, the most urgent first. Requests with an open question wait on the asker instead."""
    if not permissions.holds(people.roles_of(user, on=on), Permission.DECIDE_REQUESTS):
        return []
    return [
        held.data_request for held in waiting_requests(on) if held.waiting.includes(user.pk) and held.data_request.state == State.SUBMITTED
    ]


def requests_of(user: User) -> list[DataRequest]:
    """The person's own requests, newest first, drafts too."""
    return list(with_everything(DataRequest.objects.filter(asker=user)).order_by("-number"))


def was_theirs(user: User, data_request: DataRequest, *, on: dt.date) -> bool:
    """True for a request of this person's desk or decision, and for every request to a district admin."""
    desk = data_request.stewardship
    involved = {data_request.decided_by_id, data_request.first_key_by_id, *((desk.steward_id, desk.deputy_id) if desk else ())}
    return user.pk in involved or Role.DISTRICT_ADMIN in people.roles_of(user, on=on)


def may_see_waiting(user: User, held: Held, *, on: dt.date) -> bool:
    """True if a waiting request belongs into this person's inbox: theirs to decide now, of their desk, or any for a district admin."""
    if held.data_request.asker_id == user.pk:
        return False
    desk = held.waiting.desk.stewardship if held.waiting.desk else None
    return (
        held.waiting.includes(user.pk)
        or (desk is not None and user.pk in {desk.steward_id, desk.deputy_id})
        or Role.DISTRICT_ADMIN in people.roles_of(user, on=on)
    )


def find(user: User, public_id: UUID, *, on: dt.date) -> tuple[DataRequest, Waiting] | None:
    """A request that this person may read, with who holds it: the own, or one that is or was theirs to decide. Else None."""
    data_request = with_everything(DataRequest.objects.filter(public_id=public_id)).first()
    if data_request is None:
        return None
    today = stewards.desks(on)
    waiting = waits_on(data_request, today, schools_of(data_request))
    roles = people.roles_of(user, on=on)
    if data_request.asker_id == user.pk and permissions.holds(roles, Permission.MAKE_REQUESTS):
        return data_request, waiting
    if data_request.state == State.DRAFT or not permissions.holds(roles, Permission.DECIDE_REQUESTS):
        return None
    stewardship = data_request.stewardship
    involved = {data_request.asker_id, data_request.decided_by_id, data_request.first_key_by_id}
    if stewardship is not None:
        involved |= {stewardship.steward_id, stewardship.deputy_id}
    if waiting.desk is not None:
        involved |= {waiting.desk.stewardship.steward_id, waiting.desk.stewardship.deputy_id}
    if Role.DISTRICT_ADMIN in roles or user.pk in involved or waiting.includes(user.pk):
        return data_request, waiting
    return None


def decided_by(user: User, *, newest: int = 50) -> list[DataRequest]:
    """What this person decided, newest first."""
    return list(with_everything(DataRequest.objects.filter(decided_by=user)).order_by("-decided_at")[:newest])


# -- How long it takes ---------------------------------------------------------------------------------------------------------


class _Percentile(Aggregate):
    """The value below which that share of the rows lies."""

    function = "percentile_disc"
    name = "percentile"
    output_field = DurationField()

    def __init__(self, expression: object, share: float):
        super().__init__(expression)
        self.template = f"%(function)s({float(share)}) WITHIN GROUP (ORDER BY %(expressions)s)"


def _waited(at: dt.datetime) -> QuerySet[DataRequest]:
    """Requests decided by people within the last year."""
    return DataRequest.objects.filter(
        decided_at__isnull=False, submitted_at__isnull=False, decided_at__gt=at - dt.timedelta(days=365), decided_at__lte=at
    )


_WAITED = ExpressionWrapper(F("decided_at") - F("submitted_at"), output_field=DurationField())


def usual_wait(at: dt.datetime) -> int | None:
    """Within how many days nine in ten requests of the last year were answered; None with fewer than five of them."""
    found = _waited(at).aggregate(ninth=_Percentile(_WAITED, 0.9), number=Aggregate(F("pk"), function="count"))
    if found["number"] < ENOUGH_TO_TELL:
        return None
    return max(1, math.ceil(found["ninth"].total_seconds() / 86_400))


def median_days(at: dt.datetime) -> float | None:
    """The middle of the waiting times of requests decided in the last 30 days, in days; None where there was none."""
    found = _waited(at).filter(decided_at__gt=at - dt.timedelta(days=30)).aggregate(middle=_Percentile(_WAITED, 0.5))["middle"]
    return None if found is None else round(found.total_seconds() / 86_400, 1)


# -- For other rooms -----------------------------------------------------------------------------------------------------------


class DecisionOfGrant(NamedTuple):
    """What a family reads of the decision behind a look."""

    number: str
    purpose: str
    decided_by: str
    decided_by_title: str
    reason: str
    ends_on: dt.date


def decision_of_grants(grant_ids: Collection[int]) -> Mapping[int, DecisionOfGrant]:
    """The decision behind each grant, by the grant's id; one made by a rule alone names nobody. One query."""
    found = DataRequest.objects.filter(grant__in=list(grant_ids)).select_related("purpose", "decided_by", "grant")
    return {
        each.grant_id: DecisionOfGrant(
            number=str(each),
            purpose=each.purpose.title,
            decided_by=each.decided_by.name if each.decided_by else "",
            decided_by_title=each.decided_by.title if each.decided_by else "",
            reason=each.decision_reason,
            ends_on=each.grant.ends_on,
        )
        for each in found
        if each.grant_id is not None and each.grant is not None
    }


def grants_ending(user: User, within_days: int, *, on: dt.date | None = None) -> list[Grant]:
    """The person's open grants whose last day is at most that many days away, the nearest first, each with its request."""
    on = on or clock.today()
    last = on + dt.timedelta(days=within_days)
    return list(
        Grant.objects.filter(holder=user, ended_at=None, starts_on__lte=on, ends_on__range=(on, last))
        .select_related("purpose", "data_request")
        .order_by("ends_on", "pk")
    )
