"""After a restore from a backup two people say so, and sealing goes on. One alone, the same one twice, or a tale of a loss that is none: no."""

import base64
import datetime as dt
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client

from governance.checkpoints import declarations
from governance.checkpoints.models import Declaration
from governance.people.models import RoleAssignment, User
from governance.trail.seals import declared, keys, memory, notes, process, queries, sealer, verify
from governance.vocabulary import Role
from portal.base import clock
from portal.base.errors import CannotDo
from tests.harness.databases import Clone
from tests.harness.sealing import ORIGIN

WITNESS = Path(django_settings.BASE_DIR) / "docs" / "verify" / "witness.py"
VERIFY = WITNESS.with_name("verify_trail.py")
PASSWORD = "correct horse battery staple"


@pytest.fixture(autouse=True)
def _without_second_factor(settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings.DEMO = True
    monkeypatch.setenv("PORTAL_TRAIL_ORIGIN", ORIGIN)
    monkeypatch.setenv("PORTAL_WITNESS_FOLDER", str(tmp_path / "drop"))


@pytest.fixture
def people(database: Clone) -> dict[str, User]:
    """Two admins, the superintendent, a teacher."""
    found = {}
    for name, role in (("admin", Role.DISTRICT_ADMIN), ("second", Role.DISTRICT_ADMIN), ("leader", Role.LEADER), ("teacher", Role.TEACHER)):
        found[name] = User.objects.create_user(f"{name}@riverbend.example", PASSWORD, name=name.title())
        RoleAssignment.objects.create(user=found[name], role=role, starts_on=dt.date(2026, 1, 1), given_at=clock.now())
    return found


@pytest.fixture
def restored(write: Callable, seal: Callable, people: dict[str, User], backup: Callable) -> tuple[int, notes.Checkpoint, str]:
    """300 entries sealed, a backup, 50 more sealed, the backup put back, and the sealer refused. (kept size, what was lost, its note)."""
    write(300)
    kept = seal().size
    put_back = backup()
    write(50)
    lost = seal()
    assert lost.note is not None
    put_back()
    with pytest.raises(sealer.StateWentBack):
        process.step()
    return kept, notes.parse(lost.note)[0], lost.note


def propose(by: User, **more: Any) -> Declaration:
    given = {"reason": Declaration.Reason.DISK, "backup_at": clock.now() - dt.timedelta(hours=1), "kept": "", "at": clock.now()}
    return declarations.propose_restore(by=by, **(given | more))


def confirm(declaration: Declaration, by: User) -> Declaration:
    return declarations.confirm(declaration_id=declaration.public_id, by=by, at=clock.now())


def written(owner: Any, kind: str) -> list[tuple]:
    with owner.cursor() as cursor:
        cursor.execute("SELECT actor_id, remote_addr, record_ids, additional_data FROM trail.entry WHERE kind = %s ORDER BY id", [kind])
        return cursor.fetchall()


def test_the_sealer_exits_with_three_and_says_once_where_it_stopped(restored: tuple, owner: Any) -> None:
    for _ in range(2):
        with pytest.raises(SystemExit) as ended:
            call_command("trail", "seal")
        assert ended.value.code == 3
    with owner.cursor() as cursor:
        cursor.execute("SELECT because, size, note FROM seal.refusal")
        assert cursor.fetchall() == [("went-back", restored[0], restored[2])]
    with pytest.raises(SystemExit) as ended:
        call_command("trail", "seal", "--forever", "--seconds", "0.1")
    assert ended.value.code == 3


def test_two_people_declare_it_and_sealing_goes_on(restored: tuple, people: dict, write: Callable, owner: Any) -> None:
    kept, lost, _note = restored
    done = confirm(propose(people["admin"]), people["leader"])
    assert (done.lost_from, done.lost_to, bytes(done.root or b"")) == (kept, lost.size, lost.root)
    ((actor, address, students, said),) = written(owner, declared.RESTORE)
    assert (actor, address, students) == (None, None, None)
    assert (said["lost_from"], said["lost_to"], said["reason"]) == (kept, lost.size, "disk")
    assert said["hats"] == ["district_admin", "leader"]
    assert base64.b64decode(said["root"]) == lost.root
    assert written(owner, "trail.declaration.confirmed")[0][0] == people["leader"].pk
    write(10)
    sealed = process.run_once()
    assert sealed.size < lost.size, "the new branch is smaller than what is remembered, and goes on all the same"
    assert memory.recall() == notes.parse(queries.latest_checkpoint().note)[0]
    with owner.cursor() as cursor:
        cursor.execute("SELECT number, first_leaf, because FROM seal.epoch ORDER BY number")
        assert cursor.fetchall() == [(1, 0, "first"), (2, kept, "restore")]
    report = verify.verify()
    assert report.holds, report.findings
    assert [(restore.first, restore.to) for restore in report.restores] == [(kept, lost.size)]
    write(200)
    assert process.run_once().size > lost.size
    assert verify.verify().holds


def test_verify_tells_the_declared_loss_from_tampering(restored: tuple, people: dict, write: Callable, key: Ed25519PrivateKey) -> None:
    _kept, lost, note = restored
    assert not verify.verify(kept=[note]).holds, "nobody declared it yet"
    confirm(propose(people["admin"]), people["leader"])
    write(10)
    process.run_once()
    assert verify.verify(kept=[note]).holds
    later = notes.sign(lost, key, at=clock.now() + dt.timedelta(hours=1))
    assert not verify.verify(kept=[later]).holds, "signed after the declaration, so not of the lost part"
    other = notes.sign(notes.Checkpoint(ORIGIN, lost.size, b"\x07" * 32), key, at=clock.now() - dt.timedelta(hours=1))
    assert not verify.verify(kept=[other]).holds, "another root of the last size"
    larger = notes.sign(notes.Checkpoint(ORIGIN, lost.size + 1, b"\x07" * 32), key, at=clock.now() - dt.timedelta(hours=1))
    assert not verify.verify(kept=[larger]).holds, "more was signed than the declaration says"


def test_one_person_alone_does_not_declare_it(restored: tuple, people: dict, owner: Any) -> None:
    waiting = propose(people["admin"])
    with pytest.raises(CannotDo, match="Another key holder"):
        confirm(waiting, people["admin"])
    with pytest.raises(CannotDo, match="waits for a second person already"):
        propose(people["second"])
    with pytest.raises(CannotDo, match="Only a district admin or the superintendent"):
        confirm(waiting, people["teacher"])
    with pytest.raises(CannotDo, match="Only a district admin"):
        declarations.propose_key(reason=Declaration.Reason.LOST, by=people["teacher"], at=clock.now())
    assert written(owner, declared.RESTORE) == []
    with pytest.raises(sealer.StateWentBack):
        process.step()


def test_the_database_refuses_the_same_person_twice(restored: tuple, people: dict) -> None:
    waiting = propose(people["admin"])
    with pytest.raises(Exception, match="declaration_takes_two_people"):
        Declaration.objects.filter(pk=waiting.pk).update(
            state="confirmed", decided_by=people["admin"], decided_at=clock.now(), entry_id=1, entry_at=clock.now()
        )


def test_a_second_factor_is_needed(restored: tuple, people: dict, settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(CannotDo, match="second step"):
        propose(people["admin"])


def test_a_restore_without_loss_is_not_declared(write: Callable, seal: Callable, people: dict) -> None:
    write(10)
    note = seal().note
    with pytest.raises(CannotDo, match="Nothing is lost"):
        propose(people["admin"])
    with pytest.raises(CannotDo, match="Nothing is lost"):
        propose(people["admin"], kept=note)


def test_a_made_up_declaration_neither_opens_a_way_nor_stops_the_sealing(
    write: Callable, seal: Callable, database: Clone, owner: Any
) -> None:
    """Somebody who stole the application's login writes the entry and points the sealer at it."""
    write(10)
    newest = notes.parse(seal().note)[0]
    thief = database.connect()
    data = declared.restore_data(
        reason="disk", first=newest.size - 5, lost=newest, backup_at=clock.now(), hats=("district_admin", "leader")
    )
    with thief, thief.cursor() as cursor:
        cursor.execute(
            'INSERT INTO trail.entry(action, kind, additional_data) VALUES (0, %s, %s) RETURNING id, "timestamp"',
            [declared.RESTORE, json.dumps(data)],
        )
        cursor.execute("INSERT INTO seal.declaration(kind, entry, entry_at) VALUES ('restore', %s, %s)", cursor.fetchone())
    thief.close()
    assert process.step().entries == 1
    with owner.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM seal.epoch")
        assert cursor.fetchone()[0] == 1


def test_a_declaration_of_another_loss_does_not_let_the_sealer_go_on(restored: tuple, database: Clone, owner: Any) -> None:
    kept, lost, _note = restored
    thief = database.connect()
    data = declared.restore_data(
        reason="disk",
        first=kept,
        lost=notes.Checkpoint("", lost.size - 10, b"\x07" * 32),
        backup_at=clock.now(),
        hats=("district_admin", "leader"),
    )
    with thief, thief.cursor() as cursor:
        cursor.execute(
            'INSERT INTO trail.entry(action, kind, additional_data) VALUES (0, %s, %s) RETURNING id, "timestamp"',
            [declared.RESTORE, json.dumps(data)],
        )
        cursor.execute("INSERT INTO seal.declaration(kind, entry, entry_at) VALUES ('restore', %s, %s)", cursor.fetchone())
    thief.close()
    with pytest.raises(sealer.StateWentBack):
        process.step()


def test_an_epoch_that_nobody_declared_is_found(write: Callable, seal: Callable, owner: Any) -> None:
    write(10)
    seal()
    with owner.cursor() as cursor:
        cursor.execute("INSERT INTO seal.epoch SELECT 2, cluster, now(), 0, 'restore' FROM seal.epoch")
    assert any("without a restore that two people declared" in finding.what for finding in verify.verify().findings)


@pytest.mark.parametrize("where", ["INSERT INTO seal.epoch", "INSERT INTO seal.batch", "INSERT INTO seal.checkpoint"])
def test_a_sealer_that_dies_while_it_goes_on_goes_on_the_next_time(restored: tuple, people: dict, write: Callable, where: str) -> None:
    confirm(propose(people["admin"]), people["leader"])
    write(5)

    class Killed(BaseException):
        pass

    def dying(execute: Callable, sql: str, params: Any, many: bool, context: dict) -> Any:
        if sql.startswith(where):
            raise Killed
        return execute(sql, params, many, context)

    with connections["sealer"].execute_wrapper(dying), pytest.raises(Killed):
        process.step()
    connections["sealer"].close()
    assert process.run_once().entries > 0
    assert verify.verify().holds


def test_killed_between_the_commit_and_the_memory_it_goes_on(
    restored: tuple, people: dict, write: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirm(propose(people["admin"]), people["leader"])
    with monkeypatch.context() as patch:
        patch.setattr(memory, "remember", lambda note, **_: None)
        process.step()
    assert memory.recall() == restored[1]
    write(5)
    process.run_once()
    assert memory.recall() != restored[1]
    assert list(keys.folder().glob("lost-*")), "what was lost stays beside it"
    assert verify.verify().holds


def test_in_another_cluster_nothing_is_skipped_or_doubled(write: Callable, seal: Callable, people: dict, owner: Any, start: int) -> None:
    """The numbers of the old cluster's transactions come again: they lie ahead of the new cluster's own."""
    write(20)
    seal()
    write(3)  # committed, never sealed before the move
    with owner.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE seal.epoch SET cluster = '1'")
        cursor.execute("SET session_replication_role = origin")
    with pytest.raises(sealer.AnotherCluster):
        process.step()
    assert queries.open_refusal().because == "another-cluster"
    done = confirm(propose(people["admin"], reason=Declaration.Reason.MOVE), people["second"])
    assert done.lost_from == done.lost_to, "nothing sealed is lost"
    process.run_once()
    for _ in range(3):
        write(10)
        process.run_once()
    with owner.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT s) FROM (SELECT unnest(ids) AS s FROM seal.batch) x")
        sealed, distinct = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM trail.entry")
        assert (sealed, distinct) == (cursor.fetchone()[0],) * 2
    assert verify.verify().holds


class TestKeys:
    def test_two_people_declare_a_new_key_and_the_sealer_makes_it(self, write: Callable, seal: Callable, people: dict, owner: Any) -> None:
        write(5)
        seal()
        old = notes.public_bytes(keys.load())
        confirm(declarations.propose_key(reason=Declaration.Reason.ROTATION, by=people["admin"], at=clock.now()), people["second"])
        write(5)
        process.run_once()
        new = notes.public_bytes(keys.load())
        assert new != old
        assert [(key.public, key.because) for key in queries.public_keys()] == [(new, "rotation"), (old, "first")]
        assert len(written(owner, declared.KEY)) == 1
        notes.check(queries.latest_checkpoint().note, new)
        process.run_once()
        assert notes.public_bytes(keys.load()) == new, "made once"
        assert verify.verify().holds

    def test_a_lost_key_stops_the_sealing_until_two_people_say_so(self, write: Callable, seal: Callable, people: dict) -> None:
        write(5)
        seal()
        (keys.folder() / "key").unlink()
        with pytest.raises(keys.NoKey):
            process.step()
        assert not process.make_first_key(), "a lost key is not replaced in silence"
        confirm(declarations.propose_key(reason=Declaration.Reason.LOST, by=people["second"], at=clock.now()), people["admin"])
        process.run_once()
        assert queries.public_keys()[0].because == "lost"
        assert verify.verify().holds

    def test_a_key_that_nobody_declared_does_not_sign(self, write: Callable, seal: Callable, owner: Any) -> None:
        write(5)
        seal()
        forged = keys.make()
        with pytest.raises(sealer.UndeclaredKey):
            process.step()
        with owner.cursor() as cursor:
            cursor.execute(
                "INSERT INTO seal.public_key(origin, public_key, began_at, because) VALUES (%s, %s, now(), 'rotation')",
                [ORIGIN, notes.public_bytes(forged)],
            )
        assert any("without two people who declared it" in finding.what for finding in verify.verify().findings)

    def test_killed_after_making_it_uses_that_key(
        self, write: Callable, seal: Callable, people: dict, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        confirm(declarations.propose_key(reason=Declaration.Reason.STOLEN, by=people["admin"], at=clock.now()), people["second"])

        class Killed(BaseException):
            pass

        def dying(**_: Any) -> None:
            raise Killed

        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(sealer, "announce_key", dying)
            process.step()
        made = notes.public_bytes(keys.load())
        process.run_once()
        assert queries.public_keys()[0].public == made


class TestCommandLine:
    def run(self, monkeypatch: pytest.MonkeyPatch, *arguments: str, typed: str = PASSWORD + "\n") -> str:
        import io

        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        out = io.StringIO()
        call_command("trail", *arguments, stdout=out)
        return out.getvalue()

    def test_two_people_declare_it_there(self, restored: tuple, people: dict, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "is lost" in self.run(monkeypatch, "restore")
        self.run(monkeypatch, "restore", "--because", "disk", "--backup", "2026-11-20T02:00", "--by", people["admin"].email)
        with pytest.raises(CommandError, match="Another key holder"):
            self.run(monkeypatch, "restore", "--confirm", "--by", people["admin"].email)
        with pytest.raises(CommandError, match="do not belong together"):
            self.run(monkeypatch, "restore", "--confirm", "--by", people["leader"].email, typed="guess\n")
        self.run(monkeypatch, "restore", "--confirm", "--by", people["leader"].email)
        assert process.run_once().entries > 0

    def test_a_key_too(self, seal: Callable, people: dict, monkeypatch: pytest.MonkeyPatch) -> None:
        self.run(monkeypatch, "key", "--because", "rotation", "--by", people["admin"].email)
        self.run(monkeypatch, "key", "--confirm", "--by", people["second"].email)
        before = notes.public_bytes(keys.load())
        process.run_once()
        assert notes.public_bytes(keys.load()) != before


class TestOutside:
    def program(self, program: Path, *arguments: object) -> tuple[int, str]:
        done = subprocess.run([sys.executable, str(program), *map(str, arguments)], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def witness(self, folder: Path, file: Path) -> tuple[int, str]:
        key = Client().get("/trail/key").content.decode().splitlines()[-1]
        return self.program(WITNESS, "--folder", folder, "--key", key, file)

    def drop(self, folder: Path, name: str, kept: int | None = None) -> Path:
        """The newest checkpoint as files: with the way from an older size and the declarations beside it."""
        file = folder / name
        file.write_text(Client().get("/trail/checkpoint").content.decode())
        if kept is not None:
            consistency = Client().get("/trail/consistency", {"from": kept})
            if consistency.status_code == 200:
                Path(f"{file}.consistency").write_text(consistency.content.decode())
        Path(f"{file}.declarations").write_text(Client().get("/trail/declarations").content.decode())
        return file

    def test_a_witness_tells_a_declared_restore_from_a_fork(
        self, write: Callable, seal: Callable, people: dict, backup: Callable, tmp_path: Path
    ) -> None:
        folder = tmp_path / "kept"
        write(100)
        first = seal().size
        assert self.witness(folder, self.drop(tmp_path, "a"))[0] == 0
        put_back = backup()
        write(20)
        lost = seal().size
        assert self.witness(folder, self.drop(tmp_path, "b", first))[0] == 0
        put_back()
        with pytest.raises(sealer.StateWentBack):
            process.step()
        code, said = self.witness(folder, self.drop(tmp_path, "c", first))
        assert code == 1, "nobody declared it"
        assert "entries are gone" in said
        confirm(propose(people["admin"]), people["leader"])
        write(5)
        process.run_once()
        old = folder / f"checkpoint-{lost:015d}"
        kept_note = old.read_text()
        code, said = self.witness(folder, self.drop(tmp_path, "d", first))
        assert code == 3, said
        assert f"DECLARED RESTORE: sizes {first + 1} to {lost} are lost" in said
        assert not old.exists()
        assert [file.read_text() for file in folder.glob(f"lost-*/{old.name}")] == [kept_note]
        size = notes.parse(queries.latest_checkpoint().note)[0].size
        write(50)
        process.run_once()
        code, said = self.witness(folder, self.drop(tmp_path, "e", size))
        assert code == 0, said

    def test_a_witness_who_kept_more_than_is_declared_raises_the_alarm(
        self, restored: tuple, people: dict, write: Callable, key: Ed25519PrivateKey, tmp_path: Path
    ) -> None:
        kept, lost, _note = restored
        folder = tmp_path / "kept"
        folder.mkdir()
        more = notes.sign(notes.Checkpoint(ORIGIN, lost.size + 5, b"\x07" * 32), key, at=clock.now() - dt.timedelta(minutes=5))
        (folder / f"checkpoint-{lost.size + 5:015d}").write_text(more)
        confirm(propose(people["admin"]), people["leader"])
        write(5)
        process.run_once()
        code, said = self.witness(folder, self.drop(tmp_path, "a", kept))
        assert code == 1
        assert "entries are gone" in said

    def test_a_declaration_that_is_not_in_the_record_excuses_nothing(
        self, restored: tuple, people: dict, write: Callable, tmp_path: Path
    ) -> None:
        kept, lost, note = restored
        folder = tmp_path / "kept"
        folder.mkdir()
        (folder / f"checkpoint-{lost.size:015d}").write_text(note)
        confirm(propose(people["admin"]), people["leader"])
        write(5)
        process.run_once()
        file = self.drop(tmp_path, "a", kept)
        said = Path(f"{file}.declarations").read_text()
        extra = next(line for line in said.splitlines() if line.startswith("extra "))
        changed = base64.b64encode(base64.b64decode(extra[6:]).replace(b'"disk"', b'"move"')).decode()
        Path(f"{file}.declarations").write_text(said.replace(extra, f"extra {changed}"))
        code, words = self.witness(folder, file)
        assert code == 1
        assert "not in the sealed record" in words

    def test_the_verifier_reads_declarations(self, restored: tuple, people: dict, write: Callable, tmp_path: Path) -> None:
        kept, lost, note = restored
        (tmp_path / "old").write_text(note)
        confirm(propose(people["admin"]), people["leader"])
        write(200)
        process.run_once()
        line = Client().get("/trail/key").content.decode().splitlines()[-1]
        (tmp_path / "declarations").write_text(Client().get("/trail/declarations").content.decode())
        code, said = self.program(VERIFY, "--key", line, tmp_path / "declarations")
        assert code == 0, said
        assert f"after {kept} up to {lost.size} entries is lost" in said
        forged = tmp_path / "forged"
        forged.write_text((tmp_path / "declarations").read_text().replace("index ", "index 1"))
        assert self.program(VERIFY, "--key", line, forged)[0] == 1


def test_everybody_reads_it_on_the_public_page(restored: tuple, people: dict, write: Callable) -> None:
    page = Client().get("/trail/").content.decode()
    assert "Sealing has stopped" in page
    confirm(propose(people["admin"]), people["leader"])
    write(5)
    process.run_once()
    page = Client().get("/trail/").content.decode()
    assert "Sealing has stopped" not in page
    assert "50 sealed lines are lost" in page
    for person in people.values():
        assert person.name not in page.split("</header>")[1]
    assert Client().get("/es/trail/").status_code == 200
