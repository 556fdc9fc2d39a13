"""How much a system may ask in a minute. Redis counts; while it is away PostgreSQL does, so that losing Redis opens nothing."""

import hashlib
import time

from django.core.cache import cache
from django.db import connection

REQUESTS_A_MINUTE = 240
ROWS_A_MINUTE = 20_000
CHILDREN_AN_HOUR = 10_000  # or twice those whom the tool may be told of: half of the portal's own ceiling (docs/how-to/limits-of-looks.md)
FAILED_TRIES = 10
TRY_MINUTES = 10
_KEPT = 10  # minutes that a tally of PostgreSQL stays


def count(key: str, number: int = 1, *, minutes: int = 1) -> int:
    """Add to what `key` asked in the present span of so many minutes; what it is then. `key` is an opaque id and a word."""
    span = _span(minutes)
    name = f"oneroster:{key}:{minutes}:{span}"
    if cache.add(name, number, timeout=minutes * 60 + 5):
        return number
    try:
        return int(cache.incr(name, number))
    except ValueError:
        return _count_here(f"{key}:{minutes}", span, number)


def counted(key: str, *, minutes: int = 1) -> int:
    """What `key` asked in the present span."""
    return count(key, 0, minutes=minutes)


def seconds_left(minutes: int = 1) -> int:
    """Until the next span begins."""
    whole = minutes * 60
    return whole - int(time.time()) % whole


def of_address(address: str | None) -> str:
    """A key for an address that does not hold it."""
    return hashlib.sha256(f"address {address}".encode()).hexdigest()[:32]


def _span(minutes: int) -> int:
    return int(time.time()) // (minutes * 60)


def _count_here(key: str, span: int, number: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM oneroster_tally WHERE key = %s AND minute < %s", [key, span - _KEPT])
        cursor.execute(
            """INSERT INTO oneroster_tally AS t (key, minute, number) VALUES (%s, %s, %s)
               ON CONFLICT (key, minute) DO UPDATE SET number = t.number + excluded.number RETURNING number""",
            [key, span, number],
        )
        return int(cursor.fetchone()[0])
