"""What workers do with proof packs. A task names no pack: whatever waits is made, so that a lost or doubled message changes nothing."""

from celery import shared_task

from governance.packs import making


@shared_task
def make_packs() -> None:
    """Make what waits."""
    making.make_waiting()


@shared_task
def sweep() -> None:
    """Take up, remove, clear away. Safe to run twice at the same time."""
    making.sweep()
