"""What was decided before today: who guards which data, requests in every state, the permissions that came of them."""

import dataclasses
import datetime as dt
import uuid

from django.conf import settings

from governance.authority import decisions as rules_in_force
from governance.authority.grounds import DEFAULT_PURPOSE
from governance.authority.models import Element, Grant, RuleVersion, Stewardship
from governance.people.models import RoleAssignment
from governance.requests.models import DataRequest, RequestedElement, RequestMessage
from governance.vocabulary import Action, Event, Outcome, Relation, Role
from portal.base import clock, workdays
from portal.pages.demo import office
from portal.pages.demo.looks import Extra, Ground, Look
from portal.pages.demo.past import Past
from portal.pages.demo.plan import Plan, Section

State = DataRequest.State
HEALTH = frozenset({"Health"})
# The rule on which a role's ordinary looks rest.
ORDINARY = {
    Role.TEACHER: "teacher-own-classes",
    Role.COUNSELOR: "counselor-own-school",
    Role.NURSE: "nurse-own-school",
    Role.PRINCIPAL: "principal-own-school",
    Role.GUARDIAN: "family-record",
    Role.STUDENT: "student-progress",
}


@dataclasses.dataclass(frozen=True)
class Settled:
    """What the decisions left: entries for the trail, and what a grant adds to a teacher's looks."""

    looks: list[Look]
    extras: list[Extra]


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
    """Designate the stewards, write the requests of ASKED with their decisions and permissions, and what the offices did."""
    roles = {one.user_id: one.role for one in RoleAssignment.objects.using(using).order_by("-pk")}
    past = Past(plan, users, now=clock.now(), using=using, roles=roles)
    maker = _Maker(past)
    maker.make()
    office.write(past)
    return Settled(past.looks, maker.extras)


class _Maker:
    def __init__(self, past: Past):
        self.past = past
        self.extras: list[Extra] = []
        self.stewardships: dict[str, Stewardship] = {}
        self.rules: dict[str, str] = {}

    def make(self) -> None:
        """The stewards, then the requests."""
        self._stewards()
        for number, asked in enumerate(ASKED, start=2031):
            self._request(number, asked)

    def _stewards(self) -> None:
        categories = set(Element.objects.using(self.past.using).exclude(held_in="").values_list("category", flat=True))
        for persona, title, deputy, own in (
            ("steward", "Steward of instruction records", "deputy", sorted(categories - HEALTH)),
            ("health.steward", "Steward of health records", None, sorted(categories & HEALTH)),
        ):
            at = self.past.ago(104)
            stewardship = Stewardship.objects.using(self.past.using).create(
                steward_id=self.past.users[persona],
                deputy_id=self.past.users[deputy] if deputy else None,
                title=title,
                categories=own,
                order=f"Order of the superintendent of {at:%B} {at.day}, {at.year}",
                starts_on=at.date(),
                designated_at=at,
                designated_by_id=self.past.users["admin"],
            )
            self.stewardships[persona] = stewardship
            self.past.tell(at, Event.STEWARD_DESIGNATED, self.past.users["admin"], stewardship, Action.CREATE)

    def _request(self, number: int, asked: Asked) -> None:
        asker = self.past.users[asked.persona]
        made = self.past.ago(asked.asked)
        waiting = asked.state in (State.SUBMITTED, State.INFORMATION_ASKED)
        sections = self._sections(asked)
        until = self.past.plan.today + dt.timedelta(days=asked.until)
        outcome, facts = self._said(asked, Role(self.past.roles[asker]), days=(until - made.date()).days, waiting=waiting)
        request = DataRequest.objects.using(self.past.using).create(
            public_id=uuid.uuid5(uuid.NAMESPACE_DNS, f"R-{number}.riverbend.example"),
            number=number,
            asker_id=asker,
            hat=self.past.roles[asker],
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
            decided_at=None if waiting else self.past.ago(asked.decided or 0, 14),
            decided_by_id=None if waiting else self.past.users[asked.steward],
            decision_reason=asked.reason,
            made_at=made,
        )
        RequestedElement.objects.using(self.past.using).bulk_create(
            RequestedElement(
                data_request=request,
                element_id=key,
                reason=reason,
                left_out_reason=left_out,
                allowed=None if waiting else asked.state != State.REFUSED and not left_out,
            )
            for key, (reason, left_out) in asked.elements.items()
        )
        self.past.tell(made, Event.REQUEST_SUBMITTED, asker, request, Action.CREATE, elements=tuple(asked.elements), purpose=asked.purpose)
        if asked.question:
            at = self.past.ago(asked.asked - 2, 15)
            RequestMessage.objects.using(self.past.using).create(
                data_request=request, writer_id=self.past.users[asked.steward], text=asked.question, written_at=at
            )
            self.past.tell(
                at, Event.REQUEST_INFORMATION_ASKED, self.past.users[asked.steward], request, Action.UPDATE, purpose=asked.purpose
            )
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
        steward, at = self.past.users[asked.steward], request.decided_at
        assert at is not None
        allowed = tuple(key for key, (_, left_out) in asked.elements.items() if not left_out)
        event = {State.REFUSED: Event.REQUEST_REFUSED, State.NARROWED: Event.REQUEST_NARROWED}.get(
            State(asked.state), Event.REQUEST_APPROVED
        )
        if asked.state == State.REFUSED:
            self.past.tell(at, event, steward, request, Action.UPDATE, elements=tuple(asked.elements), purpose=asked.purpose)
            return
        ended = asked.state == State.ENDED
        grant = Grant.objects.using(self.past.using).create(
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
            ended_at=self.past.ago(1 - asked.until) if ended else None,
            ended_by_id=request.asker_id if ended else None,
            ended_because="not_needed" if ended else "",
        )
        request.grant = grant
        request.save(using=self.past.using, update_fields=["grant"])
        self.past.tell(at, event, steward, request, Action.UPDATE, elements=allowed, purpose=asked.purpose, grant=grant.pk)
        self.past.tell(at, Event.GRANT_MADE, steward, grant, Action.CREATE, elements=allowed, purpose=asked.purpose, grant=grant.pk)
        if ended:
            self.past.tell(grant.ended_at, Event.GRANT_ENDED, request.asker_id, grant, Action.UPDATE, purpose=asked.purpose, grant=grant.pk)
        self.extras.append(
            Extra(
                self.past.plan.person(asked.persona),
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
        day = self.past.plan.today - dt.timedelta(days=asked.asked)
        year = self.past.plan.year if day >= self.past.plan.year.begins else self.past.plan.last_year
        staff = self.past.plan.person(asked.persona)
        own = [one for one in self.past.plan.sections if one.year is year and one.teacher is staff]
        return (own or [one for one in self.past.plan.sections if one.year is year and one.school is staff.school])[: asked.classes]
