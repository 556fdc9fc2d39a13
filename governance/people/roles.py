"""Giving and ending roles. The only module that calls django-guardian."""

import datetime as dt

from django.db import transaction
from guardian.shortcuts import assign_perm, remove_perm

from governance.people.models import RoleAssignment, School, User
from governance.trail import entries
from governance.vocabulary import Action, Event, Role


class CannotGiveRole(Exception):
    """The role was not given; `what_to_do` says why, in words for the person."""

    def __init__(self, what_to_do: str):
        super().__init__(what_to_do)
        self.what_to_do = what_to_do


@transaction.atomic
def give(
    *, user: User, role: Role, school: School | None, starts_on: dt.date, ends_on: dt.date | None, by: User | None, at: dt.datetime
) -> RoleAssignment:
    """Give a role for a school (None: the district) from a day to a day, both included.

    `by` is None only for the set-up command. Raises CannotGiveRole for one's own account or a role that is already open.
    """
    if by is not None and by.pk == user.pk:
        raise CannotGiveRole("You cannot give yourself a role. Ask another district admin.")
    if RoleAssignment.objects.filter(user=user, role=role, school=school, ended_at=None).exists():
        raise CannotGiveRole("This person already has this role there. End it first, or change nothing.")
    assignment = RoleAssignment.objects.create(user=user, role=role, school=school, starts_on=starts_on, ends_on=ends_on, given_by=by, given_at=at)
    if school is not None:
        assign_perm("people.act_in_role", user, school)
    entries.append(
        Event.ROLE_GIVEN,
        action=Action.CREATE,
        by=by,
        about=assignment,
        data={"role": role, "user": str(user.public_id), "school": str(school.public_id) if school else None},
    )
    user.__dict__.pop("_assignments", None)
    return assignment


@transaction.atomic
def end(*, assignment_id: int, by: User | None, at: dt.datetime) -> RoleAssignment:
    """End a role now. `by` is None for the set-up command alone; ending it twice changes nothing."""
    assignment = RoleAssignment.objects.select_for_update().get(pk=assignment_id)
    if assignment.ended_at is not None:
        return assignment
    assignment.ended_at, assignment.ended_by = at, by or assignment.user
    assignment.save(update_fields=["ended_at", "ended_by"])
    others = RoleAssignment.objects.filter(user=assignment.user_id, school=assignment.school_id, ended_at=None)
    if assignment.school_id and not others.exists():
        remove_perm("people.act_in_role", assignment.user, assignment.school)
    entries.append(Event.ROLE_ENDED, action=Action.UPDATE, by=by, about=assignment, data={"role": assignment.role})
    return assignment
