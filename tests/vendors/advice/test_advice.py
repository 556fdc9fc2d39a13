"""Signed reviews of others: taken as advice when everything is in order, refused with words and an entry when not, and never an approval."""

import dataclasses
import datetime as dt
import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client

from governance.trail import entries
from portal.base import clock
from tests.governance.situations import person
from tests.vendors.situations import approve, approved, checked, day, in_force, provider, review_of, tool, trail
from vendors.advice import actions, files
from vendors.advice.files import CannotTake, Finding, Limits
from vendors.advice.models import SignedReview, TrustedKey
from vendors.providers.models import Tool
from vendors.reviews import actions as reviews
from vendors.reviews import rules, status
from vendors.reviews.models import Advice, Review
from vendors.reviews.rules import State

pytestmark = pytest.mark.usefixtures("district")
KEY = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
OTHER = Ed25519PrivateKey.from_private_bytes(b"\x08" * 32)
LIMITS = Limits(13, None, ("07", "08"), "opt_in", True, "Only with the chat off.")
Change = Callable[[dict[str, Any]], None]


@pytest.fixture(autouse=True)
def _demo(settings: Any, district: Any) -> None:
    settings.DEMO = True
    Advice.objects.all().delete()  # what came into the demo
    TrustedKey.objects.all().delete()


@pytest.fixture
def lexi() -> Tool:
    return tool(provider("Lexi Labs"), "Lexi Reader", link="https://lexi.example")


@pytest.fixture
def trusted() -> TrustedKey:
    key = actions.propose_key(name="CESA 20", public_key=files.public_part(KEY), by=person("admin"), at=clock.now())
    return actions.confirm_key(key=key.public_id, by=person("steward"), at=clock.now())


def finding(**more: Any) -> Finding:
    wanted: dict[str, Any] = {
        "id": uuid.uuid4(),
        "issuer": "CESA 20",
        "provider": "Lexi Labs",
        "tool": "Lexi Reader",
        "addresses": ("lexi.example",),
        "outcome": "limited",
        "decided_on": day(-20),
        "valid_until": day(300),
        "reason": "It reads aloud and takes little.",
        "elements": ("name", "grade"),
        "limits": LIMITS,
    }
    return Finding(**(wanted | more))


def receive(about: Tool, content: bytes | None = None, *, key: Ed25519PrivateKey = KEY, **more: Any) -> Advice:
    content = files.write(finding(**more), key) if content is None else content
    return actions.receive(content=content, tool=about, by=person("admin"), at=clock.now())


def client_of(persona: str) -> Client:
    client = Client()
    client.force_login(person(persona), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


# -- In ---------------------------------------------------------------------------------------------------------------------------


def test_it_stands_beside_the_ratings_with_its_limits_and_until_when_it_counts(lexi: Tool, trusted: TrustedKey) -> None:
    advice = receive(lexi)
    assert (advice.source, advice.finding, advice.signed, advice.found_on) == ("CESA 20", "limited", "valid", day(-20))
    page = client_of("steward").get(f"/reviews/{review_of(lexi).public_id}/").content.decode()
    beside = page[page.index("Ratings and certificates") :]
    for words in (
        "What others found",
        "It approves nothing here",
        "CESA 20",
        "It reads aloud",
        "Ages there: 13 and older",
        "Only with the chat off",
        "Grade",
    ):
        assert words in beside, words
    assert trail("vendors.advice.received", advice.public_id)[-1]["data"] == {"tool": str(lexi.public_id), "signed": "valid"}


@pytest.mark.parametrize("outcome", files.OUTCOMES)
def test_whatever_others_found_the_tools_status_stays(outcome: str, lexi: Tool, trusted: TrustedKey) -> None:
    usable, refused = approved().tool, checked(review_of(tool())).tool
    reviews.refuse(
        review=Review.objects.get(tool=refused, closed_at=None).public_id, reason="It sells data.", by=person("steward"), at=clock.now()
    )
    for about, state in ((lexi, State.UNKNOWN), (usable, State.APPROVED), (refused, State.REFUSED)):
        before = status.of(about, clock.now())
        receive(about, outcome=outcome, provider=about.provider.name, tool=about.name, addresses=())
        after = status.of(about, clock.now())
        assert before.state is after.state is state
        assert (after.approval, after.review, after.refusal) == (before.approval, before.review, before.refusal)
    assert status.permit_of(lexi, clock.now()) is None and Review.objects.filter(tool=lexi).count() == 0


def test_what_computes_a_status_does_not_know_of_advice() -> None:
    for module in (status, rules):
        assert "advice" not in Path(str(module.__file__)).read_text().casefold()


def _says(name: str, value: Any) -> Change:
    return lambda whole: whole["review"].__setitem__(name, value)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_says("outcome", "approved"), "forged"),
        (lambda whole: whole.update(signature="0" * 128), "forged"),
        (lambda whole: whole.update(key=files.public_part(OTHER)), "unknown_key"),
        (_says("outcome", "excellent"), "not_a_review"),
        (_says("further", "thing"), "not_a_review"),
        (lambda whole: whole["review"].pop("reason"), "not_a_review"),
        (lambda whole: whole.update(form="tool-review/2"), "not_a_review"),
        (lambda whole: whole.update(signature="zz"), "not_a_review"),
        (lambda whole: whole["review"]["limits"].update(youngest_age="13"), "not_a_review"),
    ],
    ids=["outcome-changed", "no-signature", "other-key", "unknown-outcome", "further-field", "field-gone", "other-form", "short", "age-in-words"],
)  # fmt: skip
def test_a_file_that_somebody_changed_is_refused_with_words_and_recorded(
    change: Change, code: str, lexi: Tool, trusted: TrustedKey
) -> None:
    whole = json.loads(files.write(finding(), KEY))
    change(whole)
    refused(lexi, json.dumps(whole).encode(), code)


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"\xff", b"{" * 50_000, b" " * (files.MOST_BYTES + 1), b'{"form":1,"form":2}'],
    ids=["empty", "list", "no-text", "deep", "large", "twice"],
)
def test_what_is_no_file_of_a_review_is_refused(content: bytes, lexi: Tool, trusted: TrustedKey) -> None:
    refused(lexi, content, "not_a_review")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"decided_on": dt.date(2024, 1, 2), "valid_until": dt.date(2025, 1, 2)}, "expired"),
        ({"decided_on": dt.date(2099, 1, 1), "valid_until": dt.date(2099, 5, 1)}, "wrong_days"),
        ({"valid_until": dt.date(2099, 1, 1)}, "wrong_days"),
        ({"tool": "Lexi Writer", "addresses": ("writer.example",)}, "wrong_tool"),
        ({"provider": "Somebody Else", "addresses": ()}, "wrong_tool"),
    ],
    ids=["expired", "of-tomorrow", "for-ever", "other-tool", "other-company"],
)
def test_expired_or_of_another_tool_is_refused(more: dict[str, Any], code: str, lexi: Tool, trusted: TrustedKey) -> None:
    refused(lexi, files.write(finding(**more), KEY), code)


def test_a_file_that_is_shown_again_or_is_older_than_the_last_is_refused(lexi: Tool, trusted: TrustedKey) -> None:
    first = finding()
    receive(lexi, files.write(first, KEY))
    refused(lexi, files.write(first, KEY), "came_before")
    refused(lexi, files.write(dataclasses.replace(first, outcome="approved"), KEY), "came_before")
    refused(lexi, files.write(finding(decided_on=day(-40)), KEY), "older")
    receive(lexi, outcome="refused", decided_on=day(-2))
    assert [each.finding for each in lexi.advice.all()] == ["refused", "limited"]


def refused(about: Tool, content: bytes, code: str) -> None:
    before = Advice.objects.count()
    with pytest.raises(CannotTake) as refusal:
        receive(about, content)
    assert refusal.value.code == code and len(refusal.value.what_to_do) > 20
    assert Advice.objects.count() == before
    assert trail("vendors.advice.refused", about.public_id)[-1]["data"] == {"why": code}


def test_if_the_entry_cannot_be_written_nothing_is_taken(lexi: Tool, trusted: TrustedKey, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_more: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(entries, "append", fail)
    with pytest.raises(RuntimeError):
        receive(lexi)
    assert not Advice.objects.exists() and not SignedReview.objects.exists()


# -- Keys -------------------------------------------------------------------------------------------------------------------------


def test_a_key_takes_two_people_and_can_be_taken_off_the_list(lexi: Tool) -> None:
    key = actions.propose_key(name="CESA 20", public_key=f" {files.public_part(KEY).upper()} ", by=person("admin"), at=clock.now())
    refused(lexi, files.write(finding(), KEY), "not_confirmed")
    with pytest.raises(actions.CannotTrust) as refusal:
        actions.confirm_key(key=key.public_id, by=person("admin"), at=clock.now())
    assert refusal.value.code == "same_person"
    with pytest.raises(IntegrityError), transaction.atomic():
        TrustedKey.objects.filter(pk=key.pk).update(confirmed_at=clock.now(), confirmed_by=person("admin"))
    with pytest.raises(actions.CannotTrust):
        actions.confirm_key(key=key.public_id, by=person("teacher"), at=clock.now())
    actions.confirm_key(key=key.public_id, by=person("leader"), at=clock.now())
    receive(lexi)
    actions.end_key(key=key.public_id, by=person("steward"), at=clock.now())
    refused(lexi, files.write(finding(decided_on=day(-1)), KEY), "unknown_key")
    assert lexi.advice.count() == 1  # what it said before stays, as advice
    assert len(trail("vendors.trusted_key.confirmed", key.public_id)) == 1


@pytest.mark.parametrize(
    ("key", "code"),
    [("abc", "no_key"), (files.public_part(KEY), "there_already"), ("own", "own_key")],
    ids=["short", "twice", "own"],
)
def test_a_key_that_is_no_use_is_refused(key: str, code: str, trusted: TrustedKey) -> None:
    with pytest.raises(actions.CannotTrust) as refusal:
        actions.propose_key(
            name="x", public_key=files.public_part(files.own_key()) if key == "own" else key, by=person("admin"), at=clock.now()
        )
    assert refusal.value.code == code


# -- Out --------------------------------------------------------------------------------------------------------------------------


def test_a_finished_review_goes_out_signed_and_another_district_can_take_it_in(lexi: Tool) -> None:
    in_force(lexi)
    approval = approve(checked(review_of(lexi)), youngest_age=13, conditions="Only with the chat off.", elements=["name"])
    client = client_of("steward")
    page = client.get(f"/reviews/{approval.review.public_id}/").content
    assert b"Give this review out" in page
    answer = client.post(f"/advice/reviews/{approval.review.public_id}/file/")
    assert answer["Content-Disposition"] == 'attachment; filename="review-lexi-reader.json"'
    file = files.read(answer.content)
    assert files.holds(file) and file.key == files.public_part(files.own_key())
    assert (file.finding.outcome, file.finding.elements, file.finding.addresses) == ("limited", ("name",), ("lexi.example",))
    assert file.finding.limits is not None and file.finding.limits.youngest_age == 13 and file.finding.valid_until == approval.ends_on
    for user in (person("steward"), person("admin")):
        assert user.name.encode() not in answer.content and user.email.encode() not in answer.content
    assert trail("vendors.advice.given", approval.review.public_id)[-1]["data"] == {"outcome": "limited"}


def test_an_open_review_is_not_given_out(lexi: Tool) -> None:
    review = review_of(lexi)
    client = client_of("steward")
    assert b"Give this review out" not in client.get(f"/reviews/{review.public_id}/").content
    assert client.post(f"/advice/reviews/{review.public_id}/file/").status_code == 404


# -- Pages ------------------------------------------------------------------------------------------------------------------------


def test_the_whole_way_through_the_pages(lexi: Tool) -> None:
    admin, steward = client_of("admin"), client_of("steward")
    assert b"/advice/" in steward.get("/reviews/").content
    admin.post("/advice/", {"name": "CESA 20", "public_key": files.public_part(KEY)})
    key = TrustedKey.objects.get()
    assert b"I compared it: confirm" not in admin.get("/advice/").content
    assert b"I compared it: confirm" in steward.get("/advice/").content
    steward.post(f"/advice/keys/{key.public_id}/", {"act": "confirm"})
    assert b"Choose a tool" in steward.get(f"/advice/new/?tool={lexi.slug}").content

    def send(content: bytes) -> Any:
        return steward.post("/advice/new/", {"tool": lexi.slug, "file": SimpleUploadedFile("review.json", content)})

    bad = send(files.write(finding(), OTHER))
    assert bad.status_code == 422 and b"Nobody here trusts the key" in bad.content
    assert send(files.write(finding(), KEY)).status_code == 302
    page = steward.get("/advice/").content.decode()
    assert "Lexi Reader" in page and "CESA 20" in page and "Nobody types real names there" in page


def test_who_does_not_review_stays_out(lexi: Tool, trusted: TrustedKey) -> None:
    client = client_of("teacher")
    assert client.get("/advice/").status_code == client.get("/advice/new/").status_code == 403
    assert client.post(f"/advice/keys/{trusted.public_id}/", {"act": "end"}).status_code == 404
    assert client_of("leader").get("/advice/").status_code == 200 and client_of("leader").get("/advice/new/").status_code == 403
