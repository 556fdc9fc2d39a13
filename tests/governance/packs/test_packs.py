"""A year's proofs in one file: it checks itself with nothing but Python, holds what the page shows, and is nobody else's."""

import csv
import io
import os
import resource
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from governance.packs import actions, making, views
from governance.packs.models import Pack
from governance.records.models import Guardianship, Student
from governance.trail.seals import sealer
from portal.base import clock, kept, vault
from portal.base.zips import Stream
from tests.governance.disclosures.test_pages import browser
from tests.governance.records.readers import child_of, last_entry, name_of, person, trail, words

YEAR = 2026


@pytest.fixture(autouse=True)
def _settings(settings: Any, tmp_path: Path) -> None:
    settings.DEMO = True
    settings.VAR = tmp_path / "var"


@pytest.fixture
def student(district: Any, sealing: Callable[..., sealer.Sealed]) -> Student:
    """A child of parent@, whose looks are sealed."""
    found = child_of("parent")
    browser("teacher").get(f"/students/{found.public_id}/")
    sealing()
    return found


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def take(who: str, student: Student, *, year: int = YEAR, language: str = "") -> zipfile.ZipFile:
    answer = browser(who).post(f"{language}/family/{student.public_id}/proofs/", {"year": year})
    assert answer.status_code == 200
    return zipfile.ZipFile(io.BytesIO(body(answer)))


def table(pack: zipfile.ZipFile) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(pack.read("index.csv").decode("utf-8-sig"))))


def check(pack: zipfile.ZipFile, folder: Path) -> subprocess.CompletedProcess[str]:
    """What the README tells a reader to do, in a folder of their own and without the portal's code."""
    pack.extractall(folder)
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PORTAL_", "DJANGO_", "DATABASE_", "PYTHONPATH"))
    }
    return subprocess.run(
        [sys.executable, "verify_trail.py", "--key", "key.txt", "."],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


class TestThePack:
    def test_holds_on_any_computer(self, student: Student, tmp_path: Path) -> None:
        pack = take("parent", student)
        answer = check(pack, tmp_path / "pack")
        proofs = [name for name in pack.namelist() if name.endswith(".tlog-proof")]
        assert answer.returncode == 0, answer.stdout + answer.stderr
        assert answer.stdout.count("HOLDS") == len(proofs) + 1  # and the checkpoint
        assert len(proofs) > 5

    def test_an_altered_proof_is_found(self, student: Student, tmp_path: Path) -> None:
        pack = take("parent", student)
        folder = tmp_path / "pack"
        pack.extractall(folder)
        proof = next(folder.rglob("*.tlog-proof"))
        lines = proof.read_text(encoding="utf-8").splitlines(keepends=True)
        changed = next(number for number, line in enumerate(lines) if line.startswith("extra "))
        lines[changed] = lines[changed].replace("W", "X", 1) if "W" in lines[changed] else lines[changed].replace("A", "B", 1)
        proof.write_text("".join(lines), encoding="utf-8")
        answer = subprocess.run([sys.executable, "verify_trail.py", "."], cwd=folder, capture_output=True, text=True, check=False)
        assert answer.returncode != 0
        assert str(proof.relative_to(folder)) in "".join(line for line in answer.stdout.splitlines(True) if not line.startswith("HOLDS"))

    def test_has_the_lines_of_the_page_with_their_numbers(self, student: Student) -> None:
        client = browser("parent")
        shown: dict[int, str] = {}
        address = f"/family/{student.public_id}/looks/?who=school"
        while address:
            page = client.get(address)
            shown |= {line.number: line.who for line in page.context["lines"] if line.at.year == YEAR}
            address = f"/family/{student.public_id}/looks/{page.context['older']}" if page.context["older"] else ""
        rows = [row for row in table(take("parent", student)) if row["list"] == "school"]
        assert {int(row["line"]): row["who"] for row in rows} == shown

    def test_says_which_lines_are_too_new(self, student: Student) -> None:
        browser("teacher").get(f"/students/{student.public_id}/")
        rows = table(take("parent", student))
        new = [row for row in rows if not row["proof"]]
        assert new
        assert all("Too new" in row["note"] for row in new)

    def test_tells_how_in_english_and_spanish(self, student: Student) -> None:
        pack = take("parent", student)
        assert "python verify_trail.py --key key.txt ." in pack.read("README.en.txt").decode()
        assert "CÓMO COMPROBARLO" in pack.read("README.es.txt").decode()
        assert table(take("parent", student, language="/es"))[0]["what"] != table(pack)[0]["what"]

    def test_names_no_student(self, student: Student) -> None:
        pack = take("parent", student)
        everything = b"".join(pack.read(name) for name in pack.namelist() if not name.endswith(".tlog-proof"))
        assert not [part for part in name_of(student).split() if part.encode() in everything]

    def test_its_download_is_an_entry_that_the_family_sees(self, student: Student) -> None:
        before = last_entry()
        take("parent", student)
        assert [entry["kind"] for entry in trail(after=before, student=student)] == ["trail.pack.asked", "trail.pack.made"]
        assert "Proof pack made" in words(browser("parent").get(f"/family/{student.public_id}/looks/?who=family"))

    def test_another_year_is_empty_and_says_so(self, student: Student) -> None:
        answer = browser("parent").post(f"/family/{student.public_id}/proofs/", {"year": 1999})
        assert answer.status_code == 422


class TestWhatIsHeld:
    def hold(self, student: Student, how: str) -> int:
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "INSERT INTO trail.entry(action, kind, actor_id, hat, purpose, elements, record_ids, held, held_until)"
                " VALUES (3, 'records.student.opened', %s, 'counselor', 'counseling-support', '{name}', %s, %s, current_date + 30) RETURNING id",
                [person("counselor").pk, [student.pk], how],
            )
            return cursor.fetchone()[0]

    def test_silent_lines_are_left_out_without_a_gap(self, student: Student, sealing: Callable[..., Any]) -> None:
        rows_before = [row for row in table(take("parent", student)) if row["list"] == "school"]
        self.hold(student, "silent")
        sealing()
        rows = [row for row in table(take("parent", student)) if row["list"] == "school"]
        assert len(rows) == len(rows_before)
        numbers = [int(row["line"]) for row in rows]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))

    def test_announced_ones_have_a_day_and_no_proof(self, student: Student, sealing: Callable[..., Any]) -> None:
        self.hold(student, "announced")
        sealing()
        [row] = [row for row in table(take("parent", student)) if "does not let us show" in row["note"]]
        assert not any(row[name] for name in ("proof", "who", "role", "what", "purpose", "why_allowed"))

    def test_who_checks_the_trail_gets_them_with_proofs(self, student: Student, sealing: Callable[..., Any], tmp_path: Path) -> None:
        self.hold(student, "silent")
        sealing()
        answer = browser("compliance").post(f"/audit/packs/{student.public_id}/", {"year": YEAR})
        pack = zipfile.ZipFile(io.BytesIO(body(answer)))
        [row] = [row for row in table(pack) if "silent" in row["note"]]
        assert row["proof"]
        assert check(pack, tmp_path / "pack").returncode == 0


class TestStrangers:
    def test_another_family_gets_none(self, student: Student) -> None:
        assert browser("other.parent").post(f"/family/{student.public_id}/proofs/", {"year": YEAR}).status_code == 404
        assert browser("teacher").post(f"/audit/packs/{student.public_id}/", {"year": YEAR}).status_code == 404

    def test_where_an_order_keeps_something_back_there_are_no_whole_lines(self, district: Any) -> None:
        link = Guardianship.objects.get(user=person("limited.parent"), limit="records_limited")
        before = last_entry()
        answer = browser("limited.parent").post(f"/family/{link.student.public_id}/proofs/", {"year": YEAR})
        assert answer.status_code == 403
        assert "the portal can’t give you their proofs" in words(answer)
        assert not [entry for entry in trail(after=before) if entry["key_hash"]]

    def test_the_functions_give_nothing_to_another_kind_of_entry(self, student: Student) -> None:
        from governance.trail import entries
        from governance.vocabulary import Event

        written = entries.append_ahead(
            Event.LOOKS_VIEWED, by=person("parent"), students=[student.pk], elements={"trail"}, purpose="family-access"
        )
        assert entries.open_with(written, "SELECT * FROM door.pack_lines(NULL, NULL, 10)")[1] == []
        assert entries.open_with(written, "SELECT door.pack_count()")[1] == [(None,)]


class TestInTheBackground:
    @pytest.fixture(autouse=True)
    def _few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(views, "MOST_AT_ONCE", 3)

    def asked(self, student: Student) -> Pack:
        answer = browser("parent").post(f"/family/{student.public_id}/proofs/", {"year": YEAR})
        assert answer.status_code == 302
        return Pack.objects.get()

    def test_it_is_made_shown_and_taken_by_the_asker_alone(self, student: Student, tmp_path: Path) -> None:
        pack = self.asked(student)
        page = f"/family/{student.public_id}/proofs/"
        assert "Waiting to be made" in words(browser("parent").get(page))
        making.make_waiting()
        pack.refresh_from_db()
        assert (pack.state, pack.done) == ("ready", pack.total)
        assert "Ready" in words(browser("parent").get(page))
        assert b"PK\x03\x04" not in (vault.folder() / pack.file_name).read_bytes()
        before = last_entry()
        found = zipfile.ZipFile(io.BytesIO(body(browser("parent").get(f"{page}{pack.public_id}/"))))
        assert check(found, tmp_path / "pack").returncode == 0
        assert [entry["kind"] for entry in trail(after=before)] == ["trail.pack.downloaded"]
        for who in ("other.parent", "compliance", "teacher"):
            assert browser(who).get(f"{page}{pack.public_id}/").status_code == 404
        assert browser("compliance").get(f"/audit/packs/{student.public_id}/{pack.public_id}/").status_code == 404

    def test_it_is_gone_after_a_day(self, student: Student) -> None:
        pack = self.asked(student)
        making.make_waiting()
        pack.refresh_from_db()
        Pack.objects.update(ready_at=clock.now() - kept.LASTS)
        making.sweep()
        pack.refresh_from_db()
        assert (pack.state, bytes(pack.file_key)) == ("gone", b"")
        assert not (vault.folder() / pack.file_name).exists()
        assert browser("parent").get(f"/family/{student.public_id}/proofs/{pack.public_id}/").status_code == 404

    def test_an_order_that_came_since_closes_it(self, student: Student) -> None:
        pack = self.asked(student)
        making.make_waiting()
        Guardianship.objects.filter(student=student, user=person("parent")).update(limit="no_contact", limit_set_at=clock.now())
        assert browser("parent").get(f"/family/{student.public_id}/proofs/{pack.public_id}/").status_code == 404

    def test_an_order_that_came_before_it_was_made_ends_it(self, student: Student) -> None:
        pack = self.asked(student)
        Guardianship.objects.filter(student=student, user=person("parent")).update(limit="no_contact", limit_set_at=clock.now())
        making.make_waiting()
        pack.refresh_from_db()
        assert (pack.state, pack.file_name) == ("failed", "")

    def test_a_killed_worker_leaves_no_half_file_and_another_one_takes_it_up(
        self, student: Student, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pack = self.asked(student)

        class Killed(BaseException):
            pass

        def die(*_args: Any, **_more: Any) -> None:
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(kept, "tell", die)
            with pytest.raises(Killed):
                making.make_waiting()
        assert [path.name for path in vault.folder().iterdir()] == []
        making.make_waiting()  # not yet: the worker might still be at it
        assert Pack.objects.get().state == "making"
        Pack.objects.update(started_at=clock.now() - kept.SILENCE * 2)
        making.make_waiting()
        pack.refresh_from_db()
        assert (pack.state, pack.attempts) == ("ready", 2)
        assert kept.names(Pack) == {path.name for path in vault.folder().iterdir()}

    def test_a_worker_that_was_taken_over_writes_nothing(self, student: Student) -> None:
        self.asked(student)
        claimed = actions.claim(at=clock.now())
        assert claimed is not None
        Pack.objects.update(attempts=2)
        making.make(claimed)
        assert Pack.objects.get().state == "making"
        assert kept.names(Pack) == set()


def test_three_thousand_lines_in_bounded_memory(student: Student, sealing: Callable[..., Any]) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            'INSERT INTO trail.entry("timestamp", action, kind, actor_id, hat, purpose, basis, elements, record_ids)'
            " SELECT clock_timestamp() - interval '1 hour' + n * interval '1 second', 3, 'records.class_list.opened', %s, 'teacher',"
            " 'classroom-instruction', 'ferpa-school-official', '{name,grade}', ARRAY[%s, %s]::bigint[] FROM generate_series(1, 3000) n",
            [person("teacher").pk, student.pk, student.pk + 1],
        )
    sealing()
    asked = making.asked_by(student=student, by=person("parent"), year=YEAR, as_auditor=False, until=clock.now())
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    with vault.Writer("packs") as file:
        made = making.zips.write(Stream(file), asked, at=clock.now(), language="en")
    took = time.perf_counter() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert made.proven > 3000
    assert grown < 48, f"{grown:.0f} MiB"
    assert took < 40, f"{took:.1f} s"
