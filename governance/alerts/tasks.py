"""What beat starts. The task names nothing: where the trail was read up to stands in the database."""

import logging

from celery import shared_task
from django.db import InterfaceError, OperationalError, connections

from governance.alerts import runner

log = logging.getLogger("portal.alerts")


@shared_task
def look() -> None:
    """Judge what is new in the trail. A database that is away is met again by the next run, which takes what this one left."""
    if runner.KEEPER not in connections:
        return
    try:
        runner.run()
    except (OperationalError, InterfaceError) as error:
        log.warning("alerts.database_away %s", type(error).__name__)
        for connection in connections.all(initialized_only=True):
            connection.close()
