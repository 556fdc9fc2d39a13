"""Values of students who left go by the rule of their class: never earlier than the law, never what a hold keeps, always with an entry."""

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest
from django.db import connections

from governance.records.models import Guardianship, Student
from governance.retention import actions, queries, runs
from governance.retention.models import Hold, Receipt
from governance.vocabulary import Event
from portal.base import clock
from tests.governance.people.cast import entries, person
from tests.harness.databases import Clone

pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture(autouse=True)
def adopted(district: Clone) -> None:
    for subject, months in (("behavioral", 12), ("progress", 60)):
        if subject in queries.in_force():
            continue
        rule = actions.propose(
            subject=subject, months=months, citation="2026-14", decided_on=clock.today(), by=person("compliance"), at=clock.now()
        )
        actions.decide(rule_id=rule.pk, adopt=True, by=person("leader"), at=clock.now())


@pytest.fixture
def leaver(district: Clone) -> Callable[[int], Student]:
    """A student who left so many days ago."""

    def leave(days: int) -> Student:
        student = Student.objects.filter(left_on=None).order_by("pk").first()
        assert student is not None
        Student.objects.filter(pk=student.pk).update(left_on=clock.today() - dt.timedelta(days=days))
        return Student.objects.get(pk=student.pk)

    return leave


def held(clone: Clone, student: Student) -> set[str]:
    """The elements of which the portal holds a value, as the owner sees it."""
    owner = clone.connect("owner")
    with owner, owner.cursor() as cursor:
        cursor.execute("SET row_security = off")
        cursor.execute("SELECT element FROM records.value WHERE student_id = %s", [student.pk])
        found = {row[0] for row in cursor.fetchall()}
        cursor.execute(
            "SELECT given_name <> '', birth_place IS NOT NULL, gender IS NOT NULL, grade IS NOT NULL FROM records.identity WHERE student_id = %s",
            [student.pk],
        )
        row = cursor.fetchone() or (False,) * 4
    owner.close()
    return found | {name for name, is_held in zip(("name", "birth-place", "gender", "grade"), row, strict=True) if is_held}


BEHAVIORAL = {"gender", "birth-place", "low-income", "test-scores", "reading-screener", "iep-504", "el-status"}
PROGRESS = {"name", "grade", "attendance", "course-grades"}


def test_behavioral_records_go_after_a_year_and_progress_records_stay(leaver: Callable, district: Clone) -> None:
    student = leaver(370)
    before = held(district, student)
    assert before & BEHAVIORAL
    assert before & PROGRESS
    assert runs.run(now=clock.now(), months=False).students == {"behavioral": 1}
    after = held(district, student)
    assert not after & BEHAVIORAL
    assert after & PROGRESS == before & PROGRESS


def test_the_entry_names_elements_and_students_and_no_value(leaver: Callable, district: Clone) -> None:
    student = leaver(370)
    before = held(district, student)
    runs.run(now=clock.now(), months=False)
    told = entries(district, Event.VALUES_DESTROYED)
    assert [one["record_ids"] for one in told] == [[student.pk]]
    assert before & BEHAVIORAL <= set(told[0]["elements"])
    assert not PROGRESS & set(told[0]["elements"])
    assert told[0]["login"] == "portal_keeper"
    assert set(told[0]["additional_data"]) == {"rule", "class", "months"}
    receipt = Receipt.objects.get(kind=Receipt.Kind.VALUES)
    assert (receipt.students, receipt.entry_id) == (1, told[0]["id"])
    assert receipt.values_gone > 0


@pytest.mark.parametrize(("days", "gone"), [(300, False), (364, False), (370, True)])
def test_not_a_day_too_early(days: int, gone: bool, leaver: Callable) -> None:
    leaver(days)
    assert bool(runs.run(now=clock.now(), months=False).students) is gone


def test_after_five_years_nothing_names_the_student(leaver: Callable, district: Clone) -> None:
    student = leaver(366 * 5 + 10)
    done = runs.run(now=clock.now(), months=False)
    assert done.students == {"behavioral": 1, "progress": 1}
    assert not held(district, student) & (BEHAVIORAL | PROGRESS)
    owner = district.connect("owner")
    with owner, owner.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM records.identity WHERE student_id = %s", [student.pk])
        assert cursor.fetchone()[0] == 0
    owner.close()
    assert Student.objects.filter(pk=student.pk).exists()


def test_who_is_at_school_keeps_everything(district: Clone) -> None:
    student = Student.objects.filter(left_on=None).order_by("pk").first()
    assert student is not None
    before = held(district, student)
    runs.run(now=clock.now(), months=False)
    assert held(district, student) == before


@pytest.mark.parametrize("whose", ["this", "all"])
def test_a_hold_keeps_values(whose: str, leaver: Callable, district: Clone) -> None:
    student = leaver(370)
    placed = actions.place(
        kind=Hold.Kind.PUPIL,
        reason="Asked in writing",
        reference="",
        holds_trail=False,
        holds_values=True,
        trail_from=None,
        trail_to=None,
        students=[student] if whose == "this" else [],
        by=person("admin"),
        at=clock.now(),
    )
    before = held(district, student)
    assert runs.run(now=clock.now(), months=False).students == {}
    assert held(district, student) == before
    actions.ask_to_end(hold_id=placed.pk, by=person("admin"), at=clock.now())
    actions.end(hold_id=placed.pk, agree=True, by=person("leader"), at=clock.now())
    assert runs.run(now=clock.now(), months=False).students == {"behavioral": 1}


def test_a_hold_for_somebody_else_keeps_nothing(leaver: Callable) -> None:
    student = leaver(370)
    other = Student.objects.exclude(pk=student.pk).order_by("-pk").first()
    actions.place(
        kind=Hold.Kind.LITIGATION,
        reason="x",
        reference="",
        holds_trail=False,
        holds_values=True,
        trail_from=None,
        trail_to=None,
        students=[other] if other else [],
        by=person("admin"),
        at=clock.now(),
    )
    assert runs.run(now=clock.now(), months=False).students == {"behavioral": 1}


def test_guardians_stay_while_another_child_is_at_school(district: Clone) -> None:
    link = Guardianship.objects.filter(guardian_id__in=_guardians_of_two()).select_related("student").order_by("pk").first()
    assert link is not None
    Student.objects.filter(pk=link.student_id).update(left_on=clock.today() - dt.timedelta(days=400))
    runs.run(now=clock.now(), months=False)
    assert _guardian_name(district, link.guardian_id) != ""
    siblings = Guardianship.objects.filter(guardian_id=link.guardian_id).values("student")
    Student.objects.filter(pk__in=siblings).update(left_on=clock.today() - dt.timedelta(days=400))
    runs.run(now=clock.now(), months=False)
    assert _guardian_name(district, link.guardian_id) == ""


def _guardians_of_two() -> list[int]:
    found: dict[int, int] = {}
    for number in Guardianship.objects.exclude(guardian_id=None).values_list("guardian_id", flat=True):
        found[number] = found.get(number, 0) + 1
    return [number for number, count in found.items() if count == 2]


def _guardian_name(clone: Clone, guardian: int | None) -> str:
    owner = clone.connect("owner")
    with owner, owner.cursor() as cursor:
        cursor.execute("SELECT family_name FROM records.guardian WHERE id = %s", [guardian])
        name = cursor.fetchone()[0]
    owner.close()
    return str(name)


def test_two_runs_at_once_destroy_once(district: Clone) -> None:
    Student.objects.filter(pk__in=Student.objects.filter(left_on=None).order_by("pk").values("pk")[:20]).update(
        left_on=clock.today() - dt.timedelta(days=400)
    )

    def one(_number: int) -> int:
        try:
            return sum(runs.run(now=clock.now(), months=False).students.values())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(one, range(2))) == 20
    told = [student for one in entries(district, Event.VALUES_DESTROYED) for student in one["record_ids"]]
    assert len(told) == len(set(told)) == 20


def test_a_kill_in_the_middle_destroys_nothing_and_tells_nothing(leaver: Callable, district: Clone) -> None:
    student = leaver(370)
    before = held(district, student)
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('door.retention_destroy(text, integer, bigint, text)'::regprocedure)")
        text = cursor.fetchone()[0]
        for line in (
            "DELETE FROM records.value",
            "UPDATE records.guardian",
            "UPDATE records.identity",
            "INSERT INTO public.retention_receipt",
        ):
            at = text.rindex(line)
            cursor.execute(text[:at] + "PERFORM 1 / 0; " + text[at:])
            with pytest.raises(Exception, match="division by zero"):
                runs.run(now=clock.now(), months=False)
            assert held(district, student) == before
            assert entries(district, Event.VALUES_DESTROYED) == []
            assert not Receipt.objects.exists()
        cursor.execute(text)
    assert runs.run(now=clock.now(), months=False).students == {"behavioral": 1}


def test_a_rule_that_would_take_progress_records_early_takes_none(leaver: Callable, district: Clone) -> None:
    """Somebody writes progress elements into the list of a behavioral rule, with the owner's rights."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "UPDATE retention_retentionrule SET elements = elements || '{grade,name,course-grades}'::varchar[] WHERE subject = 'behavioral'"
        )
    student = leaver(370)
    runs.run(now=clock.now(), months=False)
    assert {"name", "grade"} <= held(district, student)


@pytest.mark.parametrize("subject", ["behavioral", "progress"])
def test_the_law_bounds_the_rules(subject: str) -> None:
    months = {"behavioral": 13, "progress": 59}[subject]
    with pytest.raises(actions.CannotChange):
        actions.propose(subject=subject, months=months, citation="x", decided_on=clock.today(), by=person("admin"), at=clock.now())


def test_the_application_destroys_nothing(leaver: Callable, district: Clone) -> None:
    leaver(370)
    app = district.connect()
    app.autocommit = True
    for statement in (
        "SELECT door.retention_destroy('behavioral', 10, NULL, 'x')",
        "SELECT door.retention_held('{1}', '{name}')",
        "SELECT door.retention_students('behavioral')",
        "UPDATE retention_retentionrule SET months = 1",
        "DELETE FROM retention_hold",
        "INSERT INTO retention_receipt(kind) VALUES ('values')",
    ):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege), app.cursor() as cursor:
            cursor.execute(statement)
    app.close()


def test_a_dry_run_counts_and_destroys_nothing(leaver: Callable, district: Clone) -> None:
    student = leaver(370)
    before = held(district, student)
    assert runs.run(now=clock.now(), dry=True, months=False).students == {"behavioral": 1}
    assert held(district, student) == before


def test_a_family_reads_until_when(leaver: Callable) -> None:
    student = leaver(100)
    kept = {one.subject: one for one in queries.kept_until(student_id=student.pk, left_on=student.left_on)}
    assert student.left_on is not None
    assert kept["behavioral"].until == student.left_on.replace(year=student.left_on.year + 1)
    assert kept["progress"].months == 60
    assert kept["health"].until is None


@pytest.mark.parametrize(
    ("day", "months", "until"),
    [
        (dt.date(2026, 1, 31), 1, dt.date(2026, 2, 28)),
        (dt.date(2024, 2, 29), 12, dt.date(2025, 2, 28)),
        (dt.date(2026, 11, 24), 60, dt.date(2031, 11, 24)),
        (dt.date(2026, 12, 1), 1, dt.date(2027, 1, 1)),
    ],
    ids=["short-month", "leap", "years", "december"],
)
def test_months_are_counted_as_the_database_counts(day: dt.date, months: int, until: dt.date) -> None:
    assert queries._months_after(day, months) == until
