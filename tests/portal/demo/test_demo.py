"""The demo district: the same every time, believable, and never on top of a real one."""

import datetime as dt
from collections import Counter
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from governance.authority.models import Element, Stewardship
from governance.people.models import District, RoleAssignment, User
from governance.records.models import Guardianship, OwnRecord, Section, Student, Teaching
from governance.requests.models import DataRequest
from portal.base import clock
from portal.pages.demo import cast, inventing, names, plan, values
from portal.pages.personas import PERSONAS
from tests.harness.databases import Clone

TODAY = dt.date(2026, 11, 24)


def rows(clone: Clone, sql: str) -> list[tuple]:
    owner = clone.connect("owner")
    with owner, owner.cursor() as cursor:
        cursor.execute(sql)
        found = cursor.fetchall()
    owner.close()
    return found


# -- The plan, without a database ------------------------------------------------------------------------------------------


def outline(made: plan.Plan) -> Any:
    return (
        [(one.public_id, one.given, one.family, one.grade, one.birth, one.local_id) for one in made.students],
        [(one.title, one.teacher.name, [student.id for student in one.students]) for one in made.sections],
    )


def test_the_same_seed_gives_the_same_district() -> None:
    first, second = (inventing.make(students=300, seed=7, today=TODAY) for _ in range(2))
    assert outline(first) == outline(second)
    assert list(values.of_everybody(first, 7)) == list(values.of_everybody(second, 7))


def test_another_seed_gives_another() -> None:
    assert outline(inventing.make(students=300, seed=7, today=TODAY)) != outline(inventing.make(students=300, seed=8, today=TODAY))


@pytest.mark.parametrize("size", [60, 600, 3000])
@pytest.mark.parametrize("today", [TODAY, dt.date(2026, 9, 1), dt.date(2027, 2, 28), dt.date(2027, 7, 15), dt.date(2028, 2, 29)])
def test_ages_fit_the_grades(size: int, today: dt.date) -> None:
    made = inventing.make(students=size, seed=1, today=today)
    assert len(made.students) == size
    for student in made.students:
        age = made.year.begins.year - student.birth.year - (student.birth > dt.date(student.birth.year, 9, 1))
        usual = plan.GRADES.index(student.grade) + 5
        assert usual <= age <= usual + 1 or student.cast
    ages = {key: (today - made.child(key).birth).days / 365.25 for key in ("amina", "jonah")}
    assert 18 <= ages["amina"] < 19.1
    assert 14 <= ages["jonah"] < 15.1


def test_the_teachers_day_is_a_real_one() -> None:
    made = inventing.make(students=600, seed=1, today=TODAY)
    own = [one for one in made.sections if one.year is made.year and one.teacher is made.person("teacher")]
    assert len(own) == 5
    assert all(24 <= len(one.students) <= 30 for one in own)
    assert 120 <= len({student.id for one in own for student in one.students}) <= 150
    assert {"maya", "kalia", "owen"} <= {student.cast.key for student in own[0].students if student.cast}
    colleague = made.person("colleague")
    assert colleague.school is not made.person("teacher").school


@pytest.mark.parametrize("size", [60, 600])
def test_no_teacher_has_a_whole_school(size: int) -> None:
    """So that somebody else's student is near at hand."""
    made = inventing.make(students=size, seed=1, today=TODAY)
    teacher = made.person("teacher")
    taught = {student.id for one in made.sections if one.year is made.year and one.teacher is teacher for student in one.students}
    assert {student.id for student in made.students if student.school is teacher.school} - taught


def test_names_come_from_many_communities() -> None:
    made = inventing.make(students=2000, seed=1, today=TODAY)
    found = Counter(student.ethnicity[0] for student in made.students)
    assert set(found) == {origin.ethnicity for origin in names.ORIGINS}
    assert {"Spanish", "Hmong", "Somali", "English"} <= {household.language for household in made.households}


def test_ten_thousand_are_planned_in_no_time() -> None:
    began = clock.now()
    made = inventing.make(students=10_000, seed=1, today=TODAY)
    assert sum(1 for _ in values.of_everybody(made, 1)) > 150_000
    assert (clock.now() - began).total_seconds() < 30


# -- The district in the database ------------------------------------------------------------------------------------------


def test_every_persona_signs_in_with_the_demo_password(district: Clone) -> None:
    for persona in PERSONAS:
        assert User.objects.get(email=persona.email).check_password("Riverbend-demo-2026"), persona.name
    others = User.objects.exclude(email__in=[persona.email for persona in PERSONAS])
    assert not others.first().check_password("Riverbend-demo-2026")


def test_roles_are_those_of_the_cast(district: Clone) -> None:
    for member in cast.STAFF:
        user = User.objects.get(email=f"{member.persona}@riverbend.example")
        assert set(RoleAssignment.objects.filter(user=user).values_list("role", flat=True)) == {member.role}
    assert OwnRecord.objects.get(user__email="eligible@riverbend.example").eligible_since <= clock.today()
    assert OwnRecord.objects.get(user__email="student@riverbend.example").eligible_since is None


def test_a_students_name_stands_in_no_account(district: Clone) -> None:
    assert set(User.objects.filter(own_record__isnull=False).values_list("name", flat=True)) == {""}


def test_court_orders_limit_one_parent(district: Clone) -> None:
    limits = Guardianship.objects.filter(user__email="limited.parent@riverbend.example").order_by("limit")
    assert [link.limit for link in limits] == ["placement_denied", "records_limited"]
    assert "address" in limits[1].limit_elements
    assert all(link.limit_set_by for link in limits)


def test_every_value_is_of_an_element_that_is_held(district: Clone) -> None:
    held = set(Element.objects.filter(held_in="value").values_list("key", flat=True))
    found = {element for (element,) in rows(district, "SELECT DISTINCT element FROM records.value")}
    assert found <= held
    assert {"el-status", "health-alerts", "immunization", "attendance", "course-grades", "reading-screener", "family-language"} <= found


def test_every_kind_of_data_has_a_steward(district: Clone) -> None:
    covered = {category for one in Stewardship.objects.all() for category in one.categories}
    assert covered == set(Element.objects.exclude(held_in="").values_list("category", flat=True))


def test_requests_stand_in_every_state(district: Clone) -> None:
    states = set(DataRequest.objects.values_list("state", flat=True))
    assert {"submitted", "narrowed", "refused", "ended", "information_asked"} <= states
    narrowed = DataRequest.objects.get(state="narrowed")
    assert narrowed.grant.elements
    assert narrowed.requested.exclude(left_out_reason="").exists()
    assert set(narrowed.sections) <= set(Teaching.objects.filter(staff_member__user=narrowed.asker).values_list("section_id", flat=True))


def test_the_trail_goes_back_a_year_and_holds_no_value(district: Clone) -> None:
    first, last, months = rows(
        district,
        """SELECT min("timestamp"), max("timestamp"), count(DISTINCT date_trunc('month', "timestamp"))
           FROM trail.entry WHERE kind LIKE 'records.%'""",
    )[0]
    assert (last - first).days > 300
    assert last < clock.now()
    assert months >= 10
    kinds = {kind for (kind,) in rows(district, "SELECT DISTINCT kind FROM trail.entry")}
    assert {
        "records.class_list.opened",
        "records.student.opened",
        "records.family.viewed",
        "records.students.searched",
        "people.signed_in",
    } <= kinds
    family = rows(district, "SELECT DISTINCT family_name FROM records.identity")
    texts = rows(district, "SELECT coalesce(additional_data::text, '') || coalesce(changes::text, '') || object_repr FROM trail.entry")
    assert not [name for (name,) in family for (text,) in texts if f'"{name}"' in text]


def test_looks_at_a_class_name_only_its_students(district: Clone) -> None:
    wrong = rows(
        district,
        """SELECT e.id FROM trail.entry e JOIN records_staffmember s ON s.user_id = e.actor_id
           WHERE e.kind = 'records.class_list.opened' AND NOT EXISTS (
             SELECT FROM records_teaching t JOIN records_enrollment n USING (section_id) WHERE t.staff_member_id = s.id
             GROUP BY t.section_id HAVING array_agg(n.student_id) @> e.record_ids AND cardinality(e.record_ids) = count(*))""",
    )
    assert not wrong


def test_looks_open_nothing_by_themselves(district: Clone) -> None:
    """Those of the past year, that is. A room that reads while the demo is made leaves an entry of that moment, whose key has died since."""
    loaded = """(SELECT max("timestamp") FROM trail.entry) - interval '15 minutes'"""
    assert rows(district, f'SELECT count(*) FROM trail.entry WHERE key_hash IS NOT NULL AND "timestamp" < {loaded}') == [(0,)]
    assert rows(district, f'SELECT count(*) > 100 FROM trail.entry WHERE record_ids IS NOT NULL AND "timestamp" < {loaded}') == [(True,)]


def test_the_next_row_of_the_application_finds_a_free_number(district: Clone) -> None:
    Student.objects.create()
    Section.objects.create(sourced_id="new", title="New")
    User.objects.create_user("next@riverbend.example")


def test_run_again_it_changes_nothing(district: Clone) -> None:
    before = rows(district, "SELECT count(*), max(id) FROM trail.entry")
    call_command("demo", students=90)
    assert rows(district, "SELECT count(*), max(id) FROM trail.entry") == before
    assert Student.objects.count() == 60


def test_it_stays_away_from_a_real_district(database: Clone) -> None:
    District.objects.create(name="Oak Hollow", short_name="Oak Hollow")
    with pytest.raises(CommandError, match="not the demo"):
        call_command("demo")
    assert not Student.objects.exists()


def test_it_stays_away_from_people_without_a_district(database: Clone) -> None:
    User.objects.create_user("real@oakhollow.example")
    with pytest.raises(CommandError, match="not the demo"):
        call_command("demo")


def test_without_reference_data_it_says_what_to_do(database: Clone) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("TRUNCATE governance_element CASCADE")
    with pytest.raises(CommandError, match="load_reference"):
        call_command("demo")


def test_the_powerful_share_a_second_factor_where_it_is_asked(database: Clone, settings: Any) -> None:
    from allauth.mfa.models import Authenticator

    settings.PORTAL_DEMO_TOTP = "JBSWY3DPEHPK3PXP"
    call_command("demo", students=60)
    holders = set(Authenticator.objects.values_list("user__email", flat=True))
    assert {f"{persona}@riverbend.example" for persona in ("admin", "steward", "compliance", "leader", "secretary")} <= holders
    assert "teacher@riverbend.example" not in holders
