"""Lines stand with their entries ahead of what leaves, are read by a committed entry alone, and outlive the trail's months."""

import datetime as dt
import time
from typing import Any

import psycopg2
import pytest
from django.db import IntegrityError, connection, connections, transaction

from governance.disclosures import door
from governance.disclosures.door import Child
from governance.records import door as records
from governance.records.family.queries import access_to
from governance.records.models import Student
from governance.trail import entries
from governance.vocabulary import Event, Role
from portal.base import clock
from tests.governance.disclosures.written import disclosure, rows, write
from tests.governance.records.readers import child_of, last_entry, name_of, person, trail


def read(student: Student, *, held: bool = False) -> list[dict[str, Any]]:
    opened = door.open_for_staff(
        by=person("compliance"), hat=Role.COMPLIANCE_OFFICER, students=[student.pk], event=Event.DISCLOSURES_VIEWED, sees_held=held
    )
    return opened.lines()


def family(name: str, student: Student) -> list[dict[str, Any]]:
    access = access_to(person(name), student.public_id, on=clock.today())
    assert access is not None
    opened = door.open_for_family(by=person(name), access=access, event=Event.DISCLOSURES_VIEWED, on=clock.today())
    assert opened is not None
    return opened.lines()


class TestRecording:
    def test_the_line_and_its_entry_are_written_together(self, district: Any) -> None:
        student, before = child_of("parent"), last_entry()
        [part] = write(student, reference="R-7")
        [entry] = trail(after=before)
        assert (entry["kind"], entry["record_ids"], entry["basis"]) == ("records.disclosure.made", [student.pk], "ferpa-transfer-school")
        assert entry["elements"] == ["attendance", "course-grades", "name"]
        assert entry["key_hash"] is None
        [line] = [row for row in read(student) if row["reference"] == "R-7"]
        assert (line["party"], line["interest"], line["required"]) == ("Northwoods High School", "The student enrolls there.", True)
        assert part.written.id == entry["id"]

    def test_no_free_text_stands_in_the_trail(self, district: Any) -> None:
        before = last_entry()
        write(child_of("parent"), onward="The county", details={"threat": "said so in class"}, interest="Because of Maya")
        [entry] = trail(after=before)
        assert not [word for word in ("Northwoods", "county", "said so", "Maya") if word in entry["data"]]

    def test_rolled_back_neither_is_there(self, district: Any) -> None:
        student, before = child_of("parent"), last_entry()
        held = len(read(student))
        before = last_entry()
        with pytest.raises(RuntimeError), transaction.atomic():
            door.record(
                by=person("secretary"), hat=None, disclosure=disclosure(), children=[Child(student.pk, frozenset({"name"}))], at=clock.now()
            )
            raise RuntimeError
        assert trail(after=before) == []
        assert len(read(student)) == held

    def test_outside_a_transaction_it_is_refused(self, district: Any) -> None:
        with pytest.raises(entries.NoTransaction):
            door.record(by=None, hat=None, disclosure=disclosure(), children=[Child(1, frozenset({"name"}))], at=clock.now())

    @pytest.mark.parametrize("students", [(10**9,), (1, 1), ()], ids=["unknown", "twice", "nobody"])
    def test_only_students_of_the_roster_each_once(self, district: Any, students: tuple[int, ...]) -> None:
        before = last_entry()
        with pytest.raises((IntegrityError, ValueError)), transaction.atomic():
            door.record(
                by=None, hat=None, disclosure=disclosure(), children=[Child(pk, frozenset({"name"})) for pk in students], at=clock.now()
            )
        assert trail(after=before) == []

    def test_the_same_one_is_not_recorded_twice(self, district: Any) -> None:
        student, said = child_of("parent"), disclosure()
        write(student, public_id=said.public_id)
        with pytest.raises(IntegrityError):
            write(student, public_id=said.public_id)

    def test_children_with_different_elements_stand_in_different_entries(self, district: Any) -> None:
        first, second = Student.objects.order_by("pk")[:2]
        with transaction.atomic():
            parts = door.record(
                by=person("admin"),
                hat=Role.DISTRICT_ADMIN,
                disclosure=disclosure(),
                children=[Child(first.pk, frozenset({"name"})), Child(second.pk, frozenset({"name", "grade"}), consent="c-1")],
                at=clock.now(),
            )
        assert [(part.students, sorted(part.elements)) for part in parts] == [((first.pk,), ["name"]), ((second.pk,), ["grade", "name"])]
        assert [line["consent"] for line in read(second)][:1] == ["c-1"]

    def test_ten_thousand_children_take_a_moment(self, district: Any) -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute("INSERT INTO records_student(id, school_id) SELECT n, 2 FROM generate_series(200001, 210000) n")
        words = frozenset(f"element-{n}" for n in range(12))
        began = time.perf_counter()
        with transaction.atomic():
            parts = door.record(
                by=None, hat=None, disclosure=disclosure(), children=[Child(pk, words) for pk in range(200001, 210001)], at=clock.now()
            )
        took = time.perf_counter() - began
        assert [len(part.students) for part in parts] == [1000] * 10
        assert rows("SELECT count(*), sum(cardinality(elements)) FROM records.disclosed WHERE student_id > 200000") == [(10_000, 120_000)]
        assert took < 5


class TestWhatLeaves:
    def test_is_read_with_the_part_s_key_after_the_commit(self, district: Any) -> None:
        student = child_of("parent")
        [part] = write(student, elements={"name"}, opens=True, purpose="enrollment-and-transfer")
        opened = records.opened_by(part.written, students=part.students, elements=part.elements)
        assert opened[student.pk].full_name
        assert opened[student.pk].identity["family_name"] in name_of(student)
        assert "birth_date" not in opened[student.pk].identity

    def test_is_closed_before_the_commit(self, district: Any) -> None:
        student = child_of("parent")
        with transaction.atomic():
            [part] = door.record(
                by=person("admin"),
                hat=Role.DISTRICT_ADMIN,
                disclosure=disclosure(purpose="enrollment-and-transfer"),
                children=[Child(student.pk, frozenset({"name"}))],
                at=clock.now(),
                opens=True,
            )
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('portal.key', %s, true)", [part.written.key])
                cursor.execute("SELECT count(*) FROM door.identity")
                assert cursor.fetchone() == (0,)

    def test_is_never_kept_from_the_family(self, district: Any) -> None:
        """Else whoever holds the application's login could read without a line that anybody sees."""
        until = clock.today() + dt.timedelta(days=30)
        with pytest.raises(IntegrityError):
            write(child_of("parent"), opens=True, purpose="school-safety", held="silent", held_until=until)

    def test_counts_against_the_hourly_ceiling(self, district: Any) -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute("UPDATE door.ceiling SET an_hour = 1 WHERE login = 'portal_app'")
        with pytest.raises(Exception, match="too many student records"):
            write(*Student.objects.all()[:2], elements={"name"}, opens=True, purpose="rostering")


class TestWhoReads:
    def test_a_family_reads_its_own_childs_lines_alone(self, district: Any) -> None:
        mine, other = child_of("parent"), child_of("other.parent")
        write(mine, reference="mine")
        write(other, reference="theirs")
        told = {line["reference"] for line in family("parent", mine)}
        assert "mine" in told
        assert "theirs" not in told

    def test_a_silent_line_is_for_auditors_alone(self, district: Any) -> None:
        student = child_of("parent")
        until = clock.today() + dt.timedelta(days=90)
        write(student, basis="ferpa-court-order", held="silent", held_until=until, reference="secret")
        assert "secret" not in {line["reference"] for line in family("parent", student)}
        assert "secret" not in {line["reference"] for line in read(student)}
        assert "secret" in {line["reference"] for line in read(student, held=True)}

    def test_of_an_announced_line_the_family_learns_the_day_and_nothing_else(self, district: Any) -> None:
        student, before = child_of("parent"), last_entry()
        until = clock.today() + dt.timedelta(days=90)
        write(student, basis="ferpa-court-order", held="announced", held_until=until, reference="secret")
        [line] = [line for line in family("parent", student) if not line["shown"]]
        assert line["held_until"] == until
        assert not any(line[name] for name in ("party", "party_kind", "basis", "elements", "reference", "interest", "channel", "details"))
        assert trail(after=before)[0]["kind"] == "records.disclosure.made"

    def test_a_held_line_is_held_in_the_list_of_looks_too(self, district: Any) -> None:
        student = child_of("parent")

        def told() -> int:
            access = access_to(person("parent"), student.public_id, on=clock.today())
            assert access is not None
            opened = records.open_trail(by=person("parent"), reach=access.reach, students=[student.pk], on=clock.today())
            assert opened is not None
            return [row["kind"] for row in records.looks(opened.key, at_most=1000)].count("records.disclosure.made")

        before = told()
        write(student, basis="ferpa-court-order", held="silent", held_until=clock.today() + dt.timedelta(days=90))
        assert told() == before
        write(student)
        assert told() == before + 1

    def test_a_hold_ends_by_itself(self, district: Any) -> None:
        student = child_of("parent")
        write(student, basis="ferpa-court-order", held="silent", held_until=clock.today(), reference="was secret")
        assert "was secret" in {line["reference"] for line in family("parent", student)}

    def test_where_an_order_stands_no_guardian_learns_what_another_one_received(self, district: Any) -> None:
        from governance.records.models import Guardianship

        student = child_of("parent")
        write(student, party=door.Party("The other parent", "parent"), basis="ferpa-family", reference="to a parent")
        assert "to a parent" in {line["reference"] for line in family("parent", student)}
        Guardianship.objects.filter(student=student).update(limit="records_limited", limit_elements=["conduct"], limit_set_at=clock.now())
        assert "to a parent" not in {line["reference"] for line in family("parent", student)}
        assert "to a parent" in {line["reference"] for line in read(student)}


class TestTheApplicationsLogin:
    """Somebody holds the application's own database password."""

    @pytest.mark.parametrize("table", ["records.disclosure", "records.disclosed"])
    @pytest.mark.parametrize(
        "attack", ["SELECT * FROM {}", "INSERT INTO {} DEFAULT VALUES", "DELETE FROM {}", "TRUNCATE {}", "COPY {} TO STDOUT"]
    )
    def test_cannot_name_the_tables(self, district_module: Any, table: str, attack: str) -> None:
        thief = district_module.connect()
        with pytest.raises(psycopg2.errors.InsufficientPrivilege), thief.cursor() as cursor:
            cursor.execute(attack.format(table))
        thief.close()

    @pytest.mark.parametrize(
        "call", ["door.disclosures(NULL, NULL, 50)", "door.disclosures_made(NULL, NULL, 50)", "door.disclosure_counts()"]
    )
    def test_gets_nothing_without_a_key_or_with_another_kind_of_key(self, district_module: Any, call: str) -> None:
        write(child_of("parent"))
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {call}")
            assert cursor.fetchone() == (0,)
        written = entries.append_ahead(
            Event.STUDENT_OPENED, by=person("teacher"), students=[child_of("parent").pk], elements={"name"}, purpose="classroom-instruction"
        )
        assert entries.open_with(written, f"SELECT * FROM {call}")[1] == []

    def test_cannot_write_a_line_without_an_entry(self, district_module: Any) -> None:
        """A forged line names its forger: `door.disclose` is the only way, and writes both."""
        student, before = child_of("parent"), last_entry()
        write(student, reference="forged")
        assert [entry["record_ids"] for entry in trail(after=before)] == [[student.pk]]

    def test_cannot_mark_a_line_without_a_committed_entry(self, district_module: Any) -> None:
        student = child_of("parent")
        said = disclosure(reference="true")
        write(student, public_id=said.public_id, reference="true")
        with connection.cursor() as cursor:
            cursor.execute("SELECT door.disclosure_mistaken(%s, now(), 'twice')", [said.public_id])
        assert [line["mistaken_at"] for line in read(student) if line["reference"] == "true"] == [None]

    @pytest.mark.parametrize("call", ["door.disclosures_outlived(10)", "door.disclosures_destroy('{1}', NULL, NULL)"])
    def test_destroys_nothing(self, district_module: Any, call: str) -> None:
        with pytest.raises(Exception, match="permission denied"), connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {call}")


class TestTheEnd:
    def test_a_line_lives_as_long_as_anything_else_of_the_child(self, district: Any) -> None:
        student = child_of("parent")
        write(student)
        assert door.outlived(using="keeper") == []
        door.destroy(students=[student.pk], by=None, using="keeper")
        assert read(student)

    def test_it_goes_with_the_last_of_it_and_leaves_an_entry(self, district: Any) -> None:
        student = child_of("parent")
        write(student)
        rows("DELETE FROM records.value WHERE student_id = %s RETURNING 1", student.pk)
        rows("DELETE FROM records.identity WHERE student_id = %s RETURNING 1", student.pk)
        assert door.outlived(using="keeper") == [student.pk]
        before = last_entry()
        door.destroy(students=[student.pk], by=None, using="keeper")
        [entry] = trail(after=before)
        assert (entry["kind"], entry["record_ids"]) == ("records.disclosures.destroyed", [student.pk])
        assert rows("SELECT count(*) FROM records.disclosed WHERE student_id = %s", student.pk) == [(0,)]
        assert door.outlived(using="keeper") == []
        door.destroy(students=[student.pk], by=None, using="keeper")  # again: nothing, and no entry
        assert len(trail(after=before)) == 1


def test_a_mistake_stays_and_says_so(district: Any) -> None:
    student, said = child_of("parent"), disclosure()
    write(student, public_id=said.public_id, reference="wrong")
    door.mark_mistaken(
        by=person("secretary"), hat=Role.SECRETARY, student=student.pk, disclosure=said.public_id, because="wrong_student", at=clock.now()
    )
    [line] = [line for line in family("parent", student) if line["reference"] == "wrong"]
    assert line["mistaken_because"] == "wrong_student"


def test_counts_and_the_list_of_all(district: Any) -> None:
    since = clock.now() - dt.timedelta(days=3)
    by = {"by": person("compliance"), "hat": Role.COMPLIANCE_OFFICER, "since": since, "until": clock.now()}

    def counts() -> set[tuple[str, int]]:
        return {(row["basis"], row["children"]) for row in door.counts_between(**by)}

    before, made = counts(), [row["children"] for row in door.made_between(**by)]
    write(*Student.objects.all()[:3], reference="x")
    by["until"] = clock.now()
    assert counts() - before == {("ferpa-transfer-school", 3)}
    assert sorted(row["children"] for row in door.made_between(**by)) == sorted([*made, 3])
    assert door.made_between(**(by | {"since": clock.now() + dt.timedelta(days=2), "until": None})) == []
