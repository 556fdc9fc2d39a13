"""Witnesses are named by two people; what they sign is taken from anybody and believed for its signature alone."""

import base64
import datetime as dt
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from governance.checkpoints import cosignatures, witnesses
from governance.checkpoints.models import Cosignature, Sending, Witness
from governance.people.models import RoleAssignment, User
from governance.trail.seals import notes, process, queries
from governance.vocabulary import Role
from portal.base import clock, outbox
from portal.base.errors import CannotDo
from tests.harness.databases import Clone
from tests.harness.sealing import ORIGIN

CLERK = "clerk.example"


@pytest.fixture(autouse=True)
def _settings(settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings.DEMO = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    monkeypatch.setenv("PORTAL_TRAIL_ORIGIN", ORIGIN)
    monkeypatch.setenv("PORTAL_WITNESS_FOLDER", str(tmp_path / "drop"))


@pytest.fixture
def people(database: Clone) -> dict[str, User]:
    found = {}
    for name, role in (("admin", Role.DISTRICT_ADMIN), ("leader", Role.LEADER), ("compliance", Role.COMPLIANCE_OFFICER)):
        found[name] = User.objects.create_user(f"{name}@riverbend.example", name=name.title())
        RoleAssignment.objects.create(user=found[name], role=role, starts_on=dt.date(2026, 1, 1), given_at=clock.now())
    return found


@pytest.fixture
def clerk_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def propose(by: User, key: str = "", **more: Any) -> Witness:
    given = {
        "name": "A. Clerk", "office": "Clerk of the school board", "email": "clerk@board.example", "language": "en", "key": key,
        "starts_on": dt.date(2026, 1, 1), "ends_on": None, "by": by, "at": clock.now(),
    }  # fmt: skip
    return witnesses.propose(**(given | more))


def line_of(key: Ed25519PrivateKey, name: str = CLERK) -> str:
    return notes.verifier_key(name, notes.public_bytes(key), notes.COSIGNATURE_V1)


@pytest.fixture
def clerk(people: dict[str, User], clerk_key: Ed25519PrivateKey) -> Witness:
    made = propose(people["admin"], line_of(clerk_key))
    return witnesses.confirm(witness_id=made.public_id, by=people["leader"], at=clock.now())


@pytest.fixture
def note(write: Callable, seal: Callable) -> str:
    write(10)
    found = seal().note
    assert found is not None
    return found


def signed(note: str, key: Ed25519PrivateKey, *, name: str = CLERK, at: dt.datetime | None = None) -> str:
    return note + notes.cosign(notes.parse(note)[0], key, name=name, at=at or clock.now())


def post(text: str | bytes, **more: Any) -> Any:
    return Client().post("/trail/cosignature", data=text, content_type="text/plain", **more)


def entries_of(owner: Any, kind: str) -> list[dict]:
    with owner.cursor() as cursor:
        cursor.execute("SELECT additional_data FROM trail.entry WHERE kind = %s ORDER BY id", [kind])
        return [row[0] for row in cursor.fetchall()]


# -- Naming ----------------------------------------------------------------------------------------------------------------


def test_one_person_alone_names_no_witness(people: dict[str, User], note: str) -> None:
    made = propose(people["admin"])
    with pytest.raises(CannotDo, match="Another key holder"):
        witnesses.confirm(witness_id=made.public_id, by=people["admin"], at=clock.now())
    with pytest.raises(CannotDo, match="Only a district admin"):
        propose(people["leader"])
    with pytest.raises(CannotDo, match="Only a district admin or the superintendent"):
        witnesses.confirm(witness_id=made.public_id, by=people["compliance"], at=clock.now())
    assert not Sending.objects.exists()
    with pytest.raises(Exception, match="witness_takes_two_people"):
        Witness.objects.filter(pk=made.pk).update(state="named", decided_by=people["admin"], decided_at=clock.now())


@pytest.mark.parametrize("bad", ["x", "name+00000000+AAAA", "a b+00000000+" + base64.b64encode(b"\x04" + b"k" * 32).decode(), "é" * 400])
def test_a_key_that_is_none_is_refused(people: dict[str, User], bad: str) -> None:
    with pytest.raises(CannotDo, match="public key"):
        propose(people["admin"], bad)


def test_the_newest_checkpoint_goes_out_at_once_every_week_and_after_an_epoch(
    note: str, clerk: Witness, seal: Callable, write: Callable, owner: Any
) -> None:
    outbox.run()
    assert len(mail.outbox) == 1
    assert mail.outbox[0].to == ["clerk@board.example"]
    assert "Clerk" not in mail.outbox[0].subject
    assert note in mail.outbox[0].body
    assert mail.outbox[0].attachments[0][1].startswith(note)
    now = clock.now()
    assert witnesses.send_what_is_due(at=now) == 1
    assert witnesses.send_what_is_due(at=now + dt.timedelta(seconds=1)) == 0
    assert witnesses.send_what_is_due(at=now + dt.timedelta(days=7)) == 1
    with owner.cursor() as cursor:
        cursor.execute("INSERT INTO seal.epoch SELECT 2, cluster, now(), 0, 'restore' FROM seal.epoch")
    assert witnesses.send_what_is_due(at=now + dt.timedelta(days=7)) == 1
    outbox.run()
    assert len(entries_of(owner, "trail.checkpoint.sent")) == 4


def test_a_spanish_witness_reads_spanish(people: dict[str, User], note: str) -> None:
    made = propose(people["admin"], language="es")
    witnesses.confirm(witness_id=made.public_id, by=people["leader"], at=clock.now())
    outbox.run()
    assert "A checkpoint for you to keep" not in mail.outbox[0].subject
    assert note in mail.outbox[0].body


def test_a_mail_that_fails_is_seen(note: str, clerk: Witness, people: dict[str, User], settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    outbox.run()
    client = Client()
    client.force_login(people["admin"], backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get("/trail/witnesses/").content.decode()
    assert "Tried 1 time." in page
    sending = Sending.objects.get()
    sending.message.failed_at = clock.now()
    sending.message.save()
    assert "Failed" in client.get("/trail/witnesses/").content.decode()
    witnesses.note_returned(sending_id=sending.public_id, by=people["admin"], at=clock.now())
    assert "Came back" in client.get("/trail/witnesses/").content.decode()


def test_who_has_ended_gets_nothing_more(note: str, clerk: Witness, people: dict[str, User]) -> None:
    witnesses.end(witness_id=clerk.public_id, by=people["admin"], at=clock.now())
    outbox.run()
    assert mail.outbox == [], "what waited goes nowhere"
    assert witnesses.send_what_is_due(at=clock.now()) == 0


# -- Signatures ------------------------------------------------------------------------------------------------------------


def test_a_signature_is_kept_shown_and_handed_out(note: str, clerk: Witness, clerk_key: Ed25519PrivateKey, owner: Any) -> None:
    text = signed(note, clerk_key)
    answer = post(text)
    assert (answer.status_code, answer.content) == (200, b"kept\n")
    assert Client().get("/trail/checkpoint").content.decode() == text
    assert entries_of(owner, "trail.cosignature.kept") == [{"size": notes.parse(note)[0].size}]
    page = Client().get("/trail/").content.decode()
    assert "Clerk of the school board" in page
    assert "clerk@board.example" not in page
    assert "Not signed yet" not in page
    assert post(text).status_code == 200, "sent twice, kept once"
    assert post(text.replace("\n", "\r\n")).status_code == 200, "as some mail programs save it"
    assert Cosignature.objects.count() == 1


def test_the_form_takes_text_and_file(note: str, clerk: Witness, clerk_key: Ed25519PrivateKey) -> None:
    text = signed(note, clerk_key)
    answer = Client(enforce_csrf_checks=True).post("/trail/sign/", {"text": text.replace("\n", "\r\n").rstrip()})
    assert answer.status_code == 200, answer.content
    assert "Your signature is kept" in answer.content.decode()
    file = SimpleUploadedFile("checkpoint-000000000000010", text.encode())
    assert Client().post("/trail/sign/", {"file": file}).status_code == 200
    empty = Client().post("/trail/sign/", {})
    assert empty.status_code == 400
    assert "Paste the signed checkpoint" in empty.content.decode()
    binary = Client().post("/trail/sign/", {"file": SimpleUploadedFile("x", b"\xff\xfe\x00")})
    assert binary.status_code == 400
    assert Cosignature.objects.count() == 1


def flipped(text: str) -> str:
    """The last signature with one bit changed."""
    head, _, last = text.rstrip("\n").rpartition(" ")
    raw = bytearray(base64.b64decode(last))
    raw[-1] ^= 1
    return f"{head} {base64.b64encode(raw).decode()}\n"


def another_time(text: str) -> str:
    """The last signature with the time set an hour back, as somebody would who wants it to look old."""
    head, _, last = text.rstrip("\n").rpartition(" ")
    raw = base64.b64decode(last)
    (seconds,) = struct.unpack(">Q", raw[4:12])
    return f"{head} {base64.b64encode(raw[:4] + struct.pack('>Q', seconds - 3600) + raw[12:]).decode()}\n"


FORGERIES: dict[str, tuple[str, Callable[[str, Ed25519PrivateKey], str | bytes]]] = {
    "a bit": ("forged", lambda note, key: flipped(signed(note, key))),
    "its time": ("forged", lambda note, key: another_time(signed(note, key))),
    "another key": ("forged", lambda note, key: signed(note, Ed25519PrivateKey.generate())),
    "another name": ("unknown-witness", lambda note, key: signed(note, key, name="mallory.example")),
    "no signature": ("no-signature", lambda note, key: note),
    "from the future": ("not-its-time", lambda note, key: signed(note, key, at=clock.now() + dt.timedelta(days=1))),
    "before it was made": ("not-its-time", lambda note, key: signed(note, key, at=clock.now() - dt.timedelta(days=1))),
    "before the term": ("not-its-time", lambda note, key: signed(note, key, at=dt.datetime(2025, 1, 1, tzinfo=dt.UTC))),
    "a checkpoint of another log": (
        "not-ours",
        lambda note, key: signed(notes.sign(notes.Checkpoint("other.example/trail", 5, b"\x01" * 32), key, at=clock.now()), key),
    ),
    "our name, their key": (
        "not-ours",
        lambda note, key: signed(notes.sign(notes.Checkpoint(ORIGIN, 5, b"\x01" * 32), key, at=clock.now()), key),
    ),
    "another size": ("not-ours", lambda note, key: signed(note.replace("\n" + note.split("\n")[1] + "\n", "\n7\n", 1), key)),
    "a huge size": ("no-checkpoint", lambda note, key: note.replace("\n" + note.split("\n")[1] + "\n", f"\n{'9' * 5000}\n", 1)),
    "rubbish": ("no-checkpoint", lambda note, key: "hello"),
    "not text": ("no-checkpoint", lambda note, key: b"\xff\xfe"),
    "a nul in a name": ("no-checkpoint", lambda note, key: note + "\u2014 a\x00b AAAA\n"),
    "nothing": ("no-checkpoint", lambda note, key: ""),
    "a nul": ("no-checkpoint", lambda note, key: note.replace("\n\n", "\n\x00\n\n", 1)),
}


@pytest.mark.parametrize("what", sorted(FORGERIES))
def test_a_forgery_is_refused_with_words_and_recorded(
    what: str, note: str, clerk: Witness, clerk_key: Ed25519PrivateKey, owner: Any
) -> None:
    because, forge = FORGERIES[what]
    text = forge(note, clerk_key)
    answer = post(text)
    assert (answer.status_code, answer.content.decode()) == (400, f"{because}\n")
    assert not Cosignature.objects.exists()
    assert Client().get("/trail/checkpoint").content.decode() == note
    assert entries_of(owner, "trail.cosignature.refused") == [{"because": because}]
    page = Client().post("/trail/sign/", {"text": text})
    assert page.status_code == 400
    assert "error-summary" in page.content.decode()


def test_a_checkpoint_of_another_tree_that_we_signed_is_an_alarm(
    note: str, clerk: Witness, clerk_key: Ed25519PrivateKey, key: Ed25519PrivateKey
) -> None:
    """The log told the witness one story and the record tells another one."""
    size = notes.parse(note)[0].size
    other = notes.sign(notes.Checkpoint(ORIGIN, size, b"\x07" * 32), key, at=clock.now())
    assert post(signed(other, clerk_key)).content == b"other-tree\n"
    page = Client().post("/trail/sign/", {"text": signed(other, clerk_key)}).content.decode()
    assert "Keep your file" in page


def test_a_replayed_older_checkpoint_does_not_look_new(
    note: str, clerk: Witness, clerk_key: Ed25519PrivateKey, write: Callable, seal: Callable
) -> None:
    old = signed(note, clerk_key)
    assert post(old).status_code == 200
    write(5)
    newer = seal().note
    assert newer is not None
    assert post(signed(newer, clerk_key, at=clock.now() + dt.timedelta(minutes=1))).status_code == 200
    assert post(old).status_code == 200
    assert Cosignature.objects.count() == 2
    assert Client().get("/trail/checkpoint").content.decode().count(CLERK) == 1
    size = notes.parse(newer)[0].size
    assert f"{size} lines" in Client().get("/trail/").content.decode()
    moved = newer + old.splitlines()[-1] + "\n"
    assert post(moved).content == b"forged\n", "the old signature under the new checkpoint"


def test_what_was_signed_cannot_be_changed_or_removed(
    note: str, clerk: Witness, clerk_key: Ed25519PrivateKey, database: Clone, owner: Any
) -> None:
    post(signed(note, clerk_key))
    thief = database.connect()
    for sql in ("UPDATE checkpoints_cosignature SET size = 1", "DELETE FROM checkpoints_cosignature", "TRUNCATE checkpoints_cosignature"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege), thief.cursor() as cursor:
            cursor.execute(sql)
        thief.rollback()
        with pytest.raises(psycopg2.errors.RaiseException), owner.cursor() as cursor:
            cursor.execute(sql)
    thief.close()


def test_ten_megabytes_are_refused_from_their_header(note: str, owner: Any) -> None:
    large = b"x" * 10_000_000
    answer = post(large)
    assert (answer.status_code, answer.content) == (413, b"too-large\n")
    page = Client().post("/trail/sign/", {"file": SimpleUploadedFile("x", large)})
    assert page.status_code == 413
    assert "larger than a checkpoint" in page.content.decode()
    assert entries_of(owner, "trail.cosignature.refused") == []


def test_too_many_tries_are_stopped(note: str, owner: Any) -> None:
    seen = [post("hello").status_code for _ in range(25)]
    assert seen[:20] == [400] * 20
    assert set(seen[20:]) == {429}
    assert len(entries_of(owner, "trail.cosignature.refused")) == 20


def test_an_ended_witness_signs_no_more(note: str, clerk: Witness, clerk_key: Ed25519PrivateKey, people: dict[str, User]) -> None:
    post(signed(note, clerk_key))
    witnesses.end(witness_id=clerk.public_id, by=people["admin"], at=clock.now())
    assert post(signed(note, clerk_key, at=clock.now() + dt.timedelta(seconds=2))).content == b"unknown-witness\n"
    assert Cosignature.objects.count() == 1, "what was signed stays"


def test_a_key_is_on_file_once(clerk: Witness, clerk_key: Ed25519PrivateKey, people: dict[str, User]) -> None:
    with pytest.raises(CannotDo, match="there already"):
        propose(people["admin"], line_of(clerk_key))


def test_the_checkpoint_is_dropped_as_a_file(note: str, write: Callable, tmp_path: Path) -> None:
    write(1)
    process.drop(process.step())
    assert (tmp_path / "drop" / "latest").read_text() == queries.latest_checkpoint().note


def test_lines_are_of_the_root_and_not_of_the_size_alone(note: str, clerk: Witness, clerk_key: Ed25519PrivateKey) -> None:
    post(signed(note, clerk_key))
    checkpoint = notes.parse(note)[0]
    assert cosignatures.lines_for(checkpoint.size, b"\x07" * 32) == ""
    assert CLERK in cosignatures.lines_for(checkpoint.size, checkpoint.root)
