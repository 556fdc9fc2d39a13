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

TOOL, SCHOOL = "7f0b5c1e-1111-4111-8111-123456789012", "7f0b5c1e-2222-4222-8222-123456789012"
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
        # The family's look names a tool, the role is about a school.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE trail.entry SET additional_data = jsonb_build_object('of', ARRAY['x', %s]) WHERE cid = 'r4'", [TOOL])
        cursor.execute("UPDATE trail.entry SET object_pk = %s WHERE cid = 'r5'", [SCHOOL])
        cursor.execute("RESET session_replication_role")
    return User.objects.create_user("officer@riverbend.example", name="Officer")


def kinds(officer: User, **filters) -> list[str]:
    filters = {"since": NOON - dt.timedelta(days=1), "until": NOON + dt.timedelta(days=30)} | filters
    return [
        line.kind.split(".", 1)[1] for line in search.page(by=officer, hat="compliance_officer", filters=search.Filters(**filters)).lines
    ]


EVERYTHING = ["role.given", "family.viewed", "student.opened", "student.opened", "class_list.opened"]


FILTERS = pytest.mark.parametrize(
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
        ({"address": "10.1.0.0/24"}, ["role.given", "student.opened", "class_list.opened"]),
        ({"address": "10.1.0.8/30"}, ["role.given"]),
        ({"address": "203.0.112.0/22"}, ["family.viewed"]),
        ({"address": "2001:db8::/32"}, []),
        ({"reference": TOOL}, ["family.viewed"]),
        ({"reference": SCHOOL}, ["role.given"]),
        ({"reference": "00000000-0000-4000-8000-000000000009"}, []),
        ({"reference": TOOL, "element": "name", "purpose": "family-access"}, ["family.viewed"]),
        ({"request_id": "r4"}, ["family.viewed"]),
        ({"since": NOON + dt.timedelta(days=1)}, ["role.given", "family.viewed", "student.opened"]),
        ({"until": NOON + dt.timedelta(hours=1)}, ["class_list.opened"]),
        ({"actors": (1,), "element": "attendance", "students": (2,)}, ["student.opened"]),
    ],
)


@FILTERS
def test_a_filter_finds_what_fits(officer, filters: dict, found: list[str]) -> None:
    assert kinds(officer, **filters) == found


@pytest.fixture(scope="module")
def indexed(officer) -> None:
    """Each month that is over has its index of words, as the keeper makes them."""
    with connections["keeper"].cursor() as cursor:
        left = 1
        while left:
            cursor.execute("SELECT trail.index_closed_month()")
            left = cursor.fetchone()[0]


@FILTERS
def test_the_index_of_a_month_finds_the_same(indexed, officer, filters: dict, found: list[str]) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT door.audit_indexed() > %s", [NOON + dt.timedelta(days=30)])
        assert cursor.fetchone()[0]
    assert kinds(officer, **filters) == found


class TestMonthsThatAreOver:
    def test_rare_words_are_looked_up(self, indexed) -> None:
        begin, filters = NOON + dt.timedelta(days=150), '{"element": "allergy-plan", "kind": "records.plenty"}'
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "INSERT INTO trail.entry(\"timestamp\", action, kind, elements) SELECT %s + n * interval '1 minute', 0, 'records.plenty',"
                " CASE WHEN n %% 1000 = 0 THEN ARRAY['allergy-plan'] ELSE ARRAY['name', 'grade'] END FROM generate_series(1, 8000) n",
                [begin],
            )
            cursor.execute("ANALYZE trail.entry")
            cursor.execute("SELECT door.audit_query('e.id', %s, NULL, false, false, true)", [filters])
            (query,) = cursor.fetchone()
            cursor.execute(f"PREPARE lookup(jsonb, bigint[], timestamptz, timestamptz, bigint[], timestamptz, bigint, integer) AS {query}")
            cursor.execute(
                "EXPLAIN (COSTS OFF) EXECUTE lookup(%s, NULL, %s, %s, NULL, NULL, NULL, 50)",
                [filters, begin, begin + dt.timedelta(days=10)],
            )
            plan = " ".join(line for (line,) in cursor.fetchall())
        assert f"p{begin:%Y%m}_facets" in plan

    def test_none_is_left_out(self, indexed) -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FILTER (WHERE to_regclass('trail_parts.' || relname || '_facets') IS NOT NULL), count(*) FROM pg_class"
                " WHERE relnamespace = 'trail_parts'::regnamespace AND relkind = 'r' AND relname < %s",
                [f"p{dt.datetime.now(dt.UTC):%Y%m}"],
            )
            done, months = cursor.fetchone()
            cursor.execute("SELECT to_regclass('trail_parts.' || %s || '_facets')", [f"p{dt.datetime.now(dt.UTC):%Y%m}"])
            assert cursor.fetchone() == (None,)
        assert done == months > 10

    def test_what_is_written_into_one_later_is_found(self, indexed, officer) -> None:
        at = NOON + dt.timedelta(days=50)
        with connections["owner"].cursor() as cursor:
            cursor.execute("INSERT INTO trail.entry(\"timestamp\", action, kind) VALUES (%s, 0, 'records.late')", [at])
        assert kinds(officer, kind="records.late", until=NOON + dt.timedelta(days=60)) == ["late"]

    @pytest.mark.parametrize("login", ["default", "sealer"])
    def test_nobody_else_makes_it(self, indexed, login: str) -> None:
        with connections[login].cursor() as cursor, pytest.raises(Exception, match="permission denied"):
            cursor.execute("SELECT trail.index_closed_month()")


class TestPatience:
    def test_a_search_that_ends_early_says_how_far_it_came_and_goes_on_from_there(self, officer) -> None:
        filters = search.Filters(since=NOON - dt.timedelta(days=1), until=NOON + dt.timedelta(days=30), kind="records.family.viewed")
        place, found, pages = None, [], 0
        while pages < 100:
            page = search.page(by=officer, hat=None, filters=filters, before=place, patience=0)
            found += [line.kind for line in page.lines]
            pages += 1
            if page.reached is None:
                break
            assert not page.has_older
            assert page.counted_to == (page.reached if place is None else None)
            place = (page.reached, 1)
        assert found == ["records.family.viewed"]
        assert pages > 3

    def test_going_to_newer_ones_it_does_too(self, officer) -> None:
        filters = search.Filters(since=NOON - dt.timedelta(days=1), until=NOON + dt.timedelta(days=30), kind="people.role.given")
        place, found, pages = (NOON, 2**63 - 1), [], 0
        while pages < 100:
            page = search.page(by=officer, hat=None, filters=filters, after=place, patience=0)
            found += [line.kind for line in page.lines]
            pages += 1
            if page.reached is None:
                break
            place = (page.reached - dt.timedelta(microseconds=1), 2**63 - 1)
        assert found == ["people.role.given"]
        assert pages > 3

    def test_counting_ends_early_too(self, officer, monkeypatch) -> None:
        monkeypatch.setattr(search, "PAGE", 1)
        filters = search.Filters(until=NOON + dt.timedelta(days=1), actors=None, basis="ferpa-school-official")
        page = search.page(by=officer, hat=None, filters=filters, patience=0)
        assert page.reached is None
        assert page.counted == 2
        patient = search.page(by=officer, hat=None, filters=filters)
        assert (patient.counted, patient.counted_to) == (2, None)


class TestWithin:
    """What an outside auditor may see at all, whatever is asked."""

    @pytest.mark.parametrize(
        ("within", "found"),
        [
            ({}, EVERYTHING),
            ({"from": (NOON + dt.timedelta(days=2)).isoformat()}, ["role.given", "family.viewed"]),
            ({"to": (NOON + dt.timedelta(hours=1)).isoformat()}, ["class_list.opened"]),
            ({"kinds": ["people.role.given", "records.family.viewed"]}, ["role.given", "family.viewed"]),
            ({"kinds": []}, []),
            ({"schools": [999_999]}, []),
        ],
        ids=["everything", "from", "to", "kinds", "no kinds", "another school"],
    )
    def test_it_narrows(self, officer, within: dict, found: list[str]) -> None:
        assert kinds(officer, within=within) == found

    def test_a_school_is_that_of_the_students_that_an_entry_names(self, officer) -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "INSERT INTO people_school(id, public_id, sourced_id, name, identifier, kind, active) VALUES (77, gen_random_uuid(), 's77', 'S', '', 'school', true)"
            )
            cursor.execute("INSERT INTO records_student(id, school_id) VALUES (9, 77)")
        assert kinds(officer, within={"schools": [77]}) == ["family.viewed"]
        assert kinds(officer, within={"schools": [77]}, students=(2,)) == []

    def test_no_entry_outside_is_opened_by_its_address(self, officer) -> None:
        line = search.page(by=officer, hat=None, filters=search.Filters(kind="people.role.given")).lines[0]
        within = {"kinds": ["records.family.viewed"]}
        assert search.entry(by=officer, hat=None, at=line.at, number=line.id) is not None
        assert search.entry(by=officer, hat=None, at=line.at, number=line.id, within=within) is None
        assert search.entry(by=officer, hat=None, at=line.at, number=line.id, within={"to": NOON.isoformat()}) is None

    def test_a_key_in_an_auditors_role_without_a_scope_opens_nothing(self, officer) -> None:
        filters = search.Filters(since=NOON - dt.timedelta(days=1), until=NOON + dt.timedelta(days=30))
        assert search.page(by=officer, hat="auditor", filters=filters).lines == []

    def test_what_is_no_scope_is_refused(self, officer) -> None:
        with pytest.raises(Exception, match="cannot be searched by that"):
            kinds(officer, within={"mood": "good"})


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


def test_pages_go_back_to_newer_ones_as_they_came(officer, monkeypatch) -> None:
    monkeypatch.setattr(search, "PAGE", 2)
    filters = search.Filters(since=NOON - dt.timedelta(days=1), until=NOON + dt.timedelta(days=30))
    first = search.page(by=officer, hat=None, filters=filters)
    second = search.page(by=officer, hat=None, filters=filters, before=(first.lines[-1].at, first.lines[-1].id))
    assert (first.has_older, first.has_newer, second.has_older, second.has_newer) == (True, False, True, True)
    back = search.page(by=officer, hat=None, filters=filters, after=(second.lines[0].at, second.lines[0].id))
    assert back.lines == first.lines
    assert (back.has_older, back.has_newer, back.days) == (True, False, [])


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
        cursor.execute("SET enable_seqscan = off")  # a few rows are read faster so
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
