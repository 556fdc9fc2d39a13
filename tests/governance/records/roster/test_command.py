"""The command on a fresh database: what it applies, what it leaves, how it ends."""

import json
import os
import signal
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from governance.records.models import ImportRun, Student
from tests.governance.records.roster.bundles import large, small
from tests.governance.records.roster.looking import everything, rows, staged
from tests.harness.databases import Clone

SAMPLES = Path(__file__).resolve().parents[5] / "shared" / "samples"


def test_without_a_manifest_nothing_ends(database: Clone, load: Any) -> None:
    """A change taken for the whole would end everybody who did not change."""
    load(small())
    bundle = small()
    bundle.rows["users"] = [bundle.row("users", "u1") | {"givenName": "Changed"}]
    bundle.rows["enrollments"] = []
    report = load(bundle, manifest=None)
    assert not report.refused and report.counts["students"] == {"added": 0, "changed": 1, "ended": 0, "returned": 0, "before": 4}
    assert report.notices[0].code == "no_manifest" or any(notice.code == "no_manifest" for notice in report.notices)


def test_a_file_that_the_manifest_calls_absent_is_not_read(database: Clone, load: Any) -> None:
    bundle = small()
    bundle.modes["demographics"] = "absent"
    report = load(bundle)
    assert any(notice.code == "said_absent" for notice in report.notices)
    assert rows(database, "SELECT count(*) FROM records.identity WHERE birth_date IS NOT NULL") == [0]


def test_the_command_applies_and_says_that_the_same_changes_nothing(database: Clone, tmp_path: Path) -> None:
    path = str(small().folder(tmp_path / "b"))
    for arguments, expected in ((["--dry-run"], "dry run"), ([], "Applied."), ([], "It changes nothing.")):
        out = StringIO()
        call_command("import_roster", path, *arguments, stdout=out)
        assert expected in out.getvalue()


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the published sample bundles are not on this machine")
@pytest.mark.parametrize(
    ("name", "students", "links"), [("v1p1-oat-base", 2, 0), ("v1p1-catalyst-full.zip", 3, 1), ("v1p2-catalyst-full.zip", 3, 2)]
)
def test_bundles_that_others_published_come_in(database: Clone, name: str, students: int, links: int) -> None:
    out = StringIO()
    call_command("import_roster", str(SAMPLES / name), "--json", stdout=out)
    answer = json.loads(out.getvalue())
    assert answer["state"] == "applied" and answer["counts"]["students"]["added"] == students == Student.objects.count()
    assert answer["counts"]["links"]["added"] == links
    before = everything(database)
    out = StringIO()
    call_command("import_roster", str(SAMPLES / name), stdout=out)
    assert "changes nothing" in out.getvalue() and everything(database) == before


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the published sample bundles are not on this machine")
def test_a_sample_leaves_the_demo_district_as_it_is(district: Clone) -> None:
    """A bundle of another system ends nobody of this one."""
    before = Student.objects.filter(left_on=None).count()
    for name in ("v1p1-oat-base", "v1p1-catalyst-full.zip", "v1p2-catalyst-full.zip"):
        call_command("import_roster", str(SAMPLES / name), stdout=StringIO())
    assert Student.objects.filter(left_on=None).count() == before + 5
    assert (
        rows(
            district,
            "SELECT count(*) FROM records_section WHERE active AND school_id IN (SELECT id FROM people_school WHERE sourced_id IN ('high', 'middle', 'elementary'))",
        )[0]
        > 5
    )


def test_a_delivery_that_ends_too_many_students_waits_for_a_second_person(database: Clone, tmp_path: Path) -> None:
    call_command("import_roster", str(large(120).folder(tmp_path / "first")), stdout=StringIO())
    before = everything(database)
    out = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("import_roster", str(large(100).folder(tmp_path / "second")), "--json", stdout=out)
    answer = json.loads(out.getvalue())
    assert end.value.code == 2 and answer["state"] == "waiting" and answer["ends_too_many"]
    assert ImportRun.objects.get(public_id=answer["run"]).state == "waiting"
    assert everything(database) == before
    out = StringIO()
    call_command("import_roster", str(large(109).folder(tmp_path / "third")), "--json", stdout=out)
    assert json.loads(out.getvalue())["state"] == "applied"  # eleven of 120 are less than a tenth


def test_while_one_import_runs_another_is_told_to_wait(database: Clone, tmp_path: Path) -> None:
    keeper = database.connect("keeper")
    with keeper.cursor() as cursor:
        cursor.execute("SELECT door.import_open()")
        assert cursor.fetchone()[0]
        with pytest.raises(CommandError, match="Another import is running"):
            call_command("import_roster", str(small().folder(tmp_path / "b")), stdout=StringIO())
    keeper.close()


@pytest.mark.parametrize("stage", ["copy_columns", "roster_plan", "roster_apply", "import_done"])
def test_an_importer_that_is_killed_leaves_the_old_roster_whole(database: Clone, tmp_path: Path, stage: str) -> None:
    call_command("import_roster", str(small().folder(tmp_path / "first")), stdout=StringIO())
    before = everything(database)
    path = large(3000, prefix="n").folder(tmp_path / "second")
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings", "PORTAL_SECRET_KEY": "test-only"}
    with subprocess.Popen([sys.executable, "-c", HANGS, str(path), stage], env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "done"
        process.send_signal(signal.SIGKILL)
        process.wait()
    deadline = time.monotonic() + 20
    while not _keeper_is_gone(database) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert everything(database) == before and staged(database) == 0
    call_command("import_roster", str(path), stdout=StringIO())
    assert Student.objects.count() == 4 + 3000


# Imports, and stands still after the step that is named, its transaction open.
HANGS = """
import sys, time, django
django.setup()
from django.core.management import CommandError, call_command
from governance.records import intake

def then_hang(function):
    def run(*arguments):
        answer = function(*arguments)
        if sys.argv[2] in (function.__name__, arguments[1]):
            print("done", flush=True)
            time.sleep(120)
        return answer
    return run

intake.call, intake.copy_columns = then_hang(intake.call), then_hang(intake.copy_columns)
call_command("import_roster", sys.argv[1])
"""


def _keeper_is_gone(clone: Clone) -> bool:
    return bool(
        rows(clone, "SELECT count(*) FROM pg_stat_activity WHERE usename = 'portal_keeper' AND datname = current_database()")[0] == 0
    )


def test_a_failure_in_the_middle_leaves_the_old_roster_whole(database: Clone, tmp_path: Path, monkeypatch: Any) -> None:
    call_command("import_roster", str(small().folder(tmp_path / "first")), stdout=StringIO())
    before = everything(database)
    owner = database.connect("owner")
    with owner, owner.cursor() as cursor:  # the trail refuses the summary: the last thing that is written
        cursor.execute("ALTER TABLE trail.entry ADD CONSTRAINT no_imports CHECK (kind <> 'records.roster.imported') NOT VALID")
    with pytest.raises(CommandError, match="23514"):
        call_command("import_roster", str(large(50, prefix="n").folder(tmp_path / "second")), stdout=StringIO())
    assert everything(database) == before and staged(database) == 0
    assert ImportRun.objects.order_by("-pk")[0].state == "failed"
    with owner, owner.cursor() as cursor:
        cursor.execute("ALTER TABLE trail.entry DROP CONSTRAINT no_imports")
    call_command("import_roster", str(large(50, prefix="n").folder(tmp_path / "third")), stdout=StringIO())
    assert Student.objects.count() == 54
