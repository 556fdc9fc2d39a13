"""Planted records: set out by two people, in no list, and told of when opened."""

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, transaction

from breaches.assessment.queries import enrolled
from breaches.readiness import queries as readiness
from governance.alerts import actions, runner
from governance.alerts.models import Planting
from governance.alerts.queries import is_somebody
from governance.exports.queries import size_of
from governance.people.models import School
from governance.records import door
from governance.records.models import Enrollment, Guardianship, Student
from governance.trail import search
from governance.vocabulary import Event, Relation, Role
from portal.base import clock, outbox
from portal.base.errors import CannotDo
from tests.governance.alerts.cast import CALLED, as_owner, forget_the_demos, look, plant, set_numbers, watch
from tests.governance.audit.cast import client_of, text_of
from tests.governance.situations import person, trail
from tests.harness.databases import Clone

pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture(autouse=True)
def _demo(settings: Any, district: Clone) -> None:
    settings.DEMO = True
    forget_the_demos()
    runner.run()


@pytest.fixture
def planted() -> int:
    """The anchor of a record that admin and superintendent planted, with the watch for it switched on."""
    return plant()


class TestSettingOut:
    def test_two_people_on_the_page(self) -> None:
        admin, leader = client_of("admin"), client_of("leader")
        school = School.objects.get(sourced_id="middle")
        answer = admin.post("/alerts/planted/new/", {"school": str(school.public_id), **CALLED})
        assert answer.status_code == 302
        planting = Planting.objects.get()
        admin.post(f"/alerts/planted/{planting.public_id}/confirm/")
        assert Planting.objects.get().state == "proposed"
        leader.post(f"/alerts/planted/{planting.public_id}/confirm/")
        runner.run()
        assert Planting.objects.get().state == "planted"
        page = leader.get("/alerts/planted/").content.decode()
        assert "Lincoln Middle School" in page and "Quillmarsh" not in page
        assert [len(trail(f"alerts.planting.{what}")) for what in ("proposed", "confirmed")] == [1, 1]

    def test_one_person_cannot_even_by_sql(self) -> None:
        school = School.objects.get(sourced_id="middle")
        actions.propose_planting(school=school, **CALLED, by=person("admin"), at=clock.now())
        with pytest.raises(IntegrityError), transaction.atomic():
            Planting.objects.update(state="confirmed", confirmed_by=person("admin"), confirmed_at=clock.now())

    @pytest.mark.parametrize("name", ["compliance", "teacher", "secretary", "steward", "parent"])
    def test_others_do_not_see_where_they_are(self, name: str) -> None:
        assert client_of(name).get("/alerts/planted/").status_code == 403

    def test_five_a_school_are_the_most(self) -> None:
        school = School.objects.get(sourced_id="middle")
        for _ in range(5):
            actions.propose_planting(school=school, **CALLED, by=person("admin"), at=clock.now())
        with pytest.raises(CannotDo):
            actions.propose_planting(school=school, **CALLED, by=person("admin"), at=clock.now())

    def test_taken_away_nothing_is_left_of_it(self, planted: int) -> None:
        actions.end_planting(public_id=Planting.objects.get().public_id, by=person("admin"), at=clock.now())
        runner.run()
        assert Planting.objects.get().state == "ended"
        as_owner("SET ROLE portal_door")
        assert as_owner("SELECT count(*) FROM records.identity WHERE student_id = %s", (planted,)) == [(0,)]
        assert as_owner("SELECT count(*) FROM watch.planted") == [(0,)]
        as_owner("RESET ROLE")
        assert Student.objects.get(pk=planted).left_on is not None

    def test_no_entry_names_it(self, planted: int) -> None:
        assert as_owner("SELECT count(*) FROM trail.entry WHERE record_ids @> ARRAY[%s::bigint]", (planted,)) == [(0,)]
        assert as_owner(
            "SELECT count(*) FROM trail.entry WHERE additional_data::text LIKE '%%Quillmarsh%%' OR changes::text LIKE '%%Quillmarsh%%'"
        ) == [(0,)]


class TestBeingOpened:
    def test_two_people_are_told(self, planted: int, mailoutbox: list) -> None:
        look("principal", [planted], hat=Role.PRINCIPAL)
        assert watch() == [("planted", person("principal").pk)]
        outbox.run()
        assert sorted(address for mail in mailoutbox for address in mail.to) == [
            "admin@riverbend.example",
            "compliance@riverbend.example",
            "security@riverbend.example",
        ]
        assert "Quillmarsh" not in "".join(mail.subject + mail.body for mail in mailoutbox)

    def test_the_two_who_planted_it_may_look(self, planted: int) -> None:
        look("admin", [planted], hat=Role.PRINCIPAL)
        assert ("planted", person("admin").pk) not in watch()

    def test_among_several_results_of_a_search_it_was_not_opened(self, planted: int) -> None:
        others = list(
            Student.objects.filter(school__sourced_id="middle", left_on=None).exclude(pk=planted).values_list("pk", flat=True)[:2]
        )
        look("principal", [planted, *others], hat=Role.PRINCIPAL, event=Event.STUDENTS_FOUND)
        assert watch() == []
        look("principal", [planted], hat=Role.PRINCIPAL, event=Event.STUDENTS_FOUND)
        assert watch() == [("planted", person("principal").pk)]

    def test_it_looks_like_any_student(self, planted: int) -> None:
        schools = [School.objects.get(sourced_id="middle").pk]
        found = door.find(
            by=person("principal"), hat=Role.PRINCIPAL, relation=Relation.OWN_SCHOOL, term="quillm", schools=schools, on=clock.today()
        )
        assert [student.full_name for student in found.students] == ["Zebulon Quillmarsh"]

    def test_switched_off_it_is_not_told(self, planted: int) -> None:
        set_numbers(planted={"on": 0})
        look("principal", [planted], hat=Role.PRINCIPAL)
        assert watch() == []


class TestInNoList:
    def test_in_no_class_and_no_family(self, planted: int) -> None:
        assert not Enrollment.objects.filter(student=planted).exists()
        assert not Guardianship.objects.filter(student=planted).exists()

    def test_a_roster_without_it_does_not_end_it(self, planted: int) -> None:
        as_owner("UPDATE records_student SET left_on = current_date")
        assert list(Student.objects.filter(left_on=None).values_list("pk", flat=True)) == [planted]

    def test_exports_and_deliveries_leave_it_out(self, planted: int) -> None:
        real = Student.objects.exclude(pk=planted).order_by("pk").values_list("pk", flat=True)[0]
        with connection.cursor() as cursor:
            cursor.execute("SELECT door.without_planted(%s)", [[planted, real]])
            assert cursor.fetchone()[0] == [real]


class TestTheApplicationsLogin:
    @pytest.mark.parametrize(
        "sql", ["SELECT * FROM watch.planted", "SELECT door.plant(current_date)", "SELECT * FROM watch.home", "SELECT watch.digest('x')"]
    )
    def test_it_cannot_read_what_is_planted(self, planted: int, sql: str) -> None:
        with pytest.raises(DatabaseError, match="permission denied"), connection.cursor() as cursor:
            cursor.execute(sql)

    def test_a_name_goes_in_once_and_never_comes_out(self, planted: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT door.plant_wish(%s, 'Another', 'Name', '07')", [Planting.objects.get().pk])
            assert cursor.fetchone()[0] in {None, ""}
        with connections["owner"].cursor() as cursor:
            cursor.execute("SET ROLE portal_door; SELECT given_name FROM watch.planted")
            assert cursor.fetchall() == [("Zebulon",)]
            cursor.execute("RESET ROLE")

    def test_the_day_it_was_set_out(self, planted: int) -> None:
        assert Student.objects.get(pk=planted).since >= clock.today() - dt.timedelta(days=1)


def test_it_stands_in_no_count(planted: int) -> None:
    """Neither in the set-up's tiles nor among the children whose families can be reached, nor in the number that laws' thresholds go by."""
    everybody = Student.objects.filter(left_on=None).count()
    assert Student.objects.filter(is_somebody(), left_on=None).count() == everybody - 1
    assert not Student.objects.filter(is_somebody(), pk=planted).exists()
    tiles = text_of(client_of("admin").get("/setup/"))
    assert f"{everybody - 1:,} students" in tiles and f"of {everybody - 1:,} students" in tiles
    assert enrolled() == everybody - 1
    assert readiness.reach().children == everybody - 1


def test_a_school_taken_out_without_it_is_a_whole_school_all_the_same(planted: int) -> None:
    """One person alone takes no whole school out of the trail; a record of nobody that nobody opened does not make it less than whole."""
    since = clock.now()
    everybody = list(Student.objects.filter(is_somebody(), school__sourced_id="middle", left_on=None).values_list("pk", flat=True))
    look("counselor", everybody, hat=Role.COUNSELOR)
    size = size_of(search.Filters(actors=(person("counselor").pk,), since=since), by=person("compliance"), hat=Role.COMPLIANCE_OFFICER)
    assert (size.students, size.whole_schools) == (len(everybody), 1)
