"""Who may answer, to which text, what stays of it, and what follows."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction

from governance.records.models import Guardianship, OwnRecord
from governance.trail import entries
from portal.base import clock, outbox
from portal.base.models import Message
from tests.governance.situations import person
from tests.vendors.consents.situations import another_guardian, child_of, form_for, paper_of, permitted, say
from tests.vendors.situations import approve, checked, day, review_of, trail
from vendors.consents import actions, queries, texts
from vendors.consents.actions import CannotAnswer
from vendors.consents.models import Answer, Form, Matter, Standing

pytestmark = pytest.mark.usefixtures("district")


def refused(code: str, work: Any) -> None:
    """That answer is not taken, with that word, and the trail keeps the try."""
    before = len(trail("vendors.consent.not_taken"))
    with pytest.raises(CannotAnswer) as refusal:
        work()
    assert refusal.value.code == code and refusal.value.what_to_do
    kept = trail("vendors.consent.not_taken")
    assert len(kept) == before + 1 and kept[-1]["data"]["because"] == code


# -- Evidence ------------------------------------------------------------------------------------------------------------------


def test_an_answer_keeps_who_said_it_to_which_text_in_which_language_and_the_trail_says_so() -> None:
    form = form_for()
    made = say(form, "given", language="es")
    assert (made.text_sha256, made.language, made.method, made.by) == (form.sha256, "es", "portal", person("parent"))
    (entry,) = trail("vendors.consent.given", made.public_id)
    assert entry["actor"] == person("parent").pk and entry["hat"] == "guardian"
    assert entry["data"] == {"matter": str(form.matter.public_id), "sha256": form.sha256, "method": "portal", "language": "es"}


def test_the_hash_of_a_text_is_the_hash_of_all_of_it() -> None:
    form = form_for()
    assert texts.hash_of_form(form) == form.sha256
    form.texts["es"]["words"] += " x"
    assert texts.hash_of_form(form) != form.sha256


def test_a_text_names_the_company_what_it_gets_and_what_happens_if_one_does_nothing() -> None:
    form = form_for()
    words, nothing = form.texts["en"]["words"], form.texts["en"]["if_nothing"]
    assert form.matter.tool is not None
    assert form.matter.tool.provider.name in words and "grade" in words.lower() and "does not use it" in nothing


def test_published_texts_and_answers_stay_as_they_are_whatever_the_application_does() -> None:
    form = form_for()
    made = say(form, "given")
    for statement in (
        "UPDATE consents_form SET texts = '{}' WHERE id = %s",
        "DELETE FROM consents_form WHERE id = %s",
        "UPDATE consents_answer SET said = 'refused' WHERE form_id = %s",
        "DELETE FROM consents_answer WHERE form_id = %s",
        "UPDATE consents_form SET sha256 = repeat('a', 64) WHERE id = %s",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [form.pk])
    with pytest.raises(IntegrityError), transaction.atomic():
        made.pk, made.public_id, made.key, made.text_sha256 = None, uuid.uuid4(), uuid.uuid4(), "b" * 64
        made.save(force_insert=True)


# -- Registered by mistake -------------------------------------------------------------------------------------------------------


def test_a_paper_that_was_registered_by_mistake_does_not_count_and_stays_to_be_seen() -> None:
    form, child = form_for(), child_of()
    first = say(form, "refused")
    paper = paper_of(form, "given", by=person("secretary"))
    assert permitted(form, child) == {}
    put = Message.objects.filter(topic="vendors.consent_withdrawn").count()
    for _twice in range(2):
        actions.take_for_mistake(answer=paper, why="wrong_child", by=person("secretary"), at=clock.now())
    assert permitted(form, child) == {child.pk: "refused"}, "what was said before it counts"
    (entry,) = trail("vendors.consent.mistaken", paper.public_id)
    assert entry["data"] == {"matter": str(form.matter.public_id), "said": "given", "why": "wrong_child"} and entry["hat"] == "secretary"
    assert Message.objects.filter(topic="vendors.consent_withdrawn").count() == put + 1, "the company has to delete"
    assert {each.public_id for each in queries.receipts_of(person("parent"), child)} >= {first.public_id, paper.public_id}
    link = queries.right_of(person("parent"), child, on=clock.today())
    found = queries.question_of(child, link, form.matter.public_id)
    assert found is not None and found.last == first


def test_a_no_that_was_registered_by_mistake_gives_the_ok_back_and_orders_nothing() -> None:
    form, child = form_for(), child_of()
    say(form, "given")
    paper = paper_of(form, "refused", by=person("secretary"))
    assert permitted(form, child) == {child.pk: "refused"}
    put = Message.objects.filter(topic="vendors.consent_withdrawn").count()
    actions.take_for_mistake(answer=paper, why="misread", by=person("steward"), at=clock.now())
    assert permitted(form, child) == {} and trail("vendors.consent.mistaken")[-1]["hat"] == "data_steward"
    assert Message.objects.filter(topic="vendors.consent_withdrawn").count() == put


def test_who_did_not_register_it_and_is_no_steward_takes_no_paper_back_and_nobody_an_answer_of_the_portal() -> None:
    form = form_for()
    paper, said = paper_of(form, by=person("secretary")), say(form_for(), "given")
    for by, one in (("admin", paper), ("teacher", paper), ("parent", paper), ("steward", said), ("parent", said)):
        with pytest.raises(CannotAnswer) as refusal:
            actions.take_for_mistake(answer=one, why="misread", by=person(by), at=clock.now())
        assert refusal.value.code == ("said_in_portal" if by == "steward" else "not_theirs")
    with pytest.raises(ValueError):
        actions.take_for_mistake(answer=paper, why="a free text", by=person("secretary"), at=clock.now())
    assert not trail("vendors.consent.mistaken") and permitted(form, child_of()) == {}


# -- What is refused -----------------------------------------------------------------------------------------------------------


def test_a_page_sent_twice_is_one_answer_and_its_key_says_one_thing() -> None:
    form, key = form_for(), uuid.uuid4()
    assert say(form, "given", key=key) == say(form, "given", key=key)
    assert Answer.objects.filter(form=form).count() == 1
    refused("key_used", lambda: say(form, "withdrawn", key=key))


def test_an_ok_to_an_old_text_does_not_count_but_a_no_always_does() -> None:
    form, child = form_for(), child_of()
    assert form.matter.tool is not None
    approve(checked(review_of(form.matter.tool)), elements=("name",), consent="opt_in")
    newer = actions.publish_for_tool(tool=form.matter.tool, by=person("steward"), at=clock.now())
    assert newer.number == 2 and Form.objects.get(pk=form.pk).replaced_by == person("steward")
    refused("old_text", lambda: say(form, "given"))
    assert permitted(newer, child) == {child.pk: "no_answer"}
    say(newer, "given")
    say(form, "withdrawn")
    assert permitted(newer, child) == {child.pk: "withdrawn"}


def test_a_text_that_says_the_same_is_not_published_again() -> None:
    form = form_for()
    assert form.matter.tool is not None
    assert actions.publish_for_tool(tool=form.matter.tool, by=person("steward"), at=clock.now()) == form


def test_a_made_up_text_is_refused() -> None:
    form = form_for()
    refused("unknown_text", lambda: say(form, "refused", text_sha256="c" * 64))


def test_nothing_is_taken_back_that_was_not_said() -> None:
    form = form_for()
    refused("nothing_to_withdraw", lambda: say(form, "withdrawn"))
    another_guardian(child_of())
    say(form, "given", by="other.parent", student=child_of())
    refused("nothing_to_withdraw", lambda: say(form, "withdrawn"))


def test_what_is_for_information_takes_no_ok() -> None:
    refused("nothing_to_answer", lambda: say(form_for("inform"), "given"))


# -- Who may -------------------------------------------------------------------------------------------------------------------


def test_another_family_may_not_answer() -> None:
    form = form_for()
    Guardianship.objects.filter(student=child_of(), user=person("other.parent")).delete()
    refused("no_right", lambda: say(form, "given", by="other.parent", student=child_of()))


@pytest.mark.parametrize(
    "facts",
    [
        {"may_consent": False},
        {"limit": "placement_denied", "limit_set_at": clock.now()},
    ],
    ids=["no-right-to-consent", "placement-denied"],
)
def test_a_guardian_without_the_right_may_not_answer(facts: dict) -> None:
    form, child = form_for(), child_of()
    another_guardian(child, **facts)
    refused("no_right", lambda: say(form, "given", by="other.parent", student=child))
    assert permitted(form, child) == {child.pk: "no_answer"}


def test_an_order_that_has_ended_takes_nothing_away() -> None:
    form, child = form_for(), child_of()
    another_guardian(child, limit="placement_denied", limit_set_at=clock.now(), limit_ends_on=day(-1))
    say(form, "given", by="other.parent", student=child)
    assert permitted(form, child) == {}


def test_a_student_answers_from_18_on_and_the_parents_then_no_more() -> None:
    form, child = form_for(), child_of()
    say(form, "given")
    own, _made = OwnRecord.objects.update_or_create(user=person("student"), defaults={"student": child, "eligible_since": None})
    refused("too_young", lambda: say(form, "refused", by="student"))
    own.eligible_since = day(0)
    own.save()
    assert permitted(form, child) == {}  # what the parents said stands until the student says something else
    refused("passed", lambda: say(form, "withdrawn"))
    say(form, "refused", by="student")
    assert permitted(form, child) == {child.pk: "refused"}
    say(form, "given", by="student")
    assert permitted(form, child) == {}


def test_a_staff_member_is_not_a_family() -> None:
    form = form_for()
    for persona in ("teacher", "admin", "secretary"):
        refused("no_right", lambda persona=persona: say(form, "given", by=persona, student=child_of()))


# -- What follows --------------------------------------------------------------------------------------------------------------


def told_about(form: Form) -> list[dict]:
    """The messages of a no about the form's tool; the demo has some of its own."""
    assert form.matter.tool is not None
    found = Message.objects.filter(topic="vendors.consent_withdrawn", body__tool=str(form.matter.tool.public_id))
    return list(found.order_by("pk").values_list("body", flat=True))


def test_a_no_is_told_to_whoever_deletes_once_with_ids_alone() -> None:
    form = form_for()
    say(form, "given")
    assert told_about(form) == []
    made = say(form, "withdrawn")
    assert form.matter.tool is not None
    told = {"answer": str(made.public_id), "student": str(child_of().public_id), "tool": str(form.matter.tool.public_id)}
    assert told_about(form) == [told]
    another_guardian(child_of())
    say(form, "refused", by="other.parent", student=child_of())
    assert len(told_about(form)) == 1


def test_a_receipt_is_mailed_without_a_word_about_the_child_the_tool_or_the_answer(mailoutbox: list) -> None:
    form = form_for()
    made = say(form, "refused")
    outbox.run()
    (sent,) = [message for message in mail.outbox if str(made.public_id) in message.body]
    assert sent.to == [person("parent").email]
    assert form.matter.tool is not None
    for word in (form.matter.tool.name, str(child_of().public_id), "no", "refused"):
        assert word not in sent.subject.split() and (len(word) < 4 or word not in sent.body)


def test_if_the_entry_cannot_be_written_nothing_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    form = form_for()

    def fails(*_given: Any, **_more: Any) -> None:
        raise RuntimeError("no entry")

    monkeypatch.setattr(entries, "append", fails)
    with pytest.raises(RuntimeError):
        say(form, "given")
    assert not Answer.objects.filter(form=form).exists() and not Standing.objects.filter(matter=form.matter).exists()


# -- Paper ---------------------------------------------------------------------------------------------------------------------


def paper(form: Form, said: str, *, by: str = "secretary", link: Guardianship | None = None, **more: Any) -> Answer:
    wanted: dict[str, Any] = {"number": form.number, "language": "es", "signed_on": day(-2), "key": uuid.uuid4(), "at": clock.now()}
    link = link or Guardianship.objects.get(student=child_of(), user=person("parent"))
    return actions.register_paper(matter=form.matter, link=link, said=said, by=person(by), **(wanted | more))


def test_a_paper_is_registered_for_its_signer_and_the_signer_can_take_it_back_in_the_portal() -> None:
    form, child = form_for(), child_of()
    made = paper(form, "given")
    assert (made.method, made.by, made.signed_on) == ("paper", person("secretary"), day(-2))
    assert made.guardianship is not None and made.guardianship.user == person("parent")
    assert permitted(form, child) == {}
    assert queries.receipt_of(person("parent"), child, made.public_id) == made
    say(form, "withdrawn")
    assert permitted(form, child) == {child.pk: "withdrawn"}


def test_a_guardian_without_an_account_answers_on_paper_and_a_no_wins() -> None:
    form, child = form_for(), child_of()
    say(form, "given")
    silent = Guardianship.objects.create(student=child, guardian_id=987654321)
    paper(form, "refused", link=silent)
    assert permitted(form, child) == {child.pk: "refused"}


@pytest.mark.parametrize(
    ("code", "facts"),
    [
        ("future_date", {"signed_on": dt.date(2100, 1, 1)}),
        ("unknown_text", {"number": 9}),
    ],
)
def test_a_paper_with_a_fault_is_not_registered(code: str, facts: dict) -> None:
    form = form_for()
    refused(code, lambda: paper(form, "given", **facts))


def test_a_paper_with_an_old_text_is_no_ok_and_nobody_registers_an_own_child_s() -> None:
    form, child = form_for(), child_of()
    assert form.matter.tool is not None
    approve(checked(review_of(form.matter.tool)), elements=("name",), consent="opt_in")
    actions.publish_for_tool(tool=form.matter.tool, by=person("steward"), at=clock.now())
    refused("old_text", lambda: paper(form, "given"))
    Guardianship.objects.create(student=child, user=person("secretary"))
    refused("own_family", lambda: paper(form, "refused"))


def test_directory_information_is_a_question_to_everybody_with_14_days() -> None:
    form = actions.publish_for_everybody(subject=Matter.Subject.DIRECTORY, by=person("admin"), at=clock.now())
    assert (form.kind, form.sort, form.window_days) == ("opt_out", "directory", 14)
    say(form, "refused")
    assert Standing.objects.get(matter=form.matter, student=child_of()).state == "refused"
    recruiters = actions.publish_for_everybody(subject=Matter.Subject.RECRUITERS, by=person("admin"), at=clock.now())
    assert recruiters.sort == "recruiters" and recruiters.matter != form.matter
