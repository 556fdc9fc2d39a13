"""Giving and ending roles. The only module that calls django-guardian.

Most roles one admin gives. Those of `permissions.TWO_KEY_ROLES` one person proposes and another confirms; where nobody else answers,
the proposer may go on alone after a day, with every other key holder told at once (docs/how-to/small-team.md).
"""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _
from guardian.shortcuts import assign_perm, remove_perm

from governance.people import permissions, queries
from governance.people.models import RoleAssignment, RoleProposal, School, User
from governance.people.notices import ONE_KEY_NOTICE
from governance.trail import entries
from governance.vocabulary import Action, Event, Permission, Role
from portal.base import outbox
from portal.base.errors import CannotDo

ALONE_AFTER = dt.timedelta(hours=24)


class CannotGiveRole(CannotDo):
    """The role was not given; `what_to_do` says why, in words for the person."""


@transaction.atomic
def give(
    *, user: User, role: Role, school: School | None, starts_on: dt.date, ends_on: dt.date | None, by: User | None, at: dt.datetime
) -> RoleAssignment:
    """Give a role for a school (None: the district) from a day to a day, both included.

    `by` is None only for the set-up command and the portal itself. Raises CannotGiveRole for one's own account, for a role that is open
    already and for one that takes two people.
    """
    if by is not None and role in permissions.TWO_KEY_ROLES:
        raise CannotGiveRole(_("This role takes two people. Propose it; another key holder confirms."))
    _check(user=user, role=role, school=school, by=by)
    return _give(user=user, role=role, school=school, starts_on=starts_on, ends_on=ends_on, by=by, at=at)


@transaction.atomic
def give_agreed(
    *, user: User, role: Role, starts_on: dt.date, ends_on: dt.date, proposed_by: User, by: User, at: dt.datetime
) -> RoleAssignment:
    """Give a role of SCOPED_ROLES for the whole district, on which another room's proposal and this second key agreed.

    Raises CannotGiveRole for the proposer, the person concerned and somebody who holds no second key.
    """
    if role not in permissions.SCOPED_ROLES:
        raise CannotGiveRole(_("This role is given on the people page."))
    if not permissions.holds(queries.roles_of(by, on=queries.day_of(at)), Permission.SECOND_KEY):
        raise CannotGiveRole(_("Only a district admin or the superintendent can confirm this."))
    if by.pk == proposed_by.pk:
        raise CannotGiveRole(_("You proposed this. Another key holder has to confirm it."))
    _check(user=user, role=role, school=None, by=by)
    return _give(
        user=user,
        role=role,
        school=None,
        starts_on=starts_on,
        ends_on=ends_on,
        by=by,
        at=at,
        proposed_by=str(proposed_by.public_id),
    )


def _check(*, user: User, role: Role, school: School | None, by: User | None) -> None:
    _check_alone_in_role(user, role)
    if by is not None and by.pk == user.pk:
        raise CannotGiveRole(_("You cannot give yourself a role. Ask another district admin."))
    if not user.is_active:
        raise CannotGiveRole(_("This account is suspended. Restore it first."))
    if RoleAssignment.objects.filter(user=user, role=role, school=school, ended_at=None).exists():
        raise CannotGiveRole(_("This person already has this role there. End it first, or change nothing."))


def _check_alone_in_role(user: User, role: Role) -> None:
    """Who audits the district has no other role in it."""
    held = {Role(one) for one in RoleAssignment.objects.filter(user=user, ended_at=None).values_list("role", flat=True)}
    if held - {role} and (role in permissions.SCOPED_ROLES or held & permissions.SCOPED_ROLES):
        raise CannotGiveRole(_("An outside auditor has no other role in the district. Use an account of its own."))


def _give(
    *,
    user: User,
    role: Role,
    school: School | None,
    starts_on: dt.date,
    ends_on: dt.date | None,
    by: User | None,
    at: dt.datetime,
    **data: object,
) -> RoleAssignment:
    assignment = RoleAssignment.objects.create(
        user=user, role=role, school=school, starts_on=starts_on, ends_on=ends_on, given_by=by, given_at=at
    )
    if school is not None:
        assign_perm("people.act_in_role", user, school)
    entries.append(
        Event.ROLE_GIVEN,
        action=Action.CREATE,
        by=by,
        about=assignment,
        data={"role": role, "user": str(user.public_id), "school": str(school.public_id) if school else None, **data},
    )
    queries.forget(user)
    return assignment


@transaction.atomic
def end(*, assignment_id: int, by: User | None, at: dt.datetime) -> RoleAssignment:
    """End a role now. `by` is None for the set-up command alone; ending it twice changes nothing.

    Raises CannotGiveRole where this would leave the district without an admin.
    """
    assignment = RoleAssignment.objects.select_for_update().get(pk=assignment_id)
    if assignment.ended_at is not None:
        return assignment
    if by is not None and assignment.role == Role.DISTRICT_ADMIN and not _admins().exclude(user=assignment.user_id).exists():
        raise CannotGiveRole(_("This is the last district admin. Give the role to somebody else first."))
    assignment.ended_at, assignment.ended_by = at, by or assignment.user
    assignment.save(update_fields=["ended_at", "ended_by"])
    others = RoleAssignment.objects.filter(user=assignment.user_id, school=assignment.school_id, ended_at=None)
    if assignment.school_id and not others.exists():
        remove_perm("people.act_in_role", assignment.user, assignment.school)
    entries.append(
        Event.ROLE_ENDED,
        action=Action.UPDATE,
        by=by,
        about=assignment,
        data={"role": assignment.role, "user": str(assignment.user.public_id)},
    )
    queries.forget(assignment.user)
    return assignment


def _admins():
    return RoleAssignment.objects.select_for_update(of=("self",)).filter(role=Role.DISTRICT_ADMIN, ended_at=None, user__is_active=True)


# -- Two keys ----------------------------------------------------------------------------------------------------------
@transaction.atomic
def propose(*, user: User, role: Role, starts_on: dt.date, ends_on: dt.date | None, reason: str, by: User, at: dt.datetime) -> RoleProposal:
    """Propose a role of TWO_KEY_ROLES, always for the whole district. Raises CannotGiveRole."""
    if role in permissions.SCOPED_ROLES:
        raise CannotGiveRole(_("An auditor is invited with a scope, on the page of auditors."))
    if role not in permissions.TWO_KEY_ROLES:
        raise CannotGiveRole(_("One person can give this role. There is nothing to propose."))
    _check(user=user, role=role, school=None, by=by)
    if RoleProposal.objects.filter(user=user, role=role, state=RoleProposal.State.WAITING).exists():
        raise CannotGiveRole(_("This role is proposed already and waits for a second person."))
    proposal = RoleProposal.objects.create(
        user=user, role=role, starts_on=starts_on, ends_on=ends_on, reason=reason, proposed_by=by, proposed_at=at
    )
    _tell(Event.ROLE_PROPOSED, Action.CREATE, proposal, by)
    return proposal


@transaction.atomic
def confirm(*, proposal_id: int, by: User, at: dt.datetime) -> RoleAssignment:
    """Turn the second key: the role is given. Raises CannotGiveRole for the proposer (before the day alone is over), the person concerned,
    somebody who holds no second key, and a proposal that is decided already.
    """
    proposal = _waiting(proposal_id)
    _check_key(proposal, by, at)
    alone = by.pk == proposal.proposed_by_id
    if alone:
        _check_alone(proposal, at)
    _check(user=proposal.user, role=Role(proposal.role), school=None, by=by)
    assignment = _give(
        user=proposal.user,
        role=Role(proposal.role),
        school=None,
        starts_on=max(proposal.starts_on, queries.day_of(at)),
        ends_on=proposal.ends_on,
        by=by,
        at=at,
        proposed_by=str(proposal.proposed_by.public_id),
        one_key=alone,
    )
    proposal.state, proposal.decided_by, proposal.decided_at, proposal.assignment = RoleProposal.State.GIVEN, by, at, assignment
    proposal.save()
    return assignment


@transaction.atomic
def refuse(*, proposal_id: int, by: User, at: dt.datetime) -> RoleProposal:
    """Do not give a proposed role; the proposer may take it back this way. Raises CannotGiveRole."""
    proposal = _waiting(proposal_id)
    if by.pk != proposal.proposed_by_id:
        _check_key(proposal, by, at)
    proposal.state, proposal.decided_by, proposal.decided_at = RoleProposal.State.REFUSED, by, at
    proposal.save()
    _tell(Event.ROLE_NOT_GIVEN, Action.UPDATE, proposal, by)
    return proposal


@transaction.atomic
def go_alone(*, proposal_id: int, reason: str, by: User, at: dt.datetime) -> RoleProposal:
    """The proposer asks to go on with one key: every other key holder is told now and can refuse for a day. Raises CannotGiveRole."""
    proposal = _waiting(proposal_id)
    if by.pk != proposal.proposed_by_id:
        raise CannotGiveRole(_("Only the person who proposed this can ask to go on alone."))
    if proposal.alone_since is None:
        proposal.alone_since, proposal.alone_reason = at, reason
        proposal.save()
        outbox.put(ONE_KEY_NOTICE, at=at, proposal=str(proposal.public_id))
        _tell(Event.ROLE_PROPOSED, Action.UPDATE, proposal, by, one_key=True)
    return proposal


def _waiting(proposal_id: int) -> RoleProposal:
    proposal = RoleProposal.objects.select_for_update(of=("self",)).select_related("user", "proposed_by").get(pk=proposal_id)
    if proposal.state != RoleProposal.State.WAITING:
        raise CannotGiveRole(_("Somebody decided this already."))
    return proposal


def _check_key(proposal: RoleProposal, by: User, at: dt.datetime) -> None:
    if not permissions.holds(queries.roles_of(by, on=queries.day_of(at)), Permission.SECOND_KEY):
        raise CannotGiveRole(_("Only a district admin or the superintendent can confirm this."))
    if by.pk == proposal.user_id:
        raise CannotGiveRole(_("You cannot decide on your own role."))


def _check_alone(proposal: RoleProposal, at: dt.datetime) -> None:
    if proposal.alone_since is None:
        raise CannotGiveRole(_("You proposed this. Another key holder has to confirm it."))
    if at < proposal.alone_since + ALONE_AFTER:
        raise CannotGiveRole(_("The others were told. You can go on alone one day after that."))


def _tell(event: Event, action: Action, proposal: RoleProposal, by: User, **data: object) -> None:
    entries.append(event, action=action, by=by, about=proposal, data={"role": proposal.role, "user": str(proposal.user.public_id), **data})
