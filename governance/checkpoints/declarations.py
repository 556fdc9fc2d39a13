"""Declaring a restore from a backup, or a new signing key. One person proposes, another confirms; then the sealer goes on by itself.

The entry that the sealer and everybody outside rely on names no person and no address. Who proposed and who confirmed stand in entries
of their own.
"""

import dataclasses
import datetime as dt
import uuid

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from governance.checkpoints import two_people
from governance.checkpoints.models import Declaration
from governance.people.models import User
from governance.trail import context, entries
from governance.trail.seals import declared, notes
from governance.trail.seals import queries as seals
from governance.vocabulary import Action, Event, Role
from portal.base.errors import CannotDo


@dataclasses.dataclass(frozen=True)
class Loss:
    """What is lost: everything that was sealed after `first` entries, up to the checkpoint `last`. Empty where `last` is what we have."""

    first: int
    last: notes.Checkpoint


def loss_that_the_sealer_found() -> Loss | None:
    """What the sealer refuses to go on behind; None where it refuses nothing."""
    refusal = seals.open_refusal()
    if refusal is None:
        return None
    if refusal.note is not None:
        last = notes.parse(refusal.note)[0]
        return Loss(min(refusal.size, last.size), last)
    newest = seals.latest_checkpoint()  # the memory is lost too, and the cluster is another one
    return Loss(newest.size, notes.parse(newest.note)[0]) if newest else None


def loss_that_a_checkpoint_shows(note: str, *, backup_at: dt.datetime) -> Loss:
    """What a checkpoint that was kept outside shows to be lost. Raises CannotDo where it is none of ours, or shows no loss."""
    try:
        last, _signatures = notes.parse(note)
    except notes.BadNote as error:
        raise CannotDo(_("This is no checkpoint. Copy the whole text of the file that a witness kept.")) from error
    if not any(_is_signed(note, key) for key in seals.public_keys()):
        raise CannotDo(_("This checkpoint is not signed with a key of this trail."))
    if seals.root_of(last.size) == last.root:
        raise CannotDo(_("The trail still holds everything that this checkpoint seals. Nothing is lost, so there is nothing to declare."))
    return Loss(min(seals.size_at(backup_at), last.size), last)


def _is_signed(note: str, key: seals.Key) -> bool:
    try:
        return notes.check(note, key.public)[0].origin == key.origin
    except notes.BadNote:
        return False


@transaction.atomic
def propose_restore(*, reason: Declaration.Reason, backup_at: dt.datetime, kept: str, by: User, at: dt.datetime) -> Declaration:
    """Propose to declare a restore. `kept` is a checkpoint that somebody outside kept, needed only where the sealer itself lost its memory.

    Raises CannotDo where nothing is lost.
    """
    two_people.check_may_propose(by, at=at)
    if backup_at > at:
        raise CannotDo(_("The backup cannot be from the future."))
    loss = loss_that_a_checkpoint_shows(kept, backup_at=backup_at) if kept.strip() else loss_that_the_sealer_found()
    if loss is None:
        raise CannotDo(_("The sealing goes on from where it was. Nothing is lost, so there is nothing to declare."))
    return _propose(
        Declaration(
            kind=Declaration.Kind.RESTORE,
            reason=reason,
            backup_at=backup_at,
            lost_from=loss.first,
            lost_to=loss.last.size,
            root=loss.last.root,
            proposed_by=by,
            proposed_at=at,
        )
    )


@transaction.atomic
def propose_key(*, reason: Declaration.Reason, by: User, at: dt.datetime) -> Declaration:
    """Propose a new signing key in place of the present one, or of a lost one. Raises CannotDo."""
    two_people.check_may_propose(by, at=at)
    return _propose(Declaration(kind=Declaration.Kind.KEY, reason=reason, proposed_by=by, proposed_at=at))


def _propose(declaration: Declaration) -> Declaration:
    try:
        with transaction.atomic():
            declaration.save()
    except IntegrityError as error:
        raise CannotDo(_("One waits for a second person already. Confirm it or take it back first.")) from error
    entries.append(
        Event.DECLARATION_PROPOSED,
        action=Action.CREATE,
        by=declaration.proposed_by,
        about=declaration,
        data={"declares": str(declaration.kind), "reason": str(declaration.reason)},
    )
    return declaration


@transaction.atomic
def confirm(*, declaration_id: uuid.UUID, by: User, at: dt.datetime) -> Declaration:
    """Turn the second key: it is declared, and the sealer goes on. Raises CannotDo for the proposer, and where the loss is another by now."""
    declaration = _waiting(declaration_id)
    hat = two_people.check_may_confirm(by, proposed_by=declaration.proposed_by_id, at=at)
    hats = (str(Role.DISTRICT_ADMIN), str(hat))  # nobody else may propose
    reason = str(declaration.reason)
    if declaration.kind == Declaration.Kind.RESTORE:
        lost = _lost(declaration)
        _check_still_lost(declaration, lost)
        assert declaration.lost_from is not None and declaration.backup_at is not None
        data = declared.restore_data(
            reason=reason,
            first=declaration.lost_from,
            lost=lost,
            backup_at=declaration.backup_at.replace(microsecond=0),
            hats=hats,
        )
    else:
        data = {"reason": reason, "hats": list(hats)}
    entries.append(
        Event.DECLARATION_CONFIRMED,
        action=Action.UPDATE,
        by=by,
        about=declaration,
        data={"declares": str(declaration.kind), "proposed_by": str(declaration.proposed_by.public_id)},
    )
    event = Event.RESTORE_DECLARED if declaration.kind == Declaration.Kind.RESTORE else Event.KEY_DECLARED
    with context.acting(actor_id=None):
        written = entries.append(event, action=Action.CREATE, by=None, data=data)
    seals.declare(str(declaration.kind), written.id, written.timestamp)
    declaration.state, declaration.decided_by, declaration.decided_at = Declaration.State.CONFIRMED, by, at
    declaration.entry_id, declaration.entry_at = written.id, written.timestamp
    declaration.save()
    return declaration


@transaction.atomic
def refuse(*, declaration_id: uuid.UUID, by: User, at: dt.datetime) -> Declaration:
    """Do not declare it; the proposer may take it back this way. Raises CannotDo."""
    declaration = _waiting(declaration_id)
    if by.pk != declaration.proposed_by_id:
        two_people.check_may_confirm(by, proposed_by=declaration.proposed_by_id, at=at)
    declaration.state, declaration.decided_by, declaration.decided_at = Declaration.State.REFUSED, by, at
    declaration.save()
    entries.append(Event.DECLARATION_REFUSED, action=Action.UPDATE, by=by, about=declaration, data={"declares": str(declaration.kind)})
    return declaration


def _lost(declaration: Declaration) -> notes.Checkpoint:
    assert declaration.root is not None and declaration.lost_to is not None
    return notes.Checkpoint("", declaration.lost_to, bytes(declaration.root))


def _check_still_lost(declaration: Declaration, lost: notes.Checkpoint) -> None:
    found = loss_that_the_sealer_found()
    if found is None and seals.root_of(lost.size) == lost.root:
        raise CannotDo(_("The trail holds all of it again, so there is nothing to declare. Take the proposal back."))
    if found is not None and (found.last.size, found.last.root) != (lost.size, lost.root):
        raise CannotDo(_("The sealer remembers another checkpoint by now. Take the proposal back and propose it anew."))


def _waiting(declaration_id: uuid.UUID) -> Declaration:
    declaration = Declaration.objects.select_for_update(of=("self",)).select_related("proposed_by").get(public_id=declaration_id)
    if declaration.state != Declaration.State.WAITING:
        raise CannotDo(_("Somebody decided this already."))
    return declaration
