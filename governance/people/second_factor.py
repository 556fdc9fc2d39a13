"""The second step of signing in: a try that failed leaves an entry, and a lost one is taken away by two people."""

import datetime as dt
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed
from django.db import transaction
from django.dispatch import receiver
from django.utils.translation import gettext as _

from governance.people import accounts, notices, permissions, queries
from governance.people.models import SecondStepReset, User
from governance.trail import entries
from governance.vocabulary import Action, Event, Permission
from portal.base import outbox
from portal.base.errors import CannotDo

State = SecondStepReset.State


class CannotReset(CannotDo):
    """Nothing was changed; `what_to_do` says why."""


@receiver(authentication_failed, dispatch_uid="people.second_factor.failed")
def record_failed(*, user: User, authenticator: Authenticator | None = None, reauthentication: bool = False, **_: Any) -> None:
    """Write which kind of second step failed, for whose account: the password was right, so somebody may be trying. The code is kept nowhere."""
    kind = authenticator.type if authenticator is not None else "unknown"
    entries.refuse(Event.SIGN_IN_FAILED, by=None, about=user, data={"second_step": str(kind), "again": reauthentication})


@transaction.atomic
def propose_reset(*, user: User, checked: str, by: User, at: dt.datetime) -> SecondStepReset:
    """Ask a second person to take away a lost second step; `checked` says how `by` made sure who is asking.

    Raises CannotReset for oneself, for an account without a second step, and while one waits.
    """
    User.objects.select_for_update().get(pk=user.pk)
    if user.pk == by.pk:
        raise CannotReset(_("You cannot do this for yourself. Ask another district admin."))
    if not Authenticator.objects.filter(user=user).exists():
        raise CannotReset(_("This account has no second step. There is nothing to take away."))
    if SecondStepReset.objects.filter(user=user, state=State.WAITING).exists():
        raise CannotReset(_("This waits for a second person already."))
    reset = SecondStepReset.objects.create(user=user, checked=checked, proposed_by=by, proposed_at=at)
    _tell(Event.SECOND_STEP_RESET_ASKED, Action.CREATE, reset, by, checked=str(checked))
    return reset


@transaction.atomic
def confirm_reset(*, reset_id: int, by: User, at: dt.datetime) -> SecondStepReset:
    """Take the second step away, recovery codes and passkeys with it, and sign the person out everywhere; the person is told by mail.

    Raises CannotReset for the one who asked, the person concerned, whoever holds no second key, and what is decided already.
    """
    reset = _waiting(reset_id, by, at)
    if by.pk == reset.proposed_by_id:
        raise CannotReset(_("You asked for this. Another key holder has to confirm it."))
    Authenticator.objects.filter(user=reset.user).delete()
    accounts.end_sessions(user=reset.user, by=by, at=at)
    reset.state, reset.decided_by, reset.decided_at = State.DONE, by, at
    reset.save(update_fields=["state", "decided_by", "decided_at"])
    _tell(Event.SECOND_STEP_RESET, Action.UPDATE, reset, by)
    outbox.put(notices.SECOND_STEP_RESET, at=at, reset=str(reset.public_id))
    return reset


@transaction.atomic
def refuse_reset(*, reset_id: int, by: User, at: dt.datetime) -> SecondStepReset:
    """Leave the second step as it is; who asked may take it back this way. Raises CannotReset."""
    reset = _waiting(reset_id, by, at)
    reset.state, reset.decided_by, reset.decided_at = State.REFUSED, by, at
    reset.save(update_fields=["state", "decided_by", "decided_at"])
    _tell(Event.SECOND_STEP_RESET_REFUSED, Action.UPDATE, reset, by)
    return reset


def _waiting(reset_id: int, by: User, at: dt.datetime) -> SecondStepReset:
    reset = SecondStepReset.objects.select_for_update(of=("self",)).select_related("user").get(pk=reset_id)
    if reset.state != State.WAITING:
        raise CannotReset(_("Somebody decided this already."))
    if by.pk == reset.user_id:
        raise CannotReset(_("You cannot decide about your own second step."))
    if by.pk != reset.proposed_by_id and not permissions.holds(queries.roles_of(by, on=queries.day_of(at)), Permission.SECOND_KEY):
        raise CannotReset(_("Only a district admin or the superintendent can confirm this."))
    return reset


def _tell(event: Event, action: Action, reset: SecondStepReset, by: User, **data: str) -> None:
    entries.append(event, action=action, by=by, about=reset, data={"user": str(reset.user.public_id), **data})
