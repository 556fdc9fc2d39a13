"""What follows from an export's steps: the worker is told by the outbox, with the export's id alone."""

from portal.base import outbox

MAKE = "exports.make"


@outbox.handles(MAKE)
def have_it_made(body: dict) -> None:
    """Hand the export to a worker. A broker that is away makes the outbox try again."""
    from governance.exports.tasks import make_export

    make_export.apply_async([body["export"]], ignore_result=True, retry=False)
