"""The page of retention, with two keys; and what a family reads."""

import datetime as dt
import re
from typing import Any

import pytest

from governance.records.models import Guardianship, Student
from governance.retention.models import Hold, RetentionRule
from governance.vocabulary import Event
from portal.base import clock
from tests.governance.people.cast import entries, person, signed_in
from tests.harness.databases import Clone

pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def test_a_rule_of_the_board_is_entered_and_adopted_by_two() -> None:
    RetentionRule.objects.using("owner").filter(subject="health").delete()
    compliance, leader = signed_in("compliance"), signed_in("leader")
    given = {"rule-subject": "health", "rule-months": 60, "rule-citation": "2026-40", "rule-decided_on": clock.today().isoformat()}
    assert compliance.post("/retention/rules/", given).status_code == 302
    rule = RetentionRule.objects.get(citation="2026-40")
    compliance.post(f"/retention/rules/{rule.public_id}/", {"answer": "adopt"})
    assert RetentionRule.objects.get(pk=rule.pk).state == RetentionRule.State.WAITING
    leader.post(f"/retention/rules/{rule.public_id}/", {"answer": "adopt"})
    assert RetentionRule.objects.get(pk=rule.pk).state == RetentionRule.State.ADOPTED


def test_a_rule_against_the_law_is_refused_with_words() -> None:
    given = {"rule-subject": "behavioral", "rule-months": 24, "rule-citation": "x", "rule-decided_on": clock.today().isoformat()}
    answer = signed_in("admin").post("/retention/rules/", given)
    assert answer.status_code == 422
    assert "at most 12 months" in text_of(answer)


def test_a_hold_is_placed_at_once_and_ended_by_two(district: Clone) -> None:
    student = Student.objects.order_by("pk").first()
    assert student is not None
    compliance, leader = signed_in("compliance"), signed_in("leader")
    given = {"hold-kind": "litigation", "hold-reason": "Case 1", "hold-holds_values": "on", "hold-students": str(student.public_id)}
    assert compliance.post("/retention/holds/", given).status_code == 302
    hold = Hold.objects.get(reason="Case 1")
    assert list(hold.students.all()) == [student]
    assert str(student.public_id) not in str(entries(district, Event.HOLD_PLACED)[-1]["additional_data"])
    page = f"/retention/holds/{hold.public_id}/"
    leader.post(page, {"answer": "end"})
    assert Hold.objects.get(pk=hold.pk).ended_at is None
    compliance.post(page, {"answer": "ask"})
    compliance.post(page, {"answer": "end"})
    assert Hold.objects.get(pk=hold.pk).ended_at is None
    leader.post(page, {"answer": "end"})
    assert Hold.objects.get(pk=hold.pk).ended_at is not None


@pytest.mark.parametrize("wrong", ["nobody", "00000000-0000-4000-8000-000000000000"])
def test_a_hold_for_a_student_who_is_not_there_is_refused(wrong: str) -> None:
    answer = signed_in("admin").post(
        "/retention/holds/", {"hold-kind": "litigation", "hold-reason": "Case 2", "hold-holds_values": "on", "hold-students": wrong}
    )
    assert answer.status_code == 422
    assert "Case 2" in text_of(answer)
    assert not Hold.objects.filter(reason="Case 2").exists()


def test_who_may_not_manage_sees_no_form() -> None:
    assert "Place a hold" not in text_of(signed_in("leader").get("/retention/"))
    assert signed_in("leader").post("/retention/holds/", {}).status_code == 403
    assert signed_in("teacher").get("/retention/").status_code == 403


def test_a_family_reads_what_stays_and_until_when() -> None:
    link = Guardianship.objects.filter(user=person("parent")).order_by("pk").first()
    assert link is not None
    parent = signed_in("parent")
    page = f"/family/{link.student.public_id}/kept/"
    assert "Deleted 1 year after the student leaves." in text_of(parent.get(page))
    Student.objects.filter(pk=link.student_id).update(left_on=dt.date(2026, 6, 12))
    assert "June 12, 2027" in text_of(parent.get(page))
    assert "12 de junio de 2027" in text_of(parent.get(f"/es{page}"))
    assert signed_in("other.parent").get(page).status_code == 404


def test_the_overview_leads_there() -> None:
    link = Guardianship.objects.filter(user=person("parent")).order_by("pk").first()
    assert link is not None
    assert f"/family/{link.student.public_id}/kept/" in text_of(signed_in("parent").get(f"/family/{link.student.public_id}/"))
