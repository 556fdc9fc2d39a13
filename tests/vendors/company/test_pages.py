"""The provider's pages: its own things, nothing of another provider, nothing of a student."""

import datetime as dt
import re
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client

from governance.records.models import Student
from portal.base import clock, outbox
from tests.architecture.test_urls import GUARDED
from tests.governance.situations import person
from tests.vendors.situations import PDF, approved, contact_of, day, drafted, in_force, provider, review_of, sent, tool, trail
from vendors.agreements import actions as agreements
from vendors.company import actions, notices, queries
from vendors.company.models import BreachNotice, QuestionnaireDraft, SupplierNotice
from vendors.ends import actions as ends
from vendors.ends.models import Because, Order
from vendors.providers.models import Provider
from vendors.reviews import actions as reviews
from vendors.reviews import checklist
from vendors.reviews.models import Questionnaire

pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


@pytest.fixture
def ours() -> Provider:
    return Provider.objects.get(slug="reading-journey")  # provider@ acts for it


def client_of(persona: str) -> Client:
    client = Client()
    client.force_login(person(persona), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def asked_of(of: Provider) -> Questionnaire:
    return reviews.send_questionnaire(review=review_of(tool(of)).public_id, by=person("admin"), at=clock.now())


def answers_of(**more: str) -> dict[str, str]:
    """A form with every question answered as wanted."""
    _edition, questions = checklist.questionnaire()
    return {f"said-{question.id}": question.wanted for question in questions} | more


def order_of(of: Provider) -> Order:
    made = ends.order_for(
        tool=tool(of),
        students=list(Student.objects.filter(left_on=None).order_by("pk")[:2]),
        because=Because.CONSENT_WITHDRAWN,
        by=None,
        at=clock.now(),
    )
    assert made is not None
    return ends.send(order=made.public_id, at=clock.now())


# -- What is its own --------------------------------------------------------------------------------------------------------------


def test_the_first_page_holds_tools_agreements_questionnaires_and_orders(ours: Provider) -> None:
    asked, order = asked_of(ours), order_of(ours)
    words = page(client_of("provider"), "/provider/")
    for expected in (
        "Reading Journey",
        "National Data Privacy Agreement",
        "Security questionnaires",
        order.tool.name,
        asked.review.tool.name,
    ):
        assert expected in words


def test_the_first_page_takes_a_fixed_number_of_queries(ours: Provider, django_assert_max_num_queries: Any) -> None:
    client = client_of("provider")
    page(client, "/provider/")
    for _number in range(3):
        order_of(ours)
        asked_of(ours)
    with django_assert_max_num_queries(32):
        page(client, "/provider/")


def test_a_contact_whose_row_ended_sees_nothing_any_more(ours: Provider) -> None:
    client = client_of("provider")
    held = Questionnaire.objects.filter(provider=ours).first() or asked_of(ours)
    ours.contacts.filter(user=person("provider")).update(ended_at=clock.now(), ended_by=person("admin"))
    assert "acts for no company" in page(client, "/provider/")
    assert client.get(f"/provider/questionnaires/{held.public_id}/").status_code == 404


def test_a_draft_of_the_district_is_not_shown_before_it_is_sent(ours: Provider) -> None:
    made = drafted(tool(ours))
    client = client_of("provider")
    assert client.get(f"/provider/agreements/{made.public_id}/").status_code == 404
    assert made.title not in page(client, "/provider/")
    sent(made)
    assert "waits for your signature" in page(client, f"/provider/agreements/{made.public_id}/")


# -- Nothing of others, nothing of students ---------------------------------------------------------------------------------------


def test_another_provider_s_things_answer_as_missing() -> None:
    other = provider()
    theirs = {
        "questionnaires": asked_of(other).public_id,
        "agreements": in_force(tool(other)).public_id,
        "deletions": order_of(other).public_id,
        "documents": person("admin").public_id,
    }
    made = drafted(tool(other))
    from tests.vendors.situations import document

    agreements.attach(agreement=made.public_id, document=document(), by=person("admin"), at=clock.now())
    theirs["documents"] = sent(made).document.public_id
    actions.tell_of_breach(
        tools=[], discovered_at=clock.now(), happened="x", data="x", people_about=None, contained=True, measures="", reach="x",
        by=contact_of(other), at=clock.now(),
    )  # fmt: skip
    theirs["breach"] = BreachNotice.objects.get(provider=other).public_id
    client = client_of("provider")
    for where, public_id in theirs.items():
        assert client.get(f"/provider/{where}/{public_id}/").status_code == 404, where
    assert client.get(f"/provider/agreements/{theirs['agreements']}/sign/").status_code == 404


def test_no_page_that_a_provider_may_open_holds_a_student(ours: Provider) -> None:
    """Every address of the portal, with the ids of the provider's own things: no opaque id and no name of any student."""
    order_of(ours)
    asked_of(ours)
    own: dict[str, list[uuid.UUID]] = {
        "company:questionnaire": list(Questionnaire.objects.filter(provider=ours).values_list("public_id", flat=True)),
        "company:agreement": list(ours.agreements.values_list("public_id", flat=True)),
        "company:deletion": list(Order.objects.filter(tool__provider=ours).values_list("public_id", flat=True)),
    }
    with connections["owner"].cursor() as cursor:
        cursor.execute("SET ROLE portal_door")
        cursor.execute("SELECT given_name || ' ' || family_name FROM records.identity")
        names = {name for (name,) in cursor.fetchall() if name}
        cursor.execute("RESET ROLE")
    ids = {str(public_id) for public_id in Student.objects.values_list("public_id", flat=True)}
    assert len(names) > 50 and len(ids) > 50
    client, opened = client_of("provider"), 0
    for route in GUARDED:
        addresses = [route.address(public_id=each) for each in own.get(route.name, [])] or [route.address()]
        for address in addresses:
            answer = client.get(address)
            if answer.status_code != 200 or answer.streaming:
                continue
            opened += 1
            text = answer.content.decode(errors="replace")
            assert not set(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", text)) & ids, route.path
            assert not {name for name in names if name in text}, route.path
    assert opened > 8


# -- Questionnaires ---------------------------------------------------------------------------------------------------------------


def test_answers_are_saved_handed_in_and_kept(ours: Provider) -> None:
    asked, client = asked_of(ours), client_of("provider")
    address = f"/provider/questionnaires/{asked.public_id}/"
    edition, questions = checklist.questionnaire()
    first = questions[0].id
    client.post(address, {"act": "save", "edition": edition, f"words-{first}": "As far as we know <b>"})
    assert QuestionnaireDraft.objects.get(questionnaire=asked).answers == {first: ["", "As far as we know <b>"]}
    assert b"As far as we know &lt;b&gt;" in client.get(address).content
    refused = client.post(address, {"act": "hand_in", "edition": edition, f"words-{first}": "kept"})
    assert refused.status_code == 422 and b"kept</textarea>" in refused.content
    client.post(address, answers_of(act="hand_in", edition="1999"))
    asked.refresh_from_db()
    assert asked.handed_in_at is None
    client.post(address, answers_of(act="hand_in", edition=edition))
    asked.refresh_from_db()
    assert asked.handed_in_by == person("provider") and not QuestionnaireDraft.objects.filter(questionnaire=asked).exists()
    assert "handed in" in page(client, address)
    client.post(address, answers_of(act="hand_in", edition=edition, **{f"words-{first}": "changed"}))
    assert not asked.answers.filter(words="changed").exists()


# -- Agreements -------------------------------------------------------------------------------------------------------------------


def test_the_provider_signs_the_exact_text_and_not_an_old_one(ours: Provider) -> None:
    made, client = drafted(tool(ours)), client_of("provider")
    old = sent(made).sha256
    agreements.take_back(agreement=made.public_id, by=person("admin"), at=clock.now())
    agreements.write_terms(agreement=made.public_id, breach_hours=48, by=person("admin"), at=clock.now())
    new = sent(made).sha256
    address = f"/provider/agreements/{made.public_id}/sign/"
    refused = client.post(address, {"text_sha256": old, "read": "on"})
    assert refused.status_code == 200 and b"The text has changed" in refused.content
    assert trail("vendors.agreement.signature_refused", made.public_id)[-1]["data"]["why"] == "other_text"
    assert not made.versions.get().signatures.exists()
    assert client.post(address, {"text_sha256": new}).status_code == 200  # not agreed
    assert client.post(address, {"text_sha256": new, "read": "on"}).status_code == 302
    signature = made.versions.get().signatures.get()
    assert signature.side == "provider" and signature.text_sha256 == new and signature.signed_by == person("provider")


# -- Deletion orders --------------------------------------------------------------------------------------------------------------


def test_an_order_is_confirmed_with_a_document(ours: Provider) -> None:
    order, client = order_of(ours), client_of("provider")
    address = f"/provider/deletions/{order.public_id}/"
    words = page(client, address)
    assert "2 students" in words and "tobedeleted" in words
    form = {"order_sha256": order.sha256, "deleted_on": clock.today().isoformat(), "agreed": "on"}
    wrong = client.post(address, form | {"document": SimpleUploadedFile("x.pdf", PDF), "document_sha256": "0" * 64})
    assert wrong.status_code == 422 and b"may have been changed on its way" in wrong.content
    assert client.post(address, form | {"document": SimpleUploadedFile("x.pdf", b"no pdf")}).status_code == 422
    assert client.post(address, form | {"document": SimpleUploadedFile("x.pdf", PDF)}).status_code == 302
    order = Order.objects.get(pk=order.pk)
    assert order.certificate.kind == "document" and "What you confirmed" in page(client, address)
    answer = client.get(f"/provider/documents/{order.certificate.document.public_id}/")
    assert answer.content == PDF and "attachment" in answer["Content-Disposition"]
    staff = page(client_of("admin"), f"/deletions/{order.public_id}/")
    assert "The provider says that the data was deleted" in staff


def test_staff_see_orders_register_certificates_and_call_off(ours: Provider) -> None:
    order, other, admin = order_of(ours), order_of(ours), client_of("admin")
    assert order.tool.name in page(admin, "/deletions/")
    assert client_of("teacher").get("/deletions/").status_code == 403
    address = f"/deletions/{order.public_id}/"
    admin.post(
        address,
        {
            "act": "register", "order_sha256": order.sha256, "name": "Pat Roe", "deleted_on": clock.today().isoformat(),
            "document": SimpleUploadedFile("x.pdf", PDF),
        },
    )  # fmt: skip
    assert Order.objects.get(pk=order.pk).certificate.registered
    empty = admin.post(f"/deletions/{other.public_id}/", {"act": "call_off", "because": ""})
    assert empty.status_code == 422 and Order.objects.get(pk=other.pk).called_off_at is None
    admin.post(f"/deletions/{other.public_id}/", {"act": "call_off", "because": "A mistake"})
    assert Order.objects.get(pk=other.pk).called_off_by == person("admin")


# -- Breaches ---------------------------------------------------------------------------------------------------------------------


def test_a_notice_of_a_breach_has_its_clock_from_the_discovery_and_is_handed_on(ours: Provider, monkeypatch: Any) -> None:
    taken: list[uuid.UUID] = []
    monkeypatch.setattr(notices, "_takers", [*notices._takers])

    @notices.on_breach_notice
    def take(notice: BreachNotice) -> None:
        taken.append(notice.public_id)

    client = client_of("provider")
    chosen = ours.tools.get(slug="reading-journey")
    hours = queries.breach_term(ours, at=clock.now())[0]
    discovered = (clock.now() - dt.timedelta(hours=hours + 2)).astimezone()
    form = {
        "tools": [str(chosen.public_id)], "happened": "A bucket stood open.", "data": "Names, grades", "reach": "Sam, 715-555-0100",
        "discovered_at": (clock.now() + dt.timedelta(days=2)).strftime("%Y-%m-%dT%H:%M"),
    }  # fmt: skip
    refused = client.post("/provider/breach/", form)
    assert refused.status_code == 422 and b"A bucket stood open." in refused.content and b"in the future" in refused.content
    answer = client.post("/provider/breach/", form | {"discovered_at": discovered.strftime("%Y-%m-%dT%H:%M")})
    notice = BreachNotice.objects.get(provider=ours)
    assert answer["Location"] == f"/provider/breach/{notice.public_id}/"
    assert notice.due_at == notice.discovered_at + dt.timedelta(hours=hours)
    assert "Told too late" in page(client, answer["Location"])
    (entry,) = trail("vendors.breach_notice.received", notice.public_id)
    assert entry["data"]["late"] is True and "bucket" not in str(entry)
    outbox.run()
    assert taken == [notice.public_id]
    assert "A bucket stood open." in page(client_of("security"), f"/announcements/breaches/{notice.public_id}/")


def test_without_hours_in_an_agreement_the_model_agreement_s_clock_counts() -> None:
    bare, agreed = provider(), provider()
    in_force(tool(agreed))
    assert queries.breach_term(bare, at=clock.now()) == (72, "ndpa-provider")
    assert queries.breach_term(agreed, at=clock.now()) == (72, "")


# -- Suppliers --------------------------------------------------------------------------------------------------------------------


def test_a_supplier_is_announced_and_comes_into_the_catalogue_when_the_district_takes_it(ours: Provider) -> None:
    client, chosen = client_of("provider"), ours.tools.get(slug="reading-journey")
    form = {
        "tool": str(chosen.public_id), "change": "added", "name": "Cloud North", "country": "us", "does": "Backups", "elements": ["name"],
        "starts_on": day(30).isoformat(),
    }  # fmt: skip
    assert client.post("/provider/suppliers/new/", form | {"country": "USA"}).status_code == 422
    foreign = tool(provider())
    assert client.post("/provider/suppliers/new/", form | {"tool": str(foreign.public_id)}).status_code == 422
    assert client.post("/provider/suppliers/new/", form).status_code == 302
    notice = SupplierNotice.objects.get(name="Cloud North")
    assert not chosen.subprocessors.filter(name="Cloud North").exists()
    assert client.post(f"/announcements/suppliers/{notice.public_id}/", {"act": "take"}).status_code == 404
    admin = client_of("admin")
    assert "Cloud North" in page(admin, "/announcements/")
    for _time in range(2):
        admin.post(f"/announcements/suppliers/{notice.public_id}/", {"act": "take"})
    assert chosen.subprocessors.get(name="Cloud North").country == "US"


def test_who_acts_for_nobody_does_nothing() -> None:
    made = approved()
    with pytest.raises(actions.CannotAct) as refusal:
        actions.announce_supplier(
            tool=made.tool,
            change="added",
            name="x",
            country="US",
            does="x",
            elements=[],
            starts_on=day(1),
            by=person("admin"),
            at=clock.now(),
        )
    assert refusal.value.code == "not_the_provider"
