"""Searching the trail: each look leaves its entry, and each filter finds exactly what fits."""

import datetime as dt
import re

import psycopg2.errors
import pytest
from django.db import connections, transaction

from governance.people.models import User
from governance.trail import entries, search
from governance.vocabulary import Action, Event
from tests.governance.situations import trail

pytestmark = pytest.mark.usefixtures("database_module")
# In a month that the trail has had room for from the first day on, far from what the tests themselves write.
NOON = (dt.datetime.now(dt.UTC).replace(day=1) - dt.timedelta(days=300)).replace(day=10, hour=17, minute=0, second=0, microsecond=0)

# (kind, actor, purpose, basis, elements, students, grant, address, request, time)
WRITTEN = [
    (
        "records.class_list.opened",
        1,
        "classroom-instruction",
        "ferpa-school-official",
        ["name", "grade"],
        [1, 2, 3],
        None,
        "10.1.0.1",
        "r1",
        NOON,
    ),
    (
        "records.student.opened",
        1,
        "classroom-instruction",
        "ferpa-school-official",
        ["attendance"],
        [2],
        None,
        "10.1.0.1",
        "r2",
        NOON + dt.timedelta(hours=1),
    ),
    (
        "records.student.opened",
        2,
        "school-health",
        "wi-118-125-2d-official",
        ["allergy-plan"],
        [2],
        77,
        "10.2.0.1",
        "r3",
        NOON + dt.timedelta(days=1),
    ),
    ("records.family.viewed", 3, "family-access", "ferpa-family", ["name"], [9], None, "203.0.113.5", "r4", NOON + dt.timedelta(days=2)),
    ("people.role.given", 4, None, None, None, None, None, "10.1.0.9", "r5", NOON + dt.timedelta(days=3)),
]


@pytest.fixture(scope="module")
def officer(database_module) -> User:
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE door.ceiling SET an_hour = 1000000")
        for kind, actor, purpose, basis, elements, students, grant, address, request, at in WRITTEN:
            cursor.execute(
                'INSERT INTO trail.entry("timestamp", action, kind, actor_id, hat, purpose, basis, elements, record_ids, grant_id, remote_addr, cid)'
                " VALUES (%s, %s, %s, %s, 'teacher', %s, %s, %s, %s::bigint[], %s, %s, %s)",
                [at, 3 if students else 0, kind, actor, purpose, basis, elements, students, grant, address, request],
            )
    return User.objects.create_user("officer@riverbend.example", name="Officer")


def kinds(officer: User, **filters) -> list[str]:
    filters = {"since": NOON - dt.timedelta(days=1), "until": NOON + dt.timedelta(days=30)} | filters
    return [
        line.kind.split(".", 1)[1] for line in search.page(by=officer, hat="compliance_officer", filters=search.Filters(**filters)).lines
    ]


EVERYTHING = ["role.given", "family.viewed", "student.opened", "student.opened", "class_list.opened"]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, EVERYTHING),
        ({"actors": (1,)}, ["student.opened", "class_list.opened"]),
        ({"actors": (2, 3)}, ["family.viewed", "student.opened"]),
        ({"actors": ()}, []),
        ({"students": (2,)}, ["student.opened", "student.opened", "class_list.opened"]),
        ({"students": (3, 9)}, ["family.viewed", "class_list.opened"]),
        ({"kind": "people.role.given"}, ["role.given"]),
        ({"action": 0}, ["role.given"]),
        ({"purpose": "school-health"}, ["student.opened"]),
        ({"basis": "ferpa-family"}, ["family.viewed"]),
        ({"element": "name"}, ["family.viewed", "class_list.opened"]),
        ({"decision": (77, "no-such-object")}, ["student.opened"]),
        ({"decision": (None, "no-such-object")}, []),
        ({"address": "10.1.0.1"}, ["student.opened", "class_list.opened"]),
        ({"address": "10.0.0.0/8"}, ["role.given", "student.opened", "student.opened", "class_list.opened"]),
        ({"request_id": "r4"}, ["family.viewed"]),
        ({"since": NOON + dt.timedelta(days=1)}, ["role.given", "family.viewed", "student.opened"]),
        ({"until": NOON + dt.timedelta(hours=1)}, ["class_list.opened"]),
        ({"actors": (1,), "element": "attendance", "students": (2,)}, ["student.opened"]),
    ],
)
def test_a_filter_finds_what_fits(officer, filters: dict, found: list[str]) -> None:
    assert kinds(officer, **filters) == found


def test_each_page_leaves_an_entry_that_says_what_was_searched_for(officer) -> None:
    kinds(officer, students=(2,), purpose="school-health")
    entry = trail("trail.searched")[-1]
    assert entry["elements"] == ["audit"]
    assert entry["record_ids"] == [2]
    assert entry["actor_id"] == officer.pk
    assert '"purpose": "school-health"' in entry["additional_data"]


def test_the_entry_is_committed_ahead(officer) -> None:
    with transaction.atomic(), pytest.raises(entries.InsideTransaction):
        search.page(by=officer, hat=None, filters=search.Filters())


def test_a_filter_that_the_door_does_not_know_is_refused(officer) -> None:
    written = entries.append_ahead(
        Event.TRAIL_SEARCHED, by=officer, students=None, elements={"audit"}, data={"filters": {"mood": "good"}}, purpose="privacy-oversight"
    )
    for question in ("door.audit(NULL, NULL, 5)", "door.audit_days('UTC')", "door.export()"):
        with pytest.raises(Exception, match="cannot be searched by that"):
            entries.open_with(written, f"SELECT * FROM {question}")


def test_a_key_of_a_childs_record_opens_no_trail(officer) -> None:
    written = entries.append_ahead(Event.STUDENT_OPENED, by=officer, students=[2], elements={"name"}, purpose="p")
    for question in ("door.audit(NULL, NULL, 5)", "door.audit_days('UTC')", "door.export()"):
        assert entries.open_with(written, f"SELECT * FROM {question}")[1] == []


def test_pages_follow_each_other_without_gap_or_overlap(officer, monkeypatch) -> None:
    monkeypatch.setattr(search, "PAGE", 2)
    filters = search.Filters(since=NOON - dt.timedelta(days=1), until=NOON + dt.timedelta(days=30))
    seen, before = [], None
    while True:
        page = search.page(by=officer, hat=None, filters=filters, before=before)
        seen += [line.kind.split(".", 1)[1] for line in page.lines]
        if not page.has_older:
            break
        before = (page.lines[-1].at, page.lines[-1].id)
    assert seen == EVERYTHING


def test_entries_of_one_moment_are_cut_by_their_number(officer, monkeypatch) -> None:
    monkeypatch.setattr(search, "PAGE", 1)
    at = NOON + dt.timedelta(days=100)
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO trail.entry(\"timestamp\", action, kind) VALUES (%(at)s, 0, 'a'), (%(at)s, 0, 'b'), (%(at)s, 0, 'c')", {"at": at}
        )
    filters = search.Filters(since=at, until=at + dt.timedelta(seconds=1))
    first = search.page(by=officer, hat=None, filters=filters)
    second = search.page(by=officer, hat=None, filters=filters, before=(first.lines[0].at, first.lines[0].id))
    assert (first.lines[0].kind, second.lines[0].kind) == ("c", "b")


def test_days_are_those_of_the_districts_calendar(officer) -> None:
    late = NOON.replace(hour=3) + dt.timedelta(days=40)  # the evening before in Wisconsin
    with connections["owner"].cursor() as cursor:
        cursor.execute("INSERT INTO trail.entry(\"timestamp\", action, kind) VALUES (%s, 0, 'late')", [late])
    page = search.page(by=officer, hat=None, filters=search.Filters(since=late - dt.timedelta(days=1), until=late + dt.timedelta(days=1)))
    assert page.days == [(late.date() - dt.timedelta(days=1), 1)]
    assert page.counted == 1


def test_counting_ends_at_ten_thousand(officer) -> None:
    begin = NOON + dt.timedelta(days=60)
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO trail.entry(\"timestamp\", action, kind) SELECT %s + n * interval '1 second', 0, 'many' FROM generate_series(1, 10050) n",
            [begin],
        )
    page = search.page(by=officer, hat=None, filters=search.Filters(since=begin, until=begin + dt.timedelta(days=2)))
    assert page.counted == search.COUNTED + 1


def test_one_entry_is_found_with_its_students(officer) -> None:
    listed = search.page(by=officer, hat=None, filters=search.Filters(kind="records.class_list.opened")).lines[0]
    assert listed.record_ids is None
    assert listed.students == 3
    line = search.entry(by=officer, hat=None, at=listed.at, number=listed.id)
    assert line is not None
    assert line.record_ids == [1, 2, 3]
    assert search.entry(by=officer, hat=None, at=listed.at, number=listed.id + 1) is None


def test_a_search_reads_only_the_months_it_asks_for(officer) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT door.audit_conditions('{}', NULL)")
        (conditions,) = cursor.fetchone()
        cursor.execute(
            "PREPARE page(jsonb, bigint[], timestamptz, timestamptz) AS SELECT e.id FROM trail.entry e WHERE "
            + conditions
            + ' ORDER BY e."timestamp" DESC, e.id DESC LIMIT 50'
        )
        cursor.execute("EXPLAIN (COSTS OFF) EXECUTE page('{}', NULL, %s, %s)", [NOON, NOON + dt.timedelta(days=5)])
        plan = " ".join(line for (line,) in cursor.fetchall())
    assert f"p{NOON:%Y%m}" in plan
    assert set(re.findall(r"p\d{6}", plan)) == {f"p{NOON:%Y%m}"}
    assert "Sort" not in plan


class TestWhoActs:
    def test_somebody_at_the_command_line_has_no_account(self, officer) -> None:
        search.page(by=None, hat=None, filters=search.Filters(kind="people.role.given"))
        assert trail("trail.searched")[-1]["actor_id"] is None

    def test_nothing_else_opens_without_an_account(self, officer) -> None:
        with pytest.raises(Exception, match="may not open anything") as refusal:
            entries.append_ahead(Event.STUDENT_OPENED, by=None, students=[1], elements={"name"}, purpose="p")
        assert isinstance(refusal.value.__cause__, psycopg2.errors.CheckViolation)


def test_the_action_numbers_are_the_librarys() -> None:
    from auditlog.models import AbstractLogEntry

    assert {action.name: int(action) for action in Action} == {
        name: getattr(AbstractLogEntry.Action, name) for name in ("CREATE", "UPDATE", "DELETE", "ACCESS")
    }
