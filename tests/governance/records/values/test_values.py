"""Element values and limits from a CSV: columns are named, cells are checked, and only named columns come in."""

from io import StringIO
from pathlib import Path
from typing import Any

import psycopg2.errors
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from governance.people.models import RoleAssignment, User
from governance.records import tasks
from governance.records.models import Guardianship, ImportRun
from governance.records.values import mapping
from governance.vocabulary import Role
from portal.base import clock
from tests.governance.people.cast import person, signed_in
from tests.governance.records.roster.bundles import small
from tests.governance.records.roster.looking import everything, rows, staged
from tests.harness.databases import Clone

COLUMNS = ["--map", "No=sourced-id", "--map", "EL=el-status", "--map", "Reading=reading-screener", "--map", "On=date"]
LIMIT = [
    "--map",
    "No=sourced-id",
    "--map",
    "Guardian=guardian",
    "--map",
    "Order=limit",
    "--map",
    "From=ordered",
    "--map",
    "Until=ends",
    "--map",
    "Kept=kept-back",
]


@pytest.fixture
def roster(database: Clone, tmp_path: Path) -> Clone:
    call_command("import_roster", str(small().folder(tmp_path / "roster")), stdout=StringIO())
    return database


def run(tmp_path: Path, text: str, *arguments: str) -> tuple[int, str]:
    (tmp_path / "values.csv").write_text(text)
    out = StringIO()
    try:
        call_command("import_values", str(tmp_path / "values.csv"), *arguments, stdout=out)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


def held(clone: Clone) -> list[Any]:
    return rows(
        clone,
        "SELECT i.sourced_id, v.element, v.item, v.value, v.recorded_on::text, v.source FROM records.value v JOIN records.identity i USING (student_id) ORDER BY 1, 2, 3",
    )


def test_values_come_in_by_column_and_again_change_nothing(roster: Clone, tmp_path: Path) -> None:
    text = "No,EL,Reading,On,Secret\nu1,Level 3,142,2026-10-01,x\nu2,,150,2026-10-02,y\n"
    assert run(tmp_path, text, *COLUMNS, "--dry-run")[0] == 0 and held(roster) == []
    code, words = run(tmp_path, text, *COLUMNS, "--source", "Screener")
    assert code == 0 and "Values: 3 added" in words
    assert held(roster) == [
        ("u1", "el-status", "", "Level 3", "2026-10-01", "Screener"),
        ("u1", "reading-screener", "", "142", "2026-10-01", "Screener"),
        ("u2", "reading-screener", "", "150", "2026-10-02", "Screener"),
    ]
    before = everything(roster)
    assert "changes nothing" in run(tmp_path, text, *COLUMNS, "--source", "Screener")[1] and everything(roster) == before
    assert "Values: 0 added, 1 changed" in run(tmp_path, text.replace("142", "143"), *COLUMNS)[1]


def test_entries_name_the_students_and_elements_and_no_value(roster: Clone, tmp_path: Path) -> None:
    run(tmp_path, "No,EL,Reading,On\nu1,Telltale,142,\nu2,,150,\n", *COLUMNS)
    ids = dict(rows(roster, "SELECT sourced_id, student_id FROM records.identity"))
    found = rows(
        roster,
        "SELECT kind, elements, record_ids FROM trail.entry WHERE additional_data ->> 'what' = 'changed' OR kind = 'records.values.imported' ORDER BY kind, record_ids",
    )
    assert sorted(found, key=str) == [
        ("records.students.changed", ["el-status", "reading-screener"], [ids["u1"]]),
        ("records.students.changed", ["reading-screener"], [ids["u2"]]),
        ("records.values.imported", ["el-status", "reading-screener"], None),
    ]
    assert "Telltale" not in rows(roster, "SELECT string_agg(e::text, '') FROM trail.entry e")[0]


def test_items_tell_several_values_of_one_element_apart(roster: Clone, tmp_path: Path) -> None:
    columns = ["--map", "No=local-id", "--map", "Course=item", "--map", "Grade=course-grades"]
    assert run(tmp_path, "No,Course,Grade\nL1,Art,A\nL1,Math,B\n", *columns)[0] == 0
    assert [(row[2], row[3]) for row in held(roster)] == [("Art", "A"), ("Math", "B")]


def test_faults_are_told_by_cell_and_nothing_is_written(roster: Clone, tmp_path: Path) -> None:
    before = everything(roster)
    code, words = run(tmp_path, "No,EL,Reading,On\nnobody,1,2,\nu1,1,,10/1/2026\n\nu1,2,,\n,3,,\n", *COLUMNS)
    assert code == 2 and everything(roster) == before and staged(roster) == 0
    for expected in (
        "line 2, column No: No student has this id.",
        "line 3, column On: This is not a date.",
        "line 5, column EL: The same value of the same student stands on line 3 already.",
        "line 6, column No: The cell is empty.",
    ):
        assert expected in words


def test_a_key_that_two_students_share_is_no_key(roster: Clone, tmp_path: Path) -> None:
    bundle = small()
    bundle.row("users", "u2")["identifier"] = "L1"
    call_command("import_roster", str(bundle.folder(tmp_path / "again")), stdout=StringIO())
    code, words = run(tmp_path, "No,EL\nL1,1\n", "--map", "No=local-id", "--map", "EL=el-status")
    assert code == 2 and "More than one student has this id." in words


def test_limits_of_court_orders(roster: Clone, tmp_path: Path) -> None:
    text = "No,Guardian,Order,From,Until,Kept\nu1,g1,No contact,2026-10-01,2027-10-01,address;bus\nu2,g2,records limited,2026-10-05,,schedule\n"
    assert run(tmp_path, text, *LIMIT)[0] == 0
    link = Guardianship.objects.get(relation="parent")
    assert (link.limit, link.limit_elements, str(link.limit_order_on), str(link.limit_ends_on)) == (
        "no_contact",
        ["address", "bus"],
        "2026-10-01",
        "2027-10-01",
    )
    assert link.limit_set_at is not None
    kinds = rows(roster, "SELECT kind FROM trail.entry WHERE kind LIKE 'records.limit%' ORDER BY id")
    assert kinds == ["records.limit.set"]
    assert "changes nothing" in run(tmp_path, text, *LIMIT)[1]


@pytest.mark.parametrize("change", ["none,,,", "records limited,2026-10-01,,bus"], ids=["ended", "loosened"])
def test_a_limit_is_lifted_by_two_people(roster: Clone, tmp_path: Path, change: str) -> None:
    assert run(tmp_path, "No,Guardian,Order,From,Until,Kept\nu1,g1,No contact,2026-10-01,,\n", *LIMIT)[0] == 0
    code, told = run(tmp_path, f"No,Guardian,Order,From,Until,Kept\nu1,g1,{change}\n", *LIMIT)
    assert code == 0 and "Not applied: it would end or change limits" in told
    link = Guardianship.objects.get(relation="parent")
    assert (newest().state, link.limit) == (ImportRun.State.WAITING, "no_contact")
    boss = User.objects.create_user(email="boss@example.org", name="B. Oss", password=None)
    RoleAssignment.objects.create(user=boss, role=Role.LEADER, starts_on=clock.today(), given_at=clock.now())
    leader = Client()
    leader.force_login(boss, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = leader.get(f"/roster/{newest().public_id}/").content.decode()
    assert "It would end or change 1 limit on a guardian’s access" in page
    leader.post(f"/roster/{newest().public_id}/approve/")
    tasks.run_imports()
    link.refresh_from_db()
    assert link.limit == ("" if change.startswith("none") else "records_limited")
    kinds = rows(roster, "SELECT kind FROM trail.entry WHERE kind LIKE 'records.limit%' ORDER BY id")
    assert kinds[-1] == ("records.limit.ended" if change.startswith("none") else "records.limit.set")


def test_the_keeper_cannot_lift_a_limit_for_one_person(roster: Clone, tmp_path: Path) -> None:
    """The rule stands in the database too, below the code that asks for the second person."""
    assert run(tmp_path, "No,Guardian,Order,From,Until,Kept\nu1,g1,No contact,2026-10-01,,\n", *LIMIT)[0] == 0
    keeper = roster.connect("keeper")
    with keeper.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege, match="two people"):
        cursor.execute("SELECT door.import_open()")
        cursor.execute("INSERT INTO records.stage_limit(person, guardian, kind, place) VALUES ('u1', 'g1', 'none', 2)")
        cursor.execute("SELECT door.limits_plan('sourced-id')")
        cursor.execute("SELECT door.limits_apply(0, now(), '{}', NULL, NULL, NULL)")
    keeper.close()


def test_faults_of_limits(roster: Clone, tmp_path: Path) -> None:
    before = everything(roster)
    text = "No,Guardian,Order,From,Until,Kept\nu1,g1,banned,,,\nu1,nobody,none,,,\nu3,g1,none,,,\nu1,g2,records_limited,,,\nu2,g2,no_contact,soon,,horoscope\n"
    code, words = run(tmp_path, text, *LIMIT)
    assert code == 2 and everything(roster) == before
    for expected in (
        "line 2, column Order: The portal knows no such limit.",
        "line 3, column Guardian: No parent or guardian has this id.",
        "line 4, column Guardian: This person is not a parent or guardian of this student.",
        "line 5, column Kept: The order limits what may be shown, and names no element.",
        "line 6, column From: This is not a date.",
        "line 6, column Kept: There is no such element.",
    ):
        assert expected in words


@pytest.mark.parametrize("pairs", [
    [("EL", "el-status")], [("A", "local-id"), ("B", "state-id"), ("EL", "el-status")], [("A", "local-id")], [("A", "local-id"), ("B", "name")],
    [("A", "local-id"), ("B", "el-status"), ("C", "guardian"), ("D", "limit")], [("A", "local-id"), ("C", "guardian")], [("A", "local-id"), ("B", "el-status"), ("C", "el-status")],
    [("A", "local-id"), ("B", "social-security-number")],
])  # fmt: skip
def test_a_mapping_that_says_too_little_or_too_much(database: Clone, pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(mapping.WrongMapping):
        mapping.make(pairs)


def test_the_command_says_what_is_wrong_with_a_mapping(roster: Clone, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="sourced-id"):
        run(tmp_path, "No,EL\nu1,1\n", "--map", "EL=el-status")


# -- The page -----------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _nobody_is_woken(monkeypatch: Any) -> None:
    monkeypatch.setattr(tasks.run_imports, "apply_async", lambda **_: None)


def send(client: Client, text: str) -> Any:
    return client.post("/roster/values/", {"file": SimpleUploadedFile("values.csv", text.encode())})


def newest() -> ImportRun:
    return ImportRun.objects.order_by("-pk")[0]


def test_an_admin_names_the_columns_and_applies_the_file(district: Clone) -> None:
    admin = signed_in("admin")
    sourced = rows(
        district,
        "SELECT i.sourced_id FROM records.identity i JOIN records_student s ON s.id = i.student_id WHERE s.left_on IS NULL ORDER BY 1 LIMIT 2",
    )
    answer = send(admin, "sourcedId,EL level,Password,Note\n" + "".join(f"{number},Level 5 new,hunter2,aside\n" for number in sourced))
    run_ = newest()
    assert answer["Location"] == f"/roster/{run_.public_id}/columns/"
    page = admin.get(answer["Location"]).content.decode()
    assert "EL level" in page and "Leave this column out" in page
    assert b"hunter2" not in b"".join(bytes(piece) for piece in rows(district, "SELECT content FROM records.intake"))
    page = admin.post(answer["Location"], {"column_0": "sourced-id"}).content.decode()
    assert "Name at least one element" in page
    admin.post(answer["Location"], {"column_0": "sourced-id", "column_1": "el-status", "source": "WIDA"})
    tasks.run_imports()
    run_.refresh_from_db()
    assert run_.state == ImportRun.State.CHECKED, run_.report
    assert "headers" not in run_.mapping and "aside" not in str(run_.report)
    admin.post(f"/roster/{run_.public_id}/apply/")
    tasks.run_imports()
    assert newest().state == ImportRun.State.APPLIED
    assert rows(district, "SELECT count(*) FROM records.value WHERE value = 'Level 5 new' AND source = 'WIDA'") == [2]
    assert rows(district, "SELECT actor_id FROM trail.entry WHERE kind = 'records.values.imported' ORDER BY id DESC LIMIT 1") == [
        person("admin").pk
    ]
    assert rows(district, "SELECT count(*) FROM records.intake") == [0]


@pytest.mark.parametrize(("text", "words"), [
    ("mia.lee@riverbend.example,4\nx,y\n", "must name the columns"), ("10042,Lee\n10043,Kim\n", "must name the columns"), ("", "not a CSV file"), ("\xff\xfeN\0o\0", "not a CSV file"),
])  # fmt: skip
def test_a_file_without_a_header_is_not_kept(district: Clone, text: str, words: str) -> None:
    """A first row that is a student's would be kept as names of columns."""
    page = (
        signed_in("admin")
        .post("/roster/values/", {"file": SimpleUploadedFile("values.csv", text.encode("latin-1") or b" ")})
        .content.decode()
    )
    assert (
        words in page
        and not ImportRun.objects.filter(state="mapping").exists()
        and rows(district, "SELECT count(*) FROM records.intake") == [0]
    )


def test_a_file_whose_columns_nobody_names_goes_after_a_day(district: Clone) -> None:
    send(signed_in("admin"), "No,EL\nx,y\n")
    ImportRun.objects.using("owner").filter(pk=newest().pk).update(made_at="2020-01-01T00:00:00Z")
    tasks.run_imports()
    assert newest().state == ImportRun.State.DROPPED and rows(district, "SELECT count(*) FROM records.intake") == [0]


def test_a_check_of_values_is_a_look(district: Clone) -> None:
    """Guessing a health alert row by row leaves a line at the child each time, also where the student's number is all that was right."""
    sourced, student = rows(district, "SELECT sourced_id, student_id FROM records.identity ORDER BY 1 LIMIT 1")[0]
    admin = signed_in("admin")
    answer = send(admin, f"sourcedId,Alert\n{sourced},Asthma\nnobody,Asthma\n")
    admin.post(answer["Location"], {"column_0": "sourced-id", "column_1": "health-alerts"})
    tasks.run_imports()
    assert newest().state == ImportRun.State.REFUSED
    entry = rows(district, "SELECT actor_id, action, record_ids, elements FROM trail.entry WHERE kind = 'records.import.checked'")
    assert entry == [(person("admin").pk, 3, [student], ["health-alerts"])]
