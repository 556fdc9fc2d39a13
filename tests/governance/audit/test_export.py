"""The trail as a file: whole, safe in a spreadsheet, without a student's name, in little memory, and itself recorded."""

import csv
import datetime as dt
import io
import json
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client

from governance.audit import export
from governance.people.models import User
from governance.records.models import Student
from governance.trail import search
from tests.governance.audit.cast import client_of, text_of
from tests.governance.situations import person, trail

pytestmark = pytest.mark.usefixtures("district")
HARMFUL = ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"]


@pytest.fixture(autouse=True)
def demo(settings) -> None:
    settings.DEMO = True


def exported(**filters) -> list[dict[str, str]]:
    sink = io.BytesIO()
    export.write(sink, by=person("compliance"), hat="compliance_officer", filters=search.Filters(**filters), form="csv", reason="review")
    return list(csv.DictReader(io.StringIO(sink.getvalue().decode("utf-8"), newline=""), strict=True))


def put(*, at: dt.datetime, **columns) -> None:
    names = ", ".join(columns)
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            f"INSERT INTO trail.entry(\"timestamp\", action, kind, {names}) VALUES (%s, 3, 'records.student.opened', {', '.join(['%s'] * len(columns))})",
            [at, *columns.values()],
        )


# In the oldest month that the trail has room for: before the demo's year of looks.
LONG_AGO = (dt.datetime.now(dt.UTC).replace(day=1) - dt.timedelta(days=385)).replace(day=3, hour=8, minute=5, second=6, microsecond=789012)
DAY = LONG_AGO.date().isoformat()
THAT_DAY = {"since": LONG_AGO.replace(hour=0), "until": LONG_AGO.replace(hour=0) + dt.timedelta(days=1)}


class TestTheFile:
    def test_it_has_a_row_for_each_entry_and_student(self) -> None:
        students = list(Student.objects.order_by("-pk")[:3])
        put(at=LONG_AGO, actor_id=person("teacher").pk, record_ids=[student.pk for student in students], elements=["name", "grade"])
        put(at=LONG_AGO + dt.timedelta(seconds=1), object_pk="x")
        rows = exported(**THAT_DAY)
        assert list(rows[0]) == list(export.HEADER)
        assert next(iter(rows[0])) == "entry"
        assert [row["student"] for row in rows] == [*(str(student.public_id) for student in students), ""]
        assert [row["students"] for row in rows] == ["3", "3", "3", "0"]
        assert len({row["entry"] for row in rows}) == 2
        first = rows[0]
        assert (first["person"], first["person_id"]) == (person("teacher").name, str(person("teacher").public_id))
        assert first["time"] == f"{DAY}T08:05:06.789012Z"
        assert first["local_time"] in {f"{DAY} 02:05:06", f"{DAY} 03:05:06"}
        assert (first["event"], first["action"], first["elements"]) == ("records.student.opened", "opened", "name grade")

    def test_it_is_utf_8_with_the_line_ends_of_rfc_4180(self) -> None:
        User.objects.filter(pk=person("teacher").pk).update(name='Ño "Quote", Yang')
        put(at=LONG_AGO, actor_id=person("teacher").pk)
        sink = io.BytesIO()
        export.write(sink, by=None, hat=None, filters=search.Filters(**THAT_DAY), form="csv", reason="review")
        text = sink.getvalue().decode("utf-8")
        assert text.count("\r\n") == text.count("\n") == 2
        assert 'Ño ""Quote"", Yang' in text

    @pytest.mark.parametrize("harmful", HARMFUL)
    def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless(self, harmful: str) -> None:
        User.objects.filter(pk=person("teacher").pk).update(name=harmful)
        put(
            at=LONG_AGO,
            actor_id=person("teacher").pk,
            purpose=harmful,
            basis=harmful,
            hat=harmful,
            rule_version=harmful,
            cid=harmful,
            object_pk=harmful,
            elements=[harmful],
        )
        (row,) = exported(**THAT_DAY)
        for column, value in row.items():
            assert not value.startswith(("=", "+", "-", "@", "\t", "\r", "\n")), column
        assert row["person"] == row["purpose"] == row["about"] == "'" + harmful

    def test_no_student_is_named(self) -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT given_name || ' ' || family_name FROM records.identity")
            names = [name for (name,) in cursor.fetchall()]
        rows = exported()
        assert len(rows) > 1000
        accounts = set(User.objects.values_list("name", flat=True))
        for name in set(names) - accounts:
            assert not any(name in value for row in rows for value in row.values() if value)

    def test_entries_are_in_order(self) -> None:
        times = [row["time"] for row in exported()]
        assert times == sorted(times)

    def test_filters_hold(self) -> None:
        student = Student.objects.first()
        rows = exported(students=(student.pk,), kind="records.student.opened")
        assert rows
        assert {row["student"] for row in rows} == {str(student.public_id)}

    def test_json_lines(self) -> None:
        put(at=LONG_AGO, actor_id=person("teacher").pk, additional_data=json.dumps({"a": 'quo"te\\n', "b": "line\nbreak"}))
        sink = io.BytesIO()
        export.write(sink, by=None, hat=None, filters=search.Filters(**THAT_DAY), form="jsonl", reason="review")
        (line,) = sink.getvalue().decode().splitlines()
        found = json.loads(line)
        assert found["details"] == {"a": 'quo"te\\n', "b": "line\nbreak"}
        assert tuple(found) == export.HEADER

    def test_a_destroyed_students_row_stays_without_an_id(self) -> None:
        put(at=LONG_AGO, record_ids=[999_999_999])
        (row,) = exported(**THAT_DAY)
        assert (row["student"], row["students"]) == ("", "1")


class TestItIsALook:
    def test_its_entry_is_committed_before_the_first_byte(self) -> None:
        class Sink:
            entries: list[dict] = []

            def write(self, data: bytes) -> None:
                if not self.entries:
                    self.entries += trail("trail.exported")

        export.write(
            Sink(),
            by=person("compliance"),
            hat="compliance_officer",
            filters=search.Filters(purpose="school-health"),
            form="csv",
            reason="incident",
        )
        (entry,) = Sink.entries
        assert entry["actor_id"] == person("compliance").pk
        assert json.loads(entry["additional_data"]) == {"filters": {"purpose": "school-health"}, "format": "csv", "reason": "incident"}

    def test_a_students_family_sees_an_export_about_the_student(self) -> None:
        student = Student.objects.first()
        exported(students=(student.pk,))
        assert trail("trail.exported")[-1]["record_ids"] == [student.pk]

    def test_a_reason_from_the_list_is_needed(self) -> None:
        with pytest.raises(ValueError):
            export.write(io.BytesIO(), by=None, hat=None, filters=search.Filters(), form="csv", reason="because of Maya")
        assert trail("trail.exported") == []


class TestThePage:
    def test_it_downloads_what_was_searched(self) -> None:
        put(at=LONG_AGO, purpose="school-health")
        officer = client_of("compliance")
        page = officer.get(f"/audit/export/?purpose=school-health&first={DAY}&last={DAY}")
        assert "Purpose Keep students healthy at school" in text_of(page)
        answer = officer.post(f"/audit/export/?purpose=school-health&first={DAY}&last={DAY}", {"reason": "family", "form": "csv"})
        assert answer["Content-Disposition"] == f'attachment; filename="trail-{DAY}-to-{DAY}.csv"'
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Cache-Control"] == "no-store"
        rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode(), newline="")))
        assert {row["purpose"] for row in rows} == {"school-health"}
        assert '"reason": "family"' in trail("trail.exported")[-1]["additional_data"]

    def test_it_asks_why(self) -> None:
        answer = client_of("compliance").post("/audit/export/", {"form": "csv"})
        assert answer.status_code == 422
        assert trail("trail.exported") == []

    def test_outside_the_demo_it_asks_for_the_password_once_more(self, settings) -> None:
        settings.DEMO, settings.PORTAL_DEMO_TOTP = False, ""
        officer = person("compliance")
        from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

        TOTP.activate(officer, generate_totp_secret())
        client = Client()
        client.force_login(officer, backend="allauth.account.auth_backends.AuthenticationBackend")
        for answer in (client.get("/audit/export/"), client.post("/audit/export/", {"reason": "review", "form": "csv"})):
            assert answer.status_code == 302
            assert "/accounts/" in answer["Location"]
        assert trail("trail.exported") == []

    def test_a_reader_who_goes_away_ends_the_export(self) -> None:
        stream = export.stream(by=None, hat=None, filters=search.Filters(), form="csv", reason="review")
        pieces = iter(stream)
        assert next(pieces).startswith(b"entry,time")
        pieces.close()
        stream._thread.join(10)
        assert not stream._thread.is_alive()
        assert "trail-export" not in {thread.name for thread in threading.enumerate()}

    def test_half_a_file_does_not_look_whole(self, monkeypatch) -> None:
        monkeypatch.setattr(export, "query", lambda form: "COPY (SELECT 1 / (3 - n) FROM generate_series(1, 5) n) TO STDOUT")
        stream = export.stream(by=None, hat=None, filters=search.Filters(), form="csv", reason="review")
        with pytest.raises(Exception, match="division by zero"):
            list(stream)


class TestTheCommand:
    def run(self, *arguments: str) -> None:
        call_command("trail", *arguments)

    def test_it_writes_the_same_file(self, tmp_path) -> None:
        put(at=LONG_AGO, purpose="school-health", actor_id=person("teacher").pk)
        self.run(
            "export",
            "--from",
            DAY,
            "--to",
            DAY,
            "--format",
            "csv",
            "-o",
            str(tmp_path / "f.csv"),
            "--person",
            "teacher@riverbend.example",
            "--purpose",
            "school-health",
        )
        with (tmp_path / "f.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert [row["purpose"] for row in rows] == ["school-health"]
        entry = trail("trail.exported")[-1]
        assert entry["actor_id"] is None
        assert list(tmp_path.iterdir()) == [tmp_path / "f.csv"]

    def test_it_names_who_takes_the_file(self, tmp_path) -> None:
        self.run("export", "-o", str(tmp_path / "f.csv"), "--by", "compliance@riverbend.example", "--reason", "records_request")
        entry = trail("trail.exported")[-1]
        assert (entry["actor_id"], entry["hat"]) == (person("compliance").pk, "compliance_officer")

    @pytest.mark.parametrize(
        "arguments",
        [["--by", "teacher@riverbend.example"], ["--by", "nobody@riverbend.example"], ["--person", "nobody"], ["--decision", "R-99999999"]],
    )
    def test_it_refuses_people_and_numbers_that_do_not_fit(self, tmp_path, arguments: list[str]) -> None:
        with pytest.raises(CommandError):
            self.run("export", "-o", str(tmp_path / "f.csv"), *arguments)
        assert list(tmp_path.iterdir()) == []
        assert trail("trail.exported") == []

    def test_a_broken_export_leaves_no_file_of_that_name(self, tmp_path, monkeypatch) -> None:
        monkeypatch.setattr(export, "query", lambda form: "COPY (SELECT 1 / (3 - n) FROM generate_series(1, 5) n) TO STDOUT")
        with pytest.raises(CommandError, match="not finished"):
            self.run("export", "-o", str(tmp_path / "f.csv"))
        assert not (tmp_path / "f.csv").exists()

    def test_status_tells_how_the_trail_is(self, capsys) -> None:
        self.run("status", "--json")
        found = json.loads(capsys.readouterr().out)
        assert found["months_ahead"] >= 3
        assert found["is_well"] is True
        assert found["entries"] > 1000
        self.run("status")
        assert "room for" in capsys.readouterr().out

    def test_partitions_are_topped_up_by_the_owner(self, capsys) -> None:
        from governance.trail import health

        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT to_char(now() AT TIME ZONE 'UTC' + interval '2 months', 'YYYYMM')")
            part = f"trail_parts.p{cursor.fetchone()[0]}"
            cursor.execute(f"ALTER TABLE trail.entry DETACH PARTITION {part}; DROP TABLE {part}")
        assert health.health().months_ahead < 3
        assert not health.health().is_well
        assert "manage.py trail partitions" in health.health().words
        self.run("partitions")
        assert "added" in capsys.readouterr().out
        assert health.health().is_well
        self.run("partitions")
        assert "Nothing to do" in capsys.readouterr().out
