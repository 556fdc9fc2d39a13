"""What people do so that much still works on the day of a breach. Each verb is one transaction, with its entry inside."""

import datetime as dt
import smtplib
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from breaches.handling import check_may, hat_of
from breaches.readiness import queries
from breaches.readiness.models import Holder, MailSwitch, Number
from governance.people import queries as people
from governance.people.models import District, User
from governance.trail import entries
from governance.vocabulary import Action, Event
from portal.base import mail
from portal.base.errors import CannotDo


@transaction.atomic
def name(*, user: User, phone: str, by: User, at: dt.datetime) -> Holder:
    """Propose who keeps a way in that needs neither single sign-on nor mail; somebody else confirms.

    Raises CannotDo for a third person, for somebody named already, without a number, and where that person could not sign in alone.
    """
    check_may(by, at=at)
    District.objects.select_for_update().filter(pk=1).first()  # one such change at a time, so that there are never three
    if not phone.strip():
        raise CannotDo(_("Give a telephone number that works when the district’s own telephones do not."), code="no_phone")
    there = list(queries.holders())
    if any(holder.user_id == user.pk for holder in there):
        raise CannotDo(_("This person is named or proposed already."), code="same")
    if len(there) >= queries.HOLDERS:
        raise CannotDo(_("Two people are named or proposed already. End one of the two first."), code="two_already")
    _check_ready(user, at)
    made = Holder.objects.create(user=user, phone=phone.strip(), proposed_at=at, proposed_by=by)
    _tell(Event.READINESS_NAMED, made, by=by, at=at, action=Action.CREATE, user=str(user.public_id))
    return made


@transaction.atomic
def confirm(*, holder: UUID, by: User, at: dt.datetime) -> Holder:
    """The second person confirms. Raises CannotDo for who proposed it, for the person named, and where that is decided."""
    check_may(by, at=at)
    waiting = _open_one(holder)
    if waiting.confirmed_at is not None:
        raise CannotDo(_("Somebody confirmed this already."), code="decided")
    if by.pk in (waiting.proposed_by_id, waiting.user_id):
        raise CannotDo(_("Somebody else has to confirm this: neither who proposed it nor the person named."), code="own")
    _check_ready(waiting.user, at)
    waiting.confirmed_at, waiting.confirmed_by = at, by
    waiting.save(update_fields=["confirmed_at", "confirmed_by"])
    _tell(Event.READINESS_CONFIRMED, waiting, by=by, at=at, user=str(waiting.user.public_id))
    return waiting


@transaction.atomic
def end(*, holder: UUID, by: User, at: dt.datetime) -> Holder:
    """Somebody is named no more, or a proposal is taken back. Raises CannotDo where that is over already."""
    check_may(by, at=at)
    found = _open_one(holder)
    found.ended_at, found.ended_by = at, by
    found.save(update_fields=["ended_at", "ended_by"])
    _tell(Event.READINESS_ENDED, found, by=by, at=at, user=str(found.user.public_id))
    return found


def switch_mail(*, path: str, reason: str, by: User, at: dt.datetime) -> MailSwitch:
    """Send all mail by this server from now on. What waits in the outbox goes by it too; what is in a drainer's hands ends by the old one.

    Raises CannotDo for who is not named, without a reason, without a second server, where it goes that way already, and where that server
    does not answer.
    """
    if not queries.is_named(by):
        raise CannotDo(_("Only the two people named for the day of a breach switch the mail server."), code="not_named")
    if not mail.has_second():
        raise CannotDo(_("The district has no second mail server. Set PORTAL_SECOND_EMAIL_URL first."), code="no_second")
    if not reason.strip():
        raise CannotDo(_("Say why. It stands in the trail and on the status page."), code="no_reason")
    if queries.mail_path() == path:
        raise CannotDo(_("Mail goes by this server already."), code="same")
    _check_answers(path)
    return _switch(path, reason.strip(), by, at)


@transaction.atomic
def _switch(path: str, reason: str, by: User, at: dt.datetime) -> MailSwitch:
    made = MailSwitch.objects.create(path=path, reason=reason, at=at, by=by)
    _tell(Event.READINESS_MAIL_SWITCHED, made, by=by, at=at, path=path)
    return made


def _check_answers(path: str) -> None:
    server = mail.connection(by=path)
    try:
        server.open()
    except (OSError, smtplib.SMTPException):
        raise CannotDo(
            _("That mail server does not answer, or does not let the portal in. Nothing was switched."), code="no_answer"
        ) from None
    finally:
        server.close()


@transaction.atomic
def add_number(*, title: str, name: str, phone: str, by: User, at: dt.datetime) -> Number:
    """Put a number on the card. Raises CannotDo without a title or a number."""
    check_may(by, at=at)
    if not title.strip() or not phone.strip():
        raise CannotDo(_("Say whose number it is, and the number."), code="missing")
    made = Number.objects.create(title=title.strip(), name=name.strip(), phone=phone.strip(), added_at=at, added_by=by)
    _tell(Event.READINESS_NUMBER_ADDED, made, by=by, at=at, action=Action.CREATE, number=made.pk)
    return made


@transaction.atomic
def remove_number(*, number: int, by: User, at: dt.datetime) -> Number:
    """Take a number off the card. Raises CannotDo where it is off already."""
    check_may(by, at=at)
    found = Number.objects.select_for_update().filter(pk=number, removed_at=None).first()
    if found is None:
        raise CannotDo(_("This number is not on the card any more."), code="same")
    found.removed_at, found.removed_by = at, by
    found.save(update_fields=["removed_at", "removed_by"])
    _tell(Event.READINESS_NUMBER_REMOVED, found, by=by, at=at, number=found.pk)
    return found


def _open_one(public_id: UUID) -> Holder:
    found = Holder.objects.select_for_update(of=("self",)).select_related("user").get(public_id=public_id)
    if found.ended_at is not None:
        raise CannotDo(_("This is over already."), code="decided")
    return found


def _check_ready(user: User, at: dt.datetime) -> None:
    if queries.what_is_missing(user, on=people.day_of(at)):
        raise CannotDo(
            _(
                "This person could not sign in alone: it takes a role that handles incidents, a password of the portal’s own, and a "
                "second step by an app, a passkey or a security key."
            ),
            code="not_ready",
        )


def _tell(
    event: Event, about: Holder | MailSwitch | Number, *, by: User, at: dt.datetime, action: Action = Action.UPDATE, **told: object
) -> None:
    entries.append(event, action=action, by=by, about=about, hat=hat_of(by, at), data=told)
