"""CSV that means harm or is damaged at random: the reader ends, tells it, and never lets a broken row through to the server."""

import io
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.records.roster.faults import Faults
from governance.records.roster.reading import CsvFile, Unreadable, without_passwords
from tests.governance.records.roster.bundles import small
from tests.governance.records.roster.looking import everything, staged
from tests.harness.databases import Clone

HEADERS = {"a": "one", "b": "two", "c": "three"}


def read(content: bytes) -> tuple[CsvFile, Faults, bytes]:
    faults = Faults()
    file = CsvFile("x.csv", io.BytesIO(content), HEADERS, faults=faults)
    out = b""
    while part := file.read():
        out += part
    return file, faults, out


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(st.text(alphabet=st.sampled_from('ab,"\n\r\t ;é\0😀'), max_size=8), min_size=3, max_size=3), max_size=20))
def test_what_a_writer_quotes_is_read_back(rows: list[list[str]]) -> None:
    """Whatever stands in the cells, each row comes through once, on its line, with its cells."""
    import csv

    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([["a", "b", "c"], *rows])
    file, faults, out = read(text.getvalue().encode())
    expected = [
        [cell.replace("\r\n", "\n").replace("\r", "\n").strip().replace("\0", "") for cell in row]
        for row in rows
        if any(cell.replace("\r", "\n").strip() for cell in row)
    ]
    assert list(csv.reader(io.StringIO(out.decode(), newline=""))) == expected
    assert file.rows == len(expected)
    assert {fault.code for fault in faults.first} <= {"nul"}
    line = 2
    for number, row in enumerate(rows, 1):
        if any(cell.replace("\r", "\n").strip() for cell in row):
            assert file.lines.of(sum(any(cell.replace("\r", "\n").strip() for cell in earlier) for earlier in rows[:number])) == line
        line += 1 + sum(cell.replace("\r\n", "\n").replace("\r", "\n").count("\n") for cell in row)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    _file, faults, out = read(b"a,b,c\n" + content)
    assert out.count(b"\n") >= 0 and all(fault.line >= 1 for fault in faults.first)
    out.decode("utf-8")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_a_password_never_comes_through(content: bytes) -> None:
    """Rows that are well formed lose it; rows that are not lose everything or refuse the file."""
    secret = b"hunter2-secret"
    try:
        kept = b"".join(
            without_passwords(
                io.BytesIO(b"a,password,c\nx," + secret + b",y\n" + content.replace(secret, b"") + b"\nx," + secret + b",y\n")
            )
        )
    except Unreadable:
        return
    assert secret not in kept


@pytest.mark.parametrize(
    "row",
    [
        b'"x,hunter2-secret,y\n"',
        b"x,y,hunter2-secret,z",
        b"hunter2-secret",
        b'x,"hunter2-secret",y',
        b'"a\nb",hunter2-secret,y',
        b"x,y,z,hunter2-secret",
    ],
)
def test_a_row_that_slipped_gives_no_password_away(row: bytes) -> None:
    content = b"a,Pass_Word,c\n" + row + b"\nx,hunter2-secret,y\n"
    try:
        kept = b"".join(without_passwords(io.BytesIO(content)))
    except Unreadable:
        return
    assert b"hunter2" not in kept


def test_a_huge_cell_costs_little() -> None:
    _file, faults, out = read(b"a,b,c\nx," + b"y" * 5_000_000 + b",z\n1,2,3\n")
    assert [(fault.line, fault.code) for fault in faults.first] == [(2, "cell_too_long")] and len(out) < 1_000


def test_a_quotation_mark_that_swallows_the_file_is_told_where_it_opens() -> None:
    _file, faults, _ = read(b'a,b,c\n1,2,3\nx,"y,z\n' + b"1,2,3\n" * 500_000)
    assert faults.first[0].line == 3 and faults.first[0].code in {"quoting", "cell_too_long"}


@pytest.mark.parametrize("seed", range(8))
def test_random_damage_is_refused_or_applied_and_never_an_error(database_module: Clone, load: Any, seed: int) -> None:
    """Bytes changed at random in every file: an answer in words each time, nothing staged, and nothing changed where it was refused."""
    chance = random.Random(seed)
    before = everything(database_module)
    changes = {}
    for name, text in small().texts().items():
        content = bytearray(text.encode())
        for _ in range(chance.randrange(1, 6)):
            content[chance.randrange(len(content))] = chance.choice(b'",\n\r\0\xff x0-/')
        changes[name.removesuffix(".csv")] = bytes(content)
    report = load(small(), dry_run=True, **changes)
    assert report.refused or report.counts
    assert everything(database_module) == before and staged(database_module) == 0
