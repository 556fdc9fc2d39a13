"""A tool's status: the one function that says whether it may be used, from reviews, approvals and agreements, at a moment.

Nobody types a status and no column holds one, so none can be wrong or stale.
"""

import dataclasses
import datetime as dt
from collections.abc import Collection

from governance.people.queries import day_of
from vendors import locks
from vendors.agreements import queries as agreements
from vendors.agreements.models import Agreement, Version
from vendors.providers.models import Tool
from vendors.reviews import rules
from vendors.reviews.models import Approval, Review
from vendors.reviews.rules import ApprovalFacts, Because, State, StatusFacts


@dataclasses.dataclass(frozen=True)
class Status:
    """Where a tool stands: the state, what it rests on (the newest approval, the version in force that covers it), the open review and the
    newest refusal."""

    tool: Tool
    state: State
    because: Because
    approval: Approval | None
    version: Version | None
    review: Review | None
    refusal: Review | None

    @property
    def usable(self) -> bool:
        """True while the tool may be used, with limits or without."""
        return self.state in rules.USABLE


@dataclasses.dataclass(frozen=True)
class Permit:
    """What the gate may let through for a tool at a moment: what approval and agreement both allow. `version` is None for a tool that
    collects nothing; then `elements` is empty."""

    tool: Tool
    approval: Approval
    version: Version | None
    elements: frozenset[str]
    purposes: frozenset[str]


def of(tool: Tool, at: dt.datetime) -> Status:
    """The status of one tool at a moment."""
    return of_all([tool], at)[tool.pk]


def of_all(tools: Collection[Tool], at: dt.datetime) -> dict[int, Status]:
    """The status of many tools, by the tool's id. Five queries, however many."""
    ids = [tool.pk for tool in tools]
    decided = Approval.objects.filter(tool__in=ids, decided_at__lte=at).select_related("agreement", "decided_by", "review")
    approvals = {approval.tool_id: approval for approval in decided.order_by("decided_at", "pk")}  # of each tool the newest
    reviews = Review.objects.filter(tool__in=ids, opened_at__lte=at).select_related("reviewer", "closed_by").order_by("opened_at", "pk")
    open_reviews: dict[int, Review] = {}
    refusals: dict[int, Review] = {}
    for review in reviews:
        if review.closed_at is None or review.closed_at > at:
            open_reviews[review.tool_id] = review
        elif review.outcome == Review.Outcome.REFUSED:
            refusals[review.tool_id] = review
    resting = {approval.agreement_id for approval in approvals.values() if approval.agreement_id is not None}
    held = agreements.holding(Agreement.objects.filter(pk__in=resting), at) if resting else {}
    found = {}
    for tool in tools:
        newest = approvals.get(tool.pk)
        version = held.get(newest.agreement_id) if newest is not None and newest.agreement_id is not None else None
        facts = StatusFacts(
            retired_at=tool.retired_at,
            approval=_facts_of(newest, tool, version) if newest else None,
            refused_at=refusals[tool.pk].closed_at if tool.pk in refusals else None,
            under_review=tool.pk in open_reviews,
        )
        state, because = rules.decide_status(facts, at=at, on=day_of(at))
        found[tool.pk] = Status(tool, state, because, newest, version, open_reviews.get(tool.pk), refusals.get(tool.pk))
    return found


def newest_approval(tool: Tool, at: dt.datetime) -> Approval | None:
    """The approval that a tool's status rests on at a moment, in force or not. One query."""
    return Approval.objects.filter(tool=tool, decided_at__lte=at).order_by("decided_at", "pk").last()


def permit_of(tool: Tool, at: dt.datetime, *, lock: bool = False) -> Permit | None:
    """What may go to a tool at a moment; None where nothing may. The gate asks with `lock`, in the transaction that records the release:
    until that is over, nobody ends the approval or its agreement.
    """
    if lock:
        locks.hold(Tool, tool.pk)
        resting = Approval.objects.filter(tool=tool, ended_at=None).values_list("pk", "agreement_id")
        locks.hold(Approval, *(pk for pk, _agreement in resting))
        locks.hold(Agreement, *(agreement for _pk, agreement in resting if agreement is not None))
    tool.refresh_from_db(fields=["retired_at"])
    status = of(tool, at)
    approval = status.approval
    if not status.usable or approval is None:
        return None
    if status.version is None:
        return Permit(tool, approval, None, frozenset(), frozenset(approval.purposes))
    return Permit(
        tool,
        approval,
        status.version,
        frozenset(approval.elements) & agreements.elements_of(status.version, tool),
        frozenset(approval.purposes) & frozenset(status.version.purposes),
    )


def is_limited(approval: Approval) -> bool:
    """True where the approval asks for more than to use the tool as it is: ages, grades, families' say, no names, conditions."""
    return bool(
        approval.youngest_age
        or approval.oldest_age
        or approval.grades
        or approval.no_names
        or approval.conditions.strip()
        or approval.consent != "inform"
    )


def _facts_of(approval: Approval, tool: Tool, version: Version | None) -> ApprovalFacts:
    needs_agreement = approval.agreement_id is not None
    return ApprovalFacts(
        starts_on=approval.starts_on,
        ends_on=approval.ends_on,
        ended_at=approval.ended_at,
        decided_at=approval.decided_at,
        again_due_on=approval.again_due_on,
        limited=is_limited(approval),
        covered=not needs_agreement or (version is not None and any(service.tool_id == tool.pk for service in version.services.all())),
        agreement_in_force=not needs_agreement or version is not None,
    )
