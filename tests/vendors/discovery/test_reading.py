"""From log lines to domains: which are taken, which are let go, and that nothing else is."""

import pytest

from vendors.discovery import reading
from vendors.discovery.models import Upload
from vendors.discovery.reading import Form, Found, rounded

KNOWN = ("docs.tool.com", "reading-journey.example")
OWN = ("riverbend.k12.wi.us",)
SQUID = "1286536308.779 180 10.0.0.224 TCP_MISS/200 411 GET {address} maya.lopez DIRECT/1.2.3.4 text/html\n"


def read(text: str | bytes, piece: int = 97) -> Found:
    """The file read in small pieces, so that each line is cut somewhere."""
    content = text.encode() if isinstance(text, str) else text
    reader = reading.Reader(KNOWN, OWN)
    for at in range(0, len(content), piece):
        reader.feed(content[at : at + piece])
    return reader.finish()


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (SQUID.format(address="http://www.quizzes.com/p?user=maya.lopez@mail.com&next=https://other.com/"), {"quizzes.com"}),
        (SQUID.format(address="https://maya:secret@app.quizzes.com:8443/x"), {"quizzes.com"}),
        ("1.1 1 10.0.0.2 TCP_TUNNEL/200 1 CONNECT docs.tool.com:443 maya.li HIER/1.1.1.1 -\n", {"docs.tool.com"}),
        ('date=2026-11-24 user="maya.li" srcip=10.0.0.4 hostname="quizzes.com" url="/maya"\n', {"quizzes.com"}),
        ('{"user":"maya.li","ip":"10.0.0.4","destination":"x","dest_host":"a.quizzes.com"}\n', {"quizzes.com"}),
        ("Nov 24 10:00:01 dnsmasq[1]: query[A] a.quizzes.com from 10.0.0.4\n", {"quizzes.com"}),
        ('"2026-11-24","maya.li","maya.li,Lincoln","10.1.1.1","Allowed","1 (A)","NOERROR","a.quizzes.com.","Chat"\n', {"quizzes.com"}),
        (SQUID.format(address="https://mayas-ipad.riverbend.k12.wi.us/") + SQUID.format(address="https://quizzes.com"), {"quizzes.com"}),
        (SQUID.format(address="https://maya-lopez.blogs.quizzes.co.uk/"), {"quizzes.co.uk"}),
        (SQUID.format(address="https://192.168.1.4/") + SQUID.format(address="https://quizzes.com"), {"quizzes.com"}),
        (SQUID.format(address="https://fonts.gstatic.com/") + SQUID.format(address="https://quizzes.com"), {"quizzes.com"}),
    ],
    ids=["proxy", "password", "tunnel", "fields", "json", "names", "umbrella", "own-device", "below", "number", "every-device"],
)
def test_of_log_lines_only_the_domain_that_was_visited(lines: str, expected: set[str]) -> None:
    found = read(lines * 12)
    assert found.form is Form.LOG and set(found.seen) == expected
    assert all(count == 12 for count in found.seen.values())


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("Domain,Hits\na.quizzes.com,\"1,200\"\nquizzes.com,30\nseldom.com,3\n", {"quizzes.com": 1230}),
        ("Application;URL\nQuiz;https://quizzes.com/start?u=maya\nDoc;docs.tool.com/maya\n", {"quizzes.com": None, "docs.tool.com": None}),
        ("#Software: proxy\n#Fields: date time c-ip cs-username cs-host\n" + "2026-11-24 10:00 1.1.1.1 maya.li a.quizzes.com\n" * 11, {"quizzes.com": 11}),
        ("Time,User,Domain\n" + "10:00,maya.lopez,quizzes.com\n" * 12 + "10:01,maya.li,mayalopez.com\n", {"quizzes.com": 12}),
    ],
    ids=["counts", "addresses", "w3c", "who"],
)  # fmt: skip
def test_of_a_table_only_the_column_of_domains(table: str, expected: dict[str, int | None]) -> None:
    found = read(table)
    assert found.form is Form.TABLE and found.seen == expected


def test_a_list_is_kept_as_it_is_and_a_list_of_people_is_no_list_of_domains() -> None:
    found = read("Quizzes.com\nhttps://docs.tool.com/\n\n*.gstatic.com\nfonts.gstatic.com\n")
    assert (found.form, found.seen, found.ignored) == (Form.LIST, {"quizzes.com": None, "docs.tool.com": None}, 1)
    with pytest.raises(reading.CannotRead) as refusal:
        read("maya.lopez\nsam.nguyen\nana@school.com\n")
    assert refusal.value.code == "no_domain" and "column of domains" in refusal.value.what_to_do


def test_what_was_seen_seldom_is_let_go_unless_the_catalogue_knows_it() -> None:
    seldom = SQUID.format(address="https://mayas-poems.com/") * 9 + SQUID.format(address="https://docs.tool.com/maya") * 3
    found = read(seldom)
    assert found.seen == {"docs.tool.com": 3} and found.few == 1
    assert read(seldom + SQUID.format(address="https://mayas-poems.com/")).seen == {"docs.tool.com": 3, "mayas-poems.com": 10}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"PK\x03\x04workbook", "packed"),
        (b"\x1f\x8b\x08log", "packed"),
        (b"a\x00b", "not_text"),
        (b"", "no_domain"),
        (b"no domain at all\n" * 9, "no_domain"),
    ],
    ids=["workbook", "gzip", "nul", "empty", "words"],
)
def test_what_cannot_be_read_is_refused_with_words(content: bytes, code: str) -> None:
    with pytest.raises(reading.CannotRead) as refusal:
        read(content)
    assert refusal.value.code == code and refusal.value.what_to_do


def test_a_file_of_a_windows_program() -> None:
    assert read("Domain,Hits\r\nquizzes.com,30\r\n".encode("utf-16")).seen == {"quizzes.com": 30}


def test_however_much_comes_little_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_BYTES", 200_000)
    monkeypatch.setattr(reading, "MOST_DOMAINS", 100)
    reader = reading.Reader(())
    reader.feed(b"".join(b"https://d%d.com\n" % number for number in range(5_000)))
    assert len(reader._counts) == 100
    reader.feed(b"x" * 100_000)  # a line that does not end
    assert len(reader._rest) <= reading.LONGEST_LINE
    with pytest.raises(reading.CannotRead) as refusal:
        reader.feed(b"x" * 100_000)
    assert refusal.value.code == "too_large"


def test_counts_are_rounded_down() -> None:
    assert [rounded(count) for count in (None, 0, 9, 10, 19, 49, 50, 199, 1_234_567)] == [None, 0, 0, 10, 10, 20, 50, 100, 1_000_000]


def test_the_forms_of_the_rule_and_of_the_table_are_the_same() -> None:
    assert {form.value for form in Form} == set(Upload.Form.values)
