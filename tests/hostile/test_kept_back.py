"""What an order, a safety flag or a student's age keeps from a parent stays away on every way round."""

from typing import Any

import pytest

from governance.records.models import Guardianship, LookQuestion, OwnRecord, Student
from governance.records.questions import actions
from portal.base import clock
from tests.governance.records.family.test_asking import ask
from tests.governance.records.readers import browser, child_of, person, words

TOLD = "The counselor asked me to before we met in room 12."


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


@pytest.fixture
def student(district: Any) -> Student:
    """A child of parent@, with a question of theirs that the teacher has answered."""
    LookQuestion.objects.all().delete()
    found = child_of("parent")
    browser("teacher").get(f"/students/{found.public_id}/")
    question = ask(found)
    actions.answer(question=question, answer="other", words=TOLD, by=person("teacher"), at=clock.now())
    return found


def limit(student: Student, kind: str, elements: list[str] | None = None) -> None:
    link = Guardianship.objects.filter(student=student, user=person("parent"))
    assert link.update(limit=kind, limit_elements=elements or [], limit_set_at=clock.now()) == 1


class TestAnswersToEarlierQuestions:
    def test_are_told_while_the_record_is_open(self, student: Student) -> None:
        assert TOLD in words(browser("parent").get("/family/"))

    @pytest.mark.parametrize("kind", ["placement_denied", "no_contact"])
    def test_are_gone_with_the_order(self, student: Student, kind: str) -> None:
        limit(student, kind)
        for page in ("", f"{student.public_id}/", f"{student.public_id}/looks/"):
            assert TOLD not in words(browser("parent").get(f"/family/{page}"))

    def test_are_gone_where_the_right_to_inspect_was_taken_away(self, student: Student) -> None:
        Guardianship.objects.filter(student=student, user=person("parent")).update(may_inspect=False)
        assert TOLD not in words(browser("parent").get("/family/"))

    def test_are_gone_once_the_rights_passed_to_the_student(self, student: Student) -> None:
        OwnRecord.objects.filter(student=student).delete()
        grown = OwnRecord.objects.get(user=person("student"))
        grown.student, grown.eligible_since = student, clock.today()
        grown.save()
        assert TOLD not in words(browser("parent").get("/family/"))


class TestDecisionsAboutNamedRecords:
    """The teacher has a permission for test scores, and its reason stands on the family's pages."""

    def told(self, student: Student) -> list[str]:
        client = browser("parent")
        permissions = client.get(f"/family/{student.public_id}/").context["permissions"]
        lines = client.get(f"/family/{student.public_id}/looks/").context["lines"]
        about = [decision.elements for decision in [*permissions, *(line.decision for line in lines)] if decision]
        return [elements for elements in about if "test scores" in elements]

    def test_are_told_without_an_order_and_with_one_about_others(self, student: Student) -> None:
        before = self.told(student)
        assert len(before) > 1
        limit(student, "records_limited", ["conduct"])
        assert self.told(student) == before

    def test_are_kept_back_with_the_records(self, student: Student) -> None:
        limit(student, "records_limited", ["test-scores"])
        assert not self.told(student)
