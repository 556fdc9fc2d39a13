"""What beat asks: has something ended whose other ways must be stopped, is a task late?"""

from celery import shared_task

from portal.base import clock
from vendors.ways import following


@shared_task
def look_round() -> None:
    """Open what is due and tell whom it concerns. Safe to run twice at the same time."""
    following.look_round(at=clock.now())
