"""Who writes, approves and starts a notice, and what is refused."""

import threading
from typing import Any

import psycopg2
import pytest
from django.db import connection

from breaches.incidents import actions as incidents
from breaches.notices import actions
from breaches.notices.models import Notice, Recipient, Version
from governance.records.models import Student
from governance.trail.models import Entry
from portal.base import clock
from portal.base.errors import CannotDo
from tests.breaches.affected.test_lists import incident
from tests.breaches.notices.situations import approved, listed, started, texts, written
from tests.governance.situations import person
from tests.harness.databases import Clone

pytestmark = pytest.mark.usefixtures("district")


def refused(verb: Any, **given: Any) -> str:
    with pytest.raises(CannotDo) as why:
        verb(**given, at=clock.now())
    assert why.value.what_to_do
    return why.value.code


def one() -> Student:
    return Student.objects.filter(left_on=None).order_by("pk")[0]


def last(notice: Notice) -> Version:
    found = notice.versions.last()
    assert found is not None
    return found


def test_two_people_who_did_not_write_it_approve_it() -> None:
    notice = written(listed(one()))
    given = {"notice": notice.public_id, "sha256": last(notice).sha256}
    assert refused(actions.approve, by=person("security"), **given) == "own"
    assert refused(actions.start, notice=notice.public_id, by=person("security")) == "not_approved"
    actions.approve(by=person("compliance"), at=clock.now(), **given)
    assert refused(actions.approve, by=person("compliance"), **given) == "twice"
    assert refused(actions.start, notice=notice.public_id, by=person("security")) == "not_approved"
    actions.approve(by=person("admin"), at=clock.now(), **given)
    assert actions.start(notice=notice.public_id, by=person("security"), at=clock.now()).version == last(notice)


def test_an_edit_after_approval_needs_both_again() -> None:
    notice = approved(listed(one()))
    read = last(notice).sha256
    actions.write(notice=notice.public_id, texts=texts(subject="Another subject"), by=person("security"), at=clock.now())
    assert refused(actions.start, notice=notice.public_id, by=person("security")) == "not_approved"
    assert refused(actions.approve, notice=notice.public_id, sha256=read, by=person("compliance")) == "changed"


def test_once_it_goes_out_its_text_stays() -> None:
    notice = started(listed(one()))
    assert refused(actions.write, notice=notice.public_id, texts=texts(), by=person("security")) == "started"
    assert refused(actions.start, notice=notice.public_id, by=person("admin")) == "started"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE notices_version SET texts = '{}'",
        "DELETE FROM notices_approval",
        "UPDATE notices_approval SET sha256 = ''",
        "DELETE FROM notices_recipient",
    ],
    ids=["text", "approval-gone", "approval-changed", "recipient-gone"],
)
def test_what_was_approved_is_frozen_for_the_application(district: Clone, statement: str) -> None:
    approved(listed(one()))
    attacker = district.connect()
    try:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege), attacker.cursor() as cursor:
            cursor.execute(statement)
    finally:
        attacker.close()


def test_two_people_starting_at_once_start_it_once() -> None:
    notice = approved(listed(one()))
    answers: list[str] = []

    def begin(name: str) -> None:
        try:
            actions.start(notice=notice.public_id, by=person(name), at=clock.now())
            answers.append("started")
        except CannotDo as why:
            answers.append(f"refused {why.code}")
        finally:
            connection.close()

    both = [threading.Thread(target=begin, args=(name,)) for name in ("security", "compliance")]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted(answers) == ["refused started", "started"]
    assert Entry.objects.using("owner").filter(kind="breaches.notice.started", object_pk=str(notice.public_id)).count() == 1


def test_the_list_of_another_incident_is_refused() -> None:
    other = listed(one())
    assert (
        refused(actions.make, incident=incident().public_id, affected=other.public_id, with_could=False, by=person("security"))
        == "other_incident"
    )


@pytest.mark.parametrize(
    "wrong",
    [{"subject": " "}, {"subject": "S" * 121}, {"parts": {}}, {"parts": dict.fromkeys(texts()["en"]["parts"], "x" * 10_001)}],
    ids=["no-subject", "long-subject", "no-parts", "long-parts"],
)
def test_each_required_part_is_checked(wrong: dict[str, Any]) -> None:
    notice = written(listed(one()))
    assert refused(actions.write, notice=notice.public_id, texts=texts(**wrong), by=person("security")) == "missing"


def test_hidden_turns_of_direction_do_not_stay_in_a_text() -> None:
    notice = written(listed(one()), texts(subject="Notice\r\nBcc: thief@example.org \u202e"))
    assert last(notice).texts["en"]["subject"] == "Notice Bcc: thief@example.org"


def test_an_incident_stays_open_while_somebody_is_not_reached() -> None:
    notice = started(listed(one()))
    assert incidents.what_is_left(notice.incident, at=clock.now())
    Recipient.objects.filter(notice=notice).update(state="sent", sent_at=clock.now())
    assert not incidents.what_is_left(notice.incident, at=clock.now())


def test_what_came_back_is_handled_to_the_end() -> None:
    notice = started(listed(one()))
    Recipient.objects.filter(notice=notice).update(state="sent", sent_at=clock.now())
    row = Recipient.objects.filter(notice=notice).order_by("pk")[0]
    given = {"recipient": row.public_id, "by": person("security")}
    assert refused(actions.settle, outcome="posted", **given) == "state"
    for outcome, state in (("bounced", "paper"), ("posted", "posted"), ("returned", "call"), ("reached", "reached")):
        assert actions.settle(outcome=outcome, at=clock.now(), **given).state == state


def test_others_write_no_notice() -> None:
    notice = written(listed(one()))
    assert refused(actions.write, notice=notice.public_id, texts=texts(), by=person("teacher")) == "not_allowed"
