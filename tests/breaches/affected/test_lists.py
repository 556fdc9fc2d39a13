"""Whom an incident touched: what the lists find, what freezes them, and what two people change."""

import datetime as dt
import hashlib
from typing import Any
from uuid import uuid4

import psycopg2
import pytest
from django.db import DatabaseError, connection, transaction

from breaches.affected import actions, queries
from breaches.affected.models import AffectedList, Member
from breaches.incidents import actions as incidents
from breaches.incidents.models import Incident
from governance.disclosures.door import Party
from governance.records.models import Enrollment, Section, Student, Teaching
from governance.trail import entries
from governance.trail.models import Entry
from governance.vocabulary import Event
from portal.base import clock, outbox
from portal.base.errors import CannotDo
from tests.governance.disclosures.written import write
from tests.governance.situations import person
from vendors.providers.models import Provider

pytestmark = pytest.mark.usefixtures("district")
TODAY = clock.today


def incident(**more: Any) -> Incident:
    now = clock.now()
    said: dict = {
        "title": "Break-in at a provider",
        "kind": "provider",
        "severity": 3,
        "discovered_at": now,
        "by": person("security"),
        "at": now,
    }
    return incidents.open_incident(**said | more)


def provider() -> Provider:
    return Provider.objects.create(
        slug="ink", name="Ink & Paper", legal_name="Ink and Paper LLC", listed_at=clock.now(), listed_by=person("security")
    )


def sent(*students: Student, party: str = "Ink and Paper LLC", days_ago: int = 10, elements: set[str] | None = None, **more: Any) -> None:
    write(
        *students, elements=elements or {"name", "grade"}, party=Party(party, "provider"), basis="ferpa-outsourced-official", required=False,
        happened_on=TODAY() - dt.timedelta(days=days_ago), **more,
    )  # fmt: skip


def made(which: AffectedList) -> AffectedList:
    outbox.run()
    return queries.by_id(which.public_id)


def asked_provider(*, reach: bool = False, days: int = 365) -> AffectedList:
    return made(
        actions.ask_provider(
            incident=incident().public_id, provider=provider(), since=TODAY() - dt.timedelta(days=days), until=TODAY(), reach=reach,
            by=person("security"), at=clock.now(),
        )
    )  # fmt: skip


def refused(verb: Any, **given: Any) -> str:
    with pytest.raises(CannotDo) as why:
        verb(**given, at=clock.now())
    assert why.value.what_to_do
    return why.value.code


def test_a_provider_breach_finds_the_children_their_elements_and_days_former_ones_too() -> None:
    one, two, other = Student.objects.order_by("pk")[:3]
    Student.objects.filter(pk=two.pk).update(left_on=TODAY() - dt.timedelta(days=3))
    sent(one, days_ago=30)
    sent(one, two, days_ago=10, elements={"name", "email"}, party="INK & PAPER")
    sent(other, party="Somebody Else Inc.")
    sent(other, days_ago=900)
    found = asked_provider()
    members = {member.student_id: member for member in Member.objects.filter(list=found)}
    assert set(members) == {one.pk, two.pk}
    assert members[one.pk].elements == ["email", "grade", "name"]
    assert (members[one.pk].first_on, members[one.pk].last_on, members[one.pk].lines) == (
        TODAY() - dt.timedelta(days=30), TODAY() - dt.timedelta(days=10), 2,
    )  # fmt: skip
    assert (found.children, found.could, found.former, found.lines) == (2, 0, 1, 3)
    assert found.sha256 == hashlib.sha256("\n".join(str(pk) for pk in sorted((one.pk, two.pk))).encode()).hexdigest()
    assert found.elements == ["email", "grade", "name"]


def test_a_line_written_by_mistake_and_a_refused_request_touch_nobody() -> None:
    one = Student.objects.order_by("pk")[0]
    sent(one, outcome="refused")
    assert asked_provider().children == 0


def test_a_stolen_account_is_what_it_opened_in_that_time_and_beside_it_what_it_could() -> None:
    teacher = person("teacher")
    section = Section.objects.filter(pk__in=Teaching.objects.filter(staff_member__user=teacher).values("section_id")).order_by("pk").first()
    assert section is not None
    pupils = list(Enrollment.objects.filter(section=section).order_by("student_id").values_list("student_id", flat=True))
    began = clock.now()
    entries.append_ahead(
        Event.STUDENT_OPENED, by=teacher, students=pupils[:2], elements={"name"}, hat="teacher", purpose="classroom-instruction"
    )
    entries.append_ahead(Event.READ_REFUSED, by=teacher, students=pupils[2:3], elements={"name"}, opens=False)
    found = made(
        actions.ask_account(
            incident=incident().public_id,
            account=teacher,
            since=began,
            until=clock.now(),
            reach=True,
            by=person("security"),
            at=clock.now(),
        )
    )
    seen = set(Member.objects.filter(list=found, could=False).values_list("student_id", flat=True))
    could = set(Member.objects.filter(list=found, could=True).values_list("student_id", flat=True))
    assert seen == set(pupils[:2])
    assert set(pupils[2:]) <= could and not seen & could
    earlier = actions.ask_account(
        incident=incident().public_id, account=teacher, since=began - dt.timedelta(hours=2), until=began - dt.timedelta(hours=1), reach=False,
        by=person("security"), at=clock.now(),
    )  # fmt: skip
    assert not set(pupils[:2]) <= set(Member.objects.filter(list=made(earlier)).values_list("student_id", flat=True))


def test_a_file_that_was_mis_sent_is_its_own_children() -> None:
    one, two, other = Student.objects.order_by("pk")[:3]
    which = uuid4()
    write(one, two, public_id=which)
    write(other)
    found = made(actions.ask_file(incident=incident().public_id, disclosure=which, by=person("security"), at=clock.now()))
    assert set(Member.objects.filter(list=found).values_list("student_id", flat=True)) == {one.pk, two.pk}


def test_the_entry_says_how_many_and_names_no_child() -> None:
    sent(Student.objects.order_by("pk")[0])
    found = asked_provider()
    told = Entry.objects.using("owner").get(kind="breaches.affected.made", object_pk=str(found.public_id))
    assert told.additional_data["children"] == 1 and told.additional_data["sha256"] == found.sha256
    assert told.record_ids is None and told.actor_id == person("security").pk


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE affected_affectedlist SET children = 0",
        "DELETE FROM affected_affectedlist",
        "INSERT INTO affected_member(list_id, student_id, elements, first_on, last_on, lines, could) SELECT list_id, student_id + 1, elements, first_on, last_on, 1, false FROM affected_member",
        "UPDATE affected_member SET could = true",
        "DELETE FROM affected_member",
        "TRUNCATE affected_member",
    ],
    ids=["list-changed", "list-deleted", "member-added", "member-changed", "member-deleted", "all-deleted"],
)
def test_a_made_list_is_frozen_for_the_application(district: Any, statement: str) -> None:
    sent(Student.objects.order_by("pk")[0])
    before = asked_provider()
    attacker = district.connect()
    try:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege), attacker.cursor() as cursor:
            cursor.execute(statement)
    finally:
        attacker.close()
    assert queries.by_id(before.public_id).sha256 == before.sha256


def test_making_it_again_changes_nothing() -> None:
    one, two = Student.objects.order_by("pk")[:2]
    sent(one)
    found = asked_provider()
    sent(two)
    actions.make({"list": str(found.public_id)})
    assert queries.by_id(found.public_id).sha256 == found.sha256
    assert Entry.objects.using("owner").filter(kind="breaches.affected.made", object_pk=str(found.public_id)).count() == 1


def test_a_child_is_added_and_taken_off_by_two_people() -> None:
    one, two = Student.objects.order_by("pk")[:2]
    sent(one)
    found = asked_provider()
    lead, second = person("security"), person("compliance")
    given = {"affected": found.public_id, "elements": {"name"}, "by": lead}
    added = actions.propose(student=two.public_id, kind="add", reason="Was in the file by hand.", at=clock.now(), **given)
    assert queries.counts_of(found) == (1, 0)
    assert refused(actions.decide, correction=added.public_id, agreed=True, by=lead) == "own"
    actions.decide(correction=added.public_id, agreed=True, by=second, at=clock.now())
    assert queries.counts_of(found) == (2, 0)
    assert refused(actions.decide, correction=added.public_id, agreed=False, by=second) == "decided"
    off = actions.propose(student=one.public_id, kind="remove", reason="A test account.", at=clock.now(), **given)
    assert refused(actions.propose, student=one.public_id, kind="remove", reason="Again.", **given) == "waits_already"
    actions.decide(correction=off.public_id, agreed=True, by=second, at=clock.now())
    assert queries.counts_of(found) == (1, 0) and not queries.is_on(found, one.pk) and queries.is_on(found, two.pk)
    back = actions.propose(student=one.public_id, kind="add", reason="It was no test account.", at=clock.now(), **given)
    actions.decide(correction=back.public_id, agreed=True, by=second, at=clock.now())
    assert queries.counts_of(found) == (2, 0)
    assert Member.objects.filter(list=found).count() == 1
    assert queries.by_id(found.public_id).sha256 == found.sha256


def test_a_refused_correction_changes_nothing() -> None:
    one, two = Student.objects.order_by("pk")[:2]
    sent(one)
    found = asked_provider()
    added = actions.propose(
        affected=found.public_id, student=two.public_id, kind="add", elements=(), reason="Maybe.", by=person("security"), at=clock.now()
    )
    actions.decide(correction=added.public_id, agreed=False, by=person("compliance"), at=clock.now())
    assert queries.counts_of(found) == (1, 0)


@pytest.mark.parametrize(
    ("kind", "reason", "code"), [("add", "It is on.", "on_already"), ("remove", "  ", "no_reason")], ids=["on-already", "no-reason"]
)
def test_what_cannot_be_proposed(kind: str, reason: str, code: str) -> None:
    one = Student.objects.order_by("pk")[0]
    sent(one)
    found = asked_provider()
    given = {
        "affected": found.public_id,
        "student": one.public_id,
        "kind": kind,
        "elements": (),
        "reason": reason,
        "by": person("security"),
    }
    assert refused(actions.propose, **given) == code


def test_others_do_not_ask() -> None:
    at = clock.now()
    given = {"incident": incident().public_id, "disclosure": uuid4()}
    assert refused(actions.ask_file, by=person("teacher"), **given) == "not_allowed"
    about = incident(account=person("compliance"), kind="misuse")
    with pytest.raises(CannotDo) as why:
        actions.ask_file(incident=about.public_id, disclosure=uuid4(), by=person("compliance"), at=at)
    assert why.value.code == "own_case"


def test_without_its_entry_no_list_is_asked_for() -> None:
    before = AffectedList.objects.count()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        made_for = incident()
        cursor.execute("SET LOCAL transaction_read_only = on")
        actions.ask_by_hand(incident=made_for.public_id, by=person("security"), at=clock.now())
    assert AffectedList.objects.count() == before
