"""What beat and commits start: the outbox relay, and a sign of life from each kind of worker."""

from celery import shared_task

from portal.base import heartbeat, outbox


@shared_task
def relay() -> None:
    """Handle every outbox message that is due."""
    heartbeat.beat("portal")
    outbox.run()


@shared_task
def keeper_alive() -> None:
    """Sent to the keeper's queue, so that its worker shows that it takes work."""
    heartbeat.beat("keeper")
