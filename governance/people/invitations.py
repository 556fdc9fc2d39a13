"""Links that let somebody set a password, once and for a week."""

import datetime as dt
import secrets

from django.db import transaction
from django.utils.translation import gettext as _

from governance.people.models import Invitation, User
from governance.people.notices import INVITATION, address_of, hash_of
from governance.trail import entries
from governance.vocabulary import Action, Event
from portal.base import outbox
from portal.base.errors import CannotDo

LASTS = dt.timedelta(days=7)


class CannotInvite(CannotDo):
    """The person was not invited; `what_to_do` says why."""


class LinkNotValid(Exception):
    """The link is unknown, used or too old: which of them is not told."""


@transaction.atomic
def make(*, user: User, by: User | None, at: dt.datetime) -> str:
    """A new link for this person, to be shown once; older ones end. Answers its full address.

    Raises CannotInvite, also for somebody who has signed in before: whoever sees the link could then act in that person's name.
    """
    if by is not None and user.last_login is not None:
        raise CannotInvite(_("This person has signed in before. Send the link by e-mail, so that nobody else holds it."))
    token = secrets.token_urlsafe(32)
    _make(user, by, at, token)
    return address_of(token, user)


@transaction.atomic
def mail(*, user: User, by: User | None, at: dt.datetime) -> None:
    """Send a new link to the person's e-mail; older ones end. Raises CannotInvite."""
    invitation = _make(user, by, at, None)
    outbox.put(INVITATION, at=at, invitation=str(invitation.public_id))


def _make(user: User, by: User | None, at: dt.datetime, token: str | None) -> Invitation:
    if not user.is_active:
        raise CannotInvite(_("This account is suspended. Restore it first."))
    if by is not None and by.pk == user.pk:
        raise CannotInvite(_("To change your own password, use your account page."))
    Invitation.objects.filter(user=user, used_at=None, expires_at__gt=at).update(expires_at=at)
    invitation = Invitation.objects.create(
        user=user, token_hash=hash_of(token) if token else None, made_at=at, made_by=by, expires_at=at + LASTS
    )
    entries.append(Event.INVITED, action=Action.CREATE, by=by, about=user, data={"by_mail": token is None})
    return invitation


def find(token: str, *, at: dt.datetime) -> Invitation:
    """The open invitation behind a link. Raises LinkNotValid."""
    invitation = (
        Invitation.objects.select_related("user")
        .filter(token_hash=hash_of(token), used_at=None, expires_at__gt=at, user__is_active=True)
        .first()
    )
    if invitation is None:
        raise LinkNotValid
    return invitation


@transaction.atomic
def accept(*, token: str, password: str, at: dt.datetime) -> User:
    """Set the password and use the link up; sessions of an earlier password end. Raises LinkNotValid."""
    invitation = find(token, at=at)
    if not Invitation.objects.filter(pk=invitation.pk, used_at=None).update(used_at=at):
        raise LinkNotValid
    user = invitation.user
    user.set_password(password)
    user.save(update_fields=["password"])
    entries.append(Event.INVITATION_ACCEPTED, action=Action.UPDATE, by=user, about=user)
    return user
