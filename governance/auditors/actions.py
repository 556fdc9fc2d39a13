"""Inviting an auditor, making the audit longer, ending it. Two people for each widening, one is enough to end."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from governance.auditors import queries
from governance.auditors.models import Engagement
from governance.people import accounts, invitations, permissions, roles
from governance.people import queries as people
from governance.people.models import School, User
from governance.trail import entries
from governance.vocabulary import Action, Event, Permission, Role
from portal.base import clock
from portal.base.errors import CannotDo

LONGEST = dt.timedelta(days=366)
State = Engagement.State


class CannotAudit(CannotDo):
    """Nothing was changed; `what_to_do` says why, in words for the person."""


@transaction.atomic
def propose(
    *,
    name: str,
    email: str,
    organization: str,
    reason: str,
    starts_on: dt.date,
    ends_on: dt.date,
    entries_from: dt.date | None,
    entries_to: dt.date | None,
    schools: Sequence[School],
    kinds: Sequence[str],
    may_export: bool,
    may_see_names: bool,
    by: User,
    at: dt.datetime,
) -> Engagement:
    """Propose an auditor with a scope; no access yet. Makes the account where there is none with that e-mail.

    `schools` and `kinds` (events by name) empty mean all. Raises CannotAudit.
    """
    _check_may_invite(by, at)
    _check_days(starts_on, ends_on, at)
    user = _account(name=name, email=email, by=by, at=at)
    if Engagement.objects.filter(user=user, state__in=(State.WAITING, State.ADMITTED)).exists():
        raise CannotAudit(_("This person has an open audit already. End it first, or make it longer."))
    engagement = Engagement.objects.create(
        user=user,
        organization=organization,
        reason=reason,
        starts_on=starts_on,
        ends_on=ends_on,
        entries_from=entries_from,
        entries_to=entries_to,
        schools=sorted(school.pk for school in schools),
        kinds=sorted(kinds),
        may_export=may_export,
        may_see_names=may_see_names,
        proposed_by=by,
        proposed_at=at,
    )
    _tell(Event.AUDITOR_PROPOSED, Action.CREATE, engagement, by)
    return engagement


def _account(*, name: str, email: str, by: User, at: dt.datetime) -> User:
    """The account of who audits: a fresh one, or one that has no role in the district. Raises CannotAudit."""
    found = User.objects.filter(email__iexact=email.strip()).first()
    if found is None:
        return accounts.make(email=email, name=name, title="", by=by, at=at)
    if found.role_assignments.filter(ended_at=None).exclude(role=Role.AUDITOR).exists():
        raise CannotAudit(_("This e-mail belongs to somebody who has a role in the district. An auditor comes from outside."))
    if not found.is_active:
        raise CannotAudit(_("This account is suspended. Restore it first, or use another e-mail."))
    return found


def _check_may_invite(by: User, at: dt.datetime) -> None:
    if not permissions.holds(people.roles_of(by, on=people.day_of(at)), Permission.INVITE_AUDITORS):
        raise CannotAudit(_("Only a district admin or the compliance officer invites auditors."))


def _check_days(starts_on: dt.date, ends_on: dt.date, at: dt.datetime) -> None:
    if ends_on < people.day_of(at):
        raise CannotAudit(_("The last day lies in the past."))
    if ends_on - starts_on > LONGEST:
        raise CannotAudit(_("An audit lasts a year at most. It can be made longer later."))


@transaction.atomic
def admit(*, engagement_id: int, by: User, at: dt.datetime) -> Engagement:
    """Turn the second key: the auditor's role begins, and the invitation goes out. Raises CannotAudit."""
    engagement = _locked(engagement_id)
    if engagement.state != State.WAITING:
        raise CannotAudit(_("Somebody decided this already."))
    _check_days(engagement.starts_on, engagement.ends_on, at)
    engagement.assignment = _give_role(engagement, until=engagement.ends_on, proposed_by=engagement.proposed_by, by=by, at=at)
    engagement.state, engagement.decided_by, engagement.decided_at = State.ADMITTED, by, at
    engagement.save()
    _tell(Event.AUDITOR_ADMITTED, Action.UPDATE, engagement, by)
    if not engagement.user.has_usable_password():
        invitations.mail(user=engagement.user, by=by, at=at)
    return engagement


def _give_role(engagement: Engagement, *, until: dt.date, proposed_by: User, by: User, at: dt.datetime) -> Any:
    try:
        return roles.give_agreed(
            user=engagement.user,
            role=Role.AUDITOR,
            starts_on=max(engagement.starts_on, people.day_of(at)),
            ends_on=until,
            proposed_by=proposed_by,
            by=by,
            at=at,
        )
    except roles.CannotGiveRole as refusal:
        raise CannotAudit(refusal.what_to_do) from refusal


@transaction.atomic
def refuse(*, engagement_id: int, by: User, at: dt.datetime) -> Engagement:
    """Do not admit a proposed auditor; the proposer takes it back this way. Raises CannotAudit."""
    engagement = _locked(engagement_id)
    if engagement.state != State.WAITING:
        raise CannotAudit(_("Somebody decided this already."))
    if by.pk != engagement.proposed_by_id:
        _check_key(by, at)
    engagement.state, engagement.decided_by, engagement.decided_at = State.REFUSED, by, at
    engagement.save()
    _tell(Event.AUDITOR_NOT_ADMITTED, Action.UPDATE, engagement, by)
    return engagement


def _check_key(by: User, at: dt.datetime) -> None:
    if not permissions.holds(people.roles_of(by, on=people.day_of(at)), Permission.SECOND_KEY):
        raise CannotAudit(_("Only a district admin or the superintendent can confirm this."))


@transaction.atomic
def propose_longer(*, engagement_id: int, until: dt.date, by: User, at: dt.datetime) -> Engagement:
    """Propose a later last day; a second person agrees. Raises CannotAudit."""
    engagement = _locked(engagement_id)
    _check_may_invite(by, at)
    if engagement.state != State.ADMITTED:
        raise CannotAudit(_("This audit is not running."))
    if until <= engagement.ends_on:
        raise CannotAudit(_("The new last day has to lie after the present one. To end the audit early, end it."))
    if until - people.day_of(at) > LONGEST:
        raise CannotAudit(_("An audit can be made longer by a year at most."))
    engagement.longer_until, engagement.longer_by = until, by
    engagement.save()
    _tell(Event.AUDITOR_EXTENSION_PROPOSED, Action.UPDATE, engagement, by, until=until.isoformat())
    return engagement


@transaction.atomic
def agree_longer(*, engagement_id: int, by: User, at: dt.datetime) -> Engagement:
    """Turn the second key for a later last day. Raises CannotAudit."""
    engagement = _locked(engagement_id)
    if engagement.state != State.ADMITTED or engagement.longer_until is None or engagement.longer_by is None:
        raise CannotAudit(_("Somebody decided this already."))
    _end_role(engagement, by=by, at=at)
    engagement.assignment = _give_role(engagement, until=engagement.longer_until, proposed_by=engagement.longer_by, by=by, at=at)
    engagement.ends_on, engagement.longer_until, engagement.longer_by = engagement.longer_until, None, None
    engagement.save()
    _tell(Event.AUDITOR_EXTENDED, Action.UPDATE, engagement, by)
    return engagement


@transaction.atomic
def drop_longer(*, engagement_id: int, by: User, at: dt.datetime) -> Engagement:
    """Do not agree to a later last day, or take the proposal back. Raises CannotAudit."""
    engagement = _locked(engagement_id)
    if engagement.longer_by_id is None:
        raise CannotAudit(_("Somebody decided this already."))
    if by.pk != engagement.longer_by_id:
        _check_key(by, at)
    engagement.longer_until = engagement.longer_by = None
    engagement.save()
    _tell(Event.AUDITOR_EXTENSION_DROPPED, Action.UPDATE, engagement, by)
    return engagement


@transaction.atomic
def end(*, engagement_id: int, by: User | None, at: dt.datetime) -> Engagement:
    """End an audit now: the role ends and every session of the auditor. `by` is None where its last day is over. Twice changes nothing.

    Raises CannotAudit for somebody who may not invite auditors.
    """
    engagement = _locked(engagement_id)
    if by is not None:
        _check_may_invite(by, at)
    if engagement.state != State.ADMITTED:
        return engagement
    _end_role(engagement, by=by, at=at)
    accounts.end_sessions(user=engagement.user, by=by, at=at)
    engagement.state, engagement.ended_at, engagement.ended_by = State.ENDED, at, by
    engagement.longer_until = engagement.longer_by = None
    engagement.save()
    _tell(Event.AUDITOR_ENDED, Action.UPDATE, engagement, by, by_itself=by is None)
    return engagement


def end_over(*, at: dt.datetime) -> int:
    """End every audit whose last day is over. Answers how many; safe to run twice at the same time.

    The role itself is not in force after that day, whether this ran or not; here the sessions end too, and the trail says so.
    """
    over = Engagement.objects.filter(state=State.ADMITTED, ends_on__lt=people.day_of(at)).values_list("pk", flat=True)
    return sum(end(engagement_id=number, by=None, at=at).ended_at == at for number in list(over))


def _end_role(engagement: Engagement, *, by: User | None, at: dt.datetime) -> None:
    if engagement.assignment_id is not None:
        roles.end(assignment_id=engagement.assignment_id, by=by, at=at)


def _locked(engagement_id: int) -> Engagement:
    return Engagement.objects.select_for_update(of=("self",)).select_related("user", "proposed_by", "longer_by").get(pk=engagement_id)


def refuse_write(*, page: str, by: User) -> None:
    """Record that an auditor tried to change something; `page` is the name of the address."""
    entries.refuse(Event.AUDITOR_WRITE_REFUSED, by=by, hat=Role.AUDITOR, data={"page": page, "on": clock.today().isoformat()})


def _tell(event: Event, action: Action, engagement: Engagement, by: User | None, **data: object) -> None:
    scope = queries.scope_in(engagement)
    entries.append(
        event,
        action=action,
        by=by,
        about=engagement,
        data={
            "user": str(engagement.user.public_id),
            "starts_on": engagement.starts_on.isoformat(),
            "ends_on": engagement.ends_on.isoformat(),
            "within": queries.within(scope),
            "may_export": scope.may_export,
            "may_see_names": scope.may_see_names,
            **data,
        },
    )
