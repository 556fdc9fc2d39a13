"""Somebody holds the application's own database password. Can they pretend that two people approved an import?

Not silently, and not by writing rows: only the door's functions start and approve, each leaves an entry with the person's name, and what was
checked is what is applied. What they can do is call those functions in the name of two people who may; that stands on /limits/.
"""

import uuid
from typing import Any

import psycopg2
import psycopg2.errors
import pytest
from django.db import connections

from governance.people.models import User
from governance.records.models import ImportRun
from tests.governance.records.readers import last_entry, person, trail

REFUSED = psycopg2.errors.InsufficientPrivilege


@pytest.fixture
def thief(district: Any) -> Any:
    connection = psycopg2.connect(district.addresses["DATABASE_URL"])
    connection.autocommit = True
    yield connection.cursor()
    connection.close()


def run_in(state: str, *, by: User) -> ImportRun:
    """A run as the keeper's worker left it."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO records_importrun(public_id, kind, state, file_name, digest, mapping, report, made_at, made_by_id, attempts)"
            " VALUES (gen_random_uuid(), 'roster', %s, 'r.zip', '', '{}', '{\"ends_too_many\": true}', now(), %s, 0) RETURNING id",
            [state, by.pk],
        )
        return ImportRun.objects.get(pk=cursor.fetchone()[0])


@pytest.mark.parametrize(
    "change",
    [
        "state = 'applying'",
        "second_by_id = %(leader)s, second_at = now()",
        "state = 'applying', second_by_id = %(leader)s, second_at = now(), applied_by_id = %(leader)s",
        "made_by_id = %(leader)s",
        "made_by_id = NULL",
        "report = '{}'",
        "digest = 'x'",
        'mapping = \'{"key": "x"}\'',
        "state = 'checked'",
        "state = 'received'",
        "state = 'applied', applied_at = now()",
        "kind = 'values'",
    ],
)
def test_a_run_that_waits_cannot_be_moved_by_a_statement(thief: Any, change: str) -> None:
    run = run_in("waiting", by=person("admin"))
    with pytest.raises(REFUSED):
        thief.execute(f"UPDATE records_importrun SET {change} WHERE id = {run.pk}" % {"leader": person("leader").pk})
    run.refresh_from_db()
    assert (run.state, run.second_by_id) == ("waiting", None)


@pytest.mark.parametrize("state", ["checked", "waiting", "applying", "applied", "failed"])
def test_none_can_be_put_there_that_looks_checked(thief: Any, state: str) -> None:
    with pytest.raises(REFUSED):
        thief.execute(
            "INSERT INTO records_importrun(public_id, kind, state, file_name, digest, mapping, report, made_at, attempts)"
            " VALUES (%s, 'roster', %s, '', '', '{}', '{}', now(), 0)",
            [str(uuid.uuid4()), state],
        )


@pytest.mark.parametrize("statement", ["DELETE FROM records_importrun", "TRUNCATE records_importrun", "ALTER TABLE records_importrun DISABLE TRIGGER ALL",
                                       "DROP TRIGGER decided_by_the_door ON records_importrun", "SET session_replication_role = replica",
                                       "SELECT door.run_settle(1, 'checked', '{}')", "SELECT door.run_begin('roster', '', '', '{}', 0, now())",
                                       "SELECT door.fit_ceiling()", "SELECT door.limits_apply(1, now(), '{}', NULL, NULL, NULL)"])  # fmt: skip
def test_the_guard_cannot_be_taken_away(thief: Any, statement: str) -> None:
    with pytest.raises(REFUSED):
        thief.execute(statement)


def decide(thief: Any, run: ImportRun, who: User, worn: str, step: str = "approve") -> str:
    thief.execute("SELECT door.run_decide(%s, %s, %s, %s, NULL, NULL, now())", [run.pk, step, who.pk, worn])
    return str(thief.fetchone()[0])


def test_who_sent_it_is_not_the_second_person(thief: Any) -> None:
    run = run_in("waiting", by=person("admin"))
    assert decide(thief, run, person("admin"), "district_admin") == "own"
    assert decide(thief, run, person("admin"), "district_admin", step="start") == "second"


@pytest.mark.parametrize(("name", "worn"), [("teacher", "teacher"), ("teacher", "leader"), ("parent", "district_admin")])
def test_nobody_without_the_role_is(thief: Any, name: str, worn: str) -> None:
    assert decide(thief, run_in("waiting", by=person("admin")), person(name), worn) == "role"


def test_a_second_yes_leaves_the_name_that_was_used_in_the_trail(thief: Any) -> None:
    run, before = run_in("waiting", by=person("admin")), last_entry()
    assert decide(thief, run, person("leader"), "leader") == "done"
    (entry,) = trail(after=before)
    assert (entry["kind"], entry["actor_id"]) == ("records.import.approved", person("leader").pk)
    assert decide(thief, run, person("leader"), "leader") == "gone"


@pytest.mark.parametrize("state", ["checked", "waiting", "applying"])
def test_what_was_checked_cannot_be_swapped_afterwards(thief: Any, state: str) -> None:
    run = run_in(state, by=person("admin"))
    with connections["owner"].cursor() as cursor:
        cursor.execute("INSERT INTO records.intake(run_id, piece, content) VALUES (%s, 0, 'checked')", [run.pk])
    thief.execute("SELECT door.intake_drop(%s)", [str(run.public_id)])
    with pytest.raises(psycopg2.errors.RaiseException):
        thief.execute("SELECT door.intake_put(%s, 0, 'another')", [str(run.public_id)])
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT convert_from(content, 'UTF8') FROM records.intake WHERE run_id = %s", [run.pk])
        assert cursor.fetchall() == [("checked",)]


def test_the_two_are_never_the_same_person(district: Any) -> None:
    run = run_in("waiting", by=person("admin"))
    with pytest.raises(Exception, match="import_second_is_another"), connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE records_importrun SET second_by_id = made_by_id WHERE id = %s", [run.pk])
