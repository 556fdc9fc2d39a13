"""Making packs in the worker. Killed at any line it leaves a file without a name, which is swept, and a row that another worker takes up."""

import logging

from django.db import transaction
from django.utils import translation

from governance.packs import actions, queries, zips
from governance.packs.models import Pack
from governance.packs.reading import CannotRead, asked_by
from governance.trail import context
from portal.base import clock, outbox, vault

log = logging.getLogger("portal.packs")
OWNER = "packs"


class TakenOver(Exception):
    """Another worker makes this pack now."""


@outbox.handles(actions.TOPIC)
def wake(body: dict) -> None:
    """Start a worker once the message is done with: the door does not open inside the relay's transaction. Beat's sweep would find it too."""
    from governance.packs.tasks import make_packs

    transaction.on_commit(lambda: make_packs.apply_async(ignore_result=True, retry=False), robust=True)


def make_waiting() -> None:
    """Make whatever waits, one after the other. Safe to run in several workers."""
    while (pack := actions.claim(at=clock.now())) is not None:
        with context.acting(actor_id=pack.asked_by_id), translation.override(pack.asked_by.language):
            make(pack)


def make(pack: Pack) -> None:
    """Make one pack that this worker has claimed."""

    def told(done: int) -> None:
        if not actions.tell(pack=pack, done=done, at=clock.now()):
            raise TakenOver

    try:
        asked = asked_by(student=pack.student, by=pack.asked_by, year=pack.year, as_auditor=pack.as_auditor, until=pack.asked_at)
        with vault.Writer(OWNER) as file:
            made = zips.write(zips.Stream(file), asked, at=clock.now(), language=pack.asked_by.language, told=told)
            kept = file.finish()
        if not actions.finish(pack=pack, kept=kept, lines=made.lines, proven=made.proven, at=clock.now()):
            vault.destroy(kept.name)
    except TakenOver:
        return
    except (CannotRead, zips.NothingSealed):
        actions.fail(pack=pack, at=clock.now())
    except Exception as error:  # noqa: BLE001 - whatever went wrong, another try is made, and the third one says so
        log.error("packs.failed %s", type(error).__name__)  # the error's own text may quote a line
        if pack.attempts >= actions.MOST_ATTEMPTS:
            actions.fail(pack=pack, at=clock.now())


def sweep() -> None:
    """Take up what fell silent, remove what lay ready for a day, clear what was left behind."""
    for pack in queries.over(at=clock.now() - actions.LASTS):
        actions.remove(public_id=pack.public_id, at=clock.now())
    vault.sweep(OWNER, known=queries.kept_names())
    make_waiting()
