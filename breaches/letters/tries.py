"""How often wrong codes come from one place. The address is kept as a hash under a salt of that quarter of an hour, and gone after it.

While Redis is away nothing is counted: a code has 82 bits, so that guessing does not pay anyway.
"""

import hashlib
import secrets

from django.core.cache import cache

WINDOW = 900
MOST = 10
_SALT = "letters:salt"


def too_many(address: str | None) -> bool:
    """True where this place has typed so many wrong codes that it has to wait; a right one does not help then."""
    key = _key(address)
    return key is not None and cache.get(key, 0) >= MOST


def count(address: str | None) -> None:
    """One more wrong code from there."""
    key = _key(address)
    if key is not None and not cache.add(key, 1, WINDOW):
        try:
            cache.incr(key)
        except ValueError:
            return


def _key(address: str | None) -> str | None:
    cache.add(_SALT, secrets.token_hex(16), WINDOW)
    salt = cache.get(_SALT)
    if salt is None:
        return None
    return f"letters:{hashlib.sha256(f'{salt} {address}'.encode()).hexdigest()[:16]}"
