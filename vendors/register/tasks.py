"""What beat asks every ten minutes: does the register say something else?"""

from celery import shared_task

from portal.base import clock
from vendors.register import actions


@shared_task
def note_changes() -> None:
    """Keep what changed. Safe to run twice at the same time."""
    actions.note_changes(at=clock.now())
