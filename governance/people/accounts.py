"""Making, suspending and restoring accounts; ending sessions."""

import datetime as dt

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from governance.people import sessions
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event
from portal.base.errors import CannotDo


class CannotChangeAccount(CannotDo):
    """Nothing was changed; `what_to_do` says why."""


@transaction.atomic
def make(*, email: str, name: str, title: str = "", language: str = "en", staff_number: str = "", by: User | None, at: dt.datetime) -> User:
    """A new account without a password: it opens through an invitation. `by` is None for the set-up command and the portal itself.

    Raises CannotChangeAccount where the e-mail or the staff number belongs to an account already.
    """
    email = email.strip().lower()
    if User.objects.filter(email__iexact=email).exists():
        raise CannotChangeAccount(_("There is an account with this e-mail already."))
    if staff_number and User.objects.filter(staff_number=staff_number).exists():
        raise CannotChangeAccount(_("There is an account with this staff number already."))
    user = User.objects.create_user(email, None, name=name, title=title, language=language, staff_number=staff_number)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    entries.append(Event.ACCOUNT_MADE, action=Action.CREATE, by=by, about=user)
    return user


@transaction.atomic
def suspend(*, user_id: int, by: User, at: dt.datetime) -> User:
    """Close an account and end its sessions at once; roles stay as they are, for the record. Raises CannotChangeAccount for one's own."""
    user = User.objects.select_for_update().get(pk=user_id)
    if user.pk == by.pk:
        raise CannotChangeAccount(_("You cannot suspend yourself. Ask another district admin."))
    if user.is_active:
        user.is_active, user.session_era = False, user.session_era + 1
        user.save(update_fields=["is_active", "session_era"])
        entries.append(Event.ACCOUNT_SUSPENDED, action=Action.UPDATE, by=by, about=user)
    return user


@transaction.atomic
def restore(*, user_id: int, by: User, at: dt.datetime) -> User:
    """Open a suspended account again."""
    user = User.objects.select_for_update().get(pk=user_id)
    if not user.is_active:
        user.is_active = True
        user.save(update_fields=["is_active"])
        entries.append(Event.ACCOUNT_RESTORED, action=Action.UPDATE, by=by, about=user)
    return user


@transaction.atomic
def end_sessions(*, user: User, by: User | None, at: dt.datetime) -> None:
    """Sign the person out everywhere, this browser too. `by` is None where the portal itself does it, at the end of an audit."""
    User.objects.filter(pk=user.pk).update(session_era=F("session_era") + 1)
    entries.append(Event.SESSIONS_ENDED, action=Action.UPDATE, by=by, about=user)


@transaction.atomic
def end_session(*, user: User, name: str, at: dt.datetime) -> bool:
    """End one of the person's own sessions, by its name on the page; False where there is none of that name."""
    ended = sessions.end(user, name)
    if ended:
        entries.append(Event.SESSIONS_ENDED, action=Action.UPDATE, by=user, about=user, data={"one": True})
    return ended


@transaction.atomic
def set_language(*, user: User, language: str, at: dt.datetime) -> None:
    """The language of the person's mail and of the pages after signing in."""
    User.objects.filter(pk=user.pk).update(language=language)
    user.language = language
