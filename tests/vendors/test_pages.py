"""The pages of tools, reviews, agreements and providers, by the demo district's people."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from portal.base import clock
from tests.governance.situations import person, sections_of
from tests.vendors.situations import PDF, PURPOSE, checked, contact_of, day, drafted, in_force, provider, review_of, tool, trail
from vendors.agreements import queries as agreements
from vendors.agreements.models import Agreement
from vendors.agreements.states import State
from vendors.providers.models import Document, Provider, Tool
from vendors.reviews import status
from vendors.reviews.models import Approval, Guidance, Review
from vendors.tool_requests.models import ToolRequest, ToolUse

pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


def client_of(persona: str) -> Client:
    client = Client()
    client.force_login(person(persona), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def page(client: Client, address: str, **more: Any) -> str:
    answer = client.get(address, **more)
    assert answer.status_code == 200, answer.status_code
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


# -- The demo shows each answer -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slug", "words"),
    [
        ("math-trails", "Use it"),
        ("reading-journey", "Use it, but …"),
        ("quizparade", "Not allowed"),
        ("pocket-tutor", "Being reviewed"),
        ("photo-diary", "Not any more"),
        ("field-notes", "Not any more"),
        ("essay-mirror", "Nobody has asked yet"),
    ],
)
def test_a_teacher_sees_the_answer(slug: str, words: str) -> None:
    assert words in page(client_of("teacher"), f"/tools/{slug}/")


def test_a_refused_tool_names_others_for_the_same_lesson() -> None:
    words = page(client_of("teacher"), "/tools/quizparade/")
    assert "Check-In Cards" in words and "allow advertising" in words and "With which classes?" not in words


def test_an_approved_tool_holds_conditions_set_up_messages_and_the_way_nobody_stands_out() -> None:
    words = page(client_of("teacher"), "/tools/reading-journey/")
    for expected in (
        "Keep to this",
        "Each family must say OK first",
        "Set it up safely",
        "Students without an account",
        "Hola, familias",
        "Whom to call",
    ):
        assert expected in words


def test_a_pasted_link_leads_straight_to_the_answer() -> None:
    client = client_of("teacher")
    answer = client.get("/tools/", {"q": "https://www.reading-journey.example/start?class=7"})
    assert answer.status_code == 302 and answer["Location"] == "/tools/reading-journey/"
    unknown = page(client, "/tools/", data={"q": "https://new.example/app"})
    assert "Nobody has asked yet" in unknown and "Ask for it (2 minutes)" in unknown


def test_the_search_takes_a_fixed_number_of_queries(django_assert_max_num_queries: Any) -> None:
    client = client_of("teacher")
    page(client, "/tools/")
    with django_assert_max_num_queries(40):
        page(client, "/tools/", data={"q": "r"})


def test_a_refused_tool_is_not_turned_on_by_its_address() -> None:
    """The page of a refused tool holds no form; what is sent there all the same is refused with words, and recorded."""
    client = client_of("teacher")
    mine = [str(pk) for pk in sections_of(person("teacher"))[:1]]
    answer = client.post("/tools/quizparade/", {"sections": mine}, follow=True)
    assert "cannot be used now" in answer.content.decode()
    refused = Tool.objects.get(slug="quizparade")
    assert not ToolUse.objects.filter(tool=refused, ended_at=None).exists()
    assert trail("vendors.tool_use.refused", refused.public_id)[-1]["data"] == {"status": "refused"}


def test_each_form_of_a_tool_has_its_version_and_what_differs() -> None:
    made = tool(name="Three Forms")
    client = client_of("admin")
    address = reverse("providers:part", args=[made.public_id, "versions"])
    for form, note in (("web", "Takes no location"), ("apple", "Asks for the microphone"), ("extension", "Reads every page")):
        client.post(address, {"form": form, "label": "1", "seen_on": day(-3).isoformat(), "note": note})
    words = page(client, f"/providers/tools/{made.public_id}/")
    for expected in ("Web site", "App for iPad and iPhone", "Browser extension", "Asks for the microphone", "Reads every page"):
        assert expected in words


# -- A teacher asks --------------------------------------------------------------------------------------------------------------


def test_a_teacher_asks_sees_how_far_it_is_and_takes_it_back() -> None:
    client = client_of("teacher")
    form = {
        "key": "11111111-1111-4111-8111-111111111111",
        "name": "Debate Club",
        "link": "https://debate.example",
        "activity": "Argue in writing",
        "accounts": "students",
        "sections": [str(pk) for pk in sections_of(person("teacher"))[:1]],
        "wanted_by": day(7).isoformat(),
        "used_now": "",
    }
    assert "Two minutes" in page(client, "/tools/request/")
    bad = client.post("/tools/request/", form | {"link": "not a link", "activity": ""})
    assert bad.status_code == 200 and b"This is no web address" in bad.content and b"Debate Club" in bad.content
    answer = client.post("/tools/request/", form)
    wish = ToolRequest.objects.get(name="Debate Club")
    assert answer["Location"] == f"/tools/requests/{wish.public_id}/"
    words = page(client, answer["Location"])
    assert "The office looks for it" in words and "Show it on your own screen" in words and "Nine in ten" in words
    assert client_of("colleague").get(answer["Location"]).status_code == 404
    client.post(f"/tools/requests/{wish.public_id}/withdraw/")
    assert ToolRequest.objects.get(pk=wish.pk).withdrawn_at is not None


def test_asking_for_what_may_be_used_leads_to_its_page() -> None:
    answer = client_of("teacher").get("/tools/request/", {"tool": "math-trails"})
    assert answer.status_code == 302 and answer["Location"] == "/tools/math-trails/"


def test_a_teacher_puts_a_tool_on_the_list_and_ends_it() -> None:
    client, mine = client_of("teacher"), sections_of(person("teacher"))
    client.post("/tools/math-trails/", {"sections": [str(mine[0])]})
    use = ToolUse.objects.get(tool__slug="math-trails", teacher=person("teacher"), ended_at=None)
    assert use.sections == [mine[0]]
    foreign = sections_of(person("colleague"))[0]
    client.post("/tools/math-trails/", {"sections": [str(foreign)]})
    use.refresh_from_db()
    assert use.sections == [mine[0]]
    assert b"What did it let you do?" in client.post(f"/tools/use/{use.public_id}/", {"act": "renew", "allowed_what": ""}).content
    client.post(f"/tools/use/{use.public_id}/", {"act": "end", "allowed_what": "Practice"})
    use.refresh_from_db()
    assert use.ended_at is not None


def test_a_refused_tool_cannot_be_turned_on_by_its_address() -> None:
    client = client_of("teacher")
    client.post("/tools/quizparade/", {"sections": [str(sections_of(person("teacher"))[0])]})
    assert not ToolUse.objects.filter(tool__slug="quizparade").exists()


# -- The office ------------------------------------------------------------------------------------------------------------------


def test_a_request_for_something_unlisted_is_joined() -> None:
    client = client_of("steward")
    wish = ToolRequest.objects.get(name="Debate Club Online")
    assert "Debate Club Online" in page(client, "/tools/unlisted/")
    client.post("/tools/unlisted/", {"request": str(wish.public_id), "tool": "essay-mirror"})
    wish.refresh_from_db()
    assert wish.tool is not None and wish.tool.slug == "essay-mirror" and wish.review is not None


def test_a_provider_and_a_tool_are_listed_with_all_their_parts() -> None:
    client = client_of("steward")
    answer = client.post(
        "/providers/new/", {"name": "Birch Labs", "kind": "company", "country": "us", "domain": "https://www.birch.example"}
    )
    made = Provider.objects.get(name="Birch Labs")
    assert answer["Location"] == f"/providers/{made.public_id}/" and (made.country, made.domain) == ("US", "birch.example")
    assert b"in the catalog already" in client.post("/providers/new/", {"name": "birch labs", "kind": "company", "country": "US"}).content
    client.post(
        f"/providers/{made.public_id}/tools/new/",
        {
            "name": "Birch Reader",
            "link": "https://reader.birch.example",
            "accounts": "students",
            "purposes": [PURPOSE],
            "subjects": ["reading"],
            "held_in": "us, ca",
        },
    )
    listed = Tool.objects.get(name="Birch Reader")
    assert listed.held_in == ["US", "CA"] and listed.addresses.get().value == "reader.birch.example"
    part = f"/providers/tools/{listed.public_id}/parts/"
    today = clock.today().isoformat()
    for what, said in {
        "collects": {"elements": ["name", "grade"], "required": "on", "why": "To greet"},
        "versions": {"form": "web", "seen_on": today},
        "subprocessors": {"name": "Host", "country": "US", "does": "Keeps data", "elements": ["name"]},
        "marks": {"kind": "rating", "issuer": "Rater", "title": "Privacy", "given_on": today, "verified": "issuer"},
        "channels": {"kind": "sign_in", "switched_off_by": "Technology office", "elements": ["name", "email"], "checked_on": today},
        "decisions": {"kind": "scores", "about": "level", "educator": "The teacher", "notice": "n", "objection": "o", "reviewed_on": today},
        "addresses": {"link": "https://birch-reader.example"},
    }.items():
        assert client.post(f"{part}{what}/", said).status_code == 302, what
    words = page(client, f"/providers/tools/{listed.public_id}/")
    assert "Sends more than it may: Student e-mail" in words and "The teacher decides" in words
    client.post(f"{part}marks/", {"checked": str(listed.marks.get().pk)})
    client.post(f"{part}channels/", {"checked": str(listed.channels.get().pk)})
    assert listed.marks.get().verified == "issuer" and listed.channels.get().checked_on == clock.today()
    channel = listed.channels.get()
    client.post(f"{part}channels/", {"remove": str(channel.pk)})
    channel.refresh_from_db()
    assert channel.closed_at is not None
    client.post(f"{part}marks/", {"remove": str(listed.marks.get().pk)})
    assert not listed.marks.exists()
    assert len(trail("vendors.tool.changed", listed.public_id)) == 12
    client.post(f"/providers/tools/{listed.public_id}/retire/", {"because": "No need"})
    assert status.of(Tool.objects.get(pk=listed.pk), clock.now()).state is status.State.RETIRED


def test_a_contact_is_invited_acts_for_one_provider_and_is_ended() -> None:
    client, made = client_of("admin"), provider()
    address, until = f"/providers/{made.public_id}/contacts/new/", {"ends_on": str(day(365))}
    client.post(address, {"name": "Sam Cole", "email": "sam@cole.example", "may_sign": "on"} | until)
    contact = made.contacts.get()
    assert contact.may_sign and not contact.user.has_usable_password()
    assert (
        b"belongs to an account of the district"
        in client.post(address, {"name": "x", "email": "teacher@riverbend.example"} | until).content
    )
    other = provider()
    assert (
        b"acts for another provider"
        in client.post(f"/providers/{other.public_id}/contacts/new/", {"name": "x", "email": "sam@cole.example"} | until).content
    )
    client.post(f"/providers/{made.public_id}/contacts/{contact.public_id}/end/")
    contact.refresh_from_db()
    assert contact.ended_at is not None
    assert client.post(f"/providers/{other.public_id}/contacts/{contact.public_id}/end/").status_code == 404


def test_an_agreement_from_the_form_to_the_signature() -> None:
    made = tool()
    client = client_of("admin")
    form = {
        "kind": "ndpa", "title": "Agreement", "tools": [made.slug], "starts_on": day(0).isoformat(), "ends_on": day(300).isoformat(), "purposes": [PURPOSE],
        "disposition": "destroy", "breach_hours": "72",
    }  # fmt: skip
    answer = client.post(f"/agreements/new/?provider={made.provider.public_id}", form)
    agreement = Agreement.objects.get(provider=made.provider)
    detail = f"/agreements/{agreement.public_id}/"
    assert answer["Location"] == detail
    assert "This text is being written" in page(client, detail)
    schedule = f"{detail}schedule/{made.slug}/"
    page(client, schedule)
    assert (
        client.post(schedule, {"use-name": "needed", "use-grade": "optional", "use-local-id": "", "add": ["email"]})["Location"] == detail
    )
    version = agreement.versions.get()
    assert agreements.elements_of(version, made) == {"name", "grade", "email"}
    client.post(f"{detail}clauses/", {"part": "G", "state": "wi", "heading": "Records", "words": "s. 118.125"})
    client.post(f"{detail}document/", {"document": SimpleUploadedFile("x.pdf", PDF, "application/pdf")})
    assert "Send for signing" in page(client, f"{detail}act/send/")
    client.post(f"{detail}act/send/")
    version.refresh_from_db()
    assert version.document is not None and version.clauses.get().state == "US-WI" and version.sent_at
    contact = Client()
    contact.force_login(contact_of(made.provider), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert contact.get(detail).status_code == 404
    assert version.sha256 in page(client, f"{detail}sign/")
    refused = client.post(f"{detail}sign/", {"text_sha256": "0" * 64, "read": "on"})
    assert b"The text has changed since you opened it" in refused.content
    assert client.post(f"{detail}sign/", {"text_sha256": version.sha256, "title": "Director", "read": "on"})["Location"] == detail
    paper = {"text_sha256": version.sha256, "side": "provider", "name": "Pat Reed", "signed_on": day(0).isoformat()}
    client.post(f"{detail}paper/", paper | {"scan": SimpleUploadedFile("s.pdf", PDF, "application/pdf")})
    held = agreements.find(agreement.public_id, at=clock.now())
    assert held is not None and held.standing.state is State.IN_FORCE
    words = page(client, detail)
    assert "In force" in words and "Pat Reed" in words
    saved = client.get(reverse("providers:document", args=[version.document.public_id]))
    assert saved.content == PDF and saved["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"MZ not a pdf", b"not a whole PDF"),
        (b"%PDF-1.4 cut off", b"not a whole PDF"),
        (b"%PDF-" + b"x" * (10 * 2**20 + 1), b"larger than 10 MB"),
    ],
    ids=["program", "cut", "large"],
)
def test_only_whole_pdfs_of_10_mb_are_taken(content: bytes, words: bytes) -> None:
    agreement = drafted(tool())
    before = Document.objects.count()
    answer = client_of("admin").post(f"/agreements/{agreement.public_id}/document/", {"document": SimpleUploadedFile("a.pdf", content)})
    assert answer.status_code == 200 and words in answer.content and Document.objects.count() == before


def test_a_document_whose_bytes_were_changed_is_not_given_out() -> None:
    from vendors.providers import documents

    made = documents.receive(content=PDF, title="x", by=person("admin"), at=clock.now())
    made.content.content = PDF + b" "
    made.content.save()
    with pytest.raises(documents.Damaged):
        documents.content_of(Document.objects.get(pk=made.pk))


def test_an_agreement_is_ended_from_its_page() -> None:
    agreement = Agreement.objects.get(title="National Data Privacy Agreement with Reading Journey")
    client = client_of("steward")
    detail = f"/agreements/{agreement.public_id}/"
    assert "End the agreement now" in page(client, f"{detail}act/end/")
    client.post(f"{detail}act/end/", {"because": "The company was sold"})
    assert "Not any more" in page(client_of("teacher"), "/tools/reading-journey/")
    assert client.get(f"{detail}act/nonsense/").status_code == 404


def test_a_review_from_the_checklist_to_the_approval_and_the_guidance() -> None:
    made = tool()
    in_force(made)
    client = client_of("steward")
    client.post(f"/reviews/open/{made.slug}/")
    review = Review.objects.get(tool=made)
    detail = f"/reviews/{review.public_id}/"
    words = page(client, detail)
    assert "Does the tool do something that school staff would otherwise do?" in words and "Wisconsin" in words
    client.post(detail, {"act": "check", "said-ferpa-direct-control": "yes", "note-ferpa-direct-control": "Article II"})
    assert review.checks.get().note == "Article II"
    client.post(detail, {"act": "questionnaire"})
    assert review.questionnaire.provider == made.provider
    checked(review)
    decide = f"{detail}decide/"
    assert "The agreement's schedule" in page(client, decide)
    form = {
        "act": "approve", "elements": ["name"], "purposes": [PURPOSE], "consent": "opt_out", "starts_on": day(0).isoformat(), "ends_on": day(90).isoformat(), "grades": ["07"],
    }  # fmt: skip
    assert b"This field is required" in client.post(decide, form).content
    answer = client.post(decide, form | {"reason": "It helps."})
    assert answer["Location"] == f"/reviews/guidance/{made.slug}/"
    approval = Approval.objects.get(tool=made)
    assert (approval.elements, approval.grades, approval.consent) == (["name"], ["07"], "opt_out")
    client.post(answer["Location"], {"setup": "One\nTwo", "families_en": "Hello"})
    assert Guidance.objects.get(tool=made).setup == "One\nTwo"
    assert "Only in grades 7" in page(client_of("teacher"), f"/tools/{made.slug}/")
    client.post(detail, {"act": "stop"})
    assert "Not any more" in page(client_of("teacher"), f"/tools/{made.slug}/")


def test_a_review_is_refused_with_others_to_use_and_somebody_else_is_told_to_wait() -> None:
    made = tool(subjects=["mathematics"], purposes=[PURPOSE])
    review = review_of(made)
    decide = f"/reviews/{review.public_id}/decide/"
    assert "This is not yours to decide" in page(client_of("admin"), decide)
    assert b"This decision waits on" in client_of("admin").post(decide, {"act": "refuse", "reason": "No"}).content
    client_of("steward").post(decide, {"act": "refuse", "reason": "It sells data.", "alternatives": ["math-trails"]})
    review.refresh_from_db()
    assert review.outcome == Review.Outcome.REFUSED
    words = page(client_of("teacher"), f"/tools/{made.slug}/")
    assert "It sells data." in words and "Math Trails" in words


def test_lists_take_a_fixed_number_of_queries(django_assert_max_num_queries: Any) -> None:
    client = client_of("steward")
    for address, most in (("/agreements/", 35), ("/reviews/", 40), ("/providers/", 30)):
        page(client, address)
        with django_assert_max_num_queries(most):
            page(client, address)
        for _ in range(3):
            in_force(tool())
            review_of(tool())
        with django_assert_max_num_queries(most):
            page(client, address)
