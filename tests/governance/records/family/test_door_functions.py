"""The functions behind these pages give nothing without the key of a committed entry of their own kind."""

from typing import Any

import psycopg2
import pytest
from django.db import connection, connections, transaction

from governance.records import door
from governance.records.family.queries import access_to
from governance.trail import entries
from governance.vocabulary import Event
from portal.base import clock
from tests.governance.records.readers import child_of, last_entry, person, trail

CALLS = ["door.looks(NULL, NULL, 50)", "door.look_months('America/Chicago')", "door.own_looks(NULL, 50)"]


@pytest.mark.parametrize("call", CALLS)
def test_without_a_key_they_are_empty(district_module: Any, call: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {call}")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("call", CALLS)
def test_a_key_for_names_opens_no_lines(district_module: Any, call: str) -> None:
    written = entries.append_ahead(
        Event.STUDENT_OPENED, by=person("teacher"), students=[child_of("parent").pk], elements={"name"}, purpose="classroom-instruction"
    )
    assert entries.open_with(written, f"SELECT * FROM {call}")[1] == []


def test_the_lines_underneath_are_closed_to_the_application(district_module: Any) -> None:
    login = district_module.connect()
    with pytest.raises(psycopg2.errors.InsufficientPrivilege), login.cursor() as cursor:
        cursor.execute("SELECT * FROM door.lines()")
    login.close()


def test_they_do_not_open_inside_a_transaction(district_module: Any) -> None:
    student, user = child_of("parent"), person("parent")
    access = access_to(user, student.public_id, on=clock.today())
    assert access is not None
    before = last_entry()
    with pytest.raises(entries.InsideTransaction), transaction.atomic():
        door.open_trail(by=user, reach=access.reach, students=[student.pk], on=clock.today())
    assert trail(after=before) == []


def test_lines_of_other_students_stay_closed(district_module: Any) -> None:
    student, user = child_of("parent"), person("parent")
    access = access_to(user, student.public_id, on=clock.today())
    assert access is not None
    opened = door.open_trail(by=user, reach=access.reach, students=[student.pk], on=clock.today())
    assert opened is not None
    assert {row["student_id"] for row in door.looks(opened.key, at_most=1000)} == {student.pk}
    assert {row["student_id"] for row in door.look_months(opened.key)} == {student.pk}


@pytest.mark.parametrize("hold", ["'silent', NULL", "'sometimes', '2099-01-01'", "'announced', NULL"])
def test_a_hold_that_is_only_half_there_shows_nothing_of_the_line(district_module: Any, hold: str) -> None:
    """No CHECK holds the pair, which would cost every entry; whoever makes a hold does (governance/disclosures)."""
    student, user = child_of("parent"), person("parent")
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            f"INSERT INTO trail.entry(action, kind, actor_id, hat, purpose, record_ids, held, held_until) VALUES (3, 'records.half.held', 7, 'teacher', 'p', %s, {hold})",
            [[student.pk]],
        )
    access = access_to(user, student.public_id, on=clock.today())
    assert access is not None
    opened = door.open_trail(by=user, reach=access.reach, students=[student.pk], on=clock.today())
    assert opened is not None
    lines = door.looks(opened.key, at_most=1000)
    assert all(line["kind"] != "records.half.held" for line in lines)
    assert any(line["kind"] == "records.student.opened" for line in lines)
