"""What beat starts. The task names nothing: which clocks run stands in the database."""

from celery import shared_task

from breaches.clocks import runner
from portal.base import clock


@shared_task
def run() -> None:
    """Tell of what was reached. Safe to run twice at the same time."""
    runner.run(at=clock.now())
