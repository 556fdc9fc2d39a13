"""When each kind of worker last did something. Kept in the cache: if that is lost, nobody knows for half a minute, no more."""

import datetime as dt

from django.core.cache import cache

from portal.base import clock

WORKERS = ("portal", "keeper")
KEPT_SECONDS = 7 * 24 * 3600


def beat(worker: str) -> None:
    """This worker is at work now."""
    cache.set(f"heartbeat:{worker}", clock.now().isoformat(), KEPT_SECONDS)


def last(worker: str) -> dt.datetime | None:
    """When it last said so; None where nobody knows."""
    found = cache.get(f"heartbeat:{worker}")
    return dt.datetime.fromisoformat(found) if found else None
