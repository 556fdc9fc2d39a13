"""The trail as a file: whole, safe in a spreadsheet, without a student's name, in little memory, and itself recorded."""

import csv
import datetime as dt
import io
import json
import threading
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from governance.exports import files, reports, spreadsheets, tables
from governance.people.models import User
from governance.records.models import Student
from governance.trail import search
from tests.governance.situations import person, trail

pytestmark = pytest.mark.usefixtures("district")
HARMFUL = ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"]


@pytest.fixture(autouse=True)
def demo(settings) -> None:
    settings.DEMO = True


def written(form: str = "csv", *, by: User | None = None, purpose: str = "review", language: str = "en", **filters) -> bytes:
    """A file, as the server's command line makes it."""
    sink = io.BytesIO()
    hat = "compliance_officer" if by else None
    wanted = files.Wanted(
        by=by, hat=hat, filters=search.Filters(**filters), form=form, purpose=purpose, name=f"trail.{form}", language=language
    )
    files.write(wanted, files.Plain(sink))
    return sink.getvalue()


def exported(**filters) -> list[dict[str, str]]:
    text = written(by=person("compliance"), **filters).decode("utf-8")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


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
        assert list(rows[0]) == list(tables.HEADER)
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
        text = written(**THAT_DAY).decode("utf-8")
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
        (line,) = written("jsonl", **THAT_DAY).decode().splitlines()
        found = json.loads(line)
        assert found["details"] == {"a": 'quo"te\\n', "b": "line\nbreak"}
        assert tuple(found) == tables.HEADER

    def test_a_destroyed_students_row_stays_without_an_id(self) -> None:
        put(at=LONG_AGO, record_ids=[999_999_999])
        (row,) = exported(**THAT_DAY)
        assert (row["student"], row["students"]) == ("", "1")


class TestTheWorkbook:
    @pytest.mark.parametrize("harmful", HARMFUL)
    def test_it_runs_nothing_and_leads_nowhere(self, harmful: str) -> None:
        User.objects.filter(pk=person("teacher").pk).update(name=harmful)
        put(at=LONG_AGO, actor_id=person("teacher").pk, cid="http://example.com/", record_ids=[Student.objects.first().pk])
        with zipfile.ZipFile(io.BytesIO(written("xlsx", **THAT_DAY))) as book:
            sheet = book.read("xl/worksheets/sheet1.xml").decode()
            assert not [name for name in book.namelist() if "external" in name.lower() or "rels/sheet" in name]
        assert "<f>" not in sheet and "<hyperlink" not in sheet
        assert 'r="A2"' in sheet  # the entry's number, as a number
        assert sheet.count("<row ") == 2

    def test_a_sheet_that_is_full_is_followed_by_another(self, tmp_path: Path, monkeypatch) -> None:
        monkeypatch.setattr(spreadsheets, "ROWS_OF_A_SHEET", 4)
        lines = io.StringIO("entry,person\r\n" + "".join(f"{n},x\r\n" for n in range(7)), newline="")
        assert list(spreadsheets.write(lines, tmp_path / "b.xlsx", folder=tmp_path, sheet="Trail"))[-1] == 7
        with zipfile.ZipFile(tmp_path / "b.xlsx") as book:
            sheets = [book.read(f"xl/worksheets/sheet{n}.xml").decode().count("<row ") for n in (1, 2, 3)]
        assert sheets == [4, 4, 2]

    def test_more_than_a_workbook_opens_is_refused(self, tmp_path: Path, monkeypatch) -> None:
        monkeypatch.setattr(spreadsheets, "MOST_ROWS", 3)
        lines = io.StringIO("entry\r\n" + "1\r\n" * 4 + "2\r\n", newline="")
        monkeypatch.setattr(spreadsheets, "ROWS_OF_A_SHEET", 4)
        with pytest.raises(spreadsheets.TooManyRows):
            list(spreadsheets.write(lines, tmp_path / "b.xlsx", folder=tmp_path, sheet="Trail"))

    def test_a_cell_longer_than_excel_holds_is_cut(self, tmp_path: Path) -> None:
        lines = io.StringIO("entry,details\r\n1," + "x" * 40_000 + "\r\n", newline="")
        list(spreadsheets.write(lines, tmp_path / "b.xlsx", folder=tmp_path, sheet="Trail"))
        with zipfile.ZipFile(tmp_path / "b.xlsx") as book:
            assert "x" * 32_766 + "…" in book.read("xl/worksheets/sheet1.xml").decode()


class TestTheReport:
    @pytest.mark.parametrize(("language", "title"), [("en", "Extract of the trail"), ("es", "Extracto del registro")])
    def test_it_is_a_tagged_pdf_with_title_and_language(self, language: str, title: str) -> None:
        User.objects.filter(pk=person("teacher").pk).update(name="#panic() *Łukasz* 中文")  # neither runs nor breaks the setting
        put(at=LONG_AGO, actor_id=person("teacher").pk, purpose="school-health", elements=["name"], record_ids=[Student.objects.first().pk])
        put(at=LONG_AGO + dt.timedelta(hours=1), actor_id=person("teacher").pk)
        made = written("pdf", language=language, **THAT_DAY)
        assert made.startswith(b"%PDF-")
        assert b"/StructTreeRoot" in made or b"pdfuaid" in made
        assert (
            f'<rdf:li xml:lang="x-default">{title}</rdf:li>'.encode() in made or title.encode() in made or title.encode("utf-16-be") in made
        )

    def test_no_more_than_three_thousand_entries(self, monkeypatch) -> None:
        monkeypatch.setattr(reports, "MOST_ENTRIES", 2)
        for second in range(3):
            put(at=LONG_AGO + dt.timedelta(seconds=second), object_pk="x")
        with pytest.raises(reports.TooLong):
            written("pdf", **THAT_DAY)

    def test_an_entry_is_one_line_however_many_students_it_names(self) -> None:
        students = [student.pk for student in Student.objects.order_by("pk")[:3]]
        put(at=LONG_AGO, record_ids=students, elements=["name", "grade"], purpose="school-health", remote_addr="10.0.0.7")
        found = reports.collect(io.StringIO(written(**THAT_DAY).decode(), newline=""))
        assert [(line.students, line.elements, line.address) for line in found.lines] == [(3, ("name", "grade"), "10.0.0.7")]
        assert len(found.students) == 3


class TestItIsALook:
    def test_its_entry_is_committed_before_the_first_byte(self) -> None:
        seen: list[dict] = []

        class Sink(io.BytesIO):
            def write(self, data: bytes) -> int:
                if not seen:
                    seen.extend(trail("trail.exported"))
                return len(data)

        wanted = files.Wanted(
            by=person("compliance"),
            hat="compliance_officer",
            filters=search.Filters(purpose="school-health"),
            form="csv",
            purpose="incident",
            name="f",
        )
        files.write(wanted, files.Plain(Sink()))
        (entry,) = seen
        assert entry["actor_id"] == person("compliance").pk
        assert json.loads(entry["additional_data"]) == {"filters": {"purpose": "school-health"}, "format": "csv", "reason": "incident"}

    def test_a_students_family_sees_an_export_about_the_student(self) -> None:
        student = Student.objects.first()
        exported(students=(student.pk,))
        assert trail("trail.exported")[-1]["record_ids"] == [student.pk]

    def test_a_reader_who_goes_away_ends_the_export(self) -> None:
        key = tables.open_door(by=None, hat=None, filters=search.Filters(), form="csv", purpose="review")
        stream = tables.stream(key, form="csv")
        pieces = iter(stream)
        assert next(pieces).startswith(b"entry,time")
        pieces.close()
        stream._thread.join(10)
        assert not stream._thread.is_alive()
        assert "trail-export" not in {thread.name for thread in threading.enumerate()}

    def test_half_a_file_does_not_look_whole(self) -> None:
        key = tables.open_door(by=None, hat=None, filters=search.Filters(), form="csv", purpose="review")
        stream = tables.Stream(key, "COPY (SELECT (1 / (3 - n))::text || ',' FROM generate_series(1, 5) n) TO STDOUT")
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
        monkeypatch.setattr(tables, "query", lambda **_: "COPY (SELECT (1 / (3 - n))::text || ',' FROM generate_series(1, 5) n) TO STDOUT")
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
