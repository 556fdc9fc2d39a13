"""A zip that means harm: bombs, links, paths, wrong names, lies about its sizes. Each is refused in words, and nothing is kept."""

import io
import stat
import zipfile
from typing import Any

import pytest

from governance.records.roster import bundle as bundles
from governance.records.roster.bundle import Member, Refused, open_zip
from tests.governance.records.roster.bundles import small


def packed(files: dict[str, bytes], **kwargs: Any) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, **kwargs) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    file.seek(0)
    return file


def unpack(*members: Member) -> None:
    for member in members:
        with member.open() as stream:
            while stream.read(1_000):
                pass


def codes(file: io.BytesIO) -> set[str]:
    return {fault.code for fault in open_zip(file, "x.zip").faults.first}


def texts() -> dict[str, bytes]:
    return {name: text.encode() for name, text in small().texts().items()}


@pytest.mark.parametrize("name", ["../users.csv", "/etc/users.csv", "a/b/users.csv", "..\\users.csv", "C:users.csv"])
def test_a_path_that_leads_elsewhere(name: str) -> None:
    assert "bad_name" in codes(packed({**texts(), name: b"x"}))


def test_a_single_folder_around_everything_is_fine() -> None:
    found = open_zip(
        packed({f"export/{name}": text for name, text in texts().items()} | {"__MACOSX/._users.csv": b"x", "export/.DS_Store": b"x"}),
        "x.zip",
    )
    assert not found.faults and "users" in found.members


def test_a_folder_that_climbs_is_not() -> None:
    assert codes(packed({f"../{name}": text for name, text in texts().items()})) == {"bad_name"}


def test_a_link() -> None:
    file = packed(texts())
    with zipfile.ZipFile(file, "a") as archive:
        link = zipfile.ZipInfo("roles.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert codes(file) == {"link"}


def test_more_than_fifty_files() -> None:
    assert codes(packed({f"{number}.csv": b"" for number in range(51)})) == {"too_many_files"}


def test_two_files_of_one_name() -> None:
    assert codes(packed({**texts(), "USERS.CSV": b"x"})) == {"two_files"}


def test_a_password_on_the_zip() -> None:
    file = packed(texts())
    content = bytearray(file.getvalue())
    for place in range(len(content) - 4):  # set the flag of the first entry, in both headers
        if content[place : place + 4] in (b"PK\x03\x04", b"PK\x01\x02"):
            content[place + (6 if content[place + 2] == 3 else 8)] |= 1
    assert codes(io.BytesIO(bytes(content))) == {"encrypted"}


def test_a_way_of_packing_that_hides_bombs() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("users.csv", b"x")
    file.seek(0)
    assert codes(file) == {"compression"}


def test_a_bomb_stops_while_it_is_unpacked() -> None:
    """Four megabytes of zeros pack into four kilobytes."""
    found = open_zip(packed({**texts(), "users.csv": b"0" * 2**22}), "x.zip")
    assert not found.faults
    with pytest.raises(Refused, match="ratio"):
        unpack(found.members["users"])


def test_more_than_200_mb_are_refused_by_what_the_zip_says_and_by_what_comes(monkeypatch: Any) -> None:
    monkeypatch.setattr(bundles, "MOST_BYTES", 3_000)
    noise = bytes(range(256)) * 20
    assert codes(packed({**texts(), "users.csv": noise})) == {"too_large"}
    monkeypatch.setattr(bundles, "MOST_BYTES", 2**20)
    found = open_zip(packed({"users.csv": noise, "orgs.csv": noise}), "x.zip")
    monkeypatch.setattr(bundles, "MOST_BYTES", 6_000)  # the sizes in its directory were lies
    with pytest.raises(Refused, match="too_large"):
        unpack(*found.members.values())


def test_a_size_that_is_a_lie_is_damage() -> None:
    file = packed(texts())
    with zipfile.ZipFile(file) as archive:
        entry = archive.getinfo("users.csv")
        place = file.getvalue().rfind(b"users.csv")
        central = file.getvalue().rfind(b"PK\x01\x02", 0, place)
    content = bytearray(file.getvalue())
    content[central + 24 : central + 28] = (entry.file_size - 100).to_bytes(4, "little")
    found = open_zip(io.BytesIO(bytes(content)), "x.zip")
    with pytest.raises(Refused, match="not_zip"):
        unpack(found.members["users"])


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + b"\0" * 18, b"PK\x03\x04" + b"\xff" * 200])
def test_what_is_no_zip_or_an_empty_one(content: bytes) -> None:
    assert codes(io.BytesIO(content)) & {"not_zip", "no_files"}


def test_a_damaged_file_inside(monkeypatch: Any) -> None:
    file = packed(texts())
    content = bytearray(file.getvalue())
    with zipfile.ZipFile(file) as archive:
        place = archive.getinfo("users.csv").header_offset + 60
    content[place : place + 8] = b"\xff" * 8
    found = open_zip(io.BytesIO(bytes(content)), "x.zip")
    with pytest.raises(Refused, match="not_zip"):
        unpack(found.members["users"])
