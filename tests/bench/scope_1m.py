"""`scope_1m`: the first page of a teacher's own students in a district of a million, against the same ids by primary key; and its growth.

Both read the teacher's account first, as a request does.
"""

import os
from collections.abc import Callable
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from django.db import connections
from django.test.utils import CaptureQueriesContext

from governance.people.models import User
from governance.records import scope
from governance.records.models import Student
from portal.base import clock
from tests.bench import harness, seeds

BAR, GROWTH_BAR = 2.5, 1.5
SMALL = 10_000
PAGE = 50


def run(full: bool) -> list[harness.Line]:
    """The same two lists in a small and a large district, in turn."""
    large, rounds = (1_000_000, 61) if full else (100_000, 41)
    places = {size: _district(size) for size in (SMALL, large)}

    def inside(size: int, work: Callable[[int], Any]) -> Callable[[], Any]:
        def there() -> Any:
            connections["default"] = places[size]
            return work(_middle(size))

        return there

    ways = {
        **{f"own {size}": inside(size, _own) for size in places},
        **{f"known {size}": inside(size, _known) for size in places},
    }
    for size in places:
        assert [student.pk for student in ways[f"own {size}"]()] == [student.pk for student in ways[f"known {size}"]()]
    with CaptureQueriesContext(places[large]) as taken:
        ways[f"own {large}"]()
    seconds = harness.interleaved(ways, rounds, warm=5)
    value, spread = harness.ratios(seconds[f"own {large}"], seconds[f"known {large}"])
    growth, growth_spread = harness.ratios(seconds[f"own {large}"], seconds[f"own {SMALL}"])
    common = {"n": rounds, "better": "lower", "students": large}
    peers = {"guardian get_objects_for_user": (49, 17), "own sections first, measured before": (1.84, 1.0)}
    return [
        harness.line(
            "scope_1m", value, "x the same ids by primary key", bar=BAR, spread=spread, peers={name: peer for name, (peer, _) in peers.items()},
            queries=len(taken), milliseconds={name: harness.tidy(1000 * sorted(found)[len(found) // 2]) for name, found in seconds.items()}, **common,
        ),
        harness.line(
            "scope_1m_growth", growth, f"x the page at {SMALL:,} students", bar=GROWTH_BAR, spread=growth_spread,
            peers={name: peer for name, (_, peer) in peers.items()}, **common,
        ),
    ]  # fmt: skip


def _district(size: int) -> Any:
    """A connection of the application to a district of that size, in a database of its own."""
    wrapper = connections.create_connection("default")
    wrapper.settings_dict = {**wrapper.settings_dict}
    if size != SMALL:
        seed_in = os.environ["PORTAL_OWNER_DATABASE_URL"]
    else:
        wrapper.settings_dict["NAME"] += "_small"
        with closing(harness.owner()) as owner, owner.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{wrapper.settings_dict["NAME"]}" TEMPLATE "{harness.TEMPLATE}"')
            cursor.execute(f'GRANT CONNECT ON DATABASE "{wrapper.settings_dict["NAME"]}" TO portal_app')
        parts = urlsplit(os.environ["PORTAL_OWNER_DATABASE_URL"])
        seed_in = urlunsplit(parts._replace(path=f"/{wrapper.settings_dict['NAME']}"))
    with closing(psycopg2.connect(seed_in)) as owner:
        owner.autocommit = True
        with owner.cursor() as cursor:
            seeds.students(cursor, size, names=False)
    return wrapper


def _middle(size: int) -> int:
    """A teacher from the middle of the district, with 150 students."""
    return 6 * (size // 300)


def _own(teacher: int) -> list[Student]:
    user = User.objects.get(pk=teacher)
    return list(scope.own_students(user, on=clock.today()).order_by("pk")[:PAGE])


_ids: dict[int, list[int]] = {}


def _known(teacher: int) -> list[Student]:
    user = User.objects.get(pk=teacher)
    if teacher not in _ids:
        _ids[teacher] = list(scope.own_students(user, on=clock.today()).values_list("pk", flat=True))
    return list(Student.objects.filter(pk__in=_ids[teacher]).order_by("pk")[:PAGE])
