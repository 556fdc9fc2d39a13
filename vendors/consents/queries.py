"""Reads of what families said. `lock_permitted` is what the sharing gate asks."""

import dataclasses
import datetime as dt
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from governance.people import queries as people
from governance.people.models import User
from governance.people.queries import day_of
from governance.records import scope
from governance.records.models import Enrollment, Guardianship, OwnRecord, Student
from governance.vocabulary import Role
from portal.base.sql import array
from vendors.consents import rules
from vendors.consents.models import Answer, Campaign, Form, Matter, Policy, Scan, Standing
from vendors.providers.models import Tool
from vendors.reviews import status
from vendors.reviews.models import Approval, ConsentNeeded
from vendors.tool_requests import queries as tool_requests

# What else a family may have refused, by the lawful basis on which a tool's approval rests (governance/data/disclosure_bases.csv).
ALSO_ASKED = {
    "ferpa-directory": Matter.Subject.DIRECTORY,
    "wi-118-125-2j-directory": Matter.Subject.DIRECTORY,
    "wi-118-125-2j2-techcollege": Matter.Subject.DIRECTORY,
    "recruiter-access": Matter.Subject.RECRUITERS,
}


# First the rows that are missing, then all of them are locked in the order of the sort, before they are put together by where they stand.
_HELD = """
    WITH held AS MATERIALIZED (
      SELECT student_id, matter_id, state, form_id, told_at IS NOT NULL AS told, closes_on FROM consents_standing
      WHERE student_id = ANY(%(students)s::bigint[]) AND matter_id = ANY(%(matters)s::bigint[])
      ORDER BY student_id, matter_id FOR NO KEY UPDATE)
    SELECT matter_id, state, form_id, told, closes_on, array_agg(student_id) FROM held GROUP BY 1, 2, 3, 4, 5 ORDER BY matter_id
    """
_MISSING = """
    INSERT INTO consents_standing (student_id, matter_id)
    SELECT student, matter FROM unnest(%(students)s::bigint[]) student CROSS JOIN unnest(%(matters)s::bigint[]) matter
    WHERE NOT EXISTS (SELECT FROM consents_standing held WHERE held.student_id = student AND held.matter_id = matter)
    ORDER BY student, matter
    ON CONFLICT DO NOTHING
    """


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
    two releases of the same students go one after the other and never block each other for good. They are not shared (FOR SHARE): releases that
    overlap without a gap would keep a family waiting for ever.

    `elements`: what is to leave; a consent counts for a text that names them all. `thirteen`: students known to be 13 or older; everybody
    else counts as younger where the OK is needed under 13 alone (16 CFR 312.2). Two queries and three lookups, however many students; a decision for
    each different standing, not for each student.
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
    for matter, state, form, told, closes_on, students in rows:
        for older in (True, False) if old_enough else (False,):
            facts = rules.Facts(
                state=state,
                told=told,
                window_over=closes_on is not None and closes_on < on,
                covered=form in covering,
                thirteen=older,
            )
            if (why := rules.why_withheld(asking[matter], facts)) is not None:
                alike = students if not old_enough else [each for each in students if (each in old_enough) is older]
                withheld = dict.fromkeys(alike, why.value) | withheld  # the first matter that keeps a student out is the one that is told
    return frozenset(ids) - withheld.keys(), withheld


def policy() -> Policy | None:
    """How the district reads COPPA now; None where it has not decided, which counts as asking parents."""
    return Policy.objects.select_related("decided_by").first()


def policies() -> list[Policy]:
    """Every decision on it, the newest first."""
    return list(Policy.objects.select_related("decided_by")[:50])


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
    return Matter.objects.get_or_create(subject=subject, tool=None)[0]


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
    """Hold the rows of these students and matters, and answer them by where they stand: (matter, state, form, told, closes_on, students)."""
    given: dict[str, Any] = {"students": array(students), "matters": matters}
    with connection.cursor() as cursor:
        cursor.execute(_MISSING, given)
        cursor.execute(_HELD, given)
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


def may_call_mistaken(answer: Answer, user: User, *, on: dt.date) -> Role | None:
    """In which role somebody may say that a registered answer was a mistake: who registered it, or a data steward; never for an own child."""
    if Guardianship.objects.filter(student=answer.standing.student_id, user=user, ended_at=None).exists():
        return None
    if answer.by_id == user.pk:
        return Role.SECRETARY
    return Role.DATA_STEWARD if Role.DATA_STEWARD in people.roles_of(user, on=on) else None


def registered(user: User, *, on: dt.date, student: Student | None = None) -> QuerySet[Answer]:
    """Answers that an office registered and that this person may take back, or all those about one student; the newest first."""
    found = Answer.objects.exclude(method=Answer.Method.PORTAL).select_related(
        "form__matter__tool", "by", "standing", "guardianship", "mistake__by"
    )
    if student is not None:
        return found.filter(standing__student=student)
    return found if Role.DATA_STEWARD in people.roles_of(user, on=on) else found.filter(by=user)


def hold_standing(student: Student, matter: Matter) -> Standing:
    """The row of this student and matter, made if need be, held for change until the open transaction is over."""
    Standing.objects.bulk_create([Standing(student=student, matter=matter)], ignore_conflicts=True)
    return Standing.objects.select_for_update(of=("self",)).select_related("matter__tool").get(student=student, matter=matter)


# -- What a family sees --------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Question:
    """One text in use for one student, with where it stands and what this person said last."""

    form: Form
    standing: Standing | None
    last: Answer | None

    @property
    def state(self) -> str:
        """Where the student stands; empty without an answer."""
        return self.standing.state if self.standing is not None else ""


def questions_for(student: Student, right: Right) -> list[Question]:
    """The texts that concern this student: tools that the family was asked about or answered, and what every family is asked. Three queries."""
    standings = {
        standing.matter_id: standing
        for standing in Standing.objects.filter(student=student).filter(Q(told_at__isnull=False) | ~Q(state="")).order_by("pk")
    }
    forms = (
        Form.objects.filter(replaced_at=None)
        .filter(Q(matter__in=standings) | ~Q(matter__subject=Matter.Subject.TOOL))
        .select_related("matter__tool__provider")
        .order_by("matter__subject", "-published_at", "pk")
    )
    said = (
        Answer.objects.filter(standing__student=student, guardianship=right.link, mistake=None)
        .select_related("standing")
        .order_by("at", "pk")
    )
    last = {one.standing.matter_id: one for one in said}
    return [Question(form, standings.get(form.matter_id), last.get(form.matter_id)) for form in forms]


def question_of(student: Student, right: Right, matter: UUID) -> Question | None:
    """The text in use about one matter that concerns this student."""
    return next((each for each in questions_for(student, right) if each.form.matter.public_id == matter), None)


def waiting_for(user: User, *, on: dt.date) -> int:
    """How many questions wait for this person: an OK that was asked for, or days to say no that run, with no answer of theirs or another's."""
    own = OwnRecord.objects.filter(user=user, eligible_since__lte=on).values("student")
    links = [link for link in Guardianship.objects.filter(user=user, ended_at=None).select_related("student") if may_answer(link, on=on)]
    mine = Q(student__in=own) | Q(student__in=[link.student_id for link in links])
    open_forms = Form.objects.filter(replaced_at=None)
    asked = Standing.objects.filter(mine, state="", told_at__isnull=False)
    opt_in = asked.filter(matter__in=open_forms.filter(kind=Form.Kind.OPT_IN).values("matter"))
    opt_out = asked.filter(matter__in=open_forms.filter(kind=Form.Kind.OPT_OUT).values("matter"), closes_on__gte=on)
    return opt_in.count() + opt_out.count()


def receipt_of(user: User, student: Student, public_id: UUID) -> Answer | None:
    """What this person said about this student, or what was registered from their paper."""
    return (
        Answer.objects.filter(public_id=public_id, standing__student=student)
        .filter(Q(by=user, method=Answer.Method.PORTAL) | Q(guardianship__user=user))
        .select_related("form__matter__tool__provider", "by", "standing", "mistake")
        .first()
    )


def scan_of(student: Student, number: UUID) -> Scan | None:
    """The signed paper of the answer with this number about this student."""
    return Scan.objects.filter(answer__public_id=number, answer__standing__student=student).select_related("answer__standing").first()


def receipts_of(user: User, student: Student) -> list[Answer]:
    """Everything that this person said about this student, the newest first."""
    return list(
        Answer.objects.filter(standing__student=student)
        .filter(Q(by=user, method=Answer.Method.PORTAL) | Q(guardianship__user=user))
        .select_related("form", "mistake")[:100]
    )


def tools_of(student: Student, *, on: dt.date) -> tuple[list[Tool], frozenset[int]]:
    """Tools of this student's classes today and those that the family was asked about or answered; and the ids of the first."""
    sections = list(Enrollment.objects.filter(scope.open_on(on), student=student).values_list("section", flat=True))
    used = frozenset(tool_requests.tools_used_in(sections, on=on).values_list("pk", flat=True)) if sections else frozenset()
    answered = Standing.objects.filter(student=student, matter__tool__isnull=False).filter(Q(told_at__isnull=False) | ~Q(state=""))
    ids = used | frozenset(answered.values_list("matter__tool", flat=True))
    return list(Tool.objects.filter(pk__in=ids).select_related("provider").order_by("name")), used


def standings_of(student: Student, tools: Collection[Tool]) -> dict[int, Standing]:
    """Where the student stands with these tools, by the tool's id."""
    found = Standing.objects.filter(student=student, matter__tool__in=tools).select_related("matter")
    return {standing.matter.tool_id: standing for standing in found if standing.matter.tool_id is not None}


def delete_by(tool: Tool | None, *, at: dt.datetime) -> dt.date | None:
    """The day by which a company must have deleted what it has if it is told today; None where its agreement names no number of days."""
    version = status.of(tool, at).version if tool is not None else None
    days = version.disposition_days if version is not None else None
    return None if days is None else day_of(at) + dt.timedelta(days=days)


# -- Campaigns -----------------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far a campaign is, in students; `mail_waits` are e-mails that have not gone yet, `mail_failed` those that will not."""

    asked: int = 0
    given: int = 0
    no: int = 0
    waiting: int = 0
    on_paper: int = 0
    mail_waits: int = 0
    mail_failed: int = 0


def campaigns_of(user: User, *, office: bool) -> list[Campaign]:
    """What this person asked families; the office sees all. The newest first."""
    found = Campaign.objects.select_related("form__matter__tool", "started_by")
    return list(found[:200] if office else found.filter(started_by=user)[:200])


def campaign_of(user: User, public_id: UUID, *, office: bool) -> Campaign | None:
    """One of them, by its opaque id."""
    found = Campaign.objects.filter(public_id=public_id).select_related("form__matter__tool__provider", "started_by")
    return (found if office else found.filter(started_by=user)).first()


def progress_of(campaigns: Collection[Campaign]) -> dict[int, Progress]:
    """How far campaigns are, by their ids. Two queries, however many."""
    ids = [campaign.pk for campaign in campaigns]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT a.campaign_id, count(*), count(*) FILTER (WHERE s.state = 'given'),
                   count(*) FILTER (WHERE s.state IN ('refused', 'withdrawn')), count(*) FILTER (WHERE coalesce(s.state, '') = ''),
                   count(*) FILTER (WHERE a.on_paper)
            FROM consents_asked a JOIN consents_campaign c ON c.id = a.campaign_id
            LEFT JOIN consents_standing s ON s.student_id = a.student_id AND s.matter_id = c.matter_id
            WHERE a.campaign_id = ANY(%s) GROUP BY a.campaign_id
            """,
            [ids],
        )
        counts = {row[0]: row[1:] for row in cursor.fetchall()}
        cursor.execute(
            """
            SELECT campaign_id, count(*) FILTER (WHERE attempts < 12), count(*) FILTER (WHERE attempts >= 12)
            FROM consents_telling WHERE sent_at IS NULL AND campaign_id = ANY(%s) GROUP BY campaign_id
            """,
            [ids],
        )
        mail = {row[0]: row[1:] for row in cursor.fetchall()}
    return {pk: Progress(*counts.get(pk, (0, 0, 0, 0, 0)), *mail.get(pk, (0, 0))) for pk in ids}


def without_permission(campaign: Campaign, students: Collection[int], *, on: dt.date) -> list[int]:
    """Of these students those who do the other activity: whose family said no, or has not said OK where it is needed, or can still say no.

    Which of these it is, is not told: a teacher needs to know who, never why.
    """
    found = {row.student_id: row for row in Standing.objects.filter(matter=campaign.matter_id, student__in=students)}
    form = campaign.form

    def alternative(student: int) -> bool:
        standing = found.get(student)
        if standing is None:
            return form.kind != Form.Kind.INFORM
        if standing.state in ("refused", "withdrawn"):
            return True
        if standing.state == "given" or form.kind == Form.Kind.INFORM:
            return False
        return form.kind == Form.Kind.OPT_IN or standing.closes_on is None or standing.closes_on >= on

    return [student for student in students if alternative(student)]
