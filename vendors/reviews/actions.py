"""What people do with reviews and approvals. Each verb is one transaction with its entry.

Reasons and notes stay in the rows: the trail holds ids, element names and words of fixed lists.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from governance.people import permissions
from governance.people import queries as people
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event, Outcome, Permission
from portal.base import workdays
from portal.base.errors import CannotDo
from vendors import followers
from vendors.agreements import queries as agreements
from vendors.agreements.models import Version
from vendors.providers import queries as catalogue
from vendors.providers.models import Document, Tool
from vendors.reviews import checklist, desk, status
from vendors.reviews.models import Advice, Alternative, Approval, Check, Guidance, Questionnaire, QuestionnaireAnswer, Review

REVIEW_WORKDAYS = 15  # the district's own target
QUESTIONNAIRE_WORKDAYS = 10
AGAIN_DAYS = 30  # an approval that is asked again lapses after so many days without an answer
LONGEST_APPROVAL_DAYS = 3 * 366
Because, Outcomes = Review.Because, Review.Outcome
_UNDER_13 = 13


class CannotReview(CannotDo):
    """The review stayed as it was."""


class CannotDecide(CannotDo):
    """The outcome was not accepted. The refusal itself stands in the trail."""


# -- Opening -------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def open_review(*, tool: Tool, because: str, note: str = "", asker: User | None = None, by: User | None, at: dt.datetime) -> Review:
    """The tool's open review; a new one where there is none. `asker` wants the tool and so decides nothing about it.

    `by` is None for the portal itself. Raises CannotReview for a retired tool.
    """
    locked = Tool.objects.select_for_update().get(pk=tool.pk)
    if locked.retired_at is not None:
        raise CannotReview(_("This tool was retired. Take it back into the catalog first."), code="retired")
    review = Review.objects.select_for_update(of=("self",)).filter(tool=locked, closed_at=None).first()
    if review is None:
        on = people.day_of(at)
        review = Review.objects.create(
            tool=locked, because=because, note=note[:300], opened_at=at, opened_by=by, due_on=workdays.after(on, REVIEW_WORKDAYS)
        )
        if asker is not None:
            review.askers = [asker.pk]
        waiting = desk.waits_on(review, on=on)
        review.reviewer_id = waiting.people[0].id if waiting.people else None
        review.save(update_fields=["reviewer", "askers"])
        _tell(Event.REVIEW_OPENED, review, by=by, action=Action.CREATE, because=because, tool=str(locked.public_id))
    elif asker is not None and asker.pk not in review.askers:
        review.askers = sorted({*review.askers, asker.pk})
        if review.reviewer_id == asker.pk:
            waiting = desk.waits_on(review, on=people.day_of(at))
            review.reviewer_id = waiting.people[0].id if waiting.people else None
        review.save(update_fields=["askers", "reviewer"])
    return review


@transaction.atomic
def assign(*, review: UUID, reviewer: User, due_on: dt.date, by: User, at: dt.datetime) -> Review:
    """Give a review to somebody who reviews tools, with another day if need be. Who decides stays what the designations say."""
    found = _open(review)
    if not permissions.holds(people.roles_of(reviewer, on=people.day_of(at)), Permission.REVIEW_TOOLS):
        raise CannotReview(_("This person does not review tools. Choose a data steward or a district admin."), code="no_role")
    if reviewer.pk in found.askers:
        raise CannotReview(_("This person asked for the tool. Somebody else reviews it."), code="asked_for_it")
    if due_on < people.day_of(at):
        raise CannotReview(_("The day is in the past."), code="past_day")
    found.reviewer, found.due_on = reviewer, due_on
    found.save(update_fields=["reviewer", "due_on"])
    _tell(Event.REVIEW_ASSIGNED, found, by=by, reviewer=str(reviewer.public_id), due_on=due_on.isoformat())
    return found


# -- Looking -------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def answer(*, review: UUID, answers: Mapping[str, tuple[str, str]], by: User, at: dt.datetime) -> Review:
    """Answer items of the checklist: item -> (answer, note). What is not named stays; an empty answer takes one away.

    Raises CannotReview for an item that this checklist does not have.
    """
    found = _open(review)
    known = {item.id for item in items_of(found)}
    if not set(answers) <= known:
        raise CannotReview(_("The checklist has changed. Open the page again."), code="unknown_item")
    kept = {check.item: check for check in found.checks.all()}
    changed = []
    for item, (said, note) in answers.items():
        check = kept.get(item)
        if not said:
            if check is not None:
                check.delete()
                changed.append(item)
            continue
        if check is not None and (check.answer, check.note) == (said, note):
            continue
        Check.objects.update_or_create(
            review=found, item=item, defaults={"answer": said, "note": note[:300], "answered_at": at, "answered_by": by}
        )
        changed.append(item)
    if changed:
        _tell(Event.REVIEW_CHECKED, found, by=by, items=sorted(changed))
    return found


@transaction.atomic
def send_questionnaire(*, review: UUID, by: User, at: dt.datetime) -> Questionnaire:
    """Ask the provider to fill in the security questionnaire. Once for a review; twice changes nothing."""
    found = _open(review)
    edition, _questions = checklist.questionnaire()
    questionnaire, made = Questionnaire.objects.get_or_create(
        review=found,
        defaults={
            "provider_id": found.tool.provider_id,
            "edition": edition,
            "sent_at": at,
            "sent_by": by,
            "due_on": workdays.after(people.day_of(at), QUESTIONNAIRE_WORKDAYS),
        },
    )
    if made:
        entries.append(Event.QUESTIONNAIRE_SENT, action=Action.CREATE, by=by, about=questionnaire, data={"review": str(found.public_id)})
    return questionnaire


@transaction.atomic
def hand_in(*, questionnaire: UUID, answers: Mapping[str, tuple[str, str]], by: User, at: dt.datetime) -> Questionnaire:
    """Hand the questionnaire in for the provider: question -> (answer, words). Every question needs an answer.

    `by` is an open contact of the provider, or who keeps providers and has the answers on paper. Raises CannotReview otherwise, with answers
    missing, and for one that was handed in.
    """
    found = Questionnaire.objects.select_for_update(of=("self",)).select_related("review").get(public_id=questionnaire)
    if not _answers_for(found, by, at):
        raise CannotReview(_("Your account does not act for this provider."), code="not_the_provider")
    if found.handed_in_at is not None:
        raise CannotReview(_("This questionnaire was handed in already."), code="handed_in")
    _edition, questions = checklist.questionnaire()
    known = {question.id for question in questions}
    missing = [question.question for question in questions if question.id not in answers or not answers[question.id][0]]
    if missing or not set(answers) <= known:
        raise CannotReview(_("Answer every question. %(count)d are open.") % {"count": len(missing)}, code="incomplete")
    found.answers.all().delete()
    QuestionnaireAnswer.objects.bulk_create(
        QuestionnaireAnswer(questionnaire=found, question=question, answer=said, words=words[:1000])
        for question, (said, words) in answers.items()
    )
    found.handed_in_at, found.handed_in_by = at, by
    found.save(update_fields=["handed_in_at", "handed_in_by"])
    entries.append(Event.QUESTIONNAIRE_HANDED_IN, action=Action.UPDATE, by=by, about=found)
    return found


def _answers_for(questionnaire: Questionnaire, by: User, at: dt.datetime) -> bool:
    provider = catalogue.provider_of(by, at=at)
    if provider is not None:
        return provider.pk == questionnaire.provider_id
    return permissions.holds(people.roles_of(by, on=people.day_of(at)), Permission.MANAGE_PROVIDERS)


# -- Deciding ------------------------------------------------------------------------------------------------------------------


def approve(
    *,
    review: UUID,
    reason: str,
    elements: Collection[str],
    purposes: Collection[str],
    starts_on: dt.date,
    ends_on: dt.date,
    consent: str,
    consent_basis: str = "",
    youngest_age: int | None = None,
    oldest_age: int | None = None,
    grades: Collection[str] = (),
    no_names: bool = False,
    conditions: str = "",
    by: User,
    at: dt.datetime,
) -> Approval:
    """Approve the tool within these limits, from a day to a day. The approval before it, if any, is replaced at that moment.

    Raises CannotDecide for a review that is closed or waits on somebody else, an unfinished checklist or one with something in the way,
    without an agreement in force that lists the tool and every element, for ages below the provider's own terms, and where the district's
    rules refuse; that is recorded in the trail.
    """
    try:
        with transaction.atomic():
            found = _to_decide(review, reason, by=by, at=at)
            tool, on = found.tool, people.day_of(at)
            under_13 = (youngest_age if youngest_age is not None else (tool.youngest_age or 0)) < _UNDER_13
            _check_checklist(found, under_13=under_13)
            if ends_on < max(on, starts_on):
                raise CannotDecide(_("The last day is before the first one, or in the past."), code="past_day")
            if (ends_on - starts_on).days > LONGEST_APPROVAL_DAYS:
                raise CannotDecide(_("An approval lasts three years at most. Choose an earlier last day."), code="too_long")
            if tool.youngest_age is not None and (youngest_age or 0) < tool.youngest_age:
                raise CannotDecide(
                    _("The provider's own terms allow the tool from age %(age)d. Set that as the youngest age.")
                    % {"age": tool.youngest_age},
                    code="too_young",
                )
            version = _check_covered(found, elements, purposes, under_13=under_13, at=at)
            _end_open_approval(tool, because="replaced", by=by, at=at)
            approval = Approval.objects.create(
                tool=tool,
                review=found,
                agreement=version.agreement if version else None,
                purposes=sorted(set(purposes)),
                elements=sorted(set(elements)),
                youngest_age=youngest_age,
                oldest_age=oldest_age,
                grades=list(grades),
                consent=consent,
                consent_basis=consent_basis,
                no_names=no_names,
                conditions=conditions,
                starts_on=starts_on,
                ends_on=ends_on,
                decided_at=at,
                decided_by=by,
            )
            limited = status.is_limited(approval)
            _close(found, Outcomes.LIMITED if limited else Outcomes.APPROVED, reason, by=by, at=at, version=version)
            entries.append(
                Event.TOOL_APPROVED,
                action=Action.CREATE,
                by=by,
                about=approval,
                elements=approval.elements,
                data={
                    "tool": str(tool.public_id),
                    "review": str(found.public_id),
                    "consent": consent,
                    "limited": limited,
                    "until": ends_on.isoformat(),
                    "agreement": str(version.agreement.public_id) if version else None,
                    "version": version.number if version else None,
                },
            )
            return approval
    except CannotDecide as refusal:
        _refused(review, refusal, by=by)
        raise


def refuse(*, review: UUID, reason: str, alternatives: Collection[Tool] = (), by: User, at: dt.datetime) -> Review:
    """Refuse the tool, with a reason that teachers and families read, and tools that do the same. An approval that was open ends.

    Raises CannotDecide for a review that is closed or waits on somebody else, and without a reason; that is recorded in the trail.
    """
    try:
        with transaction.atomic():
            found = _to_decide(review, reason, by=by, at=at)
            _end_open_approval(found.tool, because="refused", by=by, at=at)
            _set_alternatives(found.tool, alternatives)
            _close(found, Outcomes.REFUSED, reason, by=by, at=at, version=None)
            entries.append(
                Event.TOOL_REFUSED,
                action=Action.UPDATE,
                by=by,
                about=found,
                data={"tool": str(found.tool.public_id), "instead": [str(tool.public_id) for tool in alternatives]},
            )
            return found
    except CannotDecide as refusal:
        _refused(review, refusal, by=by)
        raise


@transaction.atomic
def drop(*, review: UUID, reason: str, by: User, at: dt.datetime) -> Review:
    """Close a review without an outcome: the tool stays what it was. Raises CannotReview without a reason."""
    found = _open(review)
    if not reason.strip():
        raise CannotReview(_("Give a reason. Who asked for the tool can read it."), code="no_reason")
    _close(found, Outcomes.DROPPED, reason, by=by, at=at, version=None)
    _tell(Event.REVIEW_DROPPED, found, by=by)
    return found


@transaction.atomic
def end_approval(*, approval: Approval, because: str, by: User, at: dt.datetime) -> Approval:
    """End an approval at this moment; `because` is a word: safety, agreement_ended, retired. Twice changes nothing."""
    Tool.objects.select_for_update().get(pk=approval.tool_id)
    found = Approval.objects.select_for_update(of=("self",)).select_related("tool").get(pk=approval.pk)
    if found.ended_at is None:
        _end(found, because=because, by=by, at=at)
    return found


@transaction.atomic
def write_guidance(*, tool: Tool, by: User, at: dt.datetime, **texts: str) -> Guidance:
    """Write what teachers read on the tool's page: setup, families_en, families_es, without_account, whom_to_call."""
    guidance, _made = Guidance.objects.update_or_create(tool=tool, defaults={**texts, "written_at": at, "written_by": by})
    entries.append(Event.GUIDANCE_WRITTEN, action=Action.UPDATE, by=by, about=tool, data={"changed": sorted(texts)})
    return guidance


@transaction.atomic
def receive_advice(
    *,
    tool: Tool,
    source: str,
    finding: str,
    found_on: dt.date,
    words: str,
    signed: str,
    document: Document | None,
    by: User,
    at: dt.datetime,
) -> Advice:
    """Keep what a cooperative or another district found. It stands on the page of reviews, and approves nothing."""
    advice = Advice.objects.create(
        tool=tool,
        source=source,
        finding=finding,
        found_on=found_on,
        words=words,
        signed=signed,
        document=document,
        received_at=at,
        received_by=by,
    )
    entries.append(Event.ADVICE_RECEIVED, action=Action.CREATE, by=by, about=advice, data={"tool": str(tool.public_id), "signed": signed})
    return advice


# -- What follows from agreements and from time --------------------------------------------------------------------------------


@transaction.atomic
def ask_again(*, approval: Approval, because: str, at: dt.datetime) -> Review:
    """The agreement changed under an approval: it is reviewed again, and lapses after AGAIN_DAYS without an answer. Twice changes nothing.

    What the gate lets through follows the new text from its first moment, whatever this approval says.
    """
    Tool.objects.select_for_update().get(pk=approval.tool_id)
    found = Approval.objects.select_for_update(of=("self",)).select_related("tool").get(pk=approval.pk)
    review = open_review(tool=found.tool, because=Because.AMENDMENT, by=None, at=at)
    if found.ended_at is None and found.again_due_on is None:
        found.again_due_on, found.again_because = people.day_of(at) + dt.timedelta(days=AGAIN_DAYS), because
        found.save(update_fields=["again_due_on", "again_because"])
        entries.append(
            Event.APPROVAL_ASKED_AGAIN,
            action=Action.UPDATE,
            by=None,
            about=found,
            data={"why": because, "until": found.again_due_on.isoformat(), "review": str(review.public_id)},
        )
    return review


# -- Parts ---------------------------------------------------------------------------------------------------------------------


def items_of(review: Review) -> tuple[checklist.Item, ...]:
    """The checklist of a review, for this district and this tool."""
    return checklist.items_for(settings.DISTRICT_STATE, collects=not review.tool.collects_nothing)


def findings_of(review: Review, *, under_13: bool) -> checklist.Findings:
    """What the review's answers come to."""
    return checklist.weigh(items_of(review), {check.item: check.answer for check in review.checks.all()}, under_13=under_13)


def _open(public_id: UUID) -> Review:
    review = Review.objects.select_for_update(of=("self",)).select_related("tool", "closed_by").get(public_id=public_id)
    if review.closed_at is not None:
        raise CannotReview(_("This review is closed already. Nothing was changed."), code="closed")
    return review


def _to_decide(public_id: UUID, reason: str, *, by: User, at: dt.datetime) -> Review:
    tool_id = Review.objects.values_list("tool_id", flat=True).get(public_id=public_id)
    Tool.objects.select_for_update().get(pk=tool_id)  # before the review, as everywhere: the gate holds the tool too
    review = Review.objects.select_for_update(of=("self",)).select_related("tool__provider", "closed_by").get(public_id=public_id)
    if review.closed_at is not None:
        raise CannotDecide(
            _("This review was closed already, by %(name)s. Nothing was changed.")
            % {"name": review.closed_by.name if review.closed_by else ""},
            code="closed",
        )
    if not permissions.holds(people.roles_of(by, on=people.day_of(at)), Permission.REVIEW_TOOLS):
        raise CannotDecide(_("Your role does not decide on tools."), code="no_role")
    if by.pk in review.askers:
        raise CannotDecide(_("You asked for this tool. Another person decides."), code="own_request")
    waiting = desk.waits_on(review, on=people.day_of(at))
    if not waiting.includes(by.pk):
        names = ", ".join(person.name for person in waiting.people)
        raise CannotDecide(
            _("This decision waits on %(names)s. Ask them.") % {"names": names} if names else _("Nobody can decide this now."),
            code="not_the_steward",
        )
    if desk.asks_two_people() and review.checks.filter(answered_by=by).exists():
        raise CannotDecide(_("The district's rules ask for two people: who answers the checklist does not decide."), code="same_person")
    if not reason.strip():
        raise CannotDecide(_("Give a reason. Teachers and families can read it."), code="no_reason")
    return review


def _check_checklist(review: Review, *, under_13: bool) -> None:
    findings = findings_of(review, under_13=under_13)
    if findings.unanswered:
        raise CannotDecide(_("The checklist is not finished: %(count)d open.") % {"count": len(findings.unanswered)}, code="checklist_open")
    if findings.blocking:
        raise CannotDecide(
            _("This stands in the way: %(question)s Answer it otherwise with good reason, or refuse the tool.")
            % {"question": _(findings.blocking[0].question)},
            code="checklist_blocks",
        )
    said = {check.item: check.answer for check in review.checks.all()}
    decides = review.tool.automated_decisions.filter(ended_on=None).exists()
    if said.get("automated-decisions") == Check.Answer.NO and decides:
        raise CannotDecide(
            _("The catalog says that the tool scores, ranks, predicts or decides. Correct the checklist, or take that line away."),
            code="decisions_contradict",
        )
    if said.get("automated-decisions") == Check.Answer.YES and not decides:
        raise CannotDecide(
            _("The tool scores, ranks, predicts or decides. Write in the catalog what, which educator decides and how to object."),
            code="decisions_not_named",
        )


def _check_covered(
    review: Review, elements: Collection[str], purposes: Collection[str], *, under_13: bool, at: dt.datetime
) -> Version | None:
    """The version in force that carries the approval; None for a tool that collects nothing."""
    tool = review.tool
    if tool.collects_nothing:
        if elements:
            raise CannotDecide(_("This tool collects nothing, so no data can be approved for it."), code="collects_nothing")
        return None
    version = agreements.covering(tool, at)
    if version is None:
        raise CannotDecide(_("No agreement in force lists this tool. Sign one first, then approve."), code="no_agreement")
    if not elements:
        raise CannotDecide(_("Choose at least one kind of data, or say in the catalog that the tool collects nothing."), code="no_element")
    if not purposes:
        raise CannotDecide(_("Choose at least one purpose."), code="no_purpose")
    listed = agreements.elements_of(version, tool)
    beyond = set(elements) - listed
    if beyond:
        titles = ", ".join(desk.element_titles(beyond))
        raise CannotDecide(
            _("The agreement's schedule does not list: %(elements)s. Leave it out, or amend.") % {"elements": titles}, code="not_listed"
        )
    if not set(purposes) <= set(version.purposes):
        raise CannotDecide(_("The agreement does not allow one of these purposes."), code="other_purpose")
    commercial = {check.item: check.answer for check in review.checks.all()}.get("commercial-use")
    judged = desk.judge(
        version=version,
        listed=listed,
        elements=elements,
        purposes=purposes,
        under_13=under_13,
        commercial_use=commercial == Check.Answer.YES,
        decider_named=tool.automated_decisions.filter(ended_on=None).exists(),
    )
    for decision in judged.values():
        for said in decision.by_element.values():
            if said.outcome is Outcome.REFUSE:
                raise CannotDecide(
                    _("The district's rules do not allow this: %(rule)s") % {"rule": _(said.words) if said.words else ""},
                    code="refused_by_rule",
                )
    return version


def _close(review: Review, outcome: str, reason: str, *, by: User, at: dt.datetime, version: Version | None) -> None:
    said = {check.item: check.answer for check in review.checks.all()}
    review.facts = {
        "checklist": said,
        "version": {"agreement": str(version.agreement.public_id), "number": version.number} if version else None,
    }
    review.outcome, review.reason, review.closed_at, review.closed_by = outcome, reason.strip()[:2000], at, by
    review.save(update_fields=["facts", "outcome", "reason", "closed_at", "closed_by"])
    if outcome in {Outcomes.APPROVED, Outcomes.LIMITED, Outcomes.REFUSED}:
        tool = review.tool
        if "commercial-use" in said:
            tool.commercial_use = said["commercial-use"] == Check.Answer.YES
        if said.get("automated-decisions") == Check.Answer.NO:
            tool.decides_nothing_on = people.day_of(at)
        tool.save(update_fields=["commercial_use", "decides_nothing_on"])
        if said.get("automated-decisions") == Check.Answer.YES:
            on = people.day_of(at)
            tool.automated_decisions.filter(ended_on=None).update(reviewed_on=on, review_due_on=on + dt.timedelta(days=365))
    followers.tell(followers.REVIEW_CLOSED, at=at, review=str(review.public_id))


def _end_open_approval(tool: Tool, *, because: str, by: User, at: dt.datetime) -> None:
    for approval in Approval.objects.select_for_update(of=("self",)).filter(tool=tool, ended_at=None):
        _end(approval, because=because, by=by, at=at)


def _end(approval: Approval, *, because: str, by: User, at: dt.datetime) -> None:
    approval.ended_at, approval.ended_by, approval.ended_because = at, by, because
    approval.save(update_fields=["ended_at", "ended_by", "ended_because"])
    entries.append(Event.APPROVAL_ENDED, action=Action.UPDATE, by=by, about=approval, data={"why": because})


def _set_alternatives(tool: Tool, alternatives: Collection[Tool]) -> None:
    chosen = [each for each in alternatives if each.pk != tool.pk]
    tool.alternatives.exclude(instead__in=chosen).delete()
    for each in chosen:
        Alternative.objects.get_or_create(tool=tool, instead=each)


def _refused(public_id: UUID, refusal: CannotDecide, *, by: User) -> None:
    entries.refuse(Event.REVIEW_DECISION_REFUSED, by=by, about=Review.objects.get(public_id=public_id), data={"why": refusal.code})


def _tell(event: Event, review: Review, *, by: User | None, action: Action = Action.UPDATE, **data: Any) -> None:
    entries.append(event, action=action, by=by, about=review, data=data)
