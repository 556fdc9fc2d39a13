"""Evidence: encrypted in the vault, its hash fixed when it comes in, and every hand it passes through."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from breaches import handling
from breaches.incidents import actions
from breaches.incidents.models import Custody, Evidence
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event
from portal.base import vault
from portal.base.errors import CannotDo

OWNER = "evidence"
MOST_BYTES = 50_000_000


def take(*, incident: UUID, title: str, came_from: str, media_type: str, pieces: Iterable[bytes], by: User, at: dt.datetime) -> Evidence:
    """Take something in. Raises CannotDo for an empty file and for one of more than MOST_BYTES; nothing of it is kept then."""
    with vault.Writer(OWNER) as writer:
        for piece in pieces:
            writer.write(piece)
            if writer.size > MOST_BYTES:
                raise CannotDo(_("This file is larger than 50 MB. Keep it outside and write down where, and its hash."), code="too_large")
        if not writer.size:
            raise CannotDo(_("This file is empty. Choose another."), code="empty")
        kept = writer.finish()
    try:
        with transaction.atomic():
            locked = actions.open_for(incident, by=by, at=at)
            made = Evidence.objects.create(
                incident=locked, title=title.strip(), media_type=media_type[:100] or "application/octet-stream", size=kept.size,
                sha256=bytes.fromhex(kept.sha256), file=kept.name, file_key=kept.key, came_from=came_from.strip(), taken_at=at, taken_by=by,
            )  # fmt: skip
            _pass(made, Custody.Act.TAKEN, Event.EVIDENCE_TAKEN, by, at)
    except BaseException:
        vault.destroy(kept.name)
        raise
    return made


def open_it(*, evidence: UUID, reason: str, by: User, at: dt.datetime) -> tuple[Evidence, Iterator[bytes]]:
    """The content in pieces, once who opened it and why stands in the chain. Raises CannotDo without a reason, vault.Damaged."""
    if not reason.strip():
        raise CannotDo(_("Say why you open it."), code="no_reason")
    with transaction.atomic():
        found = _of(evidence, by)
        _pass(found, Custody.Act.OPENED, Event.EVIDENCE_OPENED, by, at, reason=reason.strip(), action=Action.ACCESS)
    return found, vault.read(_kept(found))


@transaction.atomic
def hand_over(*, evidence: UUID, to: str, reason: str, by: User, at: dt.datetime) -> Custody:
    """Write down to whom it was handed. Raises CannotDo without a name or a reason."""
    if not to.strip() or not reason.strip():
        raise CannotDo(_("Say to whom it went, and why."), code="no_reason")
    return _pass(_of(evidence, by), Custody.Act.HANDED_OVER, Event.EVIDENCE_HANDED_OVER, by, at, to=to.strip(), reason=reason.strip())


def check(*, evidence: UUID, by: User, at: dt.datetime) -> Custody:
    """Read the whole file again and compare its hash with the one of its coming in; what was found stands in the chain."""
    found = _of(evidence, by)
    digest = hashlib.sha256()
    try:
        for piece in vault.read(_kept(found)):
            digest.update(piece)
        holds = digest.digest() == bytes(found.sha256)
    except vault.Damaged:
        holds = False
    with transaction.atomic():
        return _pass(found, Custody.Act.CHECKED, Event.EVIDENCE_CHECKED, by, at, holds=holds)


def _of(public_id: UUID, by: User) -> Evidence:
    found = Evidence.objects.select_related("incident").get(public_id=public_id)
    if found.incident.account_id == by.pk:
        raise CannotDo(_("This incident is about you. Somebody else has to handle it."), code="own_case")
    return found


def _kept(found: Evidence) -> vault.Kept:
    return vault.Kept(found.file, found.size, bytes(found.sha256).hex(), bytes(found.file_key))


def _pass(
    found: Evidence, act: Custody.Act, event: Event, by: User, at: dt.datetime, *, to: str = "", reason: str = "", holds: bool | None = None,
    action: Action = Action.UPDATE,
) -> Custody:  # fmt: skip
    made = Custody.objects.create(evidence=found, act=act, to=to, reason=reason, holds=holds, at=at, by=by)
    told = {"evidence": str(found.public_id), "sha256": bytes(found.sha256).hex(), "holds": holds}
    entries.append(event, action=action, by=by, about=found.incident, hat=handling.hat_of(by, at), data=told)
    return made
