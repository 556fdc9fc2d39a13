"""The outcome of a review: the tool is approved within limits or refused, or the review is dropped."""

import datetime as dt
from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance.people import permissions
from governance.people import queries as people
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event, Outcome, Permission
from portal.base.errors import CannotDo
from vendors import followers
from vendors.agreements import queries as agreements
from vendors.agreements.models import Version
from vendors.providers.models import Tool
from vendors.reviews import desk, status
from vendors.reviews.actions.answers import findings_of
from vendors.reviews.actions.approvals import end_open_approval
from vendors.reviews.actions.parts import CannotReview, locked_open, tell
from vendors.reviews.models import Alternative, Approval, Check, Review

LONGEST_APPROVAL_DAYS = 3 * 366
Outcomes = Review.Outcome
_UNDER_13 = 13


class CannotDecide(CannotDo):
    """The outcome was not accepted. The refusal itself stands in the trail."""


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
            end_open_approval(tool, because="replaced", by=by, at=at)
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
            end_open_approval(found.tool, because="refused", by=by, at=at)
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
    found = locked_open(review)
    if not reason.strip():
        raise CannotReview(_("Give a reason. Who asked for the tool can read it."), code="no_reason")
    _close(found, Outcomes.DROPPED, reason, by=by, at=at, version=None)
    tell(Event.REVIEW_DROPPED, found, by=by)
    return found


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


def _set_alternatives(tool: Tool, alternatives: Collection[Tool]) -> None:
    chosen = [each for each in alternatives if each.pk != tool.pk]
    tool.alternatives.exclude(instead__in=chosen).delete()
    for each in chosen:
        Alternative.objects.get_or_create(tool=tool, instead=each)


def _refused(public_id: UUID, refusal: CannotDecide, *, by: User) -> None:
    entries.refuse(Event.REVIEW_DECISION_REFUSED, by=by, about=Review.objects.get(public_id=public_id), data={"why": refusal.code})
