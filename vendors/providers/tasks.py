"""What beat asks once an hour: is an account of a provider's contact over, or soon?"""

from celery import shared_task

from portal.base import clock
from vendors.providers import lastdays


@shared_task
def end_contacts() -> None:
    """Safe to run twice at the same time."""
    lastdays.look_round(at=clock.now())
