"""The public page of the trail, what witnesses fetch, and proofs of single looks."""

import base64
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from governance.trail import addresses, entries
from governance.trail.seals import notes, queries, sealer, tree
from governance.vocabulary import Event
from tests.governance.situations import person
from tests.harness.databases import Clone


@pytest.fixture(autouse=True)
def without_second_factor(settings: Any) -> None:
    """As the demo: who may do what is tested here, not how they sign in."""
    settings.DEMO = True


@pytest.fixture
def sealed(district: Clone, sealing: Callable[..., sealer.Sealed]) -> sealer.Sealed:
    return sealing()


def client_of(name: str) -> Client:
    client = Client()
    client.force_login(person(name), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def child_of(name: str) -> int:
    from governance.records.models import Guardianship

    links = Guardianship.objects.filter(user=person(name), ended_at=None, limit="")
    return links.order_by("student__pk").values_list("student_id", flat=True)[0]


def look_at(student: int) -> entries.Written:
    return entries.append_ahead(
        Event.STUDENT_OPENED,
        by=person("teacher"),
        students=[student],
        elements={"name"},
        opens=False,
        purpose="classroom-instruction",
        basis="ferpa-school-official",
    )


def test_before_the_first_seal_the_page_says_so(district: Clone) -> None:
    page = Client().get("/trail/")
    assert page.status_code == 200
    assert "Nothing has been sealed yet" in page.content.decode()
    assert Client().get("/trail/checkpoint").status_code == 404


def test_an_outsider_gets_the_programs_and_they_hold_what_the_pages_give(sealed: sealer.Sealed, tmp_path: Path) -> None:
    """What the page tells to do, done: save the files, get the program, run it."""
    page = Client().get("/trail/").content.decode()
    for name in ("checkpoint", "key", "verify_trail.py", "witness.py"):
        assert f'href="/trail/{name}"' in page
        (tmp_path / name).write_bytes(Client().get(f"/trail/{name}").content)
    command = [sys.executable, "verify_trail.py", "--key", "key", "checkpoint"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout[:5]) == (0, "HOLDS")
    (tmp_path / "checkpoint").write_text((tmp_path / "checkpoint").read_text().replace(f"\n{sealed.size}\n", f"\n{sealed.size + 1}\n"))
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=60).returncode == 1


def test_everybody_reads_the_page_and_gets_checkpoint_and_key(sealed: sealer.Sealed) -> None:
    page = Client().get("/trail/").content.decode()
    newest = queries.latest_checkpoint()
    assert newest is not None
    assert newest.note.splitlines()[2] in page
    assert "does not prove that everything was written down" in page
    assert Client().get("/trail/checkpoint").content.decode() == newest.note
    assert Client().get(f"/trail/checkpoint?size={newest.size}").status_code == 200
    for bad in ("x", "-1", "9" * 30, "²"):
        assert Client().get("/trail/checkpoint", {"size": bad}).status_code == 404
    line = Client().get("/trail/key").content.decode().strip()
    assert line == queries.public_keys()[0].line
    assert Client().get("/es/trail/").status_code == 200


def test_an_extension_can_be_fetched(sealed: sealer.Sealed, sealing: Callable) -> None:
    look_at(1)
    grown = sealing()
    answer = Client().get(f"/trail/consistency?from={sealed.size}&to={grown.size}")
    assert answer.status_code == 200
    assert answer.content.decode().startswith("trail-consistency/1\n")
    for bad in (f"from={grown.size}&to={sealed.size}", "from=&to=", f"from=1&to={grown.size}", "from=x"):
        assert Client().get(f"/trail/consistency?{bad}").status_code == 404


def test_tiles_hold_the_hashes_of_the_leaves(sealed: sealer.Sealed) -> None:
    answer = Client().get("/trail/tile/0/0")
    assert answer.status_code == 200
    assert len(answer.content) == 32 * min(256, sealed.size)
    assert Client().get("/trail/tile/0/99999999").status_code == 404
    assert Client().get("/trail/tile/9/0").status_code == 404


class TestProofs:
    def holds(self, text: str) -> bool:
        head, _, note = text.partition("\n\n")
        lines = head.splitlines()
        checkpoint, _ = notes.check(note, queries.public_keys()[0].public)
        leaf = tree.leaf_hash(base64.b64decode(lines[1][6:]))
        path = [base64.b64decode(line) for line in lines[3:]]
        return tree.holds_inclusion(leaf, int(lines[2][6:]), checkpoint.size, path, checkpoint.root)

    def test_a_parent_gets_the_proof_of_a_look_at_the_child(self, sealed: sealer.Sealed, sealing: Callable) -> None:
        look = look_at(child_of("parent"))
        sealing()
        answer = client_of("parent").get(f"/trail/proof/{addresses.address_of(look.timestamp, look.id)}")
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "no-store"
        assert answer["Content-Disposition"].endswith('.tlog-proof"')
        assert self.holds(answer.content.decode())

    def test_an_auditor_gets_it_too(self, sealed: sealer.Sealed, sealing: Callable) -> None:
        look = look_at(child_of("parent"))
        sealing()
        answer = client_of("compliance").get(f"/trail/proof/{addresses.address_of(look.timestamp, look.id)}")
        assert answer.status_code == 200
        assert self.holds(answer.content.decode())

    @pytest.mark.parametrize("who", ["other.parent", "student", "teacher", "admin"])
    def test_nobody_else_does(self, sealed: sealer.Sealed, sealing: Callable, who: str) -> None:
        look = look_at(child_of("parent"))
        sealing()
        assert client_of(who).get(f"/trail/proof/{addresses.address_of(look.timestamp, look.id)}").status_code == 404

    def test_a_young_line_says_that_it_is_not_sealed_yet(self, sealed: sealer.Sealed) -> None:
        look = look_at(child_of("parent"))
        answer = client_of("parent").get(f"/trail/proof/{addresses.address_of(look.timestamp, look.id)}")
        assert answer.status_code == 409
        assert "not sealed yet" in answer.content.decode()

    def test_a_made_up_address_leads_nowhere(self, sealed: sealer.Sealed) -> None:
        answer: Any = client_of("parent").get("/trail/proof/00000000-0000-4000-8000-000000000000")
        assert answer.status_code == 404
