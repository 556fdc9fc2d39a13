"""What beat asks once an hour: is an agreement about to expire?"""

from celery import shared_task

from portal.base import clock
from vendors.agreements import notices


@shared_task
def look_ahead() -> None:
    """Put what is due into the outbox. Safe to run twice at the same time."""
    notices.look_ahead(at=clock.now())
