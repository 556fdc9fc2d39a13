"""The shared cache. Redis may be lost at any moment: then everything is a miss, nothing is an error."""

import json
import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
# After a failure Redis is left alone this long, so that a page does not wait for the same silence ten times.
REST_SECONDS = 2.0
# The sign-in library's rate limits and its note of used codes go on while Redis is away, kept in each process: refusing everybody would lock
# the doors from inside.
COUNTED_ANYWAY = ("allauth:", "allauth.mfa.")


class Plain:
    """How values lie in Redis: as JSON. Whoever can write there makes no object of ours."""

    def dumps(self, value: Any) -> bytes | int:
        """A whole number as it is, so that Redis can count it up."""
        return value if type(value) is int else json.dumps(value).encode()

    def loads(self, kept: bytes) -> Any:
        """What `dumps` was given; a tuple comes back as a list."""
        return json.loads(kept)


class Forgiving(RedisCache):
    """Django's Redis cache, where an unreachable, full or loading Redis counts as a miss.

    A write is then not kept, `add` says so with False, and `incr` raises ValueError as for any key that is not there.
    """

    def __init__(self, server: str, params: dict[str, Any]):
        options = {"serializer": Plain, "socket_connect_timeout": 0.5, "socket_timeout": 1.0} | params.get("OPTIONS", {})
        super().__init__(server, params | {"OPTIONS": options})
        self._rest_until = 0.0

    def _try(self, call: Callable[[], Any], otherwise: Any) -> Any:
        if time.monotonic() < self._rest_until:
            return otherwise
        try:
            return call()
        except (RedisError, OSError) as error:
            self._rest_until = time.monotonic() + REST_SECONDS
            log.warning("cache unreachable, going on without it (%s)", type(error).__name__)
            return otherwise

    def add(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> bool:
        added = self._try(lambda: super(Forgiving, self).add(key, value, *args, **kwargs), None)
        if added is None and str(key).startswith(COUNTED_ANYWAY):
            return caches["local"].add(key, value, *args, **kwargs)
        return bool(added)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        missing = object()
        found = self._try(lambda: super(Forgiving, self).get(key, default, version), missing)
        if found is missing:
            return caches["local"].get(key, default, version) if str(key).startswith(COUNTED_ANYWAY) else default
        return found

    def set(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> None:
        kept = self._try(lambda: super(Forgiving, self).set(key, value, *args, **kwargs) or True, False)
        if not kept and str(key).startswith(COUNTED_ANYWAY):
            caches["local"].set(key, value, *args, **kwargs)

    def touch(self, key: Any, *args: Any, **kwargs: Any) -> bool:
        return bool(self._try(lambda: super(Forgiving, self).touch(key, *args, **kwargs), False))

    def delete(self, key: Any, version: int | None = None) -> bool:
        if str(key).startswith(COUNTED_ANYWAY):
            caches["local"].delete(key, version)
        return bool(self._try(lambda: super(Forgiving, self).delete(key, version), False))

    def get_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        found: dict[Any, Any] = self._try(lambda: super(Forgiving, self).get_many(keys, version), {})
        return found

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return bool(self._try(lambda: super(Forgiving, self).has_key(key, version), False))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        missing = object()
        found = self._try(lambda: super(Forgiving, self).incr(key, delta, version), missing)
        if found is missing:
            raise ValueError("No such key: the cache is unreachable.")
        return int(found)

    def set_many(self, data: dict[Any, Any], *args: Any, **kwargs: Any) -> list[Any]:
        keys = list(data)
        failed: list[Any] = self._try(lambda: super(Forgiving, self).set_many(data, *args, **kwargs), keys)
        return failed

    def delete_many(self, keys: Iterable[Any], version: int | None = None) -> None:
        self._try(lambda: super(Forgiving, self).delete_many(keys, version), None)

    def clear(self) -> bool:  # type: ignore[override]  # Redis says whether
        return bool(self._try(lambda: super(Forgiving, self).clear(), False))
