"""What is wrong with a delivery is told by file, line, column and what to do; then nothing is changed."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from governance.records.roster.faults import NOTICES, WORDS
from tests.governance.records.roster.bundles import Bundle, small
from tests.governance.records.roster.looking import everything, rows, staged
from tests.harness.databases import Clone


def told(report: Any) -> list[tuple[str, int, str, str]]:
    return [(fault.file, fault.line, fault.column, fault.code) for fault in report.faults]


def spoiled(change: Any) -> Bundle:
    bundle = small()
    change(bundle)
    return bundle


SPOILED = {
    "empty name": (lambda b: b.row("users", "u2").update(familyName=""), ("users.csv", 5, "familyName", "missing")),
    "no id": (lambda b: b.add("users", role="student", givenName="A", familyName="B"), ("users.csv", 10, "sourcedId", "missing")),
    "an id twice": (lambda b: b.add("users", **{**b.row("users", "u1"), "givenName": "X"}), ("users.csv", 10, "sourcedId", "twice")),
    "an id too long": (lambda b: b.add("orgs", sourcedId="x" * 300, name="Long"), ("orgs.csv", 5, "sourcedId", "too_long")),
    "an unknown role": (lambda b: b.row("users", "u2").update(role="pupil"), ("users.csv", 5, "role", "role")),
    "no role": (lambda b: b.row("users", "u2").update(role=""), ("users.csv", 5, "role", "missing")),
    "an unknown status": (lambda b: b.row("orgs", "s1").update(status="closed"), ("orgs.csv", 3, "status", "status")),
    "no school's name": (lambda b: b.row("orgs", "s1").update(name=""), ("orgs.csv", 3, "name", "missing")),
    "a class at no school": (
        lambda b: b.row("classes", "c2").update(schoolSourcedId="s9"),
        ("classes.csv", 3, "schoolSourcedId", "no_such_org"),
    ),
    "a class without a title": (lambda b: b.row("classes", "c2").update(title=""), ("classes.csv", 3, "title", "missing")),
    "a birth date that is none": (
        lambda b: b.row("demographics", "u2").update(birthDate="2016-02-30"),
        ("demographics.csv", 3, "birthDate", "date"),
    ),
    "an American date": (lambda b: b.row("enrollments", "e1").update(beginDate="9/1/2026"), ("enrollments.csv", 4, "beginDate", "date")),
    "a teacher's wrong date": (lambda b: b.row("enrollments", "et1").update(endDate="soon"), ("enrollments.csv", 2, "endDate", "date")),
    "a term's wrong date": (
        lambda b: b.row("academicSessions", "y").update(endDate="2027-6-1"),
        ("academicSessions.csv", 2, "endDate", "date"),
    ),
    "an enrollment of nobody": (
        lambda b: b.row("enrollments", "e1").update(userSourcedId="u9"),
        ("enrollments.csv", 4, "userSourcedId", "no_such_user"),
    ),
    "an enrollment in no class": (
        lambda b: b.row("enrollments", "e1").update(classSourcedId="c9"),
        ("enrollments.csv", 4, "classSourcedId", "no_such_class"),
    ),
    "a teacher of no class": (
        lambda b: b.row("enrollments", "et1").update(classSourcedId="c9"),
        ("enrollments.csv", 2, "classSourcedId", "no_such_class"),
    ),
    "an unknown role in a class": (lambda b: b.row("enrollments", "e1").update(role="learner"), ("enrollments.csv", 4, "role", "role")),
    "an unknown mode": (lambda b: b.modes.update(users="full"), ("manifest.csv", 9, "value", "mode")),
    "another version": (lambda b: setattr(b, "version", "1.0"), ("manifest.csv", 3, "value", "version")),
}


@pytest.mark.parametrize(("change", "expected"), SPOILED.values(), ids=SPOILED)
def test_a_fault_says_where_it_is_and_changes_nothing(
    database_module: Clone, load: Any, change: Any, expected: tuple[str, int, str, str]
) -> None:
    before = everything(database_module)
    report = load(spoiled(change))
    assert expected in told(report)
    assert all(fault.what and fault.what_to_do for fault in report.faults)
    assert everything(database_module) == before and staged(database_module) == 0


RAW = {
    "bytes that are no UTF-8": ("users", lambda text: text.replace("Family2,M", "Fam\xe9lie,M").encode("latin-1"), (5, "familyName", "encoding")),
    "UTF-16": ("users", lambda text: text.encode("utf-16"), (1, "", "encoding")),
    "a NUL": ("users", lambda text: text.replace("Family2,M", "Fam\0,M"), (5, "familyName", "nul")),
    "a cell over 10 kB": ("users", lambda text: text.replace("Family2,M", "F" * 10_001 + ",M"), (5, "familyName", "cell_too_long")),
    "a row cut off": ("users", lambda text: text.rstrip("\n").rpartition(",")[0].rpartition(",")[0], (9, "grades", "too_few_cells")),
    "a comma too many": ("users", lambda text: text.replace("Family2,M", "Family2,M,M"), (5, "", "too_many_cells")),
    "a quotation mark that stays open": ("users", lambda text: text.replace("Family2,M", '"Family2,M'), (5, "", "quoting")),
    "text beside a quotation mark": ("users", lambda text: text.replace("Family2,M", '"Family"2,M'), (5, "", "quoting")),
    "no header": ("users", lambda text: "", (1, "", "empty")),
    "a header without a column": ("users", lambda text: text.replace("familyName", "lastName", 1), (1, "familyName", "no_column")),
    "semicolons": ("orgs", lambda text: text.replace(",", ";"), (1, "", "separator")),
    "a column twice": ("orgs", lambda text: text.replace("parentSourcedId", "name", 1), (1, "name", "header_twice")),
}  # fmt: skip


@pytest.mark.parametrize(("file", "change", "expected"), RAW.values(), ids=RAW)
def test_a_damaged_file_is_told_by_line_and_column(
    database_module: Clone, load: Any, file: str, change: Any, expected: tuple[int, str, str]
) -> None:
    before = everything(database_module)
    report = load(small(), **{file: change(small().texts()[f"{file}.csv"])})
    assert (f"{file}.csv", *expected) in told(report)
    assert everything(database_module) == before and staged(database_module) == 0


def test_every_fault_is_told_at_once(database_module: Clone, load: Any) -> None:
    bundle = small()
    bundle.row("users", "u2").update(familyName="")
    bundle.row("enrollments", "e3").update(userSourcedId="nobody", beginDate="x")
    bundle.row("classes", "c2").update(schoolSourcedId="nowhere")
    assert {fault[3] for fault in told(load(bundle))} == {"missing", "no_such_user", "date", "no_such_org"}


def test_lines_are_right_after_blank_lines_and_cells_of_several_lines(database_module: Clone, load: Any) -> None:
    text = small().texts()["users.csv"]
    text = text.replace("Given1,", '"Given\n1",').replace("\nu2,", "\n\n\n,,,\nu2,").replace("Family3", "").replace("\n", "\r\n")
    report = load(small(), users=text)
    assert told(report) == [("users.csv", 10, "familyName", "missing")]


def test_lines_are_right_in_a_large_file_with_rows_of_all_lengths(database_module: Clone, load: Any) -> None:
    """Row numbers on the server are those of the file, across pages and blocks, also where rows lie outside of their page."""
    bundle = small()
    for number in range(12_000):
        bundle.add(
            "users",
            sourcedId=f"n{number}",
            orgSourcedIds="s1",
            role="teacher",
            givenName="A" * (number % 97),
            familyName="B" * (9_000 if number % 400 == 7 else 5),
            email="e",
        )
    places = [100, 4_001, 7_777, 11_999]
    for place in places:
        bundle.row("users", f"n{place}")["role"] = "no role"
    assert told(load(bundle)) == [("users.csv", 10 + place, "role", "role") for place in places]


def test_two_wrong_rows_that_make_up_for_each_other_are_both_told(database_module: Clone, load: Any) -> None:
    """The file as a whole has as many commas as it should; the server finds the rows, and a second reading names their lines."""
    text = (
        small()
        .texts()["enrollments.csv"]
        .replace("e1,,,c1,s1,", "e1,,,c1,")
        .replace("u3,student,,2026-09-01,", "u3,student,,2026-09-01,,2026-12-01")
    )
    found = told(load(small(), enrollments=text))
    assert {fault[1:] for fault in found if fault[0] == "enrollments.csv"} >= {(4, "endDate", "too_few_cells"), (6, "", "too_many_cells")}


def test_at_most_a_thousand_faults_are_listed_and_all_are_counted(database_module: Clone, load: Any) -> None:
    bundle = small()
    for number in range(1_500):
        bundle.add("users", sourcedId=f"n{number}", orgSourcedIds="s1", role="student", givenName="", familyName="B")
    report = load(bundle)
    assert (len(report.faults), report.fault_count) == (1_000, 1_500)


def test_a_twin_names_the_line_of_the_first(database_module: Clone, load: Any) -> None:
    bundle = small()
    bundle.add("users", **bundle.row("users", "u1"))
    assert "line 4" in load(bundle).faults[0].what


def test_no_fault_holds_a_value(database_module: Clone, load: Any, last_run: Any) -> None:
    bundle = small()
    for student in ("u1", "u2", "u3", "u4"):
        bundle.row("users", student).update(role="pupil", familyName="Telltale-name")
    load(bundle)
    kept = json.dumps(last_run().report) + str(rows(database_module, "SELECT e::text FROM trail.entry e"))
    assert last_run().state == "refused"
    assert "Telltale" not in kept and "pupil" not in kept and "u1@x" not in kept


@pytest.mark.parametrize(("changes", "code", "file"), [
    ({"users": None}, "not_delivered", "users.csv"),
    ({"users": None, "orgs": None, "classes": None, "enrollments": None, "academicSessions": None, "demographics": None}, "no_files", ""),
])  # fmt: skip
def test_a_file_that_is_announced_must_be_there(database_module: Clone, load: Any, changes: Any, code: str, file: str) -> None:
    report = load(small(), **changes)
    assert any(fault.code == code and fault.file.startswith(file) for fault in report.faults)


def test_the_command_lists_faults_and_ends_with_2(database_module: Clone, tmp_path: Path) -> None:
    bundle = small()
    bundle.row("users", "u2").update(familyName="")
    out = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("import_roster", str(bundle.folder(tmp_path / "b")), stdout=out)
    assert end.value.code == 2
    assert "users.csv, line 5, column familyName: The cell is empty. Fill it; the portal cannot do without." in out.getvalue()
    assert "Nothing was changed." in out.getvalue()


def test_the_commands_json_has_words(database_module: Clone, tmp_path: Path) -> None:
    bundle = small()
    bundle.row("users", "u2").update(familyName="")
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("import_roster", str(bundle.folder(tmp_path / "b")), "--json", stdout=out)
    answer = json.loads(out.getvalue())
    assert answer["state"] == "refused" and answer["fault_count"] == 1
    assert answer["faults"][0] | {"what": "", "what_to_do": ""} == {
        "file": "users.csv",
        "line": 5,
        "column": "familyName",
        "code": "missing",
        "what": "",
        "what_to_do": "",
    }


def test_a_broken_path_is_refused(database_module: Clone, tmp_path: Path) -> None:
    (tmp_path / "file.zip").write_bytes(b"no zip at all")
    for name in ("nothing", "file.zip"):
        with pytest.raises(SystemExit):
            call_command("import_roster", str(tmp_path / name), stdout=StringIO())


def test_every_code_of_the_server_has_words() -> None:
    """The SQL and the Python side speak of the same things."""
    import re

    folder = Path(__file__).resolve().parents[4] / "governance" / "records"
    sql = "".join((folder / "migrations" / "sql" / name).read_text() for name in ("0005_staging.sql", "0005_roster.sql", "0005_values.sql"))
    noticed = set(re.findall(r"door\.notice\([^;]*?'(\w+)', n, spot\)", sql))
    assert len(noticed) > 10 and noticed <= set(NOTICES), noticed - set(NOTICES)
    used = {
        code
        for code in (*WORDS, *NOTICES)
        if f"'{code}'" in sql or f'"{code}"' in "".join(file.read_text() for file in folder.rglob("*.py") if file.name != "faults.py")
    }
    assert used == {*WORDS, *NOTICES}, {*WORDS, *NOTICES} - used
