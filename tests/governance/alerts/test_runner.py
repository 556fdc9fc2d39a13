"""What the watch finds in the trail of the demo district, from looks that went through the door."""

import datetime as dt
import threading
from typing import Any

import pytest
from django.db import connections, transaction

from governance.alerts import homes, runner
from governance.alerts.models import Alert, AlertLook, Watch
from governance.people.models import RoleAssignment, School, User
from governance.records import scope
from governance.records.models import Enrollment, Guardianship, Section, Student, Teaching
from governance.trail import entries
from governance.vocabulary import Action, Event, Role
from portal.base import clock
from portal.base.models import Message
from portal.celery import app
from tests.governance.alerts.cast import as_owner, end_by_sql, forget_the_demos, found, history, look, refused_sign_ins, set_numbers, watch
from tests.governance.situations import person, trail
from tests.harness.databases import Clone

pytestmark = pytest.mark.usefixtures("district")


def zone_where_it_is(hour: int) -> str:
    """A time zone in which it is that hour now, so that no test depends on when it runs."""
    behind = (dt.datetime.now(dt.UTC).hour - hour) % 24
    return f"Etc/GMT{behind if behind <= 12 else behind - 24:+d}"


@pytest.fixture(autouse=True)
def _noon(settings: Any) -> None:
    settings.TIME_ZONE = zone_where_it_is(12)


@pytest.fixture(autouse=True)
def _awake(district: Clone) -> None:
    """What the demo brought was seen before the test begins."""
    forget_the_demos()
    runner.run()


def own(name: str) -> list[int]:
    return sorted(scope.own_students(person(name), on=clock.today()).values_list("pk", flat=True))


def stranger(name: str) -> int:
    """A student whom the person does not teach and never taught."""
    user = person(name)
    taught = Teaching.objects.filter(staff_member__user=user).values("section")
    known = Enrollment.objects.filter(section__in=taught).values("student")
    return Student.objects.exclude(pk__in=known).order_by("pk").values_list("pk", flat=True)[0]


def at_school(key: str) -> list[int]:
    return list(Student.objects.filter(school__sourced_id=key, left_on=None).order_by("pk").values_list("pk", flat=True))


class TestNoClassInCommon:
    def test_a_student_of_nobody_the_teacher_knows(self) -> None:
        written = look("teacher", [stranger("teacher")])
        assert watch() == [("no_class", person("teacher").pk)]
        alert = found("no_class")[0]
        assert (alert.facts["students"], alert.facts["unrelated"], alert.hat) == (1, 1, "teacher")
        assert list(alert.looks.values_list("entry_id", "students")) == [(written.id, 1)]

    def test_one_stranger_among_the_own_class(self) -> None:
        look("teacher", [*own("teacher")[:5], stranger("teacher")])
        watch()
        assert found("no_class")[0].facts["unrelated"] == 1

    @pytest.mark.parametrize(
        ("who", "hat"), [("counselor", Role.COUNSELOR), ("principal", Role.PRINCIPAL), ("secretary", Role.SECRETARY), ("nurse", Role.NURSE)]
    )
    def test_roles_that_span_a_school_reach_it(self, who: str, hat: Role) -> None:
        look(who, at_school("middle")[:3], hat=hat)
        assert watch() == []

    @pytest.mark.parametrize(("who", "hat"), [("counselor", Role.COUNSELOR), ("secretary", Role.SECRETARY)])
    def test_and_no_other_school(self, who: str, hat: Role) -> None:
        look(who, at_school("elementary")[:2], hat=hat)
        assert watch() == [("no_class", person(who).pk)]

    def test_own_classes_are_work(self) -> None:
        look("teacher", own("teacher"), event=Event.CLASS_LIST_OPENED)
        look("teacher", own("teacher")[:1])
        assert watch() == []

    def test_a_substitute_has_the_class_while_the_cover_lasts(self) -> None:
        section = Section.objects.filter(
            school__sourced_id="middle", active=True, teachings__staff_member__user=person("teacher")
        ).order_by("pk")[0]
        colleague = person("colleague").staff_member
        inside = sorted(set(Enrollment.objects.filter(section=section).values_list("student", flat=True)))
        today = clock.today()
        Teaching.objects.create(
            sourced_id="cover", staff_member=colleague, section=section, begins=today, ends=today + dt.timedelta(days=2)
        )
        look("colleague", inside, event=Event.CLASS_LIST_OPENED)
        assert watch() == []
        Teaching.objects.filter(sourced_id="cover").update(begins=today - dt.timedelta(days=9), ends=today - dt.timedelta(days=2))
        look("colleague", inside[:1])
        assert watch() == []  # two days later it is still within the days of grace

    def test_a_permission_is_a_tie_for_whom_it_names(self) -> None:
        who, student = person("teacher"), stranger("teacher")
        grant = as_owner(
            "INSERT INTO governance_grant(public_id, holder_id, purpose_id, basis, elements, sections, students, rule_version, starts_on, ends_on, made_at, ended_because)"
            " SELECT gen_random_uuid(), %s, purpose_id, basis, elements, '{}', ARRAY[%s::bigint], rule_version, current_date, current_date + 9, now(), '' FROM governance_grant LIMIT 1 RETURNING id",
            (who.pk, student),
        )[0][0]
        look(who, [student], grant_id=grant)
        assert watch() == []
        another = Student.objects.exclude(pk__in=[student, *own("teacher")]).filter(school__sourced_id="elementary").order_by("-pk")[0].pk
        look(who, [another], grant_id=grant)
        assert watch() == [("no_class", who.pk)]

    def test_an_emergency_is_reviewed_by_itself(self) -> None:
        look("teacher", [stranger("teacher")], event=Event.EMERGENCY_OPENED, basis="ferpa-emergency", purpose="school-safety")
        assert watch() == []

    def test_a_family_opens_its_own_child_and_no_other(self) -> None:
        children = list(Guardianship.objects.filter(user=person("parent")).values_list("student", flat=True))
        look("parent", children, hat=Role.GUARDIAN, event=Event.FAMILY_VIEWED)
        assert watch() == []
        other = Student.objects.exclude(pk__in=children).order_by("pk")[0].pk
        look("parent", [other], hat=Role.GUARDIAN, event=Event.FAMILY_VIEWED)
        assert watch() == [("no_class", person("parent").pk)]

    def test_a_refused_try_opened_nothing(self) -> None:
        entries.append_ahead(
            Event.READ_REFUSED, by=person("teacher"), students=[stranger("teacher")], elements=(), opens=False, hat=Role.TEACHER
        )
        assert watch() == []


class TestAfterTransfer:
    @pytest.fixture
    def left(self) -> Student:
        return Student.objects.get(pk=own("teacher")[0])

    def leave(self, student: Student, days: int) -> None:
        ended = clock.today() - dt.timedelta(days=days)
        Enrollment.objects.filter(student=student).update(ends=ended)
        Student.objects.filter(pk=student.pk).update(left_on=ended)

    @pytest.mark.parametrize(("days", "odd"), [(1, False), (14, False), (15, True), (200, True)])
    def test_grace_is_counted_in_days(self, left: Student, days: int, odd: bool) -> None:
        self.leave(left, days)
        look("teacher", [left.pk])
        assert watch() == ([("after_transfer", person("teacher").pk)] if odd else [])

    def test_so_it_is_for_the_principal(self, left: Student) -> None:
        self.leave(left, 40)
        look("principal", [left.pk], hat=Role.PRINCIPAL)
        assert watch() == [("after_transfer", person("principal").pk)]

    def test_the_days_are_a_number_that_people_set(self, left: Student) -> None:
        set_numbers(after_transfer={"days": 60})
        self.leave(left, 40)
        look("teacher", [left.pk])
        assert watch() == []


class TestSameHome:
    ADDRESS = "1200 Maple Street, Riverbend, WI 54000"

    def give(self, student: int, address: str) -> None:
        as_owner("SET ROLE portal_door")
        as_owner(
            "INSERT INTO records.value(student_id, element, value) VALUES (%s, 'address', %s) ON CONFLICT (student_id, element, item) DO UPDATE SET value = excluded.value",
            (student, address),
        )
        as_owner("RESET ROLE")

    def home(self, who: str, address: str) -> None:
        user = person(who)
        assert homes.load([{"staff": user.staff_number, "address": address}]) == (1, 1)

    @pytest.mark.parametrize(
        "written",
        ["1200 Maple Street, Riverbend, WI 54000", "1200 MAPLE ST.  Riverbend, Wisconsin 54000-1234", "1200 maple st\nRiverbend WI 54000"],
    )
    def test_whoever_lives_in_one_house(self, written: str) -> None:
        student = at_school("middle")[0]
        self.give(student, written)
        self.home("counselor", self.ADDRESS)
        look("counselor", [student], hat=Role.COUNSELOR)
        assert watch() == [("same_address", person("counselor").pk)]

    @pytest.mark.parametrize(
        "written",
        [
            "1202 Maple Street, Riverbend, WI 54000",
            "1200 Maple Street, Otherville, WI 54099",
            "unknown",
            "",
            "1200 Maple Street, Apt 4, Riverbend, WI 54000",
        ],
    )
    def test_another_house_is_another_house(self, written: str) -> None:
        student = at_school("middle")[0]
        self.give(student, written)
        self.home("counselor", self.ADDRESS)
        look("counselor", [student], hat=Role.COUNSELOR)
        assert watch() == []

    def test_no_address_is_no_home_in_common(self) -> None:
        student = at_school("middle")[0]
        self.give(student, "unknown")
        assert homes.load([{"staff": person("counselor").staff_number, "address": "unknown"}]) == (0, 1)
        look("counselor", [student], hat=Role.COUNSELOR)
        assert watch() == []

    def test_the_own_child_by_the_rosters_link(self) -> None:
        student = at_school("middle")[0]
        Guardianship.objects.create(student_id=student, user=person("principal"))
        look("principal", [student], hat=Role.PRINCIPAL)
        assert watch() == [("same_address", person("principal").pk)]

    def test_opened_as_a_parent_it_is_ones_right(self) -> None:
        student = at_school("middle")[0]
        Guardianship.objects.create(student_id=student, user=person("principal"))
        look("principal", [student], hat=Role.GUARDIAN, event=Event.FAMILY_VIEWED)
        assert watch() == []

    def test_the_own_child_in_the_own_class_is_work(self) -> None:
        student = own("teacher")[0]
        Guardianship.objects.create(student_id=student, user=person("teacher"))
        look("teacher", [student])
        look("teacher", own("teacher"), event=Event.CLASS_LIST_OPENED)
        assert watch() == []

    def test_a_family_name_alone_marks_nobody(self) -> None:
        """Many families of one name: the actor bears it too, and nothing is odd."""
        student = at_school("middle")[0]
        User.objects.filter(pk=person("counselor").pk).update(name="Mai Vang")
        as_owner("SET ROLE portal_door")
        as_owner("UPDATE records.identity SET family_name = 'Vang' WHERE student_id = %s", (student,))
        as_owner("RESET ROLE")
        self.give(student, "77 Oak Avenue, Riverbend, WI 54000")
        self.home("counselor", self.ADDRESS)
        look("counselor", [student], hat=Role.COUNSELOR)
        assert watch() == []


class TestBurst:
    @pytest.fixture
    def students(self) -> list[int]:
        set_numbers(burst={"ten_minutes": 8, "hour": 12})
        return at_school("middle")

    @pytest.fixture
    def newcomer(self) -> User:
        """A counselor of whom the trail knows nothing."""
        made = User.objects.create_user("newcomer@riverbend.example", name="Noa Berg")
        school = School.objects.get(sourced_id="middle")
        RoleAssignment.objects.create(user=made, role=Role.COUNSELOR, school=school, starts_on=clock.today(), given_at=clock.now())
        return made

    def test_many_more_than_usual(self, students: list[int], newcomer: User) -> None:
        history(newcomer, days_ago=9, hours=6, students=students[:2])
        for student in students[:8]:
            look(newcomer, [student], hat=Role.COUNSELOR)
        assert watch() == [("burst", newcomer.pk)]
        alert = found("burst")[0]
        assert (alert.facts["opened"], alert.facts["usual"], alert.facts["usual_hour"]) == (8, 2, 2)

    def test_not_for_whom_it_is_usual(self, students: list[int], newcomer: User) -> None:
        history(newcomer, days_ago=9, hours=6, students=students[:8])
        for student in students[:8]:
            look(newcomer, [student], hat=Role.COUNSELOR)
        assert watch() == []

    def test_the_same_few_again_and_again_are_few(self, students: list[int], newcomer: User) -> None:
        for _ in range(6):
            look(newcomer, students[:3], hat=Role.COUNSELOR)
        assert watch() == []

    def test_own_class_lists_do_not_count(self) -> None:
        set_numbers(burst={"ten_minutes": 5, "hour": 10})
        assert len(own("teacher")) > 5
        look("teacher", own("teacher"), event=Event.CLASS_LIST_OPENED)
        assert watch() == []

    def test_all_looks_of_a_burst_are_one_alert(self, students: list[int], newcomer: User) -> None:
        for student in students[:11]:
            look(newcomer, [student], hat=Role.COUNSELOR)
        assert watch() == [("burst", newcomer.pk)]
        assert found("burst")[0].count == 4  # from the eighth on


class TestOthers:
    def test_stopped_at_the_limit(self) -> None:
        entries.refuse(Event.LIMIT_REACHED, by=person("teacher"), hat=Role.TEACHER)
        assert watch() == [("volume", person("teacher").pk)]

    def test_more_than_five_schools_in_an_hour(self) -> None:
        students = at_school("elementary")[:7]
        for number, student in enumerate(students):
            school = School.objects.create(sourced_id=f"s{number}", name=f"School {number}")
            Student.objects.filter(pk=student).update(school=school)
        for student in students[:5]:
            look("nurse", [student], hat=Role.NURSE)
        assert watch() == []
        look("nurse", [students[5]], hat=Role.NURSE)
        assert watch() == [("many_schools", person("nurse").pk)]

    def test_refused_sign_ins_by_address(self) -> None:
        refused_sign_ins(19)
        refused_sign_ins(19, address="198.51.100.8")
        assert watch() == []
        refused_sign_ins(2)
        assert watch() == [("sign_ins", None)]
        alert = found("sign_ins")[0]
        assert (alert.address, alert.facts["tries"], alert.count) == ("198.51.100.7", 21, 1)

    def test_the_evening_is_no_alarm_and_the_small_hours_are(self, settings: Any) -> None:
        students = at_school("middle")[:10]
        settings.TIME_ZONE = zone_where_it_is(21)
        look("counselor", students, hat=Role.COUNSELOR)
        assert watch() == []
        settings.TIME_ZONE = zone_where_it_is(2)
        look("counselor", students, hat=Role.COUNSELOR)
        assert watch() == [("night", person("counselor").pk)]


class TestTheRun:
    def test_a_look_is_judged_once(self) -> None:
        look("teacher", [stranger("teacher")])
        assert len(watch()) == 1
        assert watch() == []
        assert AlertLook.objects.count() == 1

    def test_judged_again_it_is_found_once(self) -> None:
        """A restored mark: everything is read anew, nothing is doubled."""
        before = Watch.objects.get()
        look("teacher", [stranger("teacher")])
        watch()
        Watch.objects.using("owner").update(snapshot=before.snapshot)
        assert watch() == []
        assert (AlertLook.objects.count(), found("no_class")[0].count) == (1, 1)

    def test_a_slow_transaction_is_not_passed_by(self, district: Clone) -> None:
        slow = district.connect()
        with slow.cursor() as cursor:  # begins first, commits last
            cursor.execute(
                "INSERT INTO trail.entry(action, kind, actor_id, hat, purpose, basis, elements, record_ids)"
                " VALUES (3, 'records.student.opened', %s, 'teacher', 'classroom-instruction', 'ferpa-school-official', '{name}', %s)",
                [person("teacher").pk, [stranger("teacher")]],
            )
        look("counselor", at_school("elementary")[:1], hat=Role.COUNSELOR)
        assert watch() == [("no_class", person("counselor").pk)]
        slow.commit()
        slow.close()
        assert watch() == [("no_class", person("teacher").pk)]

    def test_killed_anywhere_it_leaves_nothing_and_the_next_run_finds_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        look("teacher", [stranger("teacher")])
        before = Watch.objects.get().snapshot
        for place in ("_new", "_raise"):
            with monkeypatch.context() as patch:
                whole = getattr(runner, place)

                def die(*args: Any, whole: Any = whole, **more: Any) -> None:
                    whole(*args, **more)
                    raise KeyboardInterrupt

                patch.setattr(runner, place, die)
                with pytest.raises(KeyboardInterrupt):
                    runner.run()
            assert (Alert.objects.count(), Watch.objects.get().snapshot) == (0, before)
        assert watch() == [("no_class", person("teacher").pk)]

    def test_killed_before_anybody_was_told_the_next_run_tells(self, monkeypatch: pytest.MonkeyPatch) -> None:
        entries.refuse(Event.LIMIT_REACHED, by=person("teacher"), hat=Role.TEACHER)
        with monkeypatch.context() as patch:
            patch.setattr(runner, "tell", lambda: (_ for _ in ()).throw(KeyboardInterrupt()))
            with pytest.raises(KeyboardInterrupt):
                runner.run()
        assert not Message.objects.filter(topic="alerts.alert").exists()
        watch()
        watch()
        assert Message.objects.filter(topic="alerts.alert").count() == 1

    def test_two_at_the_same_time_find_it_once(self) -> None:
        for _ in range(5):
            look("teacher", [stranger("teacher")])
        gate, answers = threading.Barrier(4), []

        def work() -> None:
            gate.wait()
            answers.append(runner.run())
            connections.close_all()

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        watch()
        assert (Alert.objects.count(), AlertLook.objects.count()) == (1, 5)
        assert sum(done.raised for done in answers if done) <= 1

    def test_while_one_is_at_work_another_leaves(self, district: Clone) -> None:
        other = district.connect("keeper")
        with other.cursor() as cursor:
            cursor.execute("SELECT FROM alerts_watch FOR UPDATE")
            assert runner.run() is None
        other.rollback()
        other.close()

    def test_in_another_cluster_it_begins_with_the_last_hour(self) -> None:
        look("teacher", [stranger("teacher")])
        Watch.objects.using("owner").update(cluster="another", snapshot="99999999999:99999999999:")
        assert watch() == [("no_class", person("teacher").pk)]
        look("counselor", at_school("elementary")[:1], hat=Role.COUNSELOR)
        assert watch() == [("no_class", person("counselor").pk)]

    def test_a_closed_alert_is_not_reopened_by_the_next_look(self) -> None:
        look("teacher", [stranger("teacher")])
        watch()
        end_by_sql(Alert.objects.get(), who=person("compliance").pk)
        look("teacher", [stranger("teacher")])
        assert watch() == [("no_class", person("teacher").pk)]
        assert Alert.objects.count() == 2

    def test_the_alert_has_its_entry(self) -> None:
        look("teacher", [stranger("teacher")])
        watch()
        alert = Alert.objects.get()
        entry = trail("alerts.alert.raised", about=str(alert.public_id))
        assert [(row["actor_id"], row["additional_data"]) for row in entry] == [(None, '{"detector": "no_class"}')]

    def test_an_imports_entries_are_no_looks(self) -> None:
        with transaction.atomic(using="keeper"):
            entries.append(
                Event.STUDENTS_CHANGED,
                action=Action.UPDATE,
                by=person("admin"),
                students=at_school("middle"),
                elements=["grade"],
                using="keeper",
            )
        assert watch() == []


class TestWithinAMinute:
    def test_found_and_told_before_sixty_seconds_are_over(self, mailoutbox: list) -> None:
        """The longest way: the watch began just before the look, and the relay just before the message."""
        beat = app.conf.beat_schedule
        longest = beat["odd-looks"]["schedule"] + beat["outbox"]["schedule"]
        entries.refuse(Event.LIMIT_REACHED, by=person("teacher"), hat=Role.TEACHER)
        began = clock.now()
        watch()
        app.tasks["portal.base.tasks.relay"]()
        took = (clock.now() - began).total_seconds()
        assert longest + took < 60
        told = sorted(address for mail in mailoutbox for address in mail.to)
        assert told == ["admin@riverbend.example", "compliance@riverbend.example", "security@riverbend.example"]
        assert Message.objects.filter(topic="alerts.alert", done_at=None).count() == 0

    def test_the_task_goes_to_the_worker_that_has_the_keepers_login(self) -> None:
        assert app.amqp.router.route({}, app.conf.beat_schedule["odd-looks"]["task"])["queue"].name == "keeper"
        app.loader.import_default_modules()
        assert app.conf.beat_schedule["odd-looks"]["task"] in app.tasks

    def test_the_task_does_what_the_command_does(self) -> None:
        from governance.alerts.tasks import look as task

        look("teacher", [stranger("teacher")])
        task()
        assert len(found("no_class")) == 1

    def test_two_are_told_even_of_one_of_the_two(self, mailoutbox: list) -> None:
        RoleAssignment.objects.filter(user=person("admin")).update(ended_at=clock.now(), ended_by=person("leader"))
        entries.refuse(Event.LIMIT_REACHED, by=person("teacher"), hat=Role.TEACHER)
        watch()
        app.tasks["portal.base.tasks.relay"]()
        assert sorted(address for mail in mailoutbox for address in mail.to) == [
            "compliance@riverbend.example",
            "leader@riverbend.example",
            "security@riverbend.example",
        ]

    def test_never_the_one_concerned(self, mailoutbox: list) -> None:
        entries.refuse(Event.LIMIT_REACHED, by=person("compliance"), hat=Role.COMPLIANCE_OFFICER)
        watch()
        app.tasks["portal.base.tasks.relay"]()
        assert sorted(address for mail in mailoutbox for address in mail.to) == [
            "admin@riverbend.example",
            "leader@riverbend.example",
            "security@riverbend.example",
        ]
