"""What is asked of families and what they answer. Each verb is one transaction with its entry: ids and fixed words alone, never a reason."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance.people.models import User
from governance.people.queries import day_of
from governance.records.models import Guardianship, Student
from governance.trail import entries
from governance.vocabulary import Action, Event, Role
from portal.base import outbox
from portal.base.errors import CannotDo
from vendors import followers
from vendors.consents import queries, rules, scans, texts
from vendors.consents.models import Answer, Form, Matter, Mistake, Policy, Standing
from vendors.consents.rules import Needed
from vendors.providers.models import Tool
from vendors.reviews import status

RECEIPT = "consents.receipt"  # the topic of the outbox
WINDOW_DAYS = 14  # Wis. Stat. 118.125(2)(j): 14 days after the notice before directory data goes out; used for every "you can say no"
_KINDS = {
    Needed.INFORM: Form.Kind.INFORM,
    Needed.OPT_OUT: Form.Kind.OPT_OUT,
    Needed.OPT_IN: Form.Kind.OPT_IN,
    Needed.OPT_IN_UNDER_13: Form.Kind.OPT_IN,
}
_TOLD = {
    Answer.Said.GIVEN: Event.CONSENT_GIVEN,
    Answer.Said.REFUSED: Event.CONSENT_REFUSED,
    Answer.Said.WITHDRAWN: Event.CONSENT_WITHDRAWN,
}


class CannotAnswer(CannotDo):
    """The answer was not taken; what stood before stands."""


class CannotPublish(CannotDo):
    """No text was published."""


# -- Texts ---------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def publish_for_tool(*, tool: Tool, by: User, at: dt.datetime) -> Form:
    """The text about a tool as its approval stands now. Where the one in use says the same, it stays in use.

    Raises CannotPublish for a tool that may not be used.
    """
    now = status.of(tool, at)
    if not now.usable or now.approval is None:
        raise CannotPublish(
            _("“%(tool)s” cannot be used now, so there is nothing to ask families.") % {"tool": tool.name}, code="not_usable"
        )
    needed = queries.needed_for(now.approval)
    kind, under_13 = _KINDS[needed], needed is Needed.OPT_IN_UNDER_13
    sort = Form.Sort.TOOL
    if needed in (Needed.OPT_IN, Needed.OPT_IN_UNDER_13):
        sort = Form.Sort.COPPA if under_13 or now.approval.consent_basis == "coppa-parent-consent" else Form.Sort.FERPA
    if now.approval.consent_basis in ("ppra-survey-consent", "ppra-survey-optout"):
        sort = Form.Sort.PPRA
    days = WINDOW_DAYS if kind == Form.Kind.OPT_OUT else 0
    elements, purposes = sorted(now.approval.elements), sorted(now.approval.purposes)
    words = texts.of_tool(tool, kind=kind, under_13_only=under_13, elements=elements, purposes=purposes, window_days=days)
    return _publish(
        queries.matter_of(tool),
        sort=sort,
        kind=kind,
        under_13_only=under_13,
        words=words,
        elements=elements,
        purposes=purposes,
        window_days=days,
        by=by,
        at=at,
    )


@transaction.atomic
def publish_for_everybody(*, subject: Matter.Subject, by: User, at: dt.datetime) -> Form:
    """The text about directory information or recruiters. Where the one in use says the same, it stays in use."""
    sort = Form.Sort.RECRUITERS if subject == Matter.Subject.RECRUITERS else Form.Sort.DIRECTORY
    words = texts.of_everybody(subject, window_days=WINDOW_DAYS)
    matter = queries.matter_about(subject)
    return _publish(
        matter,
        sort=sort,
        kind=Form.Kind.OPT_OUT,
        under_13_only=False,
        words=words,
        elements=[],
        purposes=[],
        window_days=WINDOW_DAYS,
        by=by,
        at=at,
    )


def _publish(matter: Matter, *, words: texts.Texts, by: User, at: dt.datetime, **facts: Any) -> Form:
    Matter.objects.select_for_update().get(pk=matter.pk)
    newest = Form.objects.filter(matter=matter).order_by("-number").first()
    if newest is not None and newest.replaced_at is None:
        same = texts.hash_of(texts.canonical(matter=matter, number=newest.number, texts=words, **facts))
        if same == newest.sha256:
            return newest
        newest.replaced_at, newest.replaced_by = at, by
        newest.save(update_fields=["replaced_at", "replaced_by"])
    number = newest.number + 1 if newest is not None else 1
    sha256 = texts.hash_of(texts.canonical(matter=matter, number=number, texts=words, **facts))
    form = Form.objects.create(matter=matter, number=number, texts=words, sha256=sha256, published_at=at, published_by=by, **facts)
    entries.append(
        Event.CONSENT_FORM_PUBLISHED,
        action=Action.CREATE,
        by=by,
        about=form,
        elements=form.elements or None,
        data={"sort": form.sort, "kind": form.kind, "number": number, "sha256": sha256},
    )
    return form


@transaction.atomic
def decide_policy(*, coppa: str, basis: str, by: User, at: dt.datetime) -> Policy:
    """How the district reads COPPA from now on. Texts that families answer follow with the next asking."""
    made = Policy.objects.create(coppa=Policy.Coppa(coppa), basis=basis.strip()[:300], decided_at=at, decided_by=by)
    entries.append(Event.COPPA_POLICY_DECIDED, action=Action.CREATE, by=by, about=made, data={"coppa": made.coppa})
    return made


# -- Answers -------------------------------------------------------------------------------------------------------------------


def answer(*, matter: Matter, student: Student, said: str, text_sha256: str, language: str, key: UUID, by: User, at: dt.datetime) -> Answer:
    """Say OK, say no, or take an OK back, in the portal. When this returns, no later release holds a child whose family said no.

    An OK names the hash of the text in use; a no counts whatever text it answers. The same `key` again gives the same answer.
    Raises CannotAnswer, after leaving an entry of it: for somebody without the right to answer (34 CFR 99.4, 99.5), for an OK to an old
    text, and where there is nothing to take back.
    """
    try:
        with transaction.atomic():
            link = _right(by, student, at=at)
            hat = Role.GUARDIAN if link is not None else Role.STUDENT
            return _say(
                matter,
                student,
                said=said,
                text_sha256=text_sha256,
                language=language,
                method=Answer.Method.PORTAL,
                link=link,
                signed_on=day_of(at),
                key=key,
                hat=hat,
                by=by,
                at=at,
            )
    except CannotAnswer as refusal:
        _not_taken(refusal, matter, student, by=by)
        raise


def register_paper(
    *,
    matter: Matter,
    link: Guardianship,
    said: str,
    number: int,
    language: str,
    signed_on: dt.date,
    key: UUID,
    scan: bytes | None = None,
    method: str = Answer.Method.PAPER,
    by: User,
    at: dt.datetime,
) -> Answer:
    """Register what a guardian signed on paper, by the number of the text printed on it, with the scan (a PDF) where there is one.

    Raises CannotAnswer as `answer` does, and for an own child.
    """
    try:
        with scans.keeping(scan) as kept, transaction.atomic():
            if Guardianship.objects.filter(student=link.student_id, user=by, ended_at=None).exists():
                raise CannotAnswer(
                    _("This is a child of your own. Somebody else of the office has to register this paper."), code="own_family"
                )
            if signed_on > day_of(at):
                raise CannotAnswer(_("The date of the signature is in the future. Look at the paper again."), code="future_date")
            if not queries.may_answer(link, on=day_of(at)):
                raise CannotAnswer(_("This person may not answer for this child. Ask the district’s privacy office."), code="no_right")
            form = Form.objects.filter(matter=matter, number=number).first()
            if form is None:
                raise CannotAnswer(_("There is no text with this number. It stands at the foot of the paper."), code="unknown_text")
            made = _say(
                matter,
                link.student,
                said=said,
                text_sha256=form.sha256,
                language=language,
                method=method,
                link=link,
                signed_on=signed_on,
                key=key,
                hat=Role.SECRETARY,
                by=by,
                at=at,
            )
            if kept is not None:
                scans.attach(made, kept, by=by, at=at)
            return made
    except CannotAnswer as refusal:
        _not_taken(refusal, matter, link.student, by=by)
        raise


@transaction.atomic
def take_for_mistake(*, answer: Answer, why: str, by: User, at: dt.datetime) -> Answer:
    """An answer that the office registered does not count any more; it stays to be seen. Twice changes nothing. `why` is a word of rules.Slip.

    Where an OK that was needed is gone with it, what follows is what follows when an OK is taken back: nothing may be kept of the child.
    By who registered it, or by a data steward. Raises CannotAnswer for anybody else, and for what somebody said in the portal: only they take
    that back.
    """
    hat = queries.may_call_mistaken(answer, by, on=day_of(at))
    if hat is None:
        raise CannotAnswer(_("Only who registered a paper, or a data steward, can take it back."), code="not_theirs")
    if answer.method == Answer.Method.PORTAL:
        raise CannotAnswer(_("This was said in the portal. Only the person who said it can take it back."), code="said_in_portal")
    standing = queries.hold_standing(answer.standing.student, answer.standing.matter)
    _mistake, made = Mistake.objects.get_or_create(answer=answer, defaults={"at": at, "by": by})
    if made:
        before = standing.state
        _settle(standing, form=answer.form, at=at)
        entries.append(
            Event.CONSENT_MISTAKEN,
            action=Action.UPDATE,
            by=by,
            about=answer,
            students=[standing.student_id],
            hat=hat,
            data={"matter": str(standing.matter.public_id), "said": answer.said, "why": rules.Slip(why).value},
        )
        if before == Standing.State.GIVEN and standing.state != before and answer.form.kind == Form.Kind.OPT_IN:
            _tell_no(standing, answer, at=at)
    return answer


def _tell_no(standing: Standing, answer: Answer, *, at: dt.datetime) -> None:
    """Nothing may go to the tool any more because of this answer: the rooms above stop ways and order the deletion."""
    if (tool := standing.matter.tool) is not None:
        followers.tell(
            followers.CONSENT_WITHDRAWN,
            at=at,
            answer=str(answer.public_id),
            student=str(standing.student.public_id),
            tool=str(tool.public_id),
        )


def _right(by: User, student: Student, *, at: dt.datetime) -> Guardianship | None:
    """By which right this person answers: a guardian's link, or None for a student of 18 or more. Raises CannotAnswer without one."""
    right = queries.right_of(by, student, on=day_of(at))
    if right.why_not == "too_young":
        raise CannotAnswer(_("A student can answer from the age of 18 on. Until then a parent or guardian answers."), code="too_young")
    if right.why_not == "passed":
        raise CannotAnswer(_("The student is 18 or older and answers now."), code="passed")
    if right.why_not:
        raise CannotAnswer(_("You cannot answer for this student. The school office can tell you why."), code="no_right")
    return right.link


def _say(
    matter: Matter,
    student: Student,
    *,
    said: str,
    text_sha256: str,
    language: str,
    method: str,
    link: Guardianship | None,
    signed_on: dt.date,
    key: UUID,
    hat: Role,
    by: User,
    at: dt.datetime,
) -> Answer:
    said = Answer.Said(said)
    standing = queries.hold_standing(student, matter)
    again = Answer.objects.select_related("standing", "form").filter(key=key).first()
    if again is not None:
        if (again.by_id, again.standing_id, again.said) != (by.pk, standing.pk, said):
            raise CannotAnswer(_("This page was sent already. Open your forms again and look at your answers."), code="key_used")
        return again
    form = Form.objects.filter(matter=matter, sha256=text_sha256).first()
    current = Form.objects.filter(matter=matter, replaced_at=None).first()
    if form is None or current is None:
        raise CannotAnswer(_("This is not a text of ours. Open your forms again and answer the one you find there."), code="unknown_text")
    if said == Answer.Said.GIVEN and form.pk != current.pk:
        raise CannotAnswer(_("The text has changed since. Please read the new one, then answer."), code="old_text")
    if current.kind == Form.Kind.INFORM and said == Answer.Said.GIVEN:
        raise CannotAnswer(_("This is for your information. There is nothing to say OK to."), code="nothing_to_answer")
    signer = Answer.objects.filter(standing=standing, guardianship=link, mistake=None)
    latest = signer.order_by("-at", "-pk").first()
    if said == Answer.Said.WITHDRAWN and (latest is None or latest.said != Answer.Said.GIVEN):
        raise CannotAnswer(_("There is no OK of yours to take back."), code="nothing_to_withdraw")
    made = Answer.objects.create(
        key=key,
        standing=standing,
        form=form,
        text_sha256=text_sha256,
        language=language[:10],
        said=said,
        method=method,
        guardianship=link,
        by=by,
        signed_on=signed_on,
        at=at,
    )
    before = standing.state
    _settle(standing, form=form, at=at)
    entries.append(
        _TOLD[said],
        action=Action.UPDATE,
        by=by,
        about=made,
        students=[student.pk],
        hat=hat,
        data={"matter": str(matter.public_id), "sha256": text_sha256, "method": str(method), "language": language[:10]},
    )
    outbox.put(RECEIPT, at=at, answer=str(made.public_id))
    if standing.state in ("refused", "withdrawn") and before not in ("refused", "withdrawn"):
        _tell_no(standing, made, at=at)
    return made


def _settle(standing: Standing, *, form: Form, at: dt.datetime) -> None:
    """Work the standing out again from the last answer of each person who may answer."""
    latest: dict[int | None, Answer] = {}
    said = Answer.objects.filter(standing=standing).select_related("guardianship", "form").order_by("at", "pk")
    for one in said.filter(mistake=None):
        if one.guardianship is None or (one.guardianship.ended_at is None and one.guardianship.may_consent):
            latest[one.guardianship_id] = one
    own = latest.pop(None, None)
    standing.state = rules.state_of([one.said for one in latest.values()], own.said if own else None)
    counted = [one for one in (own, *latest.values()) if one is not None and one.said == standing.state]
    if standing.state:
        standing.form = max(counted, key=lambda one: (one.at, one.pk)).form if counted else form
        standing.changed_at = at
    else:  # the only answers there were, were mistakes
        standing.form = standing.changed_at = None
    standing.save(update_fields=["state", "form", "changed_at"])


def _not_taken(refusal: CannotAnswer, matter: Matter, student: Student, *, by: User) -> None:
    data = {"because": refusal.code, "matter": str(matter.public_id)}
    entries.refuse(Event.CONSENT_NOT_TAKEN, by=by, students=[student.pk], data=data)
