"""Opening in an emergency: at once, for one student and a short time, told to others and shown to the family."""

import datetime as dt
import re
import uuid
from typing import Any

import pytest
from django.test import Client

from governance.records.emergency import actions, rules
from governance.records.models import EmergencyOpening, Guardianship, Student
from governance.trail import entries
from portal.base import clock, outbox
from tests.governance.records.readers import browser, child_of, classes_of, last_entry, name_of, own, person, trail, words

STUNG = "Stung by a bee at recess, hard to breathe"


def declare(client: Client, kalia: Student, **more: Any) -> Any:
    return client.post("/students/emergency/open/", {"student": kalia.public_id, "reason": "allergy", "words": STUNG, **more})


@pytest.fixture(autouse=True)
def _none_yet(district: Any) -> None:
    EmergencyOpening.objects.all().delete()


@pytest.fixture
def kalia(district: Any) -> Student:
    """A student of the teacher's school."""
    return child_of("other.parent")


class TestFinding:
    def test_searches_the_own_schools_and_names_who_was_shown(self, kalia: Student) -> None:
        before = last_entry()
        answer = browser("teacher").post("/students/emergency/", {"term": name_of(kalia).split()[1]})
        assert name_of(kalia) in words(answer)
        wish, match = trail(after=before)
        assert (wish["purpose"], match["purpose"], match["basis"]) == ("school-safety", "school-safety", "ferpa-emergency")
        assert kalia.pk in match["record_ids"]

    def test_finds_nobody_at_another_school(self, district: Any) -> None:
        assert name_of(own("eligible")) not in words(browser("teacher").post("/students/emergency/", {"term": "warsame"}))

    def test_is_for_staff_with_students_alone(self, district: Any) -> None:
        for persona in ("parent", "compliance", "secretary"):
            assert browser(persona).get("/students/emergency/").status_code == 403


class TestOpening:
    def test_opens_at_once_what_helpers_need_and_nothing_else(self, kalia: Student) -> None:
        client, before = browser("teacher"), last_entry()
        answer = declare(client, kalia)
        assert answer.status_code == 302
        text = words(client.get(answer["Location"]))
        assert name_of(kalia) in text
        assert re.search(r"715-555-\d{4}", text)
        declared, opened = (entry for entry in trail(after=before) if entry["kind"] == "records.emergency.opened")
        assert declared["data"] == '{"reason": "allergy"}'
        assert set(opened["elements"]) == rules.ELEMENTS
        assert (opened["record_ids"], opened["basis"], opened["purpose"]) == ([kalia.pk], "ferpa-emergency", "school-safety")

    def test_keeps_what_happened_out_of_trail_and_mail(self, kalia: Student, mailoutbox: list) -> None:
        before = last_entry()
        client = browser("teacher")
        client.get(declare(client, kalia)["Location"])
        outbox.run()
        assert STUNG not in str(trail(after=before))
        texts = [mail.subject + mail.body for mail in mailoutbox]
        assert texts
        assert not [text for text in texts if "recess" in text or name_of(kalia).split()[0] in text]

    def test_tells_the_admin_and_the_steward_for_health(self, kalia: Student, mailoutbox: list) -> None:
        declare(browser("teacher"), kalia)
        outbox.run()
        told = {address for mail in mailoutbox for address in mail.to}
        assert {"admin@riverbend.example", "health.steward@riverbend.example"} <= told
        assert "teacher@riverbend.example" not in told

    def test_is_shown_to_the_family_with_the_danger_and_without_the_words(self, kalia: Student) -> None:
        client = browser("teacher")
        client.get(declare(client, kalia)["Location"])
        text = words(browser("other.parent").get(f"/family/{kalia.public_id}/looks/"))
        assert "Opened Kalia’s record in an emergency" in text
        assert "The danger: Allergic reaction" in text
        assert "recess" not in text

    @pytest.mark.parametrize("missing", ["reason", "words", "student"])
    def test_asks_for_the_danger_and_what_happened(self, kalia: Student, missing: str) -> None:
        before = last_entry()
        answer = declare(browser("teacher"), kalia, **{missing: ""})
        assert answer.status_code == 422
        assert not EmergencyOpening.objects.exists()
        assert not [entry for entry in trail(after=before) if entry["kind"].startswith("records.")]

    def test_of_a_student_elsewhere_is_refused_as_of_a_missing_one(self, district: Any) -> None:
        client, before = browser("teacher"), last_entry()
        elsewhere = own("eligible")
        assert declare(client, elsewhere).status_code == 404
        assert client.post("/students/emergency/open/", {"student": uuid.uuid4(), "reason": "allergy", "words": STUNG}).status_code == 404
        assert [entry["kind"] for entry in trail(after=before)] == ["records.read.refused"] * 2
        assert not EmergencyOpening.objects.exists()

    def test_marks_a_guardian_whom_an_order_limits(self, district: Any) -> None:
        student = Guardianship.objects.get(user=person("limited.parent"), limit="records_limited").student
        client = browser("teacher")
        text = words(client.get(declare(client, student)["Location"]))
        assert "A court order limits this person. Ask the school office before you call." in text

    def test_is_not_kept_when_its_entry_cannot_be_written(self, kalia: Student, monkeypatch: Any) -> None:
        def fail(*args: Any, **more: Any) -> None:
            raise RuntimeError("no entry")

        client = browser("teacher")
        monkeypatch.setattr(entries, "append", fail)
        with pytest.raises(RuntimeError):
            declare(client, kalia)
        assert not EmergencyOpening.objects.exists()


class TestAfterwards:
    def test_it_closes_by_itself(self, kalia: Student) -> None:
        client = browser("teacher")
        address = declare(client, kalia)["Location"]
        EmergencyOpening.objects.update(opened_at=clock.now() - dt.timedelta(hours=3), closes_at=clock.now() - dt.timedelta(minutes=1))
        before = last_entry()
        answer = client.get(address)
        assert answer.status_code == 403
        assert "This record has closed again" in words(answer)
        assert not [entry for entry in trail(after=before) if entry["record_ids"]]

    def test_it_is_open_to_nobody_else(self, kalia: Student) -> None:
        address = declare(browser("teacher"), kalia)["Location"]
        assert browser("principal").get(address).status_code == 404
        opening = EmergencyOpening.objects.get()
        assert actions.read(opening=opening, by=person("principal"), at=clock.now()) is None

    def test_it_opens_nothing_on_the_students_ordinary_page(self, district: Any) -> None:
        section = classes_of("teacher")[0]
        student = section.enrollments.select_related("student")[0].student
        student.enrollments.all().delete()  # of the teacher's school, in none of the teacher's classes
        client = browser("teacher")
        declare(client, student)
        assert client.get(f"/students/{student.public_id}/").status_code == 404

    def test_somebody_else_reviews_it(self, kalia: Student) -> None:
        declare(browser("teacher"), kalia)
        opening = EmergencyOpening.objects.get()
        steward = browser("health.steward")
        text = words(steward.get("/students/emergency/reviews/"))
        assert STUNG in text
        assert "Ana Ortiz" in text
        assert name_of(kalia) not in text
        steward.post(f"/students/emergency/reviews/{opening.public_id}/")
        opening.refresh_from_db()
        assert opening.reviewed_by == person("health.steward")
        assert trail()[-1]["kind"] == "records.emergency.reviewed"

    def test_nobody_reviews_their_own(self, kalia: Student) -> None:
        opening = actions.declare(student=kalia, reason="allergy", words=STUNG, by=person("admin"), hat="principal", at=clock.now())
        with pytest.raises(actions.CannotReview, match="yourself"):
            actions.review(public_id=opening.public_id, by=person("admin"), at=clock.now())

    @pytest.mark.parametrize(
        ("persona", "reads"), [("admin", True), ("health.steward", True), ("compliance", True), ("steward", False), ("deputy", False)]
    )
    def test_what_happened_is_read_and_reviewed_by_who_was_told_or_oversees(self, kalia: Student, persona: str, reads: bool) -> None:
        declare(browser("teacher"), kalia)
        opening = EmergencyOpening.objects.get()
        client = browser(persona)
        text = words(client.get("/students/emergency/reviews/"))
        assert (STUNG in text) is reads
        assert ("I have reviewed this" in text) is reads
        client.post(f"/students/emergency/reviews/{opening.public_id}/")
        opening.refresh_from_db()
        assert (opening.reviewed_at is not None) is reads

    def test_a_second_review_changes_nothing(self, kalia: Student) -> None:
        opening = actions.declare(student=kalia, reason="allergy", words=STUNG, by=person("teacher"), hat="teacher", at=clock.now())
        actions.review(public_id=opening.public_id, by=person("health.steward"), at=clock.now())
        again = actions.review(public_id=opening.public_id, by=person("admin"), at=clock.now())
        assert again.reviewed_by == person("health.steward")

    @pytest.mark.parametrize("persona", ["teacher", "parent", "secretary"])
    def test_others_do_not_see_the_list(self, district: Any, persona: str) -> None:
        assert browser(persona).get("/students/emergency/reviews/").status_code == 403


def test_outside_the_demo_the_password_is_asked_again(kalia: Student, settings: Any) -> None:
    settings.DEMO = False
    answer = browser("teacher").get("/students/emergency/")
    assert answer.status_code == 302
    assert "/reauthenticate/" in answer["Location"]
