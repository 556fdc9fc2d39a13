"""`search_growth`: the first and the thousandth page of a search by three filters, in a trail of ten million entries against one of 100,000.

Each page is what an officer gets: its entry on disk, the page, and on the first one the count and the chart. The other filters and combinations
stand beside it in milliseconds: rare words, words that never meet, people, students, addresses.
"""

import datetime as dt
import os
import statistics
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from django.db import connections

from governance.trail import search
from tests.bench import harness

BAR = 2.0
SMALL = 100_000
PEERS = {"page 10,000 by offset, ms": 57, "page 10,000 by keyset, the query alone, ms": 0.08}
DAYS = 380  # a year and a bit, so that most months are over
THREE = search.Filters(purpose="classroom-instruction", basis="wi-118-125-2d-official", element="name")
# What else is asked of the large trail, once warm; the slowest of them is told.
OTHERS = {
    "everything": search.Filters(),
    "a person": search.Filters(actors=(5,)),
    "twenty people": search.Filters(actors=tuple(range(1, 21))),
    "a student": search.Filters(students=(77,)),
    "an ordinary kind": search.Filters(kind="records.student.opened"),
    "a rare kind": search.Filters(kind="records.emergency.opened"),
    "a rare purpose": search.Filters(purpose="child-protection"),
    "a purpose never used": search.Filters(purpose="no-such-purpose"),
    "a rare basis": search.Filters(basis="health-safety-emergency"),
    "a rare kind of data": search.Filters(element="evaluation-report"),
    "a decision": search.Filters(decision=(106, "no-such-object")),
    "a tool": search.Filters(reference="00000000-0000-0000-0000-000000000005"),
    "an address": search.Filters(address="10.20.0.5/32"),
    "a network": search.Filters(address="203.0.113.0/24"),
    "person, purpose, kind of data": search.Filters(actors=(5,), purpose="school-health", element="name"),
    "student, purpose, kind": search.Filters(students=(77,), purpose="attendance", kind="records.class_list.opened"),
    "student, person, kind of data": search.Filters(students=(77,), actors=(5,), element="name"),
    "kind, purpose, kind of data that never meet": search.Filters(
        kind="records.family.viewed", purpose="classroom-instruction", element="attendance"
    ),
    "network, kind, purpose": search.Filters(address="203.0.113.0/24", kind="records.student.opened", purpose="school-health"),
}


def run(full: bool) -> list[harness.Line]:
    """The same two pages of both trails in turn; then everything else that may be asked of the large one."""
    large, rounds = (10_000_000, 31) if full else (1_000_000, 15)
    places = {SMALL: _trail(SMALL), large: _trail(large)}

    def inside(size: int, before: search.Place | None) -> Callable[[], Any]:
        def page() -> search.Page:
            connections["default"] = places[size][0]
            found = search.page(by=None, hat=None, filters=THREE, before=before)
            assert len(found.lines) == search.PAGE
            return found

        return page

    ways = {f"first of {size}": inside(size, None) for size in places}
    ways |= {f"thousandth of {size}": inside(size, places[size][1]) for size in places}
    seconds = harness.interleaved(ways, rounds, warm=3)
    middle = {name: harness.tidy(1000 * statistics.median(found)) for name, found in seconds.items()}
    first, first_spread = harness.ratios(seconds[f"first of {large}"], seconds[f"first of {SMALL}"])
    thousandth, spread = harness.ratios(seconds[f"thousandth of {large}"], seconds[f"thousandth of {SMALL}"])
    others = _others(places[large][0])
    slowest = max(others, key=lambda name: others[name])
    common = {"n": rounds, "better": "lower", "entries": large, "against": SMALL}
    return [
        harness.line(
            "search_growth", max(first, thousandth), f"x the page at {SMALL:,} entries", bar=BAR, spread=spread if thousandth >= first else first_spread,
            peers=PEERS, first=harness.tidy(first), thousandth=harness.tidy(thousandth), milliseconds=middle, others_milliseconds=others, slowest=slowest, **common,
        )
    ]  # fmt: skip


def _others(connection: Any) -> dict[str, float]:
    """Milliseconds of the first page of each other search, the best of three. All look at everything, or say how far they came."""
    connections["default"] = connection
    taken = {}
    for name, filters in OTHERS.items():
        found, best = None, float("inf")
        for _ in range(3):
            began = dt.datetime.now(dt.UTC)
            found = search.page(by=None, hat=None, filters=filters)
            best = min(best, 1000 * (dt.datetime.now(dt.UTC) - began).total_seconds())
        taken[name + (" (ended early)" if found and found.reached else "")] = harness.tidy(best)
    return taken


def _trail(size: int) -> tuple[Any, search.Place]:
    """A connection of the application to a trail of that size, in a database of its own, and the place from which its thousandth page begins."""
    wrapper = connections.create_connection("default")
    wrapper.settings_dict = {**wrapper.settings_dict}
    address = os.environ["PORTAL_OWNER_DATABASE_URL"]
    if size == SMALL:
        wrapper.settings_dict["NAME"] += "_small"
        with closing(harness.owner()) as owner, owner.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{wrapper.settings_dict["NAME"]}" TEMPLATE "{harness.TEMPLATE}"')
            cursor.execute(f'GRANT CONNECT ON DATABASE "{wrapper.settings_dict["NAME"]}" TO portal_app')
        address = urlunsplit(urlsplit(address)._replace(path=f"/{wrapper.settings_dict['NAME']}"))
    with _owner(address) as cursor:
        cursor.execute("UPDATE door.ceiling SET an_hour = 1000000000000")
        with _without_indexes(cursor):
            workers = [threading.Thread(target=_fill, args=[address, size, part]) for part in range(2)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
        cursor.execute("SELECT trail.index_closed_month()")
        while cursor.fetchone()[0]:
            cursor.execute("SELECT trail.index_closed_month()")
        cursor.execute("VACUUM ANALYZE trail.entry")
        cursor.execute("SELECT count(*) FROM trail.entry WHERE actor_id BETWEEN 1 AND 797")
        assert cursor.fetchone()[0] == size
        cursor.execute(
            'SELECT "timestamp", id FROM trail.entry WHERE purpose = %s AND basis = %s AND %s = ANY (elements)'
            ' ORDER BY "timestamp" DESC, id DESC OFFSET %s LIMIT 1',
            [THREE.purpose, THREE.basis, THREE.element, 999 * search.PAGE - 1],
        )
        return wrapper, cursor.fetchone()


@contextmanager
def _owner(address: str) -> Iterator[Any]:
    with closing(psycopg2.connect(address)) as owner:
        owner.autocommit = True
        with owner.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica; SET synchronous_commit = off; SET maintenance_work_mem = '1GB'")
            yield cursor


@contextmanager
def _without_indexes(cursor: Any) -> Iterator[None]:
    """The indexes are made after the rows: an hour of loading becomes minutes, and nothing of what is measured changes."""
    cursor.execute(
        "SELECT indexrelid::regclass::text, replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') FROM pg_index"
        " WHERE indrelid = 'trail.entry'::regclass AND NOT indisprimary"
    )
    indexes = cursor.fetchall()
    for name, _ in indexes:
        cursor.execute(f"DROP INDEX {name}")
    yield
    for _, made in indexes:
        cursor.execute(made)


def _fill(address: str, size: int, part: int) -> None:
    """Half of the entries: a year of a district with rare things among the ordinary, the same each time but for the request ids."""
    step = size // 40
    with _owner(address) as cursor:
        for first in range(part * step, size, 2 * step):
            cursor.execute(
                f"""
                INSERT INTO trail.entry("timestamp", action, kind, actor_id, hat, cid, remote_addr, purpose, basis, grant_id, rule_version, elements, record_ids,
                  additional_data, key_hash)
                SELECT now() - interval '{DAYS} days' + g * (interval '{DAYS} days' / {size + 1}), 3,
                  CASE WHEN h % 100 < 55 THEN 'records.student.opened' WHEN h % 100 < 85 THEN 'records.class_list.opened' WHEN h % 100 < 95 THEN 'records.family.viewed'
                    WHEN h % 100 < 99 THEN 'people.signed_in' WHEN h % 10000 = 9999 THEN 'records.emergency.opened' ELSE 'trail.searched' END,
                  1 + h % 797, 'teacher', gen_random_uuid()::text,
                  CASE WHEN h % 1009 = 0 THEN '203.0.113.0'::inet + h % 200 ELSE '10.20.0.0'::inet + h % 3001 END,
                  CASE WHEN h % 1000 < 900 THEN 'classroom-instruction' WHEN h % 1000 < 990 THEN 'attendance' WHEN h % 1000 < 999 THEN 'school-health' ELSE 'child-protection' END,
                  CASE WHEN h % 1013 = 3 THEN 'health-safety-emergency' WHEN h % 50 = 2 THEN 'consent' ELSE 'wi-118-125-2d-official' END,
                  CASE WHEN h % 53 = 0 THEN h % 499 END, 'teacher-own-classes@1',
                  CASE WHEN h % 100 < 55 THEN '{{attendance,course-grades,email,grade,local-id,name,preferred-name,school,schedule,username}}'::text[]
                    WHEN h % 10007 = 1 THEN '{{name,evaluation-report}}' WHEN h % 1019 = 1 THEN '{{name,disciplinary-record}}' ELSE '{{grade,name,preferred-name,school}}' END,
                  CASE WHEN h % 100 < 95 THEN
                    ARRAY(SELECT (h + k * 31) % 10000 + 1 FROM generate_series(1, CASE WHEN h % 100 BETWEEN 55 AND 71 THEN 5 WHEN h % 100 BETWEEN 72 AND 84 THEN 28 ELSE 1 END) k)::bigint[] END,
                  CASE WHEN h % 211 = 0 THEN jsonb_build_object('tool', '00000000-0000-0000-0000-' || lpad((h % 97)::text, 12, '0')) END,
                  decode(md5(g::text) || md5(g::text), 'hex')
                FROM (SELECT g, hashint8(g)::bigint & 2147483647 AS h FROM generate_series({first + 1}::bigint, {min(first + step, size)}::bigint) g) x
                """
            )
