"""What a tool's status is, and what may be decided of it. Pure: dataclasses in, answer out."""

import dataclasses
import datetime as dt
import enum


class State(enum.Enum):
    """Where a tool stands for everybody who wants to use it."""

    APPROVED = "approved"
    LIMITED = "limited"
    WAITING = "waiting"
    REFUSED = "refused"
    ENDED = "ended"
    RETIRED = "retired"
    UNKNOWN = "unknown"


class Because(enum.Enum):
    """Why an approval no longer carries."""

    NOTHING = ""
    AGREEMENT_ENDED = "agreement_ended"
    NOT_LISTED = "not_listed"
    APPROVAL_ENDED = "approval_ended"
    NOT_DECIDED_AGAIN = "not_decided_again"
    NOT_BEGUN = "not_begun"


USABLE = frozenset({State.APPROVED, State.LIMITED})


@dataclasses.dataclass(frozen=True)
class ApprovalFacts:
    """What counts of an approval. `covered`: its agreement is in force and lists the tool, or it needs none."""

    starts_on: dt.date
    ends_on: dt.date
    ended_at: dt.datetime | None
    decided_at: dt.datetime
    again_due_on: dt.date | None
    limited: bool
    covered: bool
    agreement_in_force: bool


@dataclasses.dataclass(frozen=True)
class StatusFacts:
    """What a tool's status is worked out from: the newest approval, the newest refusal's time, whether a review is open."""

    retired_at: dt.datetime | None
    approval: ApprovalFacts | None
    refused_at: dt.datetime | None
    under_review: bool


def decide_status(facts: StatusFacts, *, at: dt.datetime, on: dt.date) -> tuple[State, Because]:
    """The status at a moment, `on` being the district's day of it, with why an approval does not carry where there is one."""
    if facts.retired_at is not None and facts.retired_at <= at:
        return State.RETIRED, Because.NOTHING
    approval, because = facts.approval, Because.NOTHING
    if approval is not None:
        because = _why_not(approval, at=at, on=on)
        if because is Because.NOTHING:
            return (State.LIMITED if approval.limited else State.APPROVED), because
    refused = facts.refused_at is not None and facts.refused_at <= at
    if refused and (approval is None or facts.refused_at is None or approval.decided_at <= facts.refused_at):
        return State.REFUSED, Because.NOTHING
    if approval is not None:
        return (State.WAITING if because is Because.NOT_BEGUN else State.ENDED), because
    return (State.WAITING if facts.under_review else State.UNKNOWN), Because.NOTHING


def _why_not(approval: ApprovalFacts, *, at: dt.datetime, on: dt.date) -> Because:
    if approval.ended_at is not None and approval.ended_at <= at:
        return Because.APPROVAL_ENDED
    if approval.ends_on < on:
        return Because.APPROVAL_ENDED
    if approval.again_due_on is not None and approval.again_due_on < on:
        return Because.NOT_DECIDED_AGAIN
    if not approval.agreement_in_force:
        return Because.AGREEMENT_ENDED
    if not approval.covered:
        return Because.NOT_LISTED
    return Because.NOT_BEGUN if approval.starts_on > on else Because.NOTHING
