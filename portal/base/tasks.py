"""What beat and commits start: the outbox relay."""

from celery import shared_task

from portal.base import outbox


@shared_task
def relay() -> None:
    """Handle every outbox message that is due."""
    outbox.run()
