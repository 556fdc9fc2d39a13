"""docs/verify/verify_trail.py, run as an outsider would run it, on files made by the portal's own code and on changed ones.

The program shares no code with the portal, so each is the other's test.
"""

import base64
import datetime as dt
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from governance.trail.seals import notes, proofs, queries, tree

PROGRAM = Path(settings.BASE_DIR) / "docs" / "verify" / "verify_trail.py"
WITNESS = PROGRAM.with_name("witness.py")
ORIGIN = "riverbend.example/trail"
AT = dt.datetime(2026, 11, 24, 8, 0, tzinfo=dt.UTC)


class Log:
    """A sealed log in memory."""

    def __init__(self, count: int):
        self.key = Ed25519PrivateKey.generate()
        self.canonical = [
            json.dumps(
                [
                    "entry/1",
                    number,
                    1764000000000000,
                    "9",
                    "n",
                    "portal_app",
                    3,
                    "records.student.opened",
                    *[None] * 14,
                    "teach",
                    *[None] * 3,
                    ["name"],
                    [number % 7, 90],
                ]
            ).encode()
            for number in range(count)
        ]
        self.kept: dict[tuple[int, int], bytes] = {}
        self.tree = tree.Tree(lambda level, index, hashes: self.kept.__setitem__((level, index), hashes))
        self.tree.append(b"".join(tree.leaf_hash(data) for data in self.canonical))
        self.tiles = tree.Tiles(lambda level, index: self.kept.get((level, index)) or bytes(self.tree.edge[level]))

    def note(self, size: int | None = None) -> str:
        size = len(self.canonical) if size is None else size
        return notes.sign(notes.Checkpoint(ORIGIN, size, self.tiles.root_of(0, size)), self.key, at=AT)

    @property
    def key_line(self) -> str:
        return notes.verifier_key(ORIGIN, notes.public_bytes(self.key))


def run(*arguments: object, program: Path = PROGRAM) -> tuple[int, str]:
    done = subprocess.run([sys.executable, str(program), *map(str, arguments)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def log() -> Log:
    return Log(700)


def proof(log: Log, place: int) -> str:
    return notes.proof_file(canonical=log.canonical[place], index=place, path=log.tiles.inclusion(place, 700), note=log.note())


@pytest.mark.parametrize("place", [0, 255, 256, 511, 512, 699])
def test_a_proof_holds(log: Log, tmp_path: Path, place: int) -> None:
    (tmp_path / "look.tlog-proof").write_text(proof(log, place))
    code, said = run("--key", log.key_line, tmp_path / "look.tlog-proof")
    assert code == 0, said
    assert f"entry {place} stands at place {place} of 700" in said


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("the entry", lambda text: text.replace(text.split("\n")[1], "extra " + base64.b64encode(b'["entry/1",1,2]').decode())),
        ("its place", lambda text: text.replace("index 300", "index 301")),
        ("the way", lambda text: text.replace(text.split("\n")[3], base64.b64encode(b"x" * 32).decode())),
        ("a step less", lambda text: text.replace(text.split("\n")[4] + "\n", "")),
        ("a step more", lambda text: text.replace("\n\n", "\n" + base64.b64encode(b"x" * 32).decode() + "\n\n", 1)),
        ("the size", lambda text: text.replace("\n700\n", "\n701\n")),
    ],
)
def test_a_changed_proof_is_false(log: Log, tmp_path: Path, what: str, change) -> None:
    changed = change(proof(log, 300))
    assert changed != proof(log, 300)
    (tmp_path / "look.tlog-proof").write_text(changed)
    code, said = run("--key", log.key_line, tmp_path / "look.tlog-proof")
    assert code == 1, (what, said)
    assert "FALSE" in said


def test_another_key_is_found(log: Log, tmp_path: Path) -> None:
    (tmp_path / "checkpoint").write_text(Log(700).note())
    assert run("--key", log.key_line, tmp_path / "checkpoint")[0] == 1


def test_without_a_key_it_says_that_the_signature_was_not_checked(log: Log, tmp_path: Path) -> None:
    (tmp_path / "checkpoint").write_text(log.note())
    code, said = run(tmp_path / "checkpoint")
    assert code == 0
    assert "NOT CHECKED" in said


def test_two_stories_for_one_size_are_found(log: Log, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text(log.note())
    (tmp_path / "new").write_text(notes.sign(notes.Checkpoint(ORIGIN, 700, b"\x01" * 32), log.key, at=AT))
    code, said = run("--key", log.key_line, "--kept", tmp_path / "kept", tmp_path / "new")
    assert code == 1
    assert "two stories" in said


@pytest.mark.parametrize(("old", "new"), [(1, 700), (255, 256), (256, 700), (511, 513), (699, 700), (700, 700), (128, 512)])
def test_an_extension_holds(log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: int, new: int) -> None:
    monkeypatch.setattr(queries, "tiles", lambda **_: log.tiles)
    text = proofs.consistency_of(queries.Signed(old, AT, log.note(old)), queries.Signed(new, AT, log.note(new)))
    (tmp_path / "c").write_text(text)
    code, said = run("--key", log.key_line, tmp_path / "c")
    assert code == 0, said
    forged = notes.sign(notes.Checkpoint(ORIGIN, old, b"\x02" * 32), log.key, at=AT)
    (tmp_path / "c").write_text(text.replace(log.note(old) + "--", forged + "--"))
    assert run("--key", log.key_line, tmp_path / "c")[0] == 1


def companion(log: Log, folder: Path, places: list[int]) -> Path:
    rows = [f"{place},x" for place in places for _ in range(2)]
    (folder / "trail.csv").write_text("\n".join(["entry,what", *rows]) + "\n")
    made = {
        "format": "trail-export/1",
        "file": {"name": "trail.csv", "sha256": hashlib.sha256((folder / "trail.csv").read_bytes()).hexdigest(), "rows": len(rows)},
        "checkpoint": log.note(),
        "entries": [[place, log.canonical[place].decode()] for place in places],
        "nodes": [node.hex() for node in proofs.cover(places, 700, log.tiles)],
    }
    (folder / "trail.proof.json").write_text(json.dumps(made))
    return folder / "trail.proof.json"


@pytest.mark.parametrize("places", [[0], [699], [5, 6, 7, 300], list(range(100, 400)), list(range(700)), []])
def test_an_export_holds(log: Log, tmp_path: Path, places: list[int]) -> None:
    file = companion(log, tmp_path, places)
    code, said = run("--key", log.key_line, file)
    assert code == 0, said
    assert f"{2 * len(places)} rows of {len(places)} entries" in said


def test_a_changed_export_is_false(log: Log, tmp_path: Path) -> None:
    file = companion(log, tmp_path, [5, 6, 7])
    table = (tmp_path / "trail.csv").read_text()
    (tmp_path / "trail.csv").write_text(table.replace("6,x\n", "", 1))
    assert run("--key", log.key_line, file)[0] == 1
    made = json.loads(file.read_text())
    made["file"]["sha256"] = hashlib.sha256((tmp_path / "trail.csv").read_bytes()).hexdigest()
    made["file"]["rows"] -= 1
    file.write_text(json.dumps(made))
    code, said = run("--key", log.key_line, file)
    assert code == 1
    assert "lacks rows" in said
    made["entries"][1][1] = made["entries"][1][1].replace("teach", "cheat")
    file.write_text(json.dumps(made))
    assert "not in the sealed record" in run("--key", log.key_line, file)[1]


def test_rubbish_cannot_be_read(tmp_path: Path) -> None:
    for number, text in enumerate(("", "hello", "{}", "c2sp.org/tlog-proof@v1\n", "trail-consistency/1\n", '{"checkpoint": 5}')):
        (tmp_path / str(number)).write_text(text)
        assert run(tmp_path / str(number))[0] == 2, text
    assert run(tmp_path / "missing")[0] == 2


@effort(max_examples=60, deadline=None)
@given(st.integers(1, 300), st.data())
def test_covers_of_any_shape(size: int, data: st.DataObject) -> None:
    sys.path.insert(0, str(PROGRAM.parent))
    import verify_trail

    log = Log(size)
    places = sorted(data.draw(st.sets(st.integers(0, size - 1))))
    leaves = {place: tree.leaf_hash(log.canonical[place]) for place in places}
    assert verify_trail.root_by_cover(leaves, list(proofs.cover(places, size, log.tiles)), size) == log.tree.root()


def test_a_witness_keeps_what_extends_and_raises_an_alarm_otherwise(log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "tiles", lambda **_: log.tiles)
    folder = tmp_path / "kept"
    assert run("--folder", folder, "--make-key", "clerk.example", program=WITNESS)[0] == 0
    (tmp_path / "first").write_text(log.note(300))
    code, said = run("--folder", folder, "--key", log.key_line, tmp_path / "first", program=WITNESS)
    assert code == 0, said
    (tmp_path / "second").write_text(log.note(700))
    (tmp_path / "second.consistency").write_text(
        proofs.consistency_of(queries.Signed(300, AT, log.note(300)), queries.Signed(700, AT, log.note(700)))
    )
    assert run("--folder", folder, "--key", log.key_line, tmp_path / "second", program=WITNESS)[0] == 0
    kept = (folder / "checkpoint-000000000000700").read_text()
    assert kept.startswith(log.note(700))
    assert "\u2014 clerk.example " in kept
    for size, root, words in ((600, b"\x03" * 32, "entries are gone"), (700, b"\x03" * 32, "two stories")):
        (tmp_path / "bad").write_text(notes.sign(notes.Checkpoint(ORIGIN, size, root), log.key, at=AT))
        code, said = run("--folder", folder, "--key", log.key_line, tmp_path / "bad", program=WITNESS)
        assert code == 1
        assert words in said
