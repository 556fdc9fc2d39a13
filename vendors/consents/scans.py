"""Signed papers, encrypted in the vault. A file that no answer names is swept."""

import contextlib
import datetime as dt
from collections.abc import Iterator

from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event, Role
from portal.base import vault
from vendors.consents.models import Answer, Scan

OWNER = "consentscan"


@contextlib.contextmanager
def keeping(content: bytes | None) -> Iterator[vault.Kept | None]:
    """The file in the vault, for an answer that is written within; nothing of it is left where that fails. None without one."""
    if content is None:
        yield None
        return
    with vault.keeping(OWNER, content) as kept:
        yield kept


def attach(answer: Answer, kept: vault.Kept, *, by: User, at: dt.datetime) -> Scan | None:
    """Keep the scan with its answer, in the open transaction. None where the answer has one already: the page was sent twice."""
    if Scan.objects.filter(answer=answer).exists():
        return None
    made = Scan.objects.create(answer=answer, file=kept.name, file_key=kept.key, size=kept.size, sha256=kept.sha256, kept_at=at, kept_by=by)
    entries.append(
        Event.CONSENT_SCAN_KEPT,
        action=Action.CREATE,
        by=by,
        about=answer,
        students=[answer.standing.student_id],
        hat=Role.SECRETARY,
        data={"sha256": kept.sha256},
    )
    return made


def opened(scan: Scan, *, by: User, hat: Role) -> bytes:
    """The PDF, once the entry stands that names the child and who opened it. Raises vault.Damaged."""
    entries.append_ahead(
        Event.CONSENT_SCAN_OPENED,
        by=by,
        students=[scan.answer.standing.student_id],
        elements=(),
        opens=False,
        hat=hat,
        data={"answer": str(scan.answer.public_id)},
    )
    return b"".join(vault.read(vault.Kept(scan.file, scan.size, scan.sha256, bytes(scan.file_key))))


def sweep() -> int:
    """Remove files that no row names any more: those of students who were destroyed, and of work that was killed."""
    return vault.sweep(OWNER, known=set(Scan.objects.values_list("file", flat=True)))
