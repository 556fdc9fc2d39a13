"""Making printings in the worker. Killed at any line it leaves a file without a name, which is swept, and a row that another worker takes up.

In the zip: each letter by itself, one file with all of them, labels as PDF and as a table, and what was not printed. No file name names a child.
"""

import logging
import zipfile
from collections.abc import Callable

from django.db import transaction
from django.utils import translation

from breaches.letters import actions, addressing, printing, queries, wording
from breaches.letters.models import Printing, Sheet
from breaches.letters.typesetting import Setter
from governance.packs.zips import Stream
from governance.people import permissions
from governance.people import queries as people
from governance.trail import context
from governance.vocabulary import Permission
from portal.base import clock, outbox, vault

log = logging.getLogger("portal.letters")
OWNER = "letters"
_EPOCH = (1980, 1, 1, 0, 0, 0)


class TakenOver(Exception):
    """Another worker makes this printing now."""


class NotAllowed(Exception):
    """Its incident has ended, or whoever asked does not handle incidents any more."""


@outbox.handles(printing.TOPIC)
def wake(body: dict) -> None:
    """Start a worker once the message is done with: the door does not open inside the relay's transaction. Beat's sweep would find it too."""
    from breaches.letters.tasks import make_printings

    transaction.on_commit(lambda: make_printings.apply_async(ignore_result=True, retry=False), robust=True)


def make_waiting(*, door_alias: str) -> None:
    """Make whatever waits, one after the other. Safe to run in several workers. `door_alias` is the login that opens names and addresses."""
    while (found := printing.claim(at=clock.now())) is not None:
        with context.acting(actor_id=found.asked_by_id), translation.override(found.asked_by.language):
            make(found, door_alias=door_alias)


def make(found: Printing, *, door_alias: str) -> None:
    """Make one printing that this worker has claimed."""

    def told(done: int) -> None:
        if not printing.tell(printing=found, done=done, at=clock.now()):
            raise TakenOver

    try:
        _check(found)
        with vault.Writer(OWNER) as file:
            outcomes = _write(Stream(file), found, told, door_alias)
            kept = file.finish()
        if not printing.finish(printing=found, kept=kept, outcomes=outcomes, at=clock.now()):
            vault.destroy(kept.name)
    except TakenOver:
        return
    except NotAllowed:
        printing.fail(printing=found, at=clock.now())
    except Exception as error:  # noqa: BLE001 - whatever went wrong, another try is made, and the third one says so
        log.error("letters.failed %s", type(error).__name__)  # the error's own text may quote a letter
        if found.attempts >= printing.MOST_ATTEMPTS:
            printing.fail(printing=found, at=clock.now())


def _check(found: Printing) -> None:
    roles = people.roles_of(found.asked_by, on=clock.today())
    incident = found.notice.incident
    if incident.closed_at or incident.account_id == found.asked_by_id or found.notice.drill:
        raise NotAllowed
    if not permissions.holds(roles, Permission.HANDLE_INCIDENTS):
        raise NotAllowed


def _write(sink: Stream, found: Printing, told: Callable[[int], None], door_alias: str) -> dict[int, str]:
    """The zip, and what came of each sheet. Codes are kept before a letter carries them."""
    sheets = list(found.sheets.select_related("printing", "recipient__guardianship"))
    district, on, version = people.district(), clock.today(), found.notice.version
    assert version is not None
    whom, outcomes = [], {}
    for first in range(0, len(sheets), addressing.BATCH):
        batch = sheets[first : first + addressing.BATCH]
        opened = addressing.addressed(batch, by=found.asked_by, hat=found.hat, on=on, using=door_alias)
        for sheet in batch:
            outcomes[sheet.pk] = opened[sheet.pk].outcome
            if (one := opened[sheet.pk].whom) is not None:
                whom.append(one)
    printed = [sheet.recipient for sheet in sheets if outcomes[sheet.pk] == Sheet.Outcome.PRINTED]
    actions.make_codes({recipient.pk: recipient.public_id for recipient in printed})
    letters = [wording.letter(one, version.texts, district, on) for one in whom]
    left = [(f"{found}-{sheet.number}", str(Sheet.Outcome(outcomes[sheet.pk]).label)) for sheet in sheets if sheet.recipient not in printed]
    with Setter() as setter, zipfile.ZipFile(sink, "w") as pack:  # type: ignore[call-overload]
        for number, each in enumerate(letters, start=1):
            title = each["texts"][0]["subject"]
            _put(
                pack,
                f"letters/{each['reference']}.pdf",
                setter.pdf("letter", {"title": title, "language": each["language"], "letters": [each]}),
            )
            told(number)
        if letters:
            _put(pack, "print-all.pdf", setter.pdf("letter", {"title": f"{found}", "language": "en", "letters": letters}))
            _put(
                pack,
                "labels.pdf",
                setter.pdf("labels", {"title": f"{found}", "language": "en", "labels": [wording.label(one) for one in whom]}),
            )
        _put(pack, "labels.csv", ("\ufeff" + wording.labels_csv(whom)).encode())
        _put(pack, "not-printed.csv", ("\ufeff" + wording.left_csv(left)).encode())
    return outcomes


def _put(pack: zipfile.ZipFile, name: str, content: bytes) -> None:
    about = zipfile.ZipInfo(name, _EPOCH)
    about.compress_type, about.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
    pack.writestr(about, content)


def sweep(*, door_alias: str) -> None:
    """Take up what fell silent, remove what lay ready for a day, clear what was left behind."""
    for over in queries.over(before=clock.now() - printing.LASTS):
        printing.remove(public_id=over.public_id, at=clock.now())
    vault.sweep(OWNER, known=queries.kept_names())
    make_waiting(door_alias=door_alias)
