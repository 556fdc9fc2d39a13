"""Naming witnesses, and sending them checkpoints."""

import datetime as dt
import uuid

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from governance.checkpoints import notices, two_people
from governance.checkpoints.models import Round, Sending, Witness
from governance.checkpoints.queries import witnesses_at
from governance.people import queries as people
from governance.people.models import User
from governance.trail import entries
from governance.trail.seals import notes
from governance.trail.seals import queries as seals
from governance.vocabulary import Action, Event
from portal.base import outbox
from portal.base.errors import CannotDo


@transaction.atomic
def propose(
    *, name: str, office: str, email: str, language: str, key: str, starts_on: dt.date, ends_on: dt.date | None, by: User, at: dt.datetime
) -> Witness:
    """Propose a witness. `key` is the line of a public key (name+hash+key), or empty for one who only keeps. Raises CannotDo."""
    two_people.check_may_propose(by, at=at)
    key_name, public = "", None
    if key:
        try:
            key_name, public = notes.cosigner(key)
        except notes.BadNote as error:
            raise CannotDo(_("This is no witness's public key. Copy the whole line that witness.py --make-key printed.")) from error
        if Witness.objects.filter(key_name=key_name, state__in=(Witness.State.WAITING, Witness.State.NAMED)).exists():
            raise CannotDo(_("A witness with this key is there already."))
    witness = Witness.objects.create(
        name=name,
        office=office,
        email=email,
        language=language,
        key_name=key_name,
        public_key=public,
        starts_on=starts_on,
        ends_on=ends_on,
        proposed_by=by,
        proposed_at=at,
    )
    entries.append(Event.WITNESS_PROPOSED, action=Action.CREATE, by=by, about=witness, data={"signs": bool(key)})
    return witness


@transaction.atomic
def confirm(*, witness_id: uuid.UUID, by: User, at: dt.datetime) -> Witness:
    """Turn the second key: the witness is named and gets the newest checkpoint. Raises CannotDo."""
    witness = _waiting(witness_id)
    two_people.check_may_confirm(by, proposed_by=witness.proposed_by_id, at=at)
    witness.state, witness.decided_by, witness.decided_at = Witness.State.NAMED, by, at
    witness.save()
    entries.append(
        Event.WITNESS_NAMED, action=Action.UPDATE, by=by, about=witness, data={"proposed_by": str(witness.proposed_by.public_id)}
    )
    _send([witness], because=Sending.Because.NAMED, by=by, at=at)
    return witness


@transaction.atomic
def refuse(*, witness_id: uuid.UUID, by: User, at: dt.datetime) -> Witness:
    """Do not name a proposed witness; the proposer may take it back this way. Raises CannotDo."""
    witness = _waiting(witness_id)
    if by.pk != witness.proposed_by_id:
        two_people.check_may_confirm(by, proposed_by=witness.proposed_by_id, at=at)
    witness.state, witness.decided_by, witness.decided_at = Witness.State.REFUSED, by, at
    witness.save()
    entries.append(Event.WITNESS_NOT_NAMED, action=Action.UPDATE, by=by, about=witness)
    return witness


@transaction.atomic
def end(*, witness_id: uuid.UUID, by: User, at: dt.datetime) -> Witness:
    """Send nothing more to a witness. What was signed stays. Ending twice changes nothing. Raises CannotDo."""
    two_people.check_may_propose(by, at=at)
    witness = Witness.objects.select_for_update().get(public_id=witness_id)
    if witness.state != Witness.State.NAMED:
        return witness
    witness.state, witness.ended_by, witness.ended_at = Witness.State.ENDED, by, at
    witness.save()
    entries.append(Event.WITNESS_ENDED, action=Action.UPDATE, by=by, about=witness)
    return witness


@transaction.atomic
def note_returned(*, sending_id: uuid.UUID, by: User, at: dt.datetime) -> Sending:
    """A mail to a witness came back to the district's mailbox; noting it twice changes nothing. Raises CannotDo."""
    two_people.check_may_propose(by, at=at)
    sending = Sending.objects.select_for_update(of=("self",)).select_related("witness").get(public_id=sending_id)
    if sending.returned_at is None:
        sending.returned_at, sending.returned_by = at, by
        sending.save(update_fields=["returned_at", "returned_by"])
        entries.append(Event.CHECKPOINT_SENT, action=Action.UPDATE, by=by, about=sending.witness, data={"returned": True})
    return sending


def send_what_is_due(*, at: dt.datetime) -> int:
    """Mail the newest checkpoint to every witness: once a week, and once after each epoch and each new key. Answers how many mails are due.

    Safe to run at any time and twice at the same time.
    """
    day = people.day_of(at)
    rounds = [(Round.About.WEEK, day.toordinal() // 7, Sending.Because.WEEK)]
    rounds += [(Round.About.EPOCH, number, Sending.Because.EPOCH) for number in seals.later_epochs()]
    rounds += [(Round.About.KEY, number, Sending.Because.EPOCH) for number in seals.later_keys()]
    return sum(_round(about, number, because, at) for about, number, because in rounds)


def _round(about: Round.About, number: int, because: Sending.Because, at: dt.datetime) -> int:
    if Round.objects.filter(about=about, number=number).exists() or seals.latest_checkpoint() is None:
        return 0
    try:
        with transaction.atomic():
            Round.objects.create(about=about, number=number, at=at)
            return _send(witnesses_at(at), because=because, by=None, at=at)
    except IntegrityError:
        return 0  # another worker is at it


def _send(witnesses: list[Witness], *, because: Sending.Because, by: User | None, at: dt.datetime) -> int:
    newest = seals.latest_checkpoint()
    if newest is None:
        return 0
    for witness in witnesses:
        sending = Sending(witness=witness, size=newest.size, because=because, made_at=at)
        sending.message = outbox.put(notices.CHECKPOINT, at=at, sending=str(sending.public_id))
        sending.save()
        entries.append(Event.CHECKPOINT_SENT, action=Action.CREATE, by=by, about=witness, data={"because": because, "size": newest.size})
    return len(witnesses)


def _waiting(witness_id: uuid.UUID) -> Witness:
    witness = Witness.objects.select_for_update(of=("self",)).select_related("proposed_by").get(public_id=witness_id)
    if witness.state != Witness.State.WAITING:
        raise CannotDo(_("Somebody decided this already."))
    return witness
