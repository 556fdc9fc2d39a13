"""What beat starts: a drainer. It carries no recipient; rows that wait are found by whoever drains."""

from celery import shared_task

from breaches.notices import engine


@shared_task
def drain() -> None:
    """Send what is due for some seconds, with the keeper's login at the door."""
    engine.drain(door_alias="keeper")
