"""What was decided before today: who guards which data, requests in every state, the permissions that came of them."""

import dataclasses
import datetime as dt
import uuid
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone

from governance.authority import decisions as rules_in_force
from governance.authority.grounds import DEFAULT_PURPOSE
from governance.authority.models import Element, Grant, RuleVersion, Stewardship
from governance.people.models import District, RoleAssignment, RoleProposal
from governance.records.emergency import rules as emergency
from governance.records.models import EmergencyOpening, Guardianship, ImportRun
from governance.requests.models import DataRequest, RequestedElement, RequestMessage
from governance.vocabulary import Action, Event, Outcome, Relation, Role
from portal.base import workdays
from portal.pages.demo.looks import Extra, Ground, Look
from portal.pages.demo.plan import Plan, Section

State = DataRequest.State
HEALTH = frozenset({"Health"})
MONTHS_KEPT = 360  # days of trail that the demo writes
IMPORTED = ("allergy-plan", "health-alerts", "immunization", "reading-screener", "test-scores")
# The rule on which a role's ordinary looks rest.
ORDINARY = {
    Role.TEACHER: "teacher-own-classes",
    Role.COUNSELOR: "counselor-own-school",
    Role.NURSE: "nurse-own-school",
    Role.PRINCIPAL: "principal-own-school",
    Role.GUARDIAN: "family-record",
    Role.STUDENT: "student-progress",
}


@dataclasses.dataclass
class Settled:
    """What the decisions left: entries for the trail, and what a grant adds to a teacher's looks."""

    looks: list[Look] = dataclasses.field(default_factory=list)
    extras: list[Extra] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True)
class Asked:
    """A request of the past. Days count back from today; `elements` maps a key to (reason, left out because)."""

    persona: str
    purpose: str
    what_for: str
    elements: dict[str, tuple[str, str]]
    state: State
    asked: int
    steward: str
    until: int
    decided: int | None = None
    reason: str = ""
    classes: int = 1
    question: str = ""
    decider: str = ""


ASKED = (
    Asked(
        "teacher",
        "progress-monitoring",
        "Lab groups last spring",
        {
            "reading-screener": ("So that nobody gets stuck on the lab texts", ""),
            "test-scores": ("To see who needs a bridge in mathematics", ""),
        },
        State.ENDED,
        250,
        "steward",
        -170,
        244,
        "Reading and mathematics results help to form groups that work. Until the end of the year.",
    ),
    Asked(
        "colleague",
        "intervention-support",
        "Seating plan",
        {"conduct": ("To seat students who do not get along apart", "")},
        State.REFUSED,
        70,
        "steward",
        100,
        66,
        "Behavior records are not needed for a seating plan. The counselor can name two students who should sit apart.",
    ),
    Asked(
        "teacher",
        "intervention-support",
        "Extra help in science",
        {
            "reading-screener": ("To choose texts at the right level", ""),
            "test-scores": ("To see progress since spring", ""),
            "conduct": ("To plan groups", "Groups can be planned without behavior records."),
        },
        State.NARROWED,
        62,
        "steward",
        110,
        58,
        "Reading level and test results are needed to plan extra help. Behavior records are not.",
    ),
    Asked(
        "counselor",
        "early-warning",
        "Check-ins before the end of the quarter",
        {"suspension": ("To see who came back this month", "")},
        State.INFORMATION_ASKED,
        9,
        "steward",
        60,
        question="For which students is this, and is one month enough?",
        decider="David Xiong, school counselor",
    ),
    Asked(
        "colleague",
        "progress-monitoring",
        "Writing workshop",
        {"reading-screener": ("To form three groups by reading level", ""), "test-scores": ("To compare with last spring", "")},
        State.SUBMITTED,
        6,
        "steward",
        160,
    ),
    Asked(
        "counselor",
        "counseling-support",
        "Follow-up after the fall screening",
        {"mental-health-screening": ("To offer a talk to those who asked for one", "")},
        State.SUBMITTED,
        3,
        "health.steward",
        60,
    ),
)


def grounds(*, using: str) -> dict[Role, Ground]:
    """On what ordinary looks of each role rest, with the rule version in force that the trail names."""
    rules = {
        version.rule_id: version for version in RuleVersion.objects.using(using).filter(rule__in=ORDINARY.values(), in_force_until=None)
    }
    return {role: Ground(DEFAULT_PURPOSE[role], rules[key].basis, str(rules[key])) for role, key in ORDINARY.items()}


def make(plan: Plan, users: dict[str, int], *, using: str) -> Settled:
    """Designate the stewards and write the requests of ASKED with their decisions and permissions."""
    return _Maker(plan, users, using).make()


class _Maker:
    def __init__(self, plan: Plan, users: dict[str, int], using: str):
        self.plan = plan
        self.users = users
        self.using = using
        self.settled = Settled()
        self.stewardships: dict[str, Stewardship] = {}
        self.rules: dict[str, str] = {}
        self.roles = {one.user_id: one.role for one in RoleAssignment.objects.using(using).order_by("-pk")}

    def make(self) -> Settled:
        """See `make` of the module."""
        self._stewards()
        for number, asked in enumerate(ASKED, start=2031):
            self._request(number, asked)
        self._office()
        self._emergency()
        return self.settled

    def _ago(self, days: int, hour: int = 10) -> dt.datetime:
        day = self.plan.today - dt.timedelta(days=days)
        return dt.datetime.combine(day, dt.time(hour, days * 7 % 60), tzinfo=timezone.get_default_timezone())

    def _office(self) -> None:
        """What the offices did: roles, limits, the opening for families, rosters and values brought in."""
        admin, first = self.users["admin"], (self.plan.today - self.plan.last_year.begins).days
        for assignment in RoleAssignment.objects.using(self.using).filter(starts_on__gte=self.plan.today - dt.timedelta(days=MONTHS_KEPT)):
            self._tell(self._ago(min(first, MONTHS_KEPT)), Event.ROLE_GIVEN, admin, assignment, Action.CREATE)
        for link in Guardianship.objects.using(self.using).exclude(limit=""):
            self._tell(link.limit_set_at, Event.LIMIT_SET, self.users["secretary"], link, Action.UPDATE, students=[link.student_id])
        proposal = RoleProposal.objects.using(self.using).create(
            user_id=self.users["deputy"],
            role=Role.COMPLIANCE_OFFICER,
            starts_on=self.plan.today + dt.timedelta(days=40),
            ends_on=self.plan.today + dt.timedelta(days=130),
            reason="Stands in while the compliance officer is away this winter.",
            proposed_by_id=admin,
            proposed_at=self._ago(2),
        )
        self._tell(self._ago(2), Event.ROLE_PROPOSED, admin, proposal, Action.CREATE)
        district = District.objects.using(self.using).get()
        self._tell(self._ago(85), Event.FAMILY_SIGN_IN_OPENED, admin, district, Action.UPDATE)
        self._tell(self._ago(30), Event.DISTRICT_CHANGED, admin, district, Action.UPDATE)
        present = [student.id for student in self.plan.students if student.left_on is None]
        for begins in range(0, len(present), 1000):
            self._tell(
                self._ago(75),
                Event.VALUES_IMPORTED,
                admin,
                None,
                Action.UPDATE,
                elements=IMPORTED,
                students=present[begins : begins + 1000],
            )
        for week in range(1, 52):
            self._tell(self._ago(week * 7, 2), Event.ROSTER_IMPORTED, None, None, Action.UPDATE)
        self._imports()

    def _emergency(self) -> None:
        """An allergic reaction on a trip, opened by a teacher who does not have the student in class, and reviewed since."""
        teacher, at = self.plan.person("colleague"), self._ago(41, 13)
        own = {student.id for section in self.plan.sections if section.teacher is teacher for student in section.students}
        other = next(
            (one for one in self.plan.students if one.school is teacher.school and one.id not in own and not one.left_on and not one.cast),
            None,
        )
        if other is None:
            return
        opening = EmergencyOpening.objects.using(self.using).create(
            public_id=uuid.uuid5(other.public_id, "emergency"),
            student_id=other.id,
            opened_by_id=self.users["colleague"],
            hat=Role.TEACHER,
            reason=EmergencyOpening.Reason.ALLERGY,
            words="Swelling after lunch on the trip to the nature center.",
            opened_at=at,
            closes_at=at + emergency.OPEN_FOR,
            reviewed_by_id=self.users["health.steward"],
            reviewed_at=self._ago(40),
        )
        law = {"purpose": emergency.PURPOSE, "basis": emergency.BASIS}
        self._tell(at, Event.EMERGENCY_OPENED, self.users["colleague"], opening, Action.CREATE, **law)
        self._tell(
            at + dt.timedelta(seconds=9),
            Event.EMERGENCY_OPENED,
            self.users["colleague"],
            None,
            Action.ACCESS,
            elements=tuple(emergency.ELEMENTS),
            students=[other.id],
            rule=emergency.RULE,
            **law,
        )
        self._tell(self._ago(40), Event.EMERGENCY_REVIEWED, self.users["health.steward"], opening, Action.UPDATE)

    def _imports(self) -> None:
        """The latest nights' rosters, and the values that were brought in at the start of the year."""
        students, values = len(self.plan.students), len(self.plan.students) * len(IMPORTED)
        quiet = {"counts": {"students": {"before": students}}, "unchanged": True}
        busy = {
            "counts": {"students": {"before": students, "changed": 4}, "enrollments": {"added": 4, "ended": 3}},
            "elements": ["email", "grade"],
        }
        brought = {"counts": {"values": {"added": values}}, "elements": list(IMPORTED)}
        for days, hour, kind, name, report in (
            (75, 9, ImportRun.Kind.VALUES, "fall-screening-and-health.csv", brought),
            (3, 2, ImportRun.Kind.ROSTER, "nightly.zip", busy),
            (1, 2, ImportRun.Kind.ROSTER, "nightly.zip", quiet),
        ):
            at = self._ago(days, hour)
            ImportRun.objects.using(self.using).create(
                public_id=uuid.uuid5(uuid.NAMESPACE_URL, f"import {at.isoformat()}"),
                kind=kind,
                state=ImportRun.State.APPLIED,
                file_name=name,
                report=report,
                made_at=at,
                made_by_id=self.users["admin"] if kind == ImportRun.Kind.VALUES else None,
                applied_at=at,
                applied_by_id=self.users["admin"] if kind == ImportRun.Kind.VALUES else None,
            )

    # -- Who decides -------------------------------------------------------------------------------------------------
    def _stewards(self) -> None:
        categories = set(Element.objects.using(self.using).exclude(held_in="").values_list("category", flat=True))
        for persona, title, deputy, own in (
            ("steward", "Steward of instruction records", "deputy", sorted(categories - HEALTH)),
            ("health.steward", "Steward of health records", None, sorted(categories & HEALTH)),
        ):
            at = self._ago(104)
            stewardship = Stewardship.objects.using(self.using).create(
                steward_id=self.users[persona],
                deputy_id=self.users[deputy] if deputy else None,
                title=title,
                categories=own,
                order=f"Order of the superintendent of {at:%B} {at.day}, {at.year}",
                starts_on=at.date(),
                designated_at=at,
                designated_by_id=self.users["admin"],
            )
            self.stewardships[persona] = stewardship
            self._tell(at, Event.STEWARD_DESIGNATED, self.users["admin"], stewardship, Action.CREATE)

    # -- Requests ----------------------------------------------------------------------------------------------------
    def _request(self, number: int, asked: Asked) -> None:
        asker = self.users[asked.persona]
        made = self._ago(asked.asked)
        waiting = asked.state in (State.SUBMITTED, State.INFORMATION_ASKED)
        sections = self._sections(asked)
        until = self.plan.today + dt.timedelta(days=asked.until)
        outcome, facts = self._said(asked, Role(self.roles[asker]), days=(until - made.date()).days, waiting=waiting)
        request = DataRequest.objects.using(self.using).create(
            public_id=uuid.uuid5(uuid.NAMESPACE_DNS, f"R-{number}.riverbend.example"),
            number=number,
            asker_id=asker,
            hat=self.roles[asker],
            purpose_id=asked.purpose,
            what_for=asked.what_for,
            sections=[section.id for section in sections],
            wanted_until=until,
            state=asked.state,
            outcome=outcome,
            facts=facts,
            named_decider=asked.decider,
            stewardship=self.stewardships[asked.steward],
            submitted_at=made,
            due_on=workdays.after(made.date(), settings.REQUEST_TARGET_WORKING_DAYS),
            decided_at=None if waiting else self._ago(asked.decided or 0, 14),
            decided_by_id=None if waiting else self.users[asked.steward],
            decision_reason=asked.reason,
            made_at=made,
        )
        RequestedElement.objects.using(self.using).bulk_create(
            RequestedElement(
                data_request=request,
                element_id=key,
                reason=reason,
                left_out_reason=left_out,
                allowed=None if waiting else asked.state != State.REFUSED and not left_out,
            )
            for key, (reason, left_out) in asked.elements.items()
        )
        self._tell(made, Event.REQUEST_SUBMITTED, asker, request, Action.CREATE, elements=tuple(asked.elements), purpose=asked.purpose)
        if asked.question:
            at = self._ago(asked.asked - 2, 15)
            RequestMessage.objects.using(self.using).create(
                data_request=request, writer_id=self.users[asked.steward], text=asked.question, written_at=at
            )
            self._tell(at, Event.REQUEST_INFORMATION_ASKED, self.users[asked.steward], request, Action.UPDATE, purpose=asked.purpose)
        if not waiting:
            self._decide(request, asked, sections)

    def _said(self, asked: Asked, role: Role, *, days: int, waiting: bool) -> tuple[Outcome, dict]:
        """What the rules say of it, as `governance.requests` keeps it. Raises RuntimeError where they would have refused the request."""
        rules = rules_in_force.in_force()
        relation = Relation.OWN_SECTION if role == Role.TEACHER else Relation.OWN_SCHOOL
        decision = rules.decide(
            role=role, relation=relation, purpose=asked.purpose, elements=asked.elements, days=days, decider_named=bool(asked.decider)
        )
        if decision.outcome not in (Outcome.STEWARD, Outcome.TWO_KEYS):
            raise RuntimeError(f"the demo's request {asked.what_for!r} is not one that a steward decides: {decision.outcome}")
        by_element = {key: {"outcome": str(each.outcome), "rule": each.rule or each.nearest} for key, each in decision.by_element.items()}
        said = {"rules": rules.version, "elements": by_element}
        self.rules[asked.what_for] = ",".join(sorted({each["rule"] for each in by_element.values()}))
        facts = {"role": str(role), "relation": str(relation), "decider_named": bool(asked.decider), "sent": said}
        return decision.outcome, facts if waiting else facts | {"decided": said}

    def _decide(self, request: DataRequest, asked: Asked, sections: list[Section]) -> None:
        steward, at = self.users[asked.steward], request.decided_at
        assert at is not None
        allowed = tuple(key for key, (_, left_out) in asked.elements.items() if not left_out)
        event = {State.REFUSED: Event.REQUEST_REFUSED, State.NARROWED: Event.REQUEST_NARROWED}.get(
            State(asked.state), Event.REQUEST_APPROVED
        )
        if asked.state == State.REFUSED:
            self._tell(at, event, steward, request, Action.UPDATE, elements=tuple(asked.elements), purpose=asked.purpose)
            return
        ended = asked.state == State.ENDED
        grant = Grant.objects.using(self.using).create(
            holder_id=request.asker_id,
            purpose_id=asked.purpose,
            basis="wi-118-125-2d-official",
            elements=list(allowed),
            sections=request.sections,
            rule_version=self.rules[asked.what_for],
            starts_on=at.date(),
            ends_on=request.wanted_until,
            made_at=at,
            made_by_id=steward,
            ended_at=self._ago(1 - asked.until) if ended else None,
            ended_by_id=request.asker_id if ended else None,
            ended_because="not_needed" if ended else "",
        )
        request.grant = grant
        request.save(using=self.using, update_fields=["grant"])
        self._tell(at, event, steward, request, Action.UPDATE, elements=allowed, purpose=asked.purpose, grant=grant.pk)
        self._tell(at, Event.GRANT_MADE, steward, grant, Action.CREATE, elements=allowed, purpose=asked.purpose, grant=grant.pk)
        if ended:
            self._tell(grant.ended_at, Event.GRANT_ENDED, request.asker_id, grant, Action.UPDATE, purpose=asked.purpose, grant=grant.pk)
        self.settled.extras.append(
            Extra(
                self.plan.person(asked.persona),
                frozenset(request.sections),
                allowed,
                asked.purpose,
                grant.basis,
                grant.rule_version,
                grant.pk,
                at.date(),
                request.wanted_until,
            )
        )

    def _sections(self, asked: Asked) -> list[Section]:
        """The asker's own classes at the time; a counselor or principal asks for classes of the school."""
        day = self.plan.today - dt.timedelta(days=asked.asked)
        year = self.plan.year if day >= self.plan.year.begins else self.plan.last_year
        staff = self.plan.person(asked.persona)
        own = [one for one in self.plan.sections if one.year is year and one.teacher is staff]
        return (own or [one for one in self.plan.sections if one.year is year and one.school is staff.school])[: asked.classes]

    def _tell(self, at: dt.datetime | None, event: Event, by: int | None, about: models.Model | None, action: Action, **more: Any) -> None:
        assert at is not None
        request_id = uuid.uuid5(uuid.NAMESPACE_URL, f"{event} {at.isoformat()} {about.pk if about else ''}").hex[:16]
        look = Look(at, event, by, Role(self.roles[by]) if by in self.roles else None, None, request_id, action=int(action), **more)
        if about is not None:
            look.object_pk, look.object_id = str(getattr(about, "public_id", about.pk)), about.pk
            look.content_type = ContentType.objects.db_manager(self.using).get_for_model(about).pk
        self.settled.looks.append(look)
