"""What workers do with printings. A task names no printing: whatever waits is made, so that a lost or doubled message changes nothing."""

from celery import shared_task

from breaches.letters import making


@shared_task
def make_printings() -> None:
    """Make what waits, with the keeper's login at the door."""
    making.make_waiting(door_alias="keeper")


@shared_task
def sweep() -> None:
    """Take up, remove, clear away. Safe to run twice at the same time."""
    making.sweep(door_alias="keeper")
