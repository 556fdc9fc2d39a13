"""Discovery: what is kept of a log and what never is; decisions; what is new; the pages."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client

from governance.trail import entries
from portal.base import clock
from portal.base.errors import CannotDo
from tests.governance.situations import person
from tests.vendors.situations import provider, tool, trail
from vendors.discovery import actions, queries, reading
from vendors.discovery.models import Domain, Sighting, Upload
from vendors.providers import links
from vendors.providers.models import Tool
from vendors.reviews import status
from vendors.reviews.rules import State

pytestmark = pytest.mark.usefixtures("district")
LINE = '10.77.0.9 - zuzanna.quist [24/Nov/2026:10:17:33 -0600] "GET https://{address} HTTP/1.1" 200 "Zuzannas-iPad"\n'
PEOPLE = ("zuzanna", "quist", "10.77.0.9", "10:17:33")


@pytest.fixture(autouse=True)
def _demo(settings: Any, district: Any) -> None:
    settings.DEMO = True
    Upload.objects.all().delete()  # what the demo's own logs told
    Domain.objects.all().delete()


def client_of(persona: str, **more: Any) -> Client:
    client = Client(**more)
    client.force_login(person(persona), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def log(**times: int) -> str:
    return "".join(
        LINE.format(address=f"app.{name.replace('_', '-')}.example/p?user=zuzanna.quist") * count for name, count in times.items()
    )


def received(text: str) -> Upload:
    reader = actions.reader()
    reader.feed(text.encode())
    return actions.receive(found=reader.finish(), by=person("admin"), at=clock.now())


def domain(name: str) -> Domain:
    return Domain.objects.get(name=name)


def upload(client: Client, content: bytes, name: str = "log.txt") -> Any:
    return client.post("/discovery/", {"file": SimpleUploadedFile(name, content)})


# -- Who used a tool is kept nowhere ----------------------------------------------------------------------------------------------

_written: list[str] | None = None


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if _written is not None and event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR):
        _written.append(str(args[0]))


@contextmanager
def files_written() -> Iterator[list[str]]:
    """Paths that this process opens for writing meanwhile, nameless ones too."""
    global _written
    if not getattr(sys, "_discovery_watch", False):
        sys.addaudithook(_watch)
        sys._discovery_watch = True
    _written = []
    try:
        yield _written
    finally:
        _written = None


def places_that_hold(words: tuple[str, ...], lines: list[str]) -> list[str]:
    """Tables, Redis keys and log lines in which one of these words stands."""
    found = [line for line in lines if any(word in line.casefold() for word in words)]
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT 1 FROM {table} t WHERE t::text ILIKE ANY (%s) LIMIT 1", [[f"%{word}%" for word in words]])
            if cursor.fetchone():
                found.append(table)
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        found += [str(key) for key in client.scan_iter() if any(word.encode() in (client.dump(key) or b"").lower() for word in words)]
    return found


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.getMessage()} {record.args!r}")


def test_nothing_of_the_people_in_a_log_reaches_disk_database_redis_or_logs() -> None:
    """The log is larger than what Django keeps in memory of an upload: its own handlers would have made a file of it."""
    content = log(quizparade=300, brand_new=20_000).encode() + b"zuzanna.quist\n" + LINE.format(address="zuzannas-poems.com").encode() * 5
    assert len(content) > 2_500_000
    handler = _Lines()
    logging.getLogger().addHandler(handler)
    client = client_of("admin")
    with files_written() as written:
        answer = upload(client, content, "zuzanna-quist.log")
        page = client.get(answer["Location"])
        assert not written
        with Path(os.devnull).open("w"):
            assert written == [os.devnull]  # the watch would have seen one
    logging.getLogger().removeHandler(handler)
    assert answer.status_code == 302 and b"brand-new.example" in page.content
    assert places_that_hold(PEOPLE, handler.lines) == []
    assert any("brand-new" in place or "discovery_domain" in place for place in places_that_hold(("brand-new",), [])), "nothing is searched"
    assert not any(word.encode() in page.content.lower() for word in PEOPLE)
    assert set(Sighting.objects.values_list("domain__name", "seen")) == {("quizparade.example", 200), ("brand-new.example", 20_000)}
    assert Upload.objects.get().few == 1


def test_the_trail_tells_of_an_upload_by_counts_alone() -> None:
    made = received(log(brand_new=40))
    assert trail("vendors.discovery.received", made.public_id)[-1]["data"] == {"form": "log", "lines": 40, "domains": 1}


def test_a_refused_file_leaves_nothing_and_says_what_to_do() -> None:
    client = client_of("admin")
    for content, words in ((b"PK\x03\x04", b"Unpack it"), (b"zuzanna.quist\n", b"There is no domain"), (b"", b"empty")):
        answer = upload(client, content)
        assert answer.status_code == 422 and words in answer.content
    assert not Upload.objects.exists() and not Domain.objects.exists()


def test_an_upload_without_the_forms_token_is_refused() -> None:
    assert upload(client_of("admin", enforce_csrf_checks=True), log(brand_new=40).encode()).status_code == 403
    assert not Upload.objects.exists()


def test_if_the_entry_cannot_be_written_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_more: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(entries, "append", fail)
    with pytest.raises(RuntimeError):
        received(log(brand_new=40))
    assert not Upload.objects.exists() and not Domain.objects.exists()


# -- What a log tells -------------------------------------------------------------------------------------------------------------


def test_tools_that_nobody_approved_stand_first_with_their_status() -> None:
    told = queries.told_by(received(log(quizparade=60, math_trails=500, essay_mirror=3, brand_new=30)), clock.now())
    assert [(each.status.tool.slug, each.status.state, each.seen) for each in told.not_approved] == [
        ("quizparade", State.REFUSED, 50),
        ("essay-mirror", State.UNKNOWN, 0),
    ]
    assert [each.status.tool.slug for each in told.approved] == ["math-trails"]
    assert [(each.domain.name, each.seen) for each in told.unknown] == [("brand-new.example", 20)]
    assert told.before is None and not any(each.new for each in (*told.not_approved, *told.unknown))


def test_what_was_not_there_the_last_time_is_new() -> None:
    received(log(quizparade=60, brand_new=30))
    told = queries.told_by(received(log(quizparade=60, brand_new=30, newer=30, essay_mirror=30)), clock.now())
    assert {each.domain.name for each in told.unknown if each.new} == {"newer.example"}
    assert {each.status.tool.slug for each in told.not_approved if each.new} == {"essay-mirror"}


def test_what_an_upload_told_takes_a_fixed_number_of_queries(django_assert_max_num_queries: Any) -> None:
    many = received(log(**{f"site_{number}": 12 for number in range(120)}, quizparade=60, math_trails=60, essay_mirror=60))
    client = client_of("admin")
    client.get("/discovery/")
    with django_assert_max_num_queries(45):
        page = client.get(f"/discovery/{many.public_id}/?page=2").content.decode()
    assert "Page 2 of 3" in page


# -- Decisions --------------------------------------------------------------------------------------------------------------------


def test_a_review_is_made_of_a_domain() -> None:
    received(log(brand_new=40))
    before = Tool.objects.count()
    opened = actions.review(
        domain=domain("brand-new.example").public_id, name="Brand New", provider="New Makers", by=person("admin"), at=clock.now()
    )
    made = links.tool_of("https://app.brand-new.example/start")
    assert made == opened.tool and status.of(opened.tool, clock.now()).state is State.WAITING and Tool.objects.count() == before + 1
    found = domain("brand-new.example")
    assert (found.decision, found.tool) == ("review", opened.tool)
    told = queries.told_by(received(log(brand_new=40)), clock.now())
    assert [each.status.tool for each in told.not_approved] == [opened.tool] and not told.unknown
    with pytest.raises(CannotDo) as refusal:
        actions.take_back(domain=found.public_id, by=person("admin"), at=clock.now())
    assert refusal.value.code == "has_a_tool"
    assert trail("vendors.discovery.decided", found.public_id)[-1]["data"] == {"decision": "review", "tool": str(opened.tool.public_id)}


def test_a_domain_belongs_to_a_tool_until_that_is_taken_back() -> None:
    received(log(brand_new=40))
    mine, found = tool(provider("Inkmakers"), "Ink Well"), domain("brand-new.example")
    actions.same_as(domain=found.public_id, tool=mine, by=person("steward"), at=clock.now())
    assert links.tool_of("https://brand-new.example") == mine
    with pytest.raises(CannotDo) as refusal:
        actions.no_tool(domain=found.public_id, by=person("admin"), at=clock.now())
    assert refusal.value.code == "decided"
    actions.take_back(domain=found.public_id, by=person("steward"), at=clock.now())
    assert links.tool_of("https://brand-new.example") is None and domain("brand-new.example").decision == ""


def test_what_is_no_tool_is_not_asked_about_again() -> None:
    received(log(brand_new=40))
    actions.no_tool(domain=domain("brand-new.example").public_id, by=person("admin"), at=clock.now())
    told = queries.told_by(received(log(brand_new=40)), clock.now())
    assert not told.unknown and told.no_tools == 1


# -- Pages ------------------------------------------------------------------------------------------------------------------------


def test_the_whole_way_through_the_pages() -> None:
    client = client_of("steward")
    assert b"/discovery/" in client.get("/providers/").content
    address = upload(client, log(quizparade=60, brand_new=30).encode())["Location"]
    page = client.get(address).content.decode()
    assert "1 tool is in use that nobody approved" in page and "QuizParade" in page and "20 times or more" in page
    decide = f"/discovery/domains/{domain('brand-new.example').public_id}/"
    assert decide in page
    bad = client.post(decide, {"act": "review", "name": "", "provider": "New Makers"})
    assert bad.status_code == 422 and b"This field is required" in bad.content
    taken = client.post(decide, {"act": "same", "tool": "no-such-tool"})
    assert taken.status_code == 422 and domain("brand-new.example").decision == ""
    answer = client.post(decide, {"act": "review", "name": "Brand New", "provider": "New Makers"})
    assert answer["Location"].startswith("/reviews/")
    again = client.post(decide, {"act": "no_tool"}, follow=True)
    assert b"Somebody has decided about this domain already" in again.content
    assert "A tool of its own: reviewed (Brand New)" in client.get("/discovery/domains/").content.decode()


def test_who_does_not_keep_the_catalogue_stays_out() -> None:
    made = received(log(brand_new=40))
    client = client_of("teacher")
    assert client.get("/discovery/").status_code == 403
    assert client.get(f"/discovery/{made.public_id}/").status_code == 404
    assert upload(client, log(newer=40).encode()).status_code == 403
    assert Upload.objects.count() == 1


def test_a_file_beyond_the_size_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_BYTES", 300_000)
    answer = upload(client_of("admin"), log(brand_new=9_000).encode())
    assert answer.status_code == 422 and b"larger than 500 MB" in answer.content and not Upload.objects.exists()
