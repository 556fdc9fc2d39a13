"""Making packs in the worker. Killed at any line it leaves a file without a name, which is swept, and a row that another worker takes up."""

import logging

from django.utils import translation

from governance.packs import actions, zips
from governance.packs.models import Pack
from governance.packs.reading import CannotRead, asked_by
from governance.trail import context
from portal.base import clock, kept, outbox, vault
from portal.base.zips import Stream

log = logging.getLogger("portal.packs")
OWNER = "packs"


@outbox.handles(actions.TOPIC)
def wake(body: dict) -> None:
    """Start a worker."""
    from governance.packs.tasks import make_packs

    kept.wake(make_packs)


def make_waiting() -> None:
    """Make whatever waits, one after the other. Safe to run in several workers."""
    while (pack := actions.claim(at=clock.now())) is not None:
        with context.acting(actor_id=pack.asked_by_id), translation.override(pack.asked_by.language):
            make(pack)


def make(pack: Pack) -> None:
    """Make one pack that this worker has claimed."""

    def told(done: int) -> None:
        if not kept.tell(pack, done=done, at=clock.now()):
            raise kept.TakenOver

    def write(file: vault.Writer) -> zips.Made:
        asked = asked_by(student=pack.student, by=pack.asked_by, year=pack.year, as_auditor=pack.as_auditor, until=pack.asked_at)
        return zips.write(Stream(file), asked, at=clock.now(), language=pack.asked_by.language, told=told)

    def finish(file: vault.Kept, made: zips.Made) -> bool:
        return actions.finish(pack=pack, file=file, lines=made.lines, proven=made.proven, at=clock.now())

    def failed(for_good: bool) -> None:
        if for_good:
            actions.fail(pack=pack, at=clock.now())

    kept.make(pack, owner=OWNER, write=write, finish=finish, failed=failed, hopeless=(CannotRead, zips.NothingSealed), log=log)


def sweep() -> None:
    """Take up what fell silent, remove what lay ready for a day, clear what was left behind."""
    for pack in kept.over(Pack, at=clock.now()):
        actions.remove(public_id=pack.public_id, at=clock.now())
    vault.sweep(OWNER, known=kept.names(Pack))
    make_waiting()
