"""What the keeper's worker does for retention. A task names nothing: what is due is taken from the database."""

from celery import shared_task

from governance.retention import runs
from portal.base import clock


@shared_task
def let_values_go() -> None:
    """Destroy students' values that are past the rule of their class."""
    runs.run(now=clock.now(), months=False)


@shared_task
def let_months_go() -> None:
    """Let the months of the trail go that are past the adopted rule."""
    runs.run(now=clock.now(), values=False)
