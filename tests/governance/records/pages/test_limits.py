"""What one person may open in an hour and in a day: counted in the database, said with the time to wait, told to those who watch."""

import datetime as dt
import threading
from typing import Any

import pytest
from django.db import connection, connections

from governance.records import door
from governance.records.emergency import actions as emergency
from governance.records.models import Student
from governance.records.scope import Reach
from governance.trail import entries
from governance.vocabulary import Event, Relation, Role
from portal.base import clock
from tests.governance.records.readers import browser, classes_of, last_entry, person, trail, words


def limit(an_hour: int, a_day: int, hat: str = "") -> None:
    """Only the owner sets it."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO door.volume VALUES (%s, %s, %s) ON CONFLICT (hat) DO UPDATE SET an_hour = excluded.an_hour, a_day = excluded.a_day",
            [hat, an_hour, a_day],
        )


def of_the_principals_school() -> list[Student]:
    school = person("principal").role_assignments.get(role=Role.PRINCIPAL).school
    return list(Student.objects.filter(school=school, left_on=None).order_by("pk")[:8])


def opened_by_principal(students: list[Student]) -> int:
    """How many of these students the principal may open, one after the other."""
    client, count = browser("principal"), 0
    for student in students:
        answer = client.get(f"/students/{student.public_id}/")
        assert answer.status_code in {200, 429}
        count += answer.status_code == 200
    return count


@pytest.fixture
def nobody_looked_today(district: Any) -> None:
    """The demo's own looks of today count as anybody's: of them there are none for the principal here."""
    limit(300, 1000)


def already(an_hour: bool = True) -> int:
    """How many different students the principal's looks count for."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT s) FROM trail.entry e, unnest(e.record_ids) s WHERE e.actor_id = %s AND e.key_hash IS NOT NULL"
            ' AND e."timestamp" > clock_timestamp() - %s::interval',
            [person("principal").pk, "1 hour" if an_hour else "1 day"],
        )
        return cursor.fetchone()[0]


def test_one_person_opens_only_so_many_students_in_an_hour(nobody_looked_today: None) -> None:
    students = of_the_principals_school()
    limit(already() + 3, 1000)
    assert opened_by_principal(students) == 3


def test_a_student_counts_once(nobody_looked_today: None) -> None:
    students = of_the_principals_school()[:2]
    limit(already() + 2, 1000)
    assert opened_by_principal(students * 4) == 8


def test_the_page_says_when_it_goes_on_and_nothing_is_opened(nobody_looked_today: None) -> None:
    students = of_the_principals_school()
    limit(already() + 1, 1000)
    client = browser("principal")
    client.get(f"/students/{students[0].public_id}/")
    before = last_entry()
    answer = client.get(f"/students/{students[1].public_id}/")
    assert answer.status_code == 429
    assert 3500 < int(answer["Retry-After"]) <= 3600
    assert "You can go on at" in words(answer)
    assert "no-store" in answer["Cache-Control"]
    (entry,) = trail(after=before)
    assert (entry["kind"], entry["record_ids"], entry["key_hash"]) == (Event.LIMIT_REACHED, None, None)
    assert entry["actor_id"] == person("principal").pk
    assert '"per": "hour"' in entry["data"]


def test_the_day_has_a_limit_of_its_own(nobody_looked_today: None) -> None:
    students = of_the_principals_school()
    so_far = already(an_hour=False)
    limit(so_far + 2, so_far + 2)
    assert opened_by_principal(students) == 2


def test_a_role_may_have_its_own_limit(nobody_looked_today: None) -> None:
    students = of_the_principals_school()
    limit(1, 1)
    limit(already() + 4, 1000, hat="principal")
    assert opened_by_principal(students) == 4


def test_more_than_the_limit_at_once_is_never_possible(nobody_looked_today: None) -> None:
    limit(3, 3)
    with pytest.raises(entries.TooMany) as stopped:
        entries.append_ahead(
            Event.STUDENT_OPENED,
            by=person("principal"),
            students=[1, 2, 3, 4],
            elements={"name"},
            counted=True,
            hat=Role.PRINCIPAL,
            purpose="p",
        )
    assert stopped.value.until is None


def test_a_search_by_name_stops_too(nobody_looked_today: None) -> None:
    limit(1, 1)
    client = browser("principal")
    client.get(f"/students/{of_the_principals_school()[0].public_id}/")
    assert client.post("/students/find/", {"term": "ma", "school": ""}).status_code == 429


def test_own_class_lists_do_not_count_and_are_not_stopped(nobody_looked_today: None) -> None:
    limit(1, 1)
    client = browser("teacher")
    for section in classes_of("teacher") * 2:
        assert client.get(f"/students/?class={section.public_id}").status_code == 200


def test_an_emergency_is_not_stopped(nobody_looked_today: None) -> None:
    students = of_the_principals_school()
    limit(1, 1)
    opened_by_principal(students[:2])
    opening = emergency.declare(student=students[1], reason="illness", words="", by=person("principal"), hat=Role.PRINCIPAL, at=clock.now())
    reading = emergency.read(opening=opening, by=person("principal"), at=clock.now())
    assert reading is not None
    assert not reading.refused


def test_families_are_not_counted(nobody_looked_today: None) -> None:
    limit(1, 1)
    client = browser("parent")
    for _ in range(3):
        assert client.get("/family/").status_code == 200


def test_two_requests_at_the_same_moment_cannot_both_be_the_last(nobody_looked_today: None) -> None:
    students = of_the_principals_school()
    limit(already() + 1, 1000)
    ready, answers = threading.Barrier(4), []

    def open_one(student: Student) -> None:
        ready.wait()
        try:
            door.read(
                by=person("principal"),
                reach=Reach(Role.PRINCIPAL, Relation.OWN_SCHOOL),
                students=[student.pk],
                event=Event.STUDENT_OPENED,
                on=clock.today(),
            )
            answers.append("opened")
        except entries.TooMany:
            answers.append("stopped")
        finally:
            connection.close()

    threads = [threading.Thread(target=open_one, args=[student]) for student in students[:4]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["opened", "stopped", "stopped", "stopped"]


def test_the_application_cannot_set_its_limits(district: Any) -> None:
    for statement in ("UPDATE door.volume SET an_hour = 9999", "DELETE FROM door.reader", "UPDATE door.ceiling SET per_student = 99"):
        with pytest.raises(Exception, match="permission denied"), connection.cursor() as cursor:
            cursor.execute(statement)


def test_the_time_to_wait_is_when_enough_looks_are_an_hour_old(nobody_looked_today: None) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            'INSERT INTO trail.entry("timestamp", login, action, kind, actor_id, hat, purpose, elements, record_ids, key_hash)'
            " SELECT clock_timestamp() - make_interval(mins => n), 'portal_app', 3, 'records.student.opened', 4242, 'principal', 'p', '{name}', ARRAY[n], sha256('x')"
            " FROM generate_series(10, 50, 10) n"
        )
    limit(5, 1000)
    with connection.cursor() as cursor:
        for students, minutes in (([101], 10), ([101, 102], 20), ([50], None), ([101, 102, 103, 104, 105], 50)):
            cursor.execute(
                "SELECT stopped, until - clock_timestamp() FROM door.counted(4242, 'principal', 'p', NULL, NULL, %s::bigint[])", [students]
            )
            stopped, wait = cursor.fetchone()
            assert stopped is (minutes is not None)
            if minutes:
                assert dt.timedelta(minutes=minutes) - dt.timedelta(seconds=30) < wait <= dt.timedelta(minutes=minutes)
