"""The companion of an export, checked as an outsider checks it: by the program alone, beside the file."""

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connections

from governance.exports import making, proofs, tables
from governance.exports.models import Export
from governance.records.models import Student
from governance.trail import search
from governance.trail.seals import notes, queries, sealer
from portal.base import clock
from tests.governance.audit.cast import client_of
from tests.governance.exports.cast import asked, look_of
from tests.harness.sealing import ORIGIN

PROGRAM = Path(settings.BASE_DIR) / "docs" / "verify" / "verify_trail.py"
FORMS = ["csv", "jsonl", "xlsx", "pdf"]


@pytest.fixture(autouse=True)
def sealed(district: Any, sealing: Callable[..., sealer.Sealed], settings: Any, tmp_path: Path) -> Callable[..., sealer.Sealed]:
    """The demo district's trail, sealed, with three looks of its own."""
    settings.VAR, settings.DEMO = tmp_path / "var", True
    students = list(Student.objects.order_by("pk").values_list("pk", flat=True)[:3])
    for number in (1, 2, 3):
        look_of(students[:number])
    sealing()
    return sealing


def check(file: Path, key: Ed25519PrivateKey) -> tuple[int, str]:
    """What the program says of a companion."""
    line = notes.verifier_key(ORIGIN, notes.public_bytes(key))
    done = subprocess.run([sys.executable, str(PROGRAM), "--key", line, str(file)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def taken(folder: Path, form: str, *more: str) -> Path:
    """A file with its companion in `folder`, by the command; answers the companion."""
    file = folder / f"trail.{form}"
    call_command("trail", "export", "--purpose", "test-look", "--format", form, "--proof", "-o", str(file), *more)
    return file.with_name(file.name + ".proof.json")


@pytest.mark.parametrize("form", FORMS)
def test_each_kind_of_file_holds(form: str, key: Ed25519PrivateKey, tmp_path: Path) -> None:
    code, said = check(taken(tmp_path, form), key)
    assert code == 0, said
    assert "3 entries" in said
    assert form == "pdf" or "6 rows" in said


@pytest.mark.parametrize("form", FORMS)
def test_a_changed_file_is_false(form: str, key: Ed25519PrivateKey, tmp_path: Path) -> None:
    companion = taken(tmp_path, form)
    file = tmp_path / f"trail.{form}"
    file.write_bytes(file.read_bytes()[:-1] + b" ")
    code, said = check(companion, key)
    assert (code, "changed after the export" in said) == (1, True)


def with_digest(companion: Path, file: Path) -> None:
    """Forge the companion, so that it fits a changed file."""
    made = json.loads(companion.read_text())
    made["file"]["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    companion.write_text(json.dumps(made))


@pytest.mark.parametrize(
    ("form", "old", "new", "words"),
    [
        ("csv", "records.student.opened", "records.student.closed", "another event"),
        ("csv", "test-look", "best-look", "another purpose"),
        ("csv", ",name,", ",grade,", "other kinds of data"),
        ("jsonl", "test-look", "best-look", "another purpose"),
        ("jsonl", '"time":"2', '"time":"3', "another time"),
        ("xlsx", "test-look", "best-look", "another purpose"),
    ],
)
def test_a_changed_cell_is_false_even_with_a_fitting_digest(
    form: str, old: str, new: str, words: str, key: Ed25519PrivateKey, tmp_path: Path
) -> None:
    companion = taken(tmp_path, form)
    file = tmp_path / f"trail.{form}"
    if form == "xlsx":
        with zipfile.ZipFile(file) as book:
            parts = {name: book.read(name) for name in book.namelist()}
        name = "xl/worksheets/sheet1.xml"
        assert old.encode() in parts[name]
        with zipfile.ZipFile(file, "w") as book:
            for part, content in (parts | {name: parts[name].replace(old.encode(), new.encode(), 1)}).items():
                book.writestr(part, content)
    else:
        text = file.read_bytes()
        assert old.encode() in text
        file.write_bytes(text.replace(old.encode(), new.encode(), 1))
    with_digest(companion, file)
    code, said = check(companion, key)
    assert code == 1, said
    assert words in said


def test_a_row_less_is_false_even_with_a_fitting_digest(key: Ed25519PrivateKey, tmp_path: Path) -> None:
    companion = taken(tmp_path, "csv")
    file = tmp_path / "trail.csv"
    file.write_bytes(b"\r\n".join(file.read_bytes().split(b"\r\n")[:-2]) + b"\r\n")
    with_digest(companion, file)
    code, said = check(companion, key)
    assert (code, "lacks rows" in said) == (1, True)


def test_cells_made_harmless_still_hold(key: Ed25519PrivateKey, tmp_path: Path, sealed: Callable[..., sealer.Sealed]) -> None:
    with connections["owner"].cursor() as cursor:
        for harmful in ("=1+1", "@SUM(A1)", "'quoted", "\t=1"):
            cursor.execute(
                "INSERT INTO trail.entry(action, kind, purpose, rule_version) VALUES (3, 'records.student.opened', 'test-look', %s)",
                [harmful],
            )
    sealed()
    for form in ("csv", "xlsx", "jsonl"):
        code, said = check(taken(tmp_path, form), key)
        assert code == 0, said


def test_what_is_not_sealed_yet_is_not_in_it(key: Ed25519PrivateKey, tmp_path: Path) -> None:
    look_of([Student.objects.order_by("pk").values_list("pk", flat=True)[0]])
    code, said = check(taken(tmp_path, "csv"), key)
    assert (code, "6 rows of 3 entries" in said) == (0, True)


def test_an_export_of_nothing_has_a_proof_of_nothing(key: Ed25519PrivateKey, tmp_path: Path) -> None:
    file = tmp_path / "f.csv"
    call_command("trail", "export", "--purpose", "no-such-purpose", "--proof", "-o", str(file))
    code, said = check(tmp_path / "f.csv.proof.json", key)
    assert (code, "0 rows of 0 entries" in said) == (0, True)


def test_the_whole_trail_holds_across_batches(key: Ed25519PrivateKey, tmp_path: Path, sealed: Callable[..., sealer.Sealed]) -> None:
    for _ in range(3):
        look_of([Student.objects.order_by("pk").values_list("pk", flat=True)[0]])
        sealed()
    file = tmp_path / "all.csv"
    call_command("trail", "export", "--proof", "-o", str(file))
    code, said = check(tmp_path / "all.csv.proof.json", key)
    assert code == 0, said


def test_an_entry_that_was_put_in_behind_the_seals_stops_the_export(tmp_path: Path) -> None:
    """There and never sealed: no file with a proof comes of it."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            'INSERT INTO trail.entry(id, "timestamp", xid, action, kind, purpose) OVERRIDING SYSTEM VALUE'
            " SELECT 999999999, e.\"timestamp\", e.xid, 3, 'records.student.opened', 'test-look' FROM trail.entry e WHERE e.purpose = 'test-look' LIMIT 1"
        )
        cursor.execute("SET session_replication_role = DEFAULT")
    with pytest.raises(CommandError, match="not as they were sealed"):
        taken(tmp_path, "csv")
    assert not list(tmp_path.glob("trail*"))


def test_the_page_gives_both_files_and_they_hold(key: Ed25519PrivateKey, tmp_path: Path, sealed: Callable[..., sealer.Sealed]) -> None:
    export = asked(form="xlsx")
    assert not making.make(export.public_id)  # what was just recorded is not sealed yet: a moment later
    export.refresh_from_db()
    assert export.state == Export.State.QUEUED
    sealed()
    assert making.make(export.public_id)
    officer = client_of("compliance")
    for part in ("file", "proof"):
        answer = officer.get(f"/audit/exports/{export.public_id}/{part}/")
        name = answer["Content-Disposition"].split('"')[1]
        (tmp_path / name).write_bytes(b"".join(answer.streaming_content))
    assert name.endswith(".xlsx.proof.json")
    code, said = check(tmp_path / name, key)
    assert code == 0, said
    assert "4 entries" in said


def test_without_sealing_the_file_comes_without_a_proof_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    export = asked()
    later = export.asked_at + making.PATIENCE
    monkeypatch.setattr(clock, "now", lambda: later)
    assert making.make(export.public_id)
    export.refresh_from_db()
    assert (export.state, export.proof) == (Export.State.READY, {})
    assert "There is no proof beside it" in client_of("compliance").get(f"/audit/exports/{export.public_id}/").content.decode()


def test_an_entry_that_left_the_trail_is_missed() -> None:
    sink = io.BytesIO()
    key = tables.open_door(by=None, hat=None, filters=search.Filters(purpose="test-look"), form="csv", purpose="review")
    checkpoint = queries.latest_checkpoint()
    assert checkpoint is not None
    with pytest.raises(proofs.NotAsSealed):
        proofs.write(
            sink,
            name="f",
            sha256="",
            rows=6,
            entries=4,
            checkpoint=checkpoint,
            found=proofs.leaves(key, checkpoint.size, using="default"),
            using="default",
        )
