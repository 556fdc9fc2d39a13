"""How often reports come from one place, without keeping the place.

The address is hashed with a random salt that lives in Redis for an hour and then is gone, and cut to two bytes: many addresses share each
counter, and none can be found again from it. Beyond a few reports an hour an easy question is asked; far beyond, the page says to call. While
Redis is away nothing is counted and the question is always asked.
"""

import hashlib
import secrets

from django.core.cache import cache

HOUR = 3600
FREE = 3
MOST = 30
MOST_OF_ALL = 200
_SALT = "reports:salt"


def seen(address: str | None) -> int | None:
    """How many came from there within the hour; None where that is not known. More than MOST_OF_ALL from everywhere counts as FREE + 1."""
    key = _key(address)
    if key is None:
        return None
    here = cache.get(key, 0)
    return max(here, FREE + 1) if cache.get("reports:all", 0) > MOST_OF_ALL else here


def count(address: str | None) -> None:
    """One more from there."""
    for key in (_key(address), "reports:all"):
        if key is None:
            continue
        cache.add(key, 0, HOUR)
        try:
            cache.incr(key)
        except ValueError:
            return


def _key(address: str | None) -> str | None:
    cache.add(_SALT, secrets.token_hex(16), HOUR)
    salt = cache.get(_SALT)
    if salt is None:
        return None
    return f"reports:{hashlib.sha256(f'{salt} {address}'.encode()).hexdigest()[:4]}"
