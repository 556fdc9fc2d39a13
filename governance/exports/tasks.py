"""What workers do with exports: ids in, one call."""

from uuid import UUID

from celery import shared_task

from governance.exports import making

AGAIN_SECONDS = 3


@shared_task
def make_export(export_id: str) -> None:
    """Make the file of an export; again in a moment where sealing is not yet as far. A lost or doubled message changes nothing."""
    if not making.make(UUID(export_id)):
        make_export.apply_async([export_id], countdown=AGAIN_SECONDS, ignore_result=True, retry=False)


@shared_task
def sweep() -> None:
    """Lapse, expire, take up again, clear away. Safe to run twice at the same time."""
    making.sweep()
