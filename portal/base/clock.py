"""What time it is. The only place that asks; PORTAL_NOW moves it for demos and tests."""

import datetime as dt
import time

from django.conf import settings
from django.utils import timezone

_started = time.monotonic()


def now() -> dt.datetime:
    """The present moment, with time zone. With PORTAL_NOW set, that moment, going on at the usual pace."""
    if settings.PORTAL_NOW:
        start = dt.datetime.fromisoformat(settings.PORTAL_NOW)
        if start.tzinfo is None:
            start = start.replace(tzinfo=timezone.get_default_timezone())
        return start + dt.timedelta(seconds=time.monotonic() - _started)
    return timezone.now()


def today() -> dt.date:
    """The calendar day at the district."""
    return timezone.localdate(now(), timezone.get_default_timezone())
