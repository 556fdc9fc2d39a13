"""What is offered, who may answer, that a code goes to one child once, and what keeps an incident open."""

import datetime as dt
import threading
from typing import Any

import psycopg2
import pytest
from django.db import connection

from breaches.incidents import actions as incidents
from breaches.letters import offers
from breaches.remedies import actions, queries
from breaches.remedies.models import Code, Offer, Remedy
from governance.records.models import Guardianship, Student
from portal.base import clock
from portal.base.errors import CannotDo
from tests.breaches.affected.test_lists import incident
from tests.breaches.notices.situations import listed, started
from tests.breaches.remedies.situations import offer_for, offered, says, with_codes
from tests.governance.records.readers import child_of, own
from tests.governance.situations import person, trail
from tests.harness.databases import Clone

pytestmark = pytest.mark.usefixtures("district")


def refused(verb: Any, **given: Any) -> str:
    with pytest.raises(CannotDo) as why:
        verb(**{"at": clock.now()} | given)
    assert why.value.what_to_do
    return why.value.code


def some(number: int) -> list[Student]:
    return list(Student.objects.filter(left_on=None).order_by("pk")[:number])


class TestOffering:
    def test_each_child_of_the_list_once_and_newcomers_later(self) -> None:
        first, second = some(2)
        which = listed(first)
        remedy = offered(which, "counseling")
        assert list(remedy.offers.values_list("student", flat=True)) == [first.pk]
        assert refused(actions.include_newcomers, remedy=remedy.public_id, by=person("security")) == "nobody"
        listed_more = listed(second, of=which.incident)
        Remedy.objects.filter(pk=remedy.pk).update(affected=listed_more)
        assert actions.include_newcomers(remedy=remedy.public_id, by=person("security"), at=clock.now()) == 1
        assert remedy.offers.count() == 2
        assert [entry["record_ids"] for entry in trail("breaches.remedy.offered", about=str(remedy.public_id))] == [None, None]

    def test_what_is_refused(self) -> None:
        which = listed(*some(1))
        given = {"kind": "other", "days": 10}
        assert refused(lambda at: offered(which, "other", texts={"en": {"title": "A", "words": "B"}}, at=at)) == "missing"
        assert refused(lambda at: offered(which, given["kind"], days=-1, at=at)) == "in_the_past"
        assert refused(lambda at: offered(which, "other", lasts_until=clock.today(), at=at)) == "backwards"
        assert refused(lambda at: offered(which, "other", incident=incident().public_id, at=at)) == "other_incident"
        assert refused(lambda at: offered(which, "other", by=person("teacher"), at=at)) == "not_allowed"
        assert not Remedy.objects.filter(incident=which.incident).exists()

    def test_a_letter_names_what_is_offered_by_its_titles_alone(self) -> None:
        student = child_of("parent")
        which = listed(student)
        notice = started(which)
        offered(which, "counseling")
        recipient = notice.recipients.first()
        assert recipient is not None
        assert offers.to(recipient) == ["Somebody to talk to"]

    def test_one_that_is_called_off_is_still_owed_to_whom_accepted(self) -> None:
        mine, theirs = child_of("parent"), child_of("other.parent")
        remedy = offered(listed(mine, theirs), "counseling")
        says("parent", offer_for(remedy, mine))
        assert refused(actions.withdraw, remedy=remedy.public_id, reason=" ", by=person("security")) == "no_reason"
        actions.withdraw(remedy=remedy.public_id, reason="The counselor is ill.", by=person("security"), at=clock.now())
        assert refused(actions.answer, offer=offer_for(remedy, theirs).public_id, accepted=True, by=person("other.parent")) == "withdrawn"
        assert queries.about(mine).filter(remedy=remedy).exists()
        assert not queries.about(theirs).filter(remedy=remedy).exists()
        assert queries.what_is_not_done(remedy.incident, clock.now())


class TestAnswering:
    def test_an_answer_is_an_entry_of_the_child_and_may_change_until_something_was_given(self) -> None:
        student = child_of("parent")
        remedy = offered(listed(student), "counseling")
        offer = offer_for(remedy, student)
        says("parent", offer, yes=False)
        says("parent", offer)
        assert refused(actions.answer, offer=offer.public_id, accepted=True, by=person("parent")) == "same"
        assert [entry["record_ids"] for entry in trail("breaches.remedy.answered")] == [[student.pk]] * 2
        actions.finish(offer=offer.public_id, words="Talked on Monday.", evidence=None, by=person("security"), at=clock.now())
        assert refused(actions.answer, offer=offer.public_id, accepted=False, by=person("parent")) == "given"

    @pytest.mark.parametrize("who", ["other.parent", "limited.parent", "teacher", "student"])
    def test_another_family_answers_nothing_and_opens_no_code(self, who: str) -> None:
        student = child_of("parent")
        offer = offer_for(with_codes(offered(listed(student)), "CODE-1"), student)
        assert refused(actions.answer, offer=offer.public_id, accepted=True, by=person(who)) == "not_yours"
        says("parent", offer)
        assert refused(actions.open_code, offer=offer.public_id, by=person(who)) == "not_yours"
        assert not trail("breaches.remedy.code_opened")

    def test_a_parent_from_whom_an_order_keeps_something_back_asks_by_phone(self) -> None:
        student = child_of("parent")
        Guardianship.objects.filter(user=person("parent"), student=student).update(limit="no_contact", limit_set_at=clock.now())
        offer = offer_for(offered(listed(student)), student)
        assert refused(actions.answer, offer=offer.public_id, accepted=True, by=person("parent")) == "not_yours"

    def test_the_student_answers_once_the_rights_have_passed(self) -> None:
        young, grown = own("student"), own("eligible")
        remedy = offered(listed(young, grown), "counseling")
        assert refused(actions.answer, offer=offer_for(remedy, young).public_id, accepted=True, by=person("student")) == "not_yours"
        assert says("eligible", offer_for(remedy, grown)).state == Offer.State.ACCEPTED

    def test_after_the_last_day_nobody_answers(self) -> None:
        student = child_of("parent")
        remedy = offered(listed(student), days=0)
        offer, tomorrow = offer_for(remedy, student), clock.now() + dt.timedelta(days=1)
        assert refused(actions.answer, offer=offer.public_id, accepted=True, by=person("parent"), at=tomorrow) == "too_late"
        assert queries.figures([remedy], on=clock.today())[remedy.pk].open == 1
        assert queries.figures([remedy], on=clock.today() + dt.timedelta(days=1))[remedy.pk].lapsed == 1
        assert queries.offered_to(incident=remedy.incident, student=student.pk, on=clock.today(), language="es") == [
            "Vigilancia de crédito gratuita"
        ]
        assert not queries.offered_to(incident=remedy.incident, student=student.pk, on=clock.today() + dt.timedelta(days=1))

    def test_what_was_said_by_phone_is_written_down_by_those_who_handle_it(self) -> None:
        student = child_of("parent")
        offer = offer_for(offered(listed(student), "counseling"), student)
        assert refused(actions.note_answer, offer=offer.public_id, accepted=True, by=person("counselor")) == "not_allowed"
        assert actions.note_answer(offer=offer.public_id, accepted=True, by=person("compliance"), at=clock.now()).how == Offer.How.PHONE


class TestCodes:
    def test_they_are_sealed_and_each_is_taken_once(self) -> None:
        remedy = offered(listed(*some(1)))
        given = {"remedy": remedy.public_id, "by": person("security"), "at": clock.now()}
        assert actions.add_codes(text="AAAA-1111\n\n bbbb-2222 \r\n", **given) == (2, 0)
        assert not any(b"AAAA" in bytes(code.sealed) or "AAAA" in code.fingerprint for code in Code.objects.all())
        assert refused(actions.add_codes, **given | {"text": "CCCC-1\nDDDD-1\nCCCC-1"}) == "twice"
        assert refused(actions.add_codes, **given | {"text": "EEEE-1\nAAAA-1111"}) == "known"
        assert refused(actions.add_codes, **given | {"text": "x"}) == "wrong"
        assert refused(actions.add_codes, **given | {"text": "\n \n"}) == "empty"
        assert Code.objects.count() == 2
        assert "AAAA" not in str(trail("breaches.remedy.codes_added"))

    def test_eight_families_at_once_get_each_another_one_and_the_rest_waits(self) -> None:
        students = some(8)
        remedy = with_codes(offered(listed(*students)), *(f"CODE-{number}" for number in range(5)))
        at_once([offer_for(remedy, student) for student in students])
        given = list(Code.objects.filter(offer__isnull=False).values_list("offer", flat=True))
        assert len(given) == len(set(given)) == 5
        assert queries.figures([remedy], on=clock.today())[remedy.pk].short == 3
        assert actions.add_codes(remedy=remedy.public_id, text="NEXT-1\nNEXT-2\nNEXT-3\nNEXT-4", by=person("security"), at=clock.now()) == (
            4,
            3,
        )
        assert Offer.objects.filter(code__isnull=False).count() == 8

    def test_one_child_gets_one_code_however_often_its_yes_comes_at_once(self) -> None:
        student = some(1)[0]
        remedy = with_codes(offered(listed(student)), *(f"CODE-{number}" for number in range(8)))
        assert at_once([offer_for(remedy, student)] * 8).count("same") == 7
        assert Code.objects.filter(offer__isnull=False).count() == 1

    def test_the_database_lets_none_go_to_another(self, district: Clone) -> None:
        first, second = child_of("parent"), child_of("other.parent")
        remedy = with_codes(offered(listed(first, second)), "CODE-1", "CODE-2")
        says("parent", offer_for(remedy, first))
        other = offer_for(remedy, second).pk
        attacker = district.connect()
        try:
            for statement in (
                f"UPDATE remedies_code SET offer_id = {other} WHERE offer_id IS NOT NULL",
                "UPDATE remedies_code SET offer_id = NULL, given_at = NULL WHERE offer_id IS NOT NULL",
                "UPDATE remedies_code SET sealed = ''",
                "DELETE FROM remedies_code",
                f"UPDATE remedies_offer SET student_id = {first.pk} WHERE id = {other}",
                "DELETE FROM remedies_offer",
            ):
                refusals = (psycopg2.errors.InsufficientPrivilege, psycopg2.errors.RestrictViolation)
                with pytest.raises(refusals), attacker.cursor() as cursor:
                    cursor.execute(statement)
                attacker.rollback()
        finally:
            attacker.close()

    def test_opening_it_is_an_entry_and_the_help_is_given_then(self) -> None:
        student = child_of("parent")
        remedy = with_codes(offered(listed(student)), "CODE-77")
        offer = offer_for(remedy, student)
        assert refused(actions.open_code, offer=offer.public_id, by=person("parent")) == "no_code"
        says("parent", offer)
        assert queries.what_is_not_done(remedy.incident, clock.now())
        assert actions.open_code(offer=offer.public_id, by=person("parent"), at=clock.now()) == "CODE-77"
        assert actions.tell_code(offer=offer.public_id, by=person("security"), at=clock.now()) == "CODE-77"
        assert [entry["record_ids"] for entry in trail("breaches.remedy.code_opened")] == [[student.pk]] * 2
        assert queries.what_is_not_done(remedy.incident, clock.now()) is None
        assert refused(actions.answer, offer=offer.public_id, accepted=False, by=person("parent")) == "given"


class TestCarryingOut:
    def test_an_incident_stays_open_until_what_was_accepted_is_done(self) -> None:
        students = [child_of("parent"), child_of("other.parent")]
        remedy = offered(listed(*students), "corrected")
        says("parent", offer_for(remedy, students[0]))
        says("other.parent", offer_for(remedy, students[1]))
        with pytest.raises(CannotDo) as left:
            incidents.close(
                incident=remedy.incident.public_id,
                outcome="near_miss",
                found="x",
                done="",
                told="",
                lessons="",
                by=person("security"),
                at=clock.now(),
            )
        assert "accepted help" in left.value.what_to_do
        given = {"remedy": remedy.public_id, "evidence": None, "by": person("security")}
        assert refused(actions.finish_all, words=" ", **given) == "no_words"
        assert actions.finish_all(words="Both records show it.", at=clock.now(), **given) == 2
        assert refused(actions.finish_all, words="Again.", **given) == "nobody"
        assert trail("breaches.remedy.done")[-1]["record_ids"] == sorted(student.pk for student in students)
        assert queries.what_is_not_done(remedy.incident, clock.now()) is None

    def test_a_credit_watch_is_given_by_its_code_alone(self) -> None:
        student = child_of("parent")
        remedy = offered(listed(student))
        says("parent", offer_for(remedy, student))
        assert refused(actions.finish_all, remedy=remedy.public_id, words="Done.", evidence=None, by=person("security")) == "by_code"

    def test_a_drill_reaches_no_family(self) -> None:
        student = child_of("parent")
        drill = offered(listed(student, of=incident(drill=True)), "counseling")
        assert not queries.about(student).filter(remedy=drill).exists()


def at_once(offers: list[Offer]) -> list[str]:
    """Answer all of them with yes at the same moment; what each was refused for."""
    start, codes = threading.Barrier(len(offers)), []

    def answer(offer: Offer) -> None:
        try:
            start.wait()
            actions.note_answer(offer=offer.public_id, accepted=True, by=person("security"), at=clock.now())
        except CannotDo as why:
            codes.append(why.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=answer, args=(offer,)) for offer in offers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return codes
