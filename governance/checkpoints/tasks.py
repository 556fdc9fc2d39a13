"""What beat starts: checkpoints that are due, checks at night, and word of what they found."""

from celery import shared_task

from governance.checkpoints import checks, witnesses
from portal.base import clock


@shared_task
def look_round() -> None:
    """Send the checkpoints that are due, and tell of a check that found something."""
    now = clock.now()
    witnesses.send_what_is_due(at=now)
    checks.tell_of_failures(at=now)


@shared_task
def check_at_night() -> None:
    """Ask for the nightly check of the whole trail."""
    checks.ask(by=None)
