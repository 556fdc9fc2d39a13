"""Making printings in the worker. Killed at any line it leaves a file without a name, which is swept, and a row that another worker takes up.

In the zip: each letter by itself, one file with all of them, labels as PDF and as a table, and what was not printed. No file name names a child.
"""

import logging
from collections.abc import Callable

from django.utils import translation

from breaches.letters import actions, addressing, printing, wording
from breaches.letters.models import Printing, Sheet
from breaches.letters.typesetting import Setter
from governance.people import permissions
from governance.people import queries as people
from governance.trail import context
from governance.vocabulary import Permission
from portal.base import clock, kept, outbox, vault
from portal.base.zips import Stream, onto, put

log = logging.getLogger("portal.letters")
OWNER = "letters"


class NotAllowed(Exception):
    """Its incident has ended, or whoever asked does not handle incidents any more."""


@outbox.handles(printing.TOPIC)
def wake(body: dict) -> None:
    """Start a worker."""
    from breaches.letters.tasks import make_printings

    kept.wake(make_printings)


def make_waiting(*, door_alias: str) -> None:
    """Make whatever waits, one after the other. Safe to run in several workers. `door_alias` is the login that opens names and addresses."""
    while (found := printing.claim(at=clock.now())) is not None:
        with context.acting(actor_id=found.asked_by_id), translation.override(found.asked_by.language):
            make(found, door_alias=door_alias)


def make(found: Printing, *, door_alias: str) -> None:
    """Make one printing that this worker has claimed."""

    def told(done: int) -> None:
        if not kept.tell(found, done=done, at=clock.now()):
            raise kept.TakenOver

    def write(file: vault.Writer) -> dict[int, str]:
        _check(found)
        return _write(Stream(file), found, told, door_alias)

    def finish(file: vault.Kept, outcomes: dict[int, str]) -> bool:
        return printing.finish(printing=found, file=file, outcomes=outcomes, at=clock.now())

    def failed(for_good: bool) -> None:
        if for_good:
            printing.fail(printing=found, at=clock.now())

    kept.make(found, owner=OWNER, write=write, finish=finish, failed=failed, hopeless=(NotAllowed,), log=log)


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
    with Setter() as setter, onto(sink) as pack:
        for number, each in enumerate(letters, start=1):
            title = each["texts"][0]["subject"]
            put(
                pack,
                f"letters/{each['reference']}.pdf",
                setter.pdf("letter", {"title": title, "language": each["language"], "letters": [each]}),
            )
            told(number)
        if letters:
            put(pack, "print-all.pdf", setter.pdf("letter", {"title": f"{found}", "language": "en", "letters": letters}))
            put(
                pack,
                "labels.pdf",
                setter.pdf("labels", {"title": f"{found}", "language": "en", "labels": [wording.label(one) for one in whom]}),
            )
        put(pack, "labels.csv", ("\ufeff" + wording.labels_csv(whom)).encode())
        put(pack, "not-printed.csv", ("\ufeff" + wording.left_csv(left)).encode())
    return outcomes


def sweep(*, door_alias: str) -> None:
    """Take up what fell silent, remove what lay ready for a day, clear what was left behind."""
    for over in kept.over(Printing, at=clock.now()):
        printing.remove(public_id=over.public_id, at=clock.now())
    vault.sweep(OWNER, known=kept.names(Printing))
    make_waiting(door_alias=door_alias)
