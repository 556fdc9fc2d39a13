"""Is it alive, and can it serve? For machines as JSON, with words for whoever reads it."""

from django.core.cache import caches
from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from governance.people.policies import public

_PROBE = "health"
_seen_migrated: set[bool] = set()


@public(reason="tells a supervisor that the process answers; asks nothing of database or cache")
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 as long as this process answers."""
    return JsonResponse({"ok": True, "words": "The web process answers."})


@public(reason="tells a load balancer whether to send people here; says no more than up or down")
@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 where people can be served, 503 where not. A lost cache slows things down and is no reason to stop."""
    database = _database()
    checks = {"database": database, "cache": _cache()}
    return JsonResponse({"ok": database["ok"], "checks": checks}, status=200 if database["ok"] else 503)


def _database() -> dict[str, bool | str]:
    connection = connections["default"]
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        migrated = _is_migrated(connection)
    except DatabaseError:
        return {"ok": False, "words": "The database does not answer."}
    if not migrated:
        return {"ok": False, "words": "The database answers, but waits for migrations: run manage.py migrate."}
    return {"ok": True, "words": "The database answers and is up to date."}


def _is_migrated(connection: BaseDatabaseWrapper) -> bool:
    """Reading all migrations takes time: once they are all there, this process (which runs one release) does not ask again."""
    if not _seen_migrated:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        _seen_migrated.add(True)
    return True


def _cache() -> dict[str, bool | str]:
    cache = caches["default"]
    cache.set(_PROBE, 1, timeout=30)
    if cache.get(_PROBE) == 1:
        return {"ok": True, "words": "The cache answers."}
    return {"ok": False, "words": "The cache does not answer; the portal works without it, more slowly."}
