"""Accounts and roles as plain values for templates."""

import dataclasses
import datetime as dt
import uuid

from django.utils.translation import gettext as _

from governance.people import permissions, roles
from governance.people.models import RoleAssignment, RoleProposal, User
from governance.vocabulary import Role
from portal.base.components import Status


@dataclasses.dataclass(frozen=True)
class RoleRow:
    """One role of a person, past or present."""

    public_id: uuid.UUID
    role: str
    place: str
    starts_on: dt.date
    ends_on: dt.date | None
    given_by: str
    status: Status
    open: bool
    one_key: bool


@dataclasses.dataclass(frozen=True)
class PersonRow:
    """One account in a list. A student's address is a guarded value, so their row shows none."""

    public_id: uuid.UUID
    name: str
    email: str
    title: str
    roles: str
    status: Status


@dataclasses.dataclass(frozen=True)
class ProposalRow:
    """One proposed role, and what the reader can do about it."""

    public_id: uuid.UUID
    person: str
    person_id: uuid.UUID
    role: str
    reason: str
    proposed_by: str
    proposed_at: dt.datetime
    starts_on: dt.date
    ends_on: dt.date | None
    status: Status
    waiting: bool
    mine: bool
    can_confirm: bool
    alone_from: dt.datetime | None
    alone_reason: str


def name_of(user: User | None) -> str:
    """What a person is called on staff pages."""
    if user is None:
        return _("The portal")
    return user.name or _("A student")


def person_row(user: User, assignments: list[RoleAssignment]) -> PersonRow:
    """A row of the list; `assignments` are those in force."""
    is_student = any(one.role == Role.STUDENT for one in assignments) or not user.name
    return PersonRow(
        public_id=user.public_id,
        name=_("A student's account") if is_student else user.name,
        email="" if is_student else user.email,
        title=user.title,
        roles=", ".join(dict.fromkeys(_in_words(one) for one in assignments)),
        status=account_status(user),
    )


def account_status(user: User) -> Status:
    """May this account be used, and was it ever?"""
    if not user.is_active:
        return Status("stop", _("Suspended"))
    if not user.has_usable_password():
        return Status("wait", _("Not signed in yet"))
    return Status("ok", _("Active"))


def _in_words(assignment: RoleAssignment) -> str:
    label = str(Role(assignment.role).label)
    return _("%(role)s, %(school)s") % {"role": label, "school": assignment.school.name} if assignment.school else label


def role_row(assignment: RoleAssignment, *, today: dt.date) -> RoleRow:
    """A line of a person's history of roles."""
    if assignment.ended_at is not None:
        status = Status("off", _("Ended"))
    elif assignment.ends_on is not None and assignment.ends_on < today:
        status = Status("off", _("Over"))
    elif assignment.starts_on > today:
        status = Status("wait", _("Begins later"))
    else:
        status = Status("ok", _("In force"))
    proposal = getattr(assignment, "proposal", None)
    return RoleRow(
        public_id=assignment.public_id,
        role=str(Role(assignment.role).label),
        place=assignment.school.name if assignment.school else _("The whole district"),
        starts_on=assignment.starts_on,
        ends_on=assignment.ends_on,
        given_by=name_of(assignment.given_by),
        status=status,
        open=assignment.ended_at is None,
        one_key=proposal is not None and proposal.decided_by_id == proposal.proposed_by_id,
    )


def proposal_row(proposal: RoleProposal, *, reader: User, at: dt.datetime) -> ProposalRow:
    """A proposal as `reader` sees it."""
    waiting = proposal.state == RoleProposal.State.WAITING
    mine = proposal.proposed_by_id == reader.pk
    alone_from = proposal.alone_since + roles.ALONE_AFTER if proposal.alone_since else None
    kind = {"waiting": "wait", "given": "ok", "refused": "stop"}[proposal.state]
    return ProposalRow(
        public_id=proposal.public_id,
        person=name_of(proposal.user),
        person_id=proposal.user.public_id,
        role=str(Role(proposal.role).label),
        reason=proposal.reason,
        proposed_by=name_of(proposal.proposed_by),
        proposed_at=proposal.proposed_at,
        starts_on=proposal.starts_on,
        ends_on=proposal.ends_on,
        status=Status(kind, str(RoleProposal.State(proposal.state).label)),
        waiting=waiting,
        mine=mine,
        can_confirm=waiting and proposal.user_id != reader.pk and (not mine or (alone_from is not None and at >= alone_from)),
        alone_from=alone_from,
        alone_reason=proposal.alone_reason,
    )


def two_key_labels() -> list[str]:
    """The roles that two people give, in words."""
    return [str(role.label) for role in Role if role in permissions.TWO_KEY_ROLES - permissions.SCOPED_ROLES]
