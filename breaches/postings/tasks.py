"""What workers do with evidence packs. A task names no pack: whatever waits is made, so that a lost or doubled message changes nothing."""

from celery import shared_task

from breaches.postings import pack_making


@shared_task
def sweep() -> None:
    """End, make, clear away. Safe to run twice at the same time."""
    pack_making.run()
