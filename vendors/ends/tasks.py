"""What beat asks: has something ended, is an order to be sent, is one due?"""

from celery import shared_task

from portal.base import clock
from vendors.ends import following


@shared_task
def look_round() -> None:
    """Open what is due, send what has gathered, remind. Safe to run twice at the same time."""
    at = clock.now()
    following.look_round(at=at)
    following.send_and_remind(at=at)
