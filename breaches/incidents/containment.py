"""Steps of containment. Each acts at once in the room it concerns, by that room's own verb where it has one, and is written down here.

The step, what it does and its entries are one transaction: a step that stands on the page has happened.
"""

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from breaches import handling, held
from breaches.incidents import actions
from breaches.incidents.models import Incident, Step
from governance.authority.models import Grant
from governance.people import accounts, invitations
from governance.people import queries as people
from governance.people.models import User
from governance.requests.models import DataRequest
from governance.retention import actions as retention
from governance.retention.models import Hold
from governance.trail import entries
from governance.vocabulary import Action, Event, Role
from portal.base.errors import CannotDo
from vendors.oneroster import actions as connections
from vendors.providers.models import Tool
from vendors.reviews import actions as reviews
from vendors.reviews.models import Approval


@held.told
@transaction.atomic
def suspend_account(*, incident: UUID, account: User, by: User, at: dt.datetime) -> Step:
    """Close an account and sign it out everywhere. Raises CannotDo for one's own and for the last district admin."""
    locked = _begin(incident, by, at)
    admins = people.people_with(Role.DISTRICT_ADMIN, on=people.day_of(at))
    if [admin.pk for admin in admins] == [account.pk]:
        raise CannotDo(_("This is the last district admin. Give the role to somebody else first, or nobody can open accounts again."))
    try:
        accounts.suspend(user_id=account.pk, by=by, at=at)
    except accounts.CannotChangeAccount as refused:
        raise CannotDo(refused.what_to_do) from None
    return _done(locked, Step.Kind.SUSPEND_ACCOUNT, by, at, target=account.public_id)


@held.told
@transaction.atomic
def end_sessions(*, incident: UUID, account: User, by: User, at: dt.datetime) -> Step:
    """Sign an account out everywhere."""
    locked = _begin(incident, by, at)
    accounts.end_sessions(user=account, by=by, at=at)
    return _done(locked, Step.Kind.END_SESSIONS, by, at, target=account.public_id)


@held.told
@transaction.atomic
def end_grants(*, incident: UUID, account: User, by: User, at: dt.datetime) -> Step:
    """End every permission that somebody asked for and was given; what the rules allow at once stays until the account is suspended."""
    locked = _begin(incident, by, at)
    open_ones = list(Grant.objects.select_for_update().filter(holder=account, ended_at=None))
    for grant in open_ones:
        grant.ended_at, grant.ended_by, grant.ended_because = at, by, "incident"
        grant.save(update_fields=["ended_at", "ended_by", "ended_because"])
        entries.append(Event.GRANT_ENDED, action=Action.UPDATE, by=by, about=grant, grant_id=grant.pk, data={"because": "incident"})
    DataRequest.objects.filter(grant__in=open_ones).update(state=DataRequest.State.ENDED)
    return _done(locked, Step.Kind.END_GRANTS, by, at, target=account.public_id, count=len(open_ones))


@held.told
@transaction.atomic
def rotate_credentials(*, incident: UUID, account: User, by: User, at: dt.datetime) -> Step:
    """Make the password worthless, sign out everywhere, and mail a link to set a new one. Raises CannotDo for a suspended account."""
    locked = _begin(incident, by, at)
    fresh = User.objects.select_for_update().get(pk=account.pk)
    fresh.set_unusable_password()
    fresh.save(update_fields=["password"])
    accounts.end_sessions(user=fresh, by=by, at=at)
    try:
        invitations.mail(user=fresh, by=by, at=at)
    except invitations.CannotInvite as refused:
        raise CannotDo(refused.what_to_do) from None
    return _done(locked, Step.Kind.ROTATE_CREDENTIALS, by, at, target=account.public_id)


@held.told
@transaction.atomic
def stop_tool(*, incident: UUID, tool: Tool, by: User, at: dt.datetime) -> Step:
    """End the tool's approval: from this moment the gate lets nothing through to it. Raises CannotDo where none is in force."""
    locked = _begin(incident, by, at)
    approvals = list(Approval.objects.filter(tool=tool, ended_at=None))
    if not approvals:
        raise CannotDo(_("This tool has no approval in force: the gate lets nothing through to it."), code="stopped_already")
    for approval in approvals:
        reviews.end_approval(approval=approval, because="safety", by=by, at=at)
    return _done(locked, Step.Kind.STOP_TOOL, by, at, target=tool.public_id, count=len(approvals))


@held.told
@transaction.atomic
def end_credentials(*, incident: UUID, tool: Tool, by: User, at: dt.datetime) -> Step:
    """End the credentials of the tool's own system: its tokens are worth nothing from this moment. Raises CannotDo where it has none."""
    locked = _begin(incident, by, at)
    if connections.end(tool=tool, because="incident", by=by, at=at) is None:
        raise CannotDo(_("This tool has no credentials: its system fetches nothing from the portal."), code="no_credentials")
    return _done(locked, Step.Kind.ROTATE_CREDENTIALS, by, at, target=tool.public_id)


@held.told
@transaction.atomic
def hold_purge(*, incident: UUID, by: User, at: dt.datetime) -> Step:
    """Keep the whole trail and all values from being destroyed until two people end the hold. Raises CannotDo for who may not place one."""
    locked = _begin(incident, by, at)
    try:
        hold = retention.place(
            kind=Hold.Kind.INVESTIGATION, reason=_("Incident %(incident)s") % {"incident": locked}, reference=str(locked), holds_trail=True,
            holds_values=True, trail_from=None, trail_to=None, students=[], by=by, at=at,
        )  # fmt: skip
    except retention.CannotChange as refused:
        raise CannotDo(refused.what_to_do) from None
    return _done(locked, Step.Kind.HOLD_PURGE, by, at, target=hold.public_id)


@transaction.atomic
def note_outside(*, incident: UUID, words: str, by: User, at: dt.datetime) -> Step:
    """Write down a step that was taken outside the portal, in a drill one that would be. Raises CannotDo without words."""
    if not words.strip():
        raise CannotDo(_("Say what was done."), code="no_reason")
    return _done(actions.open_for(incident, by=by, at=at), Step.Kind.OTHER, by, at, words=words.strip())


def _begin(incident: UUID, by: User, at: dt.datetime) -> Incident:
    locked = actions.open_for(incident, by=by, at=at)
    if locked.drill:
        raise held.HeldInDrill(_("This is an exercise: nothing is stopped or closed in it. Write down what you would do."), locked)
    return locked


def _done(
    incident: Incident, kind: Step.Kind, by: User, at: dt.datetime, *, target: UUID | None = None, count: int | None = None, words: str = ""
) -> Step:
    made = Step.objects.create(incident=incident, kind=kind, target=target, count=count, words=words, taken_at=at, taken_by=by)
    told = {"step": str(kind), "target": str(target) if target else None, "count": count}
    entries.append(Event.INCIDENT_STEP_TAKEN, action=Action.UPDATE, by=by, about=incident, hat=handling.hat_of(by, at), data=told)
    return made
