"""A question that comes by phone or at the desk: written down, answered by who oversees privacy, told to the family."""

from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.urls import reverse

from governance.records.models import Guardianship, LookQuestion
from governance.records.questions import actions
from portal.base import clock, outbox
from tests.governance.people.cast import entries, person, signed_in
from tests.harness.databases import Clone

pytestmark = pytest.mark.usefixtures("district")
WORDS = "Who opened the record on Friday?"


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


def link(**more: Any) -> Guardianship:
    return Guardianship.objects.filter(student__school__sourced_id="middle", limit="", **more).order_by("pk")[0]


def taken(of: Guardianship) -> LookQuestion:
    return actions.take(link=of, words=WORDS, by=person("secretary"), at=clock.now())


def test_from_the_desk_to_the_answer_and_back(district: Clone) -> None:
    of, secretary, officer = link(user=None), signed_in("secretary"), signed_in("compliance")
    child = f"/people/families/{of.student.public_id}/"
    where = f"/people/families/links/{of.public_id}/question/"
    assert where in secretary.get(child).content.decode()
    assert secretary.post(where, {"words": WORDS})["Location"] == child
    question = LookQuestion.objects.get(taken_by=person("secretary"))
    page = reverse("records:question", args=[question.public_id])
    outbox.run()
    assert [message.to for message in mail.outbox] == [[person("compliance").email]]
    assert "by phone or at the office" in officer.get(page).content.decode()
    officer.post(page, {"answer": "planning", "words": "It was the homeroom teacher."})
    outbox.run()
    assert mail.outbox[-1].to == [person("secretary").email]
    assert WORDS not in mail.outbox[-1].body
    assert "The answer is here" in secretary.get(reverse("records:questions")).content.decode()
    secretary.post(page, {"told": "yes"})
    question.refresh_from_db()
    assert question.told_by == person("secretary")
    assert [entry["additional_data"] for entry in entries(district, "records.look.questioned")][-1] == {"desk": True}
    assert len(entries(district, "records.look.answer_told")) == 1


def test_who_has_an_account_reads_it_there_too() -> None:
    of = link(user=person("parent"))
    question = taken(of)
    assert question.asked_by == person("parent")
    actions.answer(question=question, answer="office", words="", by=person("compliance"), at=clock.now())
    page = signed_in("parent").get(f"/family/{of.student.public_id}/").content.decode()
    assert WORDS in page


def test_an_answer_that_is_not_there_is_not_told() -> None:
    with pytest.raises(actions.CannotAnswer):
        actions.tell(question=taken(link(user=None)), by=person("secretary"), at=clock.now())


def test_nobody_takes_a_question_about_an_own_child() -> None:
    of = link(user=None)
    own = Guardianship.objects.get(pk=of.pk)
    own.pk, own.public_id, own.user = None, "5f0f3c1e-0000-4000-8000-000000000001", person("secretary")
    own.guardian_id = -1
    own.save()
    with pytest.raises(actions.CannotAsk, match="your own"):
        taken(of)


def test_an_empty_question_is_asked_for_again() -> None:
    of = link(user=None)
    answer = signed_in("secretary").post(f"/people/families/links/{of.public_id}/question/", {"words": " "})
    assert answer.status_code == 422
    assert not LookQuestion.objects.filter(taken_by__isnull=False).exists()


def test_a_question_is_about_a_line_or_was_taken_at_the_desk() -> None:
    question = taken(link(user=None))
    with pytest.raises(IntegrityError, match="look_question_about_a_line_or_taken"), transaction.atomic():
        LookQuestion.objects.filter(pk=question.pk).update(taken_by=None)
