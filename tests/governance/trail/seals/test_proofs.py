"""A proof file holds for the entry it is of, for nobody else's, and only for whoever may see the entry."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from governance.trail import entries
from governance.trail.seals import notes, proofs, queries, tree
from governance.vocabulary import Event


class Somebody:
    pk = 7


def key_for(student: int) -> entries.Written:
    return entries.append_ahead(
        Event.LOOKS_VIEWED, by=Somebody(), students=[student], elements={"trail"}, purpose="family-access", basis="ferpa-parent"
    )


def look_at(student: int) -> entries.Written:
    return entries.append_ahead(
        Event.STUDENT_OPENED,
        by=Somebody(),
        students=[student],
        elements={"name"},
        purpose="classroom-instruction",
        basis="ferpa-school-official",
        opens=False,
    )


def check_file(text: str) -> tuple[bytes, bool]:
    head, _, note = text.partition("\n\n")
    lines = head.splitlines()
    canonical = base64.b64decode(lines[1].removeprefix("extra "))
    index = int(lines[2].removeprefix("index "))
    path = [base64.b64decode(line) for line in lines[3:]]
    checkpoint, _ = notes.check(note, queries.public_keys()[0].public)
    return canonical, tree.holds_inclusion(tree.leaf_hash(canonical), index, checkpoint.size, path, checkpoint.root)


def test_a_proof_holds(write: Callable, seal: Callable) -> None:
    write(300)
    look = look_at(3)
    write(10)
    seal()
    text = proofs.proof_of(look.id, look.timestamp, key=key_for(3))
    assert text is not None
    assert text.startswith("c2sp.org/tlog-proof@v1\n")
    canonical, holds = check_file(text)
    assert holds
    assert f'"entry/1", {look.id}, ' in canonical.decode()
    changed = text.replace(base64.b64encode(canonical).decode(), base64.b64encode(canonical.replace(b"name", b"nose")).decode())
    assert not check_file(changed)[1]


def test_another_family_gets_no_proof(seal: Callable) -> None:
    look = look_at(3)
    seal()
    assert proofs.proof_of(look.id, look.timestamp, key=key_for(4)) is None


def test_a_held_back_entry_gives_no_proof(seal: Callable, owner: Any) -> None:
    with owner.cursor() as cursor:
        cursor.execute(
            "INSERT INTO trail.entry(action, kind, record_ids, held, held_until) VALUES (3, 'records.student.opened', '{3}', 'silent', '2099-01-01') RETURNING id, \"timestamp\""
        )
        number, at = cursor.fetchone()
    seal()
    assert proofs.proof_of(number, at, key=key_for(3)) is None


def test_an_entry_that_is_not_sealed_yet_says_so(seal: Callable) -> None:
    look = look_at(3)
    with pytest.raises(proofs.NotSealedYet):
        proofs.proof_of(look.id, look.timestamp, key=key_for(3))


def test_an_auditors_key_gives_the_entry_that_it_asks_for_and_no_other(seal: Callable) -> None:
    asked, other = look_at(3), look_at(4)
    seal()
    key = entries.append_ahead(
        Event.TRAIL_SEARCHED,
        by=Somebody(),
        students=None,
        elements={"audit"},
        data={"filters": {"entry": {"at": asked.timestamp.isoformat(), "id": asked.id}}},
        purpose="privacy-oversight",
        basis="ferpa-school-official",
    )
    assert proofs.proof_of(asked.id, asked.timestamp, key=key) is not None
    assert proofs.proof_of(other.id, other.timestamp, key=key) is None
