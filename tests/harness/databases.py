"""Fixtures for tests that need the database: each gets a copy of its own, as `portal_app` and the other logins see it.

Nothing is rolled back or flushed, so commit hooks run, and what one login commits another one sees.
"""

import itertools
import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import redis
from django.utils import timezone, translation

from tests.harness.services import ADDRESSES, RUN, TEMPLATES

_numbers = itertools.count(1)
_opened: weakref.WeakSet[Any] = weakref.WeakSet()


@dataclass(frozen=True)
class Clone:
    """A database of one test. `addresses` maps the environment's names (DATABASE_URL and so on) to it, for a process of one's own."""

    name: str
    addresses: dict[str, str]

    def connect(self, alias: str = "default") -> Any:
        """A bare psycopg2 connection of that alias' login, for attacks and for looking from the outside. To be closed by the test."""
        import psycopg2

        return psycopg2.connect(self.addresses[ADDRESSES[alias][0]])


def _remember_connections() -> None:
    """Keep hold of every connection Django makes, in whatever thread, so that the end of a test can close it."""
    from django.db import connections

    if getattr(connections, "_is_remembered", False):
        return
    create = connections.create_connection

    def create_and_remember(alias: str) -> Any:
        connection = create(alias)
        _opened.add(connection)
        return connection

    connections.create_connection = create_and_remember
    connections._is_remembered = True
    _opened.update(connections.all(initialized_only=True))


def _close_all() -> None:
    for connection in list(_opened):
        connection.inc_thread_sharing()
        try:
            connection.close()
            connection.in_atomic_block = False
            connection.savepoint_ids = []
            connection.needs_rollback = False
            connection.run_on_commit = []
        finally:
            connection.dec_thread_sharing()


def _point_at(places: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Lead each alias to its database and socket folder; where they led before. `connections` keeps one dict per alias, shared by all threads."""
    from django.db import connections

    before = {alias: (connections.settings[alias]["NAME"], connections.settings[alias]["HOST"]) for alias in places}
    for alias, (database, host) in places.items():
        connections.settings[alias].update(NAME=database, HOST=host)
    return before


@contextmanager
def clone_of(kind: str, blocker: Any) -> Iterator[Clone]:
    """A fresh copy of the template `kind`, with all aliases of Django and the environment pointing at it."""
    _remember_connections()
    cluster = RUN.cluster(kind)
    name = f"t{os.getpid()}_{next(_numbers)}"
    cluster.make_clone(TEMPLATES[kind], name)
    clone = Clone(name, cluster.addresses(name))
    variables = {variable: os.environ[variable] for variable in clone.addresses}
    _close_all()
    places = _point_at(dict.fromkeys(ADDRESSES, (name, str(cluster.postgres.sockets))))
    try:
        os.environ.update(clone.addresses)
        _forget_caches()
        with blocker.unblock():
            yield clone
    finally:
        _close_all()
        _point_at(places)
        os.environ.update(variables)
        cluster.drop_clone(name)


def _forget_caches() -> None:
    """Nothing of the test before may answer from memory."""
    from django.contrib.contenttypes.models import ContentType
    from django.core.cache import caches

    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        client.flushdb()
    caches["local"].clear()
    ContentType.objects.clear_cache()


@pytest.fixture(autouse=True)
def _own_language() -> Iterator[None]:
    """A test that speaks Spanish, or lives elsewhere, leaves that to itself."""
    yield
    timezone.deactivate()
    translation.deactivate()


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None) -> None:
    """Django's own test databases are not made: see `database`."""


@pytest.fixture
def database(django_db_setup: None, django_db_blocker: Any) -> Iterator[Clone]:
    """A fresh, migrated database with the reference data and nobody in it. Gives the Clone."""
    with clone_of("base", django_db_blocker) as clone:
        yield clone


@pytest.fixture(scope="module")
def database_module(django_db_setup: None, django_db_blocker: Any) -> Iterator[Clone]:
    """The same for all tests of a module that only read, or that tell one long story."""
    with clone_of("base", django_db_blocker) as clone:
        yield clone


@pytest.fixture
def district(django_db_setup: None, django_db_blocker: Any) -> Iterator[Clone]:
    """A fresh copy of the small demo district: 60 students, the personas of docs/reference/contract.md, a year of looks."""
    with clone_of("cast", django_db_blocker) as clone:
        yield clone


@pytest.fixture(scope="module")
def district_module(django_db_setup: None, django_db_blocker: Any) -> Iterator[Clone]:
    """One demo district for all tests of a module."""
    with clone_of("cast", django_db_blocker) as clone:
        yield clone


@pytest.fixture
def _django_db_helper(request: pytest.FixtureRequest) -> None:
    """What `@pytest.mark.django_db`, `db` and `live_server` ask for: `database`, unless the test already has one."""
    if not {"database", "database_module", "district", "district_module"} & set(request.fixturenames):
        request.getfixturevalue("database")
