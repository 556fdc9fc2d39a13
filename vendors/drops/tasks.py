"""What beat asks every minute: is a file due, or over?"""

from celery import shared_task

from portal.base import clock
from vendors.drops import following


@shared_task
def look_round() -> None:
    """Safe to run twice at the same time."""
    following.look_round(at=clock.now())
