"""What beat asks once an hour: does a review fall due?"""

from celery import shared_task

from portal.base import clock
from vendors.reviews import following


@shared_task
def open_what_falls_due() -> None:
    """Open the reviews that are due. Safe to run twice at the same time."""
    following.open_what_falls_due(at=clock.now())
