"""Taking back what witnesses signed. Anybody may send one in: what counts is the signature."""

import datetime as dt
import enum

from django.db import transaction

from governance.checkpoints.models import Cosignature, Witness
from governance.people import queries as people
from governance.trail import entries
from governance.trail.seals import notes
from governance.trail.seals import queries as seals
from governance.vocabulary import Action, Event

MOST_BYTES = 16_384
AHEAD = dt.timedelta(minutes=5)  # how far a witness's clock may go ahead


class Fault(enum.StrEnum):
    """Why a signature is not taken."""

    NO_CHECKPOINT = "no-checkpoint"
    NOT_OURS = "not-ours"
    OTHER_TREE = "other-tree"
    UNKNOWN_WITNESS = "unknown-witness"
    NO_SIGNATURE = "no-signature"
    FORGED = "forged"
    NOT_ITS_TIME = "not-its-time"


class Refused(Exception):
    """The signature is not taken; `fault` says why."""

    def __init__(self, fault: Fault):
        super().__init__(fault)
        self.fault = fault


def receive(text: str, *, at: dt.datetime) -> list[Cosignature]:
    """Keep the witnesses' signatures of a co-signed checkpoint; those that are here already are answered once more.

    Raises Refused, after writing an entry: nothing of the text stands in it.
    """
    try:
        checkpoint, found = _checked(text.replace("\r\n", "\n"), at=at)  # as some mail programs save it
    except Refused as refusal:
        entries.refuse(Event.COSIGNATURE_REFUSED, by=None, data={"because": str(refusal.fault)})
        raise
    return [_keep(checkpoint, witness, line, seen_at, at=at) for witness, line, seen_at in found]


def lines_for(size: int, root: bytes) -> str:
    """The signature lines of all witnesses under the checkpoint of this size and root."""
    found = Cosignature.objects.filter(size=size, root=root).order_by("witness_id", "-seen_at").distinct("witness_id")
    return "".join(found.values_list("line", flat=True))


def with_lines(note: str) -> str:
    """A signed note of ours with what the witnesses signed under the same checkpoint."""
    checkpoint, _ = notes.parse(note)
    return note + lines_for(checkpoint.size, checkpoint.root)


def _checked(text: str, *, at: dt.datetime) -> tuple[notes.Checkpoint, list[tuple[Witness, str, dt.datetime]]]:
    try:
        checkpoint, signatures = notes.parse(text)
    except notes.BadNote as error:
        raise Refused(Fault.NO_CHECKPOINT) from error
    if not any(_is_signed_by_us(text, key) for key in seals.public_keys()):
        raise Refused(Fault.NOT_OURS)
    if seals.root_of(checkpoint.size) != checkpoint.root:
        raise Refused(Fault.OTHER_TREE)
    foreign = {name for name, _ in signatures} - {checkpoint.origin}
    if not foreign:
        raise Refused(Fault.NO_SIGNATURE)
    witnesses = Witness.objects.filter(state=Witness.State.NAMED, key_name__in=foreign).exclude(key_name="")
    found = [_signature_of(witness, text, checkpoint, at=at) for witness in witnesses]
    if not found:
        raise Refused(Fault.UNKNOWN_WITNESS)
    return checkpoint, found


def _is_signed_by_us(text: str, key: seals.Key) -> bool:
    try:
        checkpoint, _ = notes.check(text, key.public)
    except notes.BadNote:
        return False
    return checkpoint.origin == key.origin


def _signature_of(witness: Witness, text: str, checkpoint: notes.Checkpoint, *, at: dt.datetime) -> tuple[Witness, str, dt.datetime]:
    assert witness.public_key is not None
    try:
        line, seen_at = notes.cosignature(text, bytes(witness.public_key), name=witness.key_name)
    except notes.BadNote as error:
        raise Refused(Fault.FORGED) from error
    made_at = seals.made_at(checkpoint.size)
    day = people.day_of(seen_at)
    is_in_term = witness.starts_on <= day and (witness.ends_on is None or day <= witness.ends_on)
    # The note has no part of a second, so the witness may be a second early.
    if seen_at > at + AHEAD or not is_in_term or (made_at is not None and seen_at < made_at - AHEAD):
        raise Refused(Fault.NOT_ITS_TIME)
    return witness, line, seen_at


@transaction.atomic
def _keep(checkpoint: notes.Checkpoint, witness: Witness, line: str, seen_at: dt.datetime, *, at: dt.datetime) -> Cosignature:
    kept, is_new = Cosignature.objects.get_or_create(
        witness=witness, size=checkpoint.size, seen_at=seen_at, defaults={"root": checkpoint.root, "received_at": at, "line": line}
    )
    if is_new:
        entries.append(Event.COSIGNATURE_KEPT, action=Action.CREATE, by=None, about=witness, data={"size": checkpoint.size})
    return kept
