"""What the offices of the demo district did: roles, limits, files brought in, and an emergency that was opened and reviewed."""

import datetime as dt
import uuid

from governance.people.models import District, RoleAssignment, RoleProposal
from governance.records.emergency import rules as emergency
from governance.records.models import EmergencyOpening, Guardianship, ImportRun
from governance.vocabulary import Action, Event, Role
from portal.pages.demo.past import Past

IMPORTED = ("allergy-plan", "health-alerts", "immunization", "reading-screener", "test-scores")
MONTHS_KEPT = 360  # days of trail that the demo writes


def write(past: Past) -> None:
    """The rows, and their entries in `past`."""
    _office(past)
    _imports(past)
    _emergency(past)


def _office(past: Past) -> None:
    """What the offices did: roles, limits, the opening for families, rosters and values brought in."""
    admin, first = past.users["admin"], (past.plan.today - past.plan.last_year.begins).days
    for assignment in RoleAssignment.objects.using(past.using).filter(starts_on__gte=past.plan.today - dt.timedelta(days=MONTHS_KEPT)):
        past.tell(past.ago(min(first, MONTHS_KEPT)), Event.ROLE_GIVEN, admin, assignment, Action.CREATE)
    for link in Guardianship.objects.using(past.using).exclude(limit=""):
        past.tell(link.limit_set_at, Event.LIMIT_SET, past.users["secretary"], link, Action.UPDATE, students=[link.student_id])
    proposal = RoleProposal.objects.using(past.using).create(
        user_id=past.users["deputy"],
        role=Role.COMPLIANCE_OFFICER,
        starts_on=past.plan.today + dt.timedelta(days=40),
        ends_on=past.plan.today + dt.timedelta(days=130),
        reason="Stands in while the compliance officer is away this winter.",
        proposed_by_id=admin,
        proposed_at=past.ago(2),
    )
    past.tell(past.ago(2), Event.ROLE_PROPOSED, admin, proposal, Action.CREATE)
    district = District.objects.using(past.using).get()
    past.tell(past.ago(85), Event.FAMILY_SIGN_IN_OPENED, admin, district, Action.UPDATE)
    past.tell(past.ago(30), Event.DISTRICT_CHANGED, admin, district, Action.UPDATE)
    present = [student.id for student in past.plan.students if student.left_on is None]
    for begins in range(0, len(present), 1000):
        past.tell(
            past.ago(75),
            Event.VALUES_IMPORTED,
            admin,
            None,
            Action.UPDATE,
            elements=IMPORTED,
            students=present[begins : begins + 1000],
        )
    for week in range(1, 52):
        past.tell(past.ago(week * 7, 2), Event.ROSTER_IMPORTED, None, None, Action.UPDATE)


def _emergency(past: Past) -> None:
    """An allergic reaction on a trip, opened by a teacher who does not have the student in class, and reviewed since."""
    teacher, at = past.plan.person("colleague"), past.ago(41, 13)
    own = {student.id for section in past.plan.sections if section.teacher is teacher for student in section.students}
    other = next(
        (one for one in past.plan.students if one.school is teacher.school and one.id not in own and not one.left_on and not one.cast),
        None,
    )
    if other is None:
        return
    opening = EmergencyOpening.objects.using(past.using).create(
        public_id=uuid.uuid5(other.public_id, "emergency"),
        student_id=other.id,
        opened_by_id=past.users["colleague"],
        hat=Role.TEACHER,
        reason=EmergencyOpening.Reason.ALLERGY,
        words="Swelling after lunch on the trip to the nature center.",
        opened_at=at,
        closes_at=at + emergency.OPEN_FOR,
        reviewed_by_id=past.users["health.steward"],
        reviewed_at=past.ago(40),
    )
    law = {"purpose": emergency.PURPOSE, "basis": emergency.BASIS}
    past.tell(at, Event.EMERGENCY_OPENED, past.users["colleague"], opening, Action.CREATE, **law)
    past.tell(
        at + dt.timedelta(seconds=9),
        Event.EMERGENCY_OPENED,
        past.users["colleague"],
        None,
        Action.ACCESS,
        elements=tuple(emergency.ELEMENTS),
        students=[other.id],
        rule=emergency.RULE,
        **law,
    )
    past.tell(past.ago(40), Event.EMERGENCY_REVIEWED, past.users["health.steward"], opening, Action.UPDATE)


def _imports(past: Past) -> None:
    """The latest nights' rosters, and the values that were brought in at the start of the year."""
    students, values = len(past.plan.students), len(past.plan.students) * len(IMPORTED)
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
        at = past.ago(days, hour)
        ImportRun.objects.using(past.using).create(
            public_id=uuid.uuid5(uuid.NAMESPACE_URL, f"import {at.isoformat()}"),
            kind=kind,
            state=ImportRun.State.APPLIED,
            file_name=name,
            report=report,
            made_at=at,
            made_by_id=past.users["admin"] if kind == ImportRun.Kind.VALUES else None,
            applied_at=at,
            applied_by_id=past.users["admin"] if kind == ImportRun.Kind.VALUES else None,
        )
