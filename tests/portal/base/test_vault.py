"""Files at rest: any part of them, nothing readable on disk, nothing half, nothing that was changed."""

import dataclasses
import os
import time
from pathlib import Path

import pytest

from portal.base import vault

SIZES = [0, 1, vault.PIECE - 1, vault.PIECE, vault.PIECE + 1, 3 * vault.PIECE + 17]


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path: Path) -> None:
    settings.VAR = tmp_path


def kept(content: bytes, *, step: int = 1000) -> vault.Kept:
    with vault.Writer("tests") as writer:
        for at in range(0, len(content), step):
            writer.write(content[at : at + step])
        return writer.finish()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("step", [7_001, 300_000])
def test_what_was_written_is_read(size: int, step: int) -> None:
    content = os.urandom(size)
    found = kept(content, step=step)
    assert b"".join(vault.read(found)) == content
    assert found.size == size


@pytest.mark.parametrize(
    ("first", "last"),
    [(0, 0), (5, 5), (vault.PIECE - 1, vault.PIECE), (vault.PIECE, vault.PIECE), (10, 2 * vault.PIECE + 3), (199_999, 199_999)],
)
def test_any_part_of_it(first: int, last: int) -> None:
    content = os.urandom(200_000)
    assert b"".join(vault.read(kept(content), first, last)) == content[first : last + 1]


@pytest.mark.parametrize(("first", "last"), [(-1, 3), (5, 3), (0, 100), (100, None), (101, None)])
def test_bytes_that_there_are_not(first: int, last: int | None) -> None:
    found = kept(b"x" * 100)
    if (first, last) == (100, None):
        assert b"".join(vault.read(found, first, last)) == b""
    else:
        with pytest.raises(ValueError):
            vault.read(found, first, last)


def test_nothing_is_readable_on_disk() -> None:
    found = kept(b"secret words " * 10_000)
    at_rest = (vault.folder() / found.name).read_bytes()
    assert b"secret" not in at_rest
    assert oct(vault.folder().stat().st_mode)[-3:] == "700"


def test_a_broken_off_file_leaves_nothing() -> None:
    with pytest.raises(RuntimeError), vault.Writer("tests") as writer:
        writer.write(b"x" * 200_000)
        raise RuntimeError
    assert list(vault.folder().iterdir()) == []


def damage(found: vault.Kept, how: str) -> vault.Kept:
    place = vault.folder() / found.name
    content = bytearray(place.read_bytes())
    if how == "changed":
        content[100] ^= 1
    elif how == "cut":
        del content[-(vault.PIECE + 16) :]
    elif how == "swapped":
        piece = vault.PIECE + 16
        content[:piece], content[piece : 2 * piece] = content[piece : 2 * piece], content[:piece]
    elif how == "renamed":
        place.rename(vault.folder() / f"tests-{'0' * 32}")
        return dataclasses.replace(found, name=f"tests-{'0' * 32}")
    elif how == "gone":
        place.unlink()
        return found
    place.write_bytes(content)
    return found


@pytest.mark.parametrize("how", ["changed", "cut", "swapped", "renamed", "gone"])
def test_what_was_tampered_with_is_not_given_out(how: str) -> None:
    found = damage(kept(os.urandom(3 * vault.PIECE)), how)
    with pytest.raises(vault.Damaged):
        list(vault.read(found))


def test_another_secret_key_opens_nothing(settings) -> None:
    found = kept(b"x")
    settings.SECRET_KEY = "another"
    with pytest.raises(vault.Damaged):
        vault.read(found)


@pytest.mark.parametrize("name", ["../passwd", "tests-xyz", "", "/etc/passwd", "TESTS-" + "0" * 32])
def test_a_forged_name_leads_nowhere(name: str) -> None:
    with pytest.raises((ValueError, vault.Damaged)):
        vault.read(dataclasses.replace(kept(b"x"), name=name))
    with pytest.raises(ValueError):
        vault.destroy(name)


def test_the_sweep_takes_only_what_is_old_unknown_and_ones_own() -> None:
    known, unknown, fresh = kept(b"1"), kept(b"2"), kept(b"3")
    others = vault.folder() / f"others-{'0' * 32}"
    others.write_bytes(b"x")
    with vault.scratch() as scratch:
        left = scratch.with_name("scratch-left")
        left.mkdir()
        (left / "table").write_bytes(b"plain")
    long_ago = time.time() - 7200
    for path in (vault.folder() / known.name, vault.folder() / unknown.name, others, left):
        os.utime(path, (long_ago, long_ago))
    assert vault.sweep("tests", known={known.name}) == 2
    assert {path.name for path in vault.folder().iterdir()} == {known.name, fresh.name, others.name}
