"""The public register: what it shows, what it never shows, its files and its changes."""

import csv
import io
import json
import re
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.test import Client
from django.test.utils import CaptureQueriesContext

from governance.authority.models import Element, Purpose
from portal.base import clock
from tests.governance.situations import person
from tests.vendors.situations import PURPOSE, approved, checked, day, document, drafted, in_force, provider, review_of, sent, tool, trail
from vendors.agreements import actions as agreements
from vendors.agreements.words import SAFEGUARDS
from vendors.providers import actions as catalogue
from vendors.providers.models import AutomatedDecision
from vendors.register import actions, book, machine
from vendors.register.models import Change, Published
from vendors.reviews import actions as reviews
from vendors.sharing import actions as sharing
from vendors.sharing.models import Release

pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True  # signing without a second factor


@pytest.fixture
def reader() -> Client:
    """Somebody without an account."""
    return Client()


def page(reader: Client, address: str, **asked: Any) -> str:
    answer = reader.get(address, asked)
    assert answer.status_code == 200, answer.status_code
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def record(slug: str) -> dict[str, Any]:
    found = book.make(clock.now()).find(slug)
    assert found is not None
    return found


# -- What it shows ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slug", "words"),
    [
        ("math-trails", "Approved"),
        ("reading-journey", "Approved with limits"),
        ("quizparade", "Not allowed"),
        ("pocket-tutor", "Not decided yet"),
        ("photo-diary", "No longer allowed"),
        ("field-notes", "No longer used"),
        ("essay-mirror", "Nobody has asked for it"),
    ],
)
def test_everybody_reads_the_status_of_each_tool(reader: Client, slug: str, words: str) -> None:
    assert words in page(reader, f"/register/{slug}/")


def test_a_tools_page_answers_a_familys_questions(reader: Client) -> None:
    words = page(reader, "/register/reading-journey/")
    for expected in (
        "We need your OK before your child uses it.",
        "The district allowed these and no others",
        "Great Lakes Hosting",
        "Mailbird Relay",
        "within 72 hours",
        "The company destroys the data. It has 60 days.",
        "Data is never sold",
        "Sent when a student signs in",
        "Last checked",
        "The agreement (PDF)",
    ):
        assert expected in words, expected
    assert reader.get("/register/no-such-tool/").status_code == 404


def test_it_reads_in_spanish(reader: Client) -> None:
    words = page(reader, "/es/register/reading-journey/")
    assert "Herramientas que usamos" in words and "Tools we use" not in words


def test_a_tool_that_predicts_names_the_educator_and_how_to_object(reader: Client) -> None:
    words = page(reader, "/register/pocket-tutor/")
    assert (
        "Predicts something about a student" in words
        and "The mathematics teacher" in words
        and "Tell the teacher or call the office" in words
    )


def test_search_filters_and_further_pages(reader: Client) -> None:
    assert "Reading Journey" in page(reader, "/register/find/", q="journey reading")
    refused = page(reader, "/register/find/", status="refused")
    assert "QuizParade" in refused and "Math Trails" not in refused
    pictures = page(reader, "/register/find/", element="photograph")
    assert "Photo Diary" in pictures and "Math Trails" not in pictures
    assert "Nothing found" in page(reader, "/register/find/", q="zzzz")
    assert "Reading Journey" in page(reader, "/register/find/", page="99999", status="nonsense")


def test_many_tools_come_in_pages_and_keep_the_search(reader: Client) -> None:
    company = provider()
    for number in range(110):
        tool(company, f"Serial {number:03}", elements=())
    first = reader.get("/register/find/", {"q": "serial"}).content.decode()
    assert "Serial 099" in first and "Serial 100" not in first and "?q=serial&amp;page=2" in first
    assert "Serial 109" in page(reader, "/register/find/", q="serial", page="2")


def test_two_or_three_tools_side_by_side(reader: Client) -> None:
    words = page(reader, "/register/compare/", tool=["math-trails", "reading-journey"])
    assert "You can say no" not in words
    assert words.index("Math Trails") < words.index("Reading Journey") and "What families are asked" in words
    for chosen in (["math-trails"], ["math-trails", "quizparade", "lab-bench", "star-atlas"], ["nothing", "math-trails"], []):
        assert "Choose two or three tools" in page(reader, "/register/compare/", tool=chosen)


def test_the_allowed_tools_on_paper(reader: Client) -> None:
    words = page(reader, "/register/print/")
    assert "Math Trails" in words and "QuizParade" not in words


def test_the_agreement_is_there_to_be_read(reader: Client) -> None:
    answer = reader.get("/register/reading-journey/agreement.pdf")
    assert answer.status_code == 200 and answer["Content-Type"] == "application/pdf" and answer.content.startswith(b"%PDF-")
    assert "attachment" in answer["Content-Disposition"]
    assert reader.get("/register/photo-diary/agreement.pdf").status_code == 404  # ended
    assert reader.get("/register/lab-bench/agreement.pdf").status_code == 404


# -- What it never shows -----------------------------------------------------------------------------------------------------------


def everything(reader: Client, slug: str) -> str:
    """All that the public can read of a tool; without the footer, which names the district's privacy contact."""
    pages = [f"/register/{slug}/", "/register.json", "/register.csv", "/register.jsonld", "/register/changes/", "/register/changes.atom"]
    return "\n".join(re.sub(r"(?s)<footer.*</footer>", "", reader.get(address).content.decode()) for address in pages)


def test_of_an_open_review_nothing_but_that_nothing_is_decided(reader: Client) -> None:
    made = tool(name="Draft Tool")
    review = review_of(made, note="A note for reviewers")
    said = {item.id: (item.wanted, "Secret finding") for item in reviews.items_of(review)}
    reviews.answer(review=review.public_id, answers=said, by=person("admin"), at=clock.now())
    reviews.assign(review=review.public_id, reviewer=person("steward"), due_on=day(9), by=person("admin"), at=clock.now())
    text = everything(reader, "draft-tool")
    assert "Draft Tool" in text
    assert "Not decided yet" in page(reader, "/register/draft-tool/")
    for secret in ("A note for reviewers", "Secret finding", person("steward").name, person("admin").name, day(9).isoformat()):
        assert secret not in text, secret


def test_of_an_agreement_that_is_not_signed_nothing(reader: Client) -> None:
    made = tool(name="Unsigned Tool")
    wanted = drafted(made, starts=-3, ends=77)
    agreements.attach(agreement=wanted.public_id, document=document("Draft text"), by=person("admin"), at=clock.now())
    sent(wanted)
    assert record("unsigned-tool")["agreement"] is None
    assert reader.get("/register/unsigned-tool/agreement.pdf").status_code == 404
    assert day(77).isoformat() not in json.dumps(record("unsigned-tool"))


def test_of_students_and_teachers_nothing(reader: Client) -> None:
    """The records are made from the tables of the catalogue, agreements and reviews alone."""
    with CaptureQueriesContext(connection) as taken:
        book.make(clock.now())
    tables = {table for query in taken.captured_queries for table in re.findall(r'(?:FROM|JOIN) "(\w+)"', query["sql"])}
    allowed = {each._meta.db_table for each in book.READ} | {"people_district", "people_user", "providers_document"}
    assert tables <= allowed
    text = everything(reader, "reading-journey")
    for persona in ("teacher", "parent", "student", "admin", "steward", "provider"):
        found = person(persona)
        assert found.email not in text and (not found.name or found.name not in text)


def test_names_that_a_spreadsheet_would_run_are_told_harmlessly(reader: Client) -> None:
    tool(provider("+company"), '=HYPERLINK("https://evil.example","Click")', summary="@SUM(A1)")
    answer = reader.get("/register.csv")
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(answer.content.decode()))}
    assert '\'=HYPERLINK("https://evil.example","Click")' in rows
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows.values() for cell in row.values())
    assert b"<script" not in reader.get("/register/").content.replace(b'<script src="', b"")


def test_markup_in_a_name_stays_text(reader: Client) -> None:
    tool(name="<img src=x onerror=alert(1)>")
    for address in ("/register/find/?q=onerror", "/register/changes/"):
        assert b"<img src=x" not in reader.get(address).content


# -- Status is worked out, at that moment --------------------------------------------------------------------------------------------


def test_an_agreement_that_is_ended_shows_at_once(reader: Client) -> None:
    approval = approved(tool(name="Ends Now"))
    assert "Approved" in page(reader, "/register/ends-now/")
    agreements.end(agreement=approval.agreement.public_id, because="Too risky", by=person("admin"), at=clock.now())
    words = page(reader, "/register/ends-now/")
    assert "No longer allowed" in words and "The agreement with the company has ended." in words and "None in force" in words


def test_data_is_what_approval_and_agreement_both_name() -> None:
    made = tool(name="Narrow", elements=("name", "grade", "local-id"))
    in_force(made, elements=("name", "grade"))
    reviews.approve(
        review=checked(review_of(made)).public_id,
        elements=["name"],
        purposes=[PURPOSE],
        consent="inform",
        starts_on=day(0),
        ends_on=day(99),
        reason="Fine.",
        by=person("steward"),
        at=clock.now(),
    )
    assert record("narrow")["data"] == ["name"] and record("narrow")["data_agreed"] is True
    catalogue.open_channel(
        tool=made, kind="file", name="", elements=["name", "grade"], switched_off_by="Office", by=person("admin"), at=clock.now()
    )
    assert record("narrow")["channels"][0]["beyond"] == ["grade"]


def test_a_way_says_that_it_is_being_stopped_or_stopped_and_since_when(reader: Client) -> None:
    made = approved(tool(name="Two Ways")).tool
    for kind in ("file", "sign_in"):
        catalogue.open_channel(
            tool=made, kind=kind, name="", elements=["name"], switched_off_by="Office", by=person("admin"), at=clock.now()
        )
    assert {each["flow"] for each in record("two-ways")["channels"]} == {"open"}
    file_task, _other = sharing.stop_ways(tool=made, because="asked", by=person("admin"), at=clock.now())
    sharing.finish_stop(task=file_task.public_id, seen="Gone", by=person("admin"), at=clock.now())
    assert {(each["kind"], each["flow"], each["since"]) for each in record("two-ways")["channels"]} == {
        ("file", "stopped", day(0).isoformat()),
        ("sign_in", "being_stopped", day(0).isoformat()),
    }
    words = page(reader, "/register/two-ways/")
    assert "Stopped since November 24, 2026" in words and "Being stopped since November 24, 2026, to be done by" in words
    assert f"sign_in (being stopped since {day(0)})" in reader.get("/register.csv").content.decode()


@pytest.mark.parametrize(("children", "told", "words"), [(7, None, "fewer than 10"), (10, 10, "10"), (126, 130, "130")])
def test_the_last_sending_is_told_by_month_and_rounded(reader: Client, children: int, told: int | None, words: str) -> None:
    made = approved(tool(name="Sent")).tool
    assert record("sent")["last_delivery"] is None
    delivery = sharing.open_delivery(tool=made, purpose=PURPOSE, by=person("admin"), at=clock.now())
    for number in (children, 1):
        Release.objects.create(delivery=delivery, state="made", asked_at=clock.now(), asked_by=person("admin"), children=number)
    assert record("sent")["last_delivery"] == {"month": "2026-11", "students": told}
    assert "November 2026" in page(reader, "/register/sent/") and f"{words} students" in page(reader, "/register/sent/")
    [row] = [row for row in csv.DictReader(io.StringIO(reader.get("/register.csv").content.decode())) if row["tool"] == "sent"]
    assert (row["last_delivery_month"], row["last_delivery_students"]) == ("2026-11", words)
    [process] = [each for each in json.loads(reader.get("/register.jsonld").content)["@graph"] if each.get("dct:identifier") == "sent"]
    assert (
        process["portal:lastDelivery"]["dct:date"]["@value"] == "2026-11"
        and str(process["portal:lastDelivery"]["portal:students"]) == words
    )


def test_whatever_changes_the_tables_changes_the_stamp() -> None:
    made, at = tool(name="Stamped"), clock.now()
    before = book.stamp(at)
    assert book.stamp(at) == before
    with connection.cursor() as cursor:
        cursor.execute("UPDATE providers_tool SET summary = 'By SQL' WHERE id = %s", [made.pk])
    by_sql = book.stamp(at)
    assert by_sql != before and record("stamped")["summary"] == "By SQL"
    made.collects.first().delete()
    assert book.stamp(at) not in {before, by_sql}
    later = clock.now().replace(year=at.year + 1)
    assert book.stamp(later) != book.stamp(at)


def test_a_first_rendering_takes_under_twenty_queries(settings: Any) -> None:
    """With nothing in memory, as in production, the look for changes among them; and no more of them with more tools."""
    settings.PUBLIC_PAGES_RECHECK_SECONDS = 30

    def first() -> int:
        book._kept = book._Kept()
        reader = Client()
        with CaptureQueriesContext(connection) as taken:
            assert reader.get("/register/").status_code == 200
        with CaptureQueriesContext(connection) as again:
            reader.get("/register/")
        assert not again.captured_queries
        return len(taken)

    few = first()
    company = provider()
    for number in range(20):
        approved(tool(company, f"More {number}"))
    assert first() == few < 20


# -- Files ----------------------------------------------------------------------------------------------------------------------------


def test_the_files_hold_every_tool_with_stable_links(reader: Client) -> None:
    found = json.loads(reader.get("/register.json").content)
    slugs = {each["slug"] for each in found["tools"]}
    assert slugs == {each["slug"] for each in book.make(clock.now()).tools}
    reading = next(each for each in found["tools"] if each["slug"] == "reading-journey")
    assert reading["page"].endswith("/register/reading-journey/") and reading["agreement"]["text_sha256"]
    assert reader.get("/register.json")["Access-Control-Allow-Origin"] == "*"
    rows = list(csv.DictReader(io.StringIO(reader.get("/register.csv").content.decode())))
    assert {row["tool"] for row in rows} == slugs and tuple(rows[0]) == machine.COLUMNS


def test_the_linked_data_speaks_the_data_privacy_vocabulary(reader: Client) -> None:
    answer = reader.get("/register.jsonld")
    found = json.loads(answer.content)
    assert answer["Content-Type"].startswith("application/ld+json")
    assert found["@context"]["dpv"] == "https://w3id.org/dpv#"
    reading = next(each for each in found["@graph"] if each.get("dct:identifier") == "reading-journey")
    assert reading["@type"] == "dpv:Process" and reading["dpv:hasDataSubject"] == {"@id": "dpv:Student"}
    assert ["pd:EmailAddress"] in [each["@type"] for each in reading["dpv:hasPersonalData"]]
    assert {"@value": "P60D", "@type": "xsd:duration"} in [each.get("dpv:hasDuration") for each in reading["dpv:hasStorageCondition"]]
    known = set(found["@context"])
    terms = set(re.findall(r'"([a-z]+):[A-Za-z]', json.dumps(found["@graph"]).replace('"http', "")))
    assert terms <= known


def test_every_word_of_the_district_has_a_term() -> None:
    words = machine.vocabulary()
    assert set(words["categories"]) == set(Element.objects.values_list("category", flat=True))
    assert set(words["elements"]) <= set(Element.objects.values_list("key", flat=True))
    assert set(words["purposes"]) == set(Purpose.objects.values_list("pk", flat=True))
    assert set(words["safeguards"]) == set(SAFEGUARDS)
    assert set(words["decisions"]) == set(AutomatedDecision.Kind.values)


# -- Changes --------------------------------------------------------------------------------------------------------------------------


def begun() -> None:
    """The register was looked at before."""
    actions.note_changes(at=clock.now())


def test_the_first_look_is_the_beginning_and_tells_nothing() -> None:
    Published.objects.all().delete()
    before = Change.objects.count()
    assert actions.note_changes(at=clock.now()) == 0
    assert Published.objects.count() == len(book.make(clock.now()).tools) and Change.objects.count() == before


def test_what_changed_is_kept_as_before_and_after(reader: Client) -> None:
    made = tool(name="Changing")
    approval = approved(made)
    begun()
    assert actions.note_changes(at=clock.now()) == 0
    catalogue.add_subprocessor(
        tool=made, name="New Host", country="CA", does="Keeps data", elements=["name"], since=None, by=person("admin"), at=clock.now()
    )
    reviews.end_approval(approval=approval, because="safety", by=person("admin"), at=clock.now())
    new = tool(name="Brand New")
    actions.note_changes(at=clock.now())
    found = {(each.slug, each.what): each for each in Change.objects.filter(slug__in=["changing", new.slug])}
    assert found["changing", "status"].before == "approved" and found["changing", "status"].after == "ended"
    assert found["changing", "suppliers"].after == [["New Host", "CA"]]
    assert (new.slug, "added") in found
    words = page(reader, "/register/changes/", since=day(0).isoformat())
    assert "Approved → No longer allowed" in words and "New: New Host" in words and "Brand New" in words
    assert "Nothing changed" in page(reader, "/register/changes/", since=day(1).isoformat())
    assert trail("vendors.register.changed")[-1]["data"]["tools"] == 2


def test_a_tool_that_left_keeps_its_history(reader: Client) -> None:
    made = tool(name="Leaving", elements=())
    begun()
    made.delete()
    actions.note_changes(at=clock.now())
    assert Change.objects.get(slug="leaving", what="removed").name == "Leaving"
    assert "Leaving" in page(reader, "/register/changes/")


@pytest.mark.parametrize("statement", ["UPDATE register_change SET name = 'x'", "DELETE FROM register_change", "TRUNCATE register_change"])
def test_a_change_stays_as_it_is(statement: str) -> None:
    begun()
    tool(name="Kept")
    actions.note_changes(at=clock.now())
    with pytest.raises(Exception, match=r"stays as it is|permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Change.objects.filter(slug="kept").exists()


def test_a_change_names_its_tool() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Change.objects.create(slug="", name="x", company="x", what="added", found_at=clock.now())


def test_the_feed_is_atom_with_stable_ids(reader: Client) -> None:
    begun()
    tool(name="In The Feed")
    actions.note_changes(at=clock.now())
    answer = reader.get("/register/changes.atom")
    assert answer["Content-Type"].startswith("application/atom+xml")
    text = answer.content.decode()
    change = Change.objects.get(slug="in-the-feed")
    assert f"urn:uuid:{change.public_id}" in text and "In The Feed: New in the register" in text


def test_if_the_entry_cannot_be_written_nothing_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    begun()
    tool(name="Not Noted")

    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError("no trail")

    monkeypatch.setattr("governance.trail.entries.append", fail)
    with pytest.raises(RuntimeError, match="no trail"):
        actions.note_changes(at=clock.now())
    assert not Change.objects.filter(slug="not-noted").exists()
