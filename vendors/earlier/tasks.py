"""What beat asks once an hour: does a list wait for too long?"""

from celery import shared_task

from portal.base import clock
from vendors.earlier import actions


@shared_task
def tidy() -> None:
    """Safe to run twice at the same time."""
    actions.tidy(at=clock.now())
