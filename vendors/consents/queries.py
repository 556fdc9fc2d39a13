"""Reads of what families said. `lock_permitted` is what the sharing gate asks."""

import dataclasses
import datetime as dt
from collections.abc import Collection

from django.db import connection
from django.db.models import Q

from governance.people.models import User
from governance.people.queries import day_of
from governance.records import scope
from governance.records.models import Guardianship, OwnRecord, Student
from vendors.consents import rules
from vendors.consents.models import Form, Matter, Policy, Standing
from vendors.providers.models import Tool
from vendors.reviews.models import Approval, ConsentNeeded

# What else a family may have refused, by the lawful basis on which a tool's approval rests (governance/data/disclosure_bases.csv).
ALSO_ASKED = {
    "ferpa-directory": Matter.Subject.DIRECTORY,
    "wi-118-125-2j-directory": Matter.Subject.DIRECTORY,
    "wi-118-125-2j2-techcollege": Matter.Subject.DIRECTORY,
    "recruiter-access": Matter.Subject.RECRUITERS,
}


def lock_permitted(
    student_ids: Collection[int],
    tool: Tool,
    purpose: str,
    at: dt.datetime,
    *,
    elements: Collection[str] | None = None,
    thirteen: Collection[int] = (),
) -> tuple[frozenset[int], dict[int, str]]:
    """Which of these students may be in a release for `tool` and `purpose` at a moment, and of each other one why not (a word of
    `rules.Withheld`). Call it inside the transaction that records the release.

    Until that transaction is over nobody changes what it found: a refusal or withdrawal waits, and is on the screen only afterwards. A student
    without an answer gets an empty row first, since a row that is not there cannot be held. Rows are taken in the order of the students, so
    that two releases never wait for each other.

    `elements`: what is to leave; a consent counts for a text that names them all. `thirteen`: students known to be 13 or older; everybody
    else counts as younger where the OK is needed under 13 alone (16 CFR 312.2). Two queries and three lookups, however many students.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("What families said is held inside a transaction.")
    ids = sorted(set(student_ids))
    if not ids:
        return frozenset(), {}
    approval = Approval.objects.filter(tool=tool, ended_at=None).first()
    matters = _matters_for(tool, approval)
    rows = _hold(ids, [matter.pk for matter in matters])
    asking = {matter.pk: _asked_for(matter, approval) for matter in matters}
    covering = _forms_covering(matters, purpose, elements)
    old_enough, on = frozenset(thirteen), day_of(at)
    withheld: dict[int, str] = {}
    for student, matter, state, form, told, closes_on in rows:
        facts = rules.Facts(
            state=state,
            told=told,
            window_over=closes_on is not None and closes_on < on,
            covered=form in covering,
            thirteen=student in old_enough,
        )
        why = rules.why_withheld(asking[matter], facts)
        if why is not None and student not in withheld:
            withheld[student] = why.value
    return frozenset(ids) - withheld.keys(), withheld


def policy() -> Policy | None:
    """How the district reads COPPA now; None where it has not decided, which counts as asking parents."""
    return Policy.objects.select_related("decided_by").first()


def needed_for(approval: Approval | None) -> rules.Needed:
    """What a tool's approval asks of families (without one, their OK), with the district's policy on COPPA."""
    consent = approval.consent if approval is not None else ConsentNeeded.OPT_IN
    if consent != ConsentNeeded.OPT_IN_UNDER_13:
        return rules.Needed(consent)
    chosen = policy()
    return rules.needed_under_13(school_authorizes=chosen is not None and chosen.coppa == Policy.Coppa.SCHOOL)


def matter_of(tool: Tool) -> Matter:
    """The matter of a tool, made when it is first asked for."""
    found, _made = Matter.objects.get_or_create(tool=tool, defaults={"subject": Matter.Subject.TOOL})
    return found


def matter_about(subject: Matter.Subject) -> Matter:
    """The matter of something that every family is asked, made when it is first asked for."""
    return Matter.objects.get_or_create(subject=subject, tool=None, name="")[0]


def _matters_for(tool: Tool, approval: Approval | None) -> list[Matter]:
    """The tool itself, then whatever else a family could have refused that covers this release."""
    also = ALSO_ASKED.get(approval.consent_basis) if approval is not None else None
    return [matter_of(tool)] if also is None else [matter_of(tool), matter_about(also)]


def _asked_for(matter: Matter, approval: Approval | None) -> rules.Needed:
    return needed_for(approval) if matter.subject == Matter.Subject.TOOL else rules.Needed.OPT_OUT


def _forms_covering(matters: Collection[Matter], purpose: str, elements: Collection[str] | None) -> frozenset[int]:
    forms = Form.objects.filter(matter__in=matters).filter(Q(purposes__contains=[purpose]) | ~Q(matter__subject=Matter.Subject.TOOL))
    if elements is not None:
        forms = forms.filter(Q(elements__contains=sorted(set(elements))) | ~Q(matter__subject=Matter.Subject.TOOL))
    return frozenset(forms.values_list("pk", flat=True))


def _hold(students: list[int], matters: list[int]) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO consents_standing (student_id, matter_id)
            SELECT student, matter FROM unnest(%(students)s::bigint[]) student CROSS JOIN unnest(%(matters)s::bigint[]) matter
            WHERE NOT EXISTS (SELECT FROM consents_standing held WHERE held.student_id = student AND held.matter_id = matter)
            ORDER BY student, matter
            ON CONFLICT DO NOTHING
            """,
            {"students": students, "matters": matters},
        )
        cursor.execute(
            """
            SELECT student_id, matter_id, state, form_id, told_at IS NOT NULL, closes_on FROM consents_standing
            WHERE student_id = ANY(%(students)s::bigint[]) AND matter_id = ANY(%(matters)s::bigint[])
            ORDER BY student_id, matter_id FOR SHARE
            """,
            {"students": students, "matters": matters},
        )
        return cursor.fetchall()


# -- Who may answer ------------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Right:
    """By which right somebody answers for a student: a guardian's link, or none for a student of 18. `why_not` is a word, empty if they may:
    no_right, passed (the student is 18), too_young."""

    link: Guardianship | None
    why_not: str = ""


def right_of(user: User, student: Student, *, on: dt.date) -> Right:
    """Whether this person may answer for this student today. A limit of the court, the flag of the roster and the age of 18 are kept."""
    own = OwnRecord.objects.filter(student=student).first()
    eligible = own is not None and own.eligible_since is not None and own.eligible_since <= on
    if own is not None and own.user_id == user.pk:
        return Right(None, "" if eligible else "too_young")
    link = Guardianship.objects.select_related("student").filter(student=student, user=user, ended_at=None).first()
    if link is None:
        return Right(None, "no_right")
    if eligible:
        return Right(link, "passed")
    return Right(link, "" if may_answer(link, on=on) else "no_right")


def may_answer(link: Guardianship, *, on: dt.date) -> bool:
    """Whether a guardian may say OK or no for the child: the right to consent, and no order that takes the record away. Whether the student
    is 18 is asked apart."""
    denied = scope.limit_holds(link, on=on) and link.limit == Guardianship.Limit.PLACEMENT_DENIED
    passed = OwnRecord.objects.filter(student=link.student_id, eligible_since__lte=on).exists()
    return link.ended_at is None and link.may_consent and not denied and not passed


def hold_standing(student: Student, matter: Matter) -> Standing:
    """The row of this student and matter, made if need be, held for change until the open transaction is over."""
    Standing.objects.bulk_create([Standing(student=student, matter=matter)], ignore_conflicts=True)
    return Standing.objects.select_for_update(of=("self",)).select_related("matter__tool").get(student=student, matter=matter)
