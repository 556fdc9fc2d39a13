"""Witnesses, declarations and checks as plain values for templates."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence, Set

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.checkpoints.cosignatures import Fault
from governance.checkpoints.models import Cosignature, Declaration, Sending, Witness
from governance.people.models import User
from governance.trail.seals import queries as seals
from governance.trail.seals import runs
from portal.base.components import Status

FEW = 10


@dataclasses.dataclass(frozen=True)
class WitnessRow:
    """One witness as the staff page shows it, and what the reader can do about it."""

    public_id: uuid.UUID
    name: str
    office: str
    email: str
    signs: bool
    starts_on: dt.date
    ends_on: dt.date | None
    status: Status
    proposed_by: str
    proposed_at: dt.datetime
    signed_at: dt.datetime | None
    waiting: bool
    active: bool
    mine: bool


@dataclasses.dataclass(frozen=True)
class PublicWitness:
    """One witness as everybody reads it."""

    name: str
    office: str
    signs: bool
    since: dt.date
    signed_at: dt.datetime | None
    signed_size: int | None


@dataclasses.dataclass(frozen=True)
class SendingRow:
    """One mail to a witness and how far it is."""

    public_id: uuid.UUID
    witness: str
    made_at: dt.datetime
    size: int
    because: str
    status: Status
    note: str
    can_note_return: bool


@dataclasses.dataclass(frozen=True)
class DeclarationRow:
    """A proposed or declared restore or key, and what the reader can do about it."""

    public_id: uuid.UUID
    kind: str
    is_restore: bool
    reason: str
    backup_at: dt.datetime | None
    lost: str
    proposed_by: str
    proposed_at: dt.datetime
    decided_by: str
    decided_at: dt.datetime | None
    status: Status
    waiting: bool
    mine: bool


@dataclasses.dataclass(frozen=True)
class PublicDeclaration:
    """What everybody reads of a declared restore or key."""

    is_restore: bool
    reason: str
    at: dt.datetime
    backup_at: dt.datetime | None
    lost: str
    lost_from: int | None
    lost_to: int | None


@dataclasses.dataclass(frozen=True)
class RunRow:
    """One check of the whole trail."""

    number: int
    at: dt.datetime
    status: Status
    words: str
    asked_by: str
    findings: Sequence[str]
    running: bool


def witness_row(witness: Witness, *, reader: User, signed: Mapping[int, Cosignature], on: dt.date) -> WitnessRow:
    """A witness as `reader` sees it."""
    is_over = witness.state == Witness.State.NAMED and witness.ends_on is not None and witness.ends_on < on
    kind = {"waiting": "wait", "named": "ok", "refused": "stop", "ended": "off"}[witness.state]
    last = signed.get(witness.pk)
    return WitnessRow(
        public_id=witness.public_id,
        name=witness.name,
        office=witness.office,
        email=witness.email,
        signs=bool(witness.key_name),
        starts_on=witness.starts_on,
        ends_on=witness.ends_on,
        status=Status("off", _("The term is over")) if is_over else Status(kind, str(Witness.State(witness.state).label)),
        proposed_by=witness.proposed_by.name,
        proposed_at=witness.proposed_at,
        signed_at=last.seen_at if last else None,
        waiting=witness.state == Witness.State.WAITING,
        active=witness.state == Witness.State.NAMED,
        mine=witness.proposed_by_id == reader.pk,
    )


def public_witness(witness: Witness, signed: Mapping[int, Cosignature]) -> PublicWitness:
    """A witness without the e-mail address."""
    last = signed.get(witness.pk)
    return PublicWitness(
        witness.name, witness.office, bool(witness.key_name), witness.starts_on, last.seen_at if last else None, last.size if last else None
    )


def sending_row(sending: Sending) -> SendingRow:
    """A mail to a witness, with what the outbox says of it."""
    message, note = sending.message, ""
    if sending.returned_at is not None:
        status = Status("stop", _("Came back"))
    elif message is None or message.done_at is not None:
        status = Status("ok", _("Sent"))
    elif message.failed_at is not None:
        status, note = Status("stop", _("Failed")), _("The mail server did not take it for four hours.")
    else:
        status = Status("warn" if message.attempts else "wait", _("On its way"))
        note = ngettext("Tried %(count)s time.", "Tried %(count)s times.", message.attempts) % {"count": message.attempts}
        note = note if message.attempts else ""
    return SendingRow(
        public_id=sending.public_id,
        witness=sending.witness.office,
        made_at=sending.made_at,
        size=sending.size,
        because=str(Sending.Because(sending.because).label),
        status=status,
        note=note,
        can_note_return=sending.returned_at is None and status.kind == "ok",
    )


def declaration_row(declaration: Declaration, *, reader: User, used: Set[int]) -> DeclarationRow:
    """A proposal or declaration as `reader` sees it. `used`: the declaring entries that the sealer acted on."""
    kind = {"waiting": "wait", "confirmed": "ok", "refused": "stop"}[declaration.state]
    words = str(Declaration.State(declaration.state).label)
    if declaration.entry_id is not None and declaration.entry_id not in used:
        kind, words = "warn", _("Declared; the sealer has not gone on yet")
    return DeclarationRow(
        public_id=declaration.public_id,
        kind=str(Declaration.Kind(declaration.kind).label),
        is_restore=declaration.kind == Declaration.Kind.RESTORE,
        reason=str(Declaration.Reason(declaration.reason).label),
        backup_at=declaration.backup_at,
        lost=lost_words(declaration.lost_from, declaration.lost_to),
        proposed_by=declaration.proposed_by.name,
        proposed_at=declaration.proposed_at,
        decided_by=declaration.decided_by.name if declaration.decided_by else "",
        decided_at=declaration.decided_at,
        status=Status(kind, words),
        waiting=declaration.state == Declaration.State.WAITING,
        mine=declaration.proposed_by_id == reader.pk,
    )


def public_declaration(found: seals.Declared) -> PublicDeclaration:
    """A declared restore or key as everybody reads it."""
    data, reason = found.data, str(found.data.get("reason"))
    is_restore = found.kind == Declaration.Kind.RESTORE
    first, to = (int(data["lost_from"]), int(data["lost_to"])) if is_restore else (None, None)
    return PublicDeclaration(
        is_restore=is_restore,
        reason=str(Declaration.Reason(reason).label) if reason in Declaration.Reason.values else reason,
        at=found.at,
        backup_at=dt.datetime.fromisoformat(data["backup_at"]) if is_restore else None,
        lost=lost_words(first, to),
        lost_from=first,
        lost_to=to,
    )


def lost_words(lost_from: int | None, lost_to: int | None) -> str:
    """How many sealed lines are lost, in words; empty for a key."""
    if lost_from is None or lost_to is None:
        return ""
    count = lost_to - lost_from
    if not count:
        return _("No sealed line is lost.")
    words = ngettext("%(count)s sealed line is lost.", "%(count)s sealed lines are lost.", count)
    return words % {"count": f"{count:,}"}


def run_row(run: runs.Run, names: Mapping[uuid.UUID, str]) -> RunRow:
    """A run for the staff page, with what it found."""
    if run.began_at is None:
        status, words = Status("wait", _("Waits to begin")), ""
    elif run.ended_at is None:
        status = Status("wait", _("Under way"))
        words = _("%(percent)s percent, %(done)s of %(total)s lines") % {
            "percent": run.percent,
            "done": f"{run.entries:,}",
            "total": f"{run.total:,}",
        }
    else:
        status = Status("ok", _("Holds")) if run.holds else Status("stop", _("Does not hold"))
        words = _("%(entries)s lines, %(checkpoints)s checkpoints, %(unsealed)s not sealed yet") % {
            "entries": f"{run.entries:,}",
            "checkpoints": f"{run.checkpoints:,}",
            "unsealed": f"{run.unsealed:,}",
        }
    return RunRow(
        number=run.number,
        at=run.ended_at or run.began_at or run.asked_at,
        status=status,
        words=words,
        asked_by=names.get(run.asked_by, _("a person")) if run.asked_by else _("the portal, at night"),
        findings=[_finding(entry, what) for entry, what in run.findings],
        running=run.ended_at is None,
    )


def _finding(entry: int | None, what: str) -> str:
    return f"{_('Entry')} {entry}: {what}" if entry is not None else what


def held_words(held: int | None) -> str:
    """How many lines are kept back, as a number that tells of nobody: never one below ten."""
    if held is None:
        return _("not counted yet")
    return _("fewer than 10") if held < FEW else f"{held:,}"


def fault_words(fault: Fault) -> str:
    """Why a signature was not taken, and what to do."""
    return {
        Fault.NO_CHECKPOINT: _("This is no checkpoint. Send the whole text of the file, from the first line to the last."),
        Fault.NOT_OURS: _("This checkpoint is not signed by this district's portal. Check that you sent the right file."),
        Fault.OTHER_TREE: _(
            "This checkpoint carries the district's signature, but the record now says something else for this size. Keep your file. If no"
            " restore is declared on this page, tell the school board and the district: this is what a checkpoint is for."
        ),
        Fault.UNKNOWN_WITNESS: _(
            "The signature is of a name that this district has not named as a witness. Ask the district to add your key."
        ),
        Fault.NO_SIGNATURE: _("There is no signature of a witness under this checkpoint. Sign it with witness.py first."),
        Fault.FORGED: _(
            "The signature does not hold for the key that this district has on file. Check that you signed with the right key."
        ),
        Fault.NOT_ITS_TIME: _(
            "The time of the signature is outside of the witness's term, ahead of now, or before the checkpoint was made. Check your computer's clock."
        ),
    }[fault]
