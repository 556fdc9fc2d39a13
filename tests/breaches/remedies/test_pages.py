"""Remedies through their pages: the family's, and that of those who carry them out."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from breaches.incidents.models import Incident
from breaches.remedies.models import Code, Offer, Remedy
from governance.records.models import Student
from tests.breaches.affected.test_lists import incident
from tests.breaches.notices.situations import listed
from tests.breaches.remedies.situations import offer_for, offered, says, with_codes
from tests.governance.audit.cast import client_of, text_of
from tests.governance.records.readers import child_of, name_of, own
from tests.governance.situations import person, trail

pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


@pytest.fixture
def student() -> Student:
    return child_of("parent")


def at(student: Student, offer: Offer | None = None, what: str = "") -> str:
    return f"/family/{student.public_id}/remedies/" + (f"{offer.public_id}/{what}/" if offer else "")


class TestOfTheFamily:
    def test_it_says_yes_and_sees_its_code_once_it_asks(self, student: Student) -> None:
        remedy = with_codes(offered(listed(student)), "KEEP-IT-42")
        offer, parent = offer_for(remedy, student), client_of("parent")
        assert "The district offers you help after an incident" in text_of(parent.get("/home/"))
        assert "Free credit watch Waiting for your answer" in text_of(parent.get(at(student)))
        page = parent.post(at(student, offer, "yes"), follow=True)
        assert "You said yes" in text_of(page)
        assert "KEEP-IT-42" not in page.content.decode()
        page = parent.post(at(student, offer, "code"))
        assert "KEEP-IT-42" in text_of(page)
        assert "no-store" in page["Cache-Control"]
        assert trail("breaches.remedy.code_opened")[-1]["record_ids"] == [student.pk]
        assert "KEEP-IT-42" not in parent.get(at(student)).content.decode()

    def test_another_familys_code_is_not_found(self, student: Student) -> None:
        theirs = child_of("other.parent")
        remedy = with_codes(offered(listed(student, theirs)), "KEEP-IT-42", "KEEP-IT-43")
        offer = says("other.parent", offer_for(remedy, theirs))
        parent = client_of("parent")
        assert parent.post(at(student, offer, "code")).status_code == 404
        assert parent.post(at(theirs, offer, "code")).status_code == 404
        assert parent.get(at(student, offer, "code")).status_code == 405
        assert not trail("breaches.remedy.code_opened")

    def test_a_student_under_18_reads_and_does_not_answer(self) -> None:
        child = own("student")
        offer = offer_for(offered(listed(child), "counseling"), child)
        student = client_of("student")
        page = text_of(student.get(at(child)))
        assert "Somebody to talk to" in page
        assert "Your parent or guardian answers" in page
        assert "cannot answer" in text_of(student.post(at(child, offer, "yes"), follow=True))
        assert Offer.objects.get(pk=offer.pk).state == "offered"

    def test_with_nothing_offered_it_says_so_and_how_to_object(self, student: Student) -> None:
        Offer.objects.using("owner").filter(student=student).delete()  # that of the demo
        page = text_of(client_of("parent").get(at(student)))
        assert "Nothing is offered now" in page
        assert "Student Privacy Policy Office" in page

    def test_its_queries_do_not_grow_with_what_is_offered(self, student: Student) -> None:
        which, parent = listed(student), client_of("parent")
        counts = []
        for kind in ("counseling", "corrected", "complaint"):
            offered(which, kind)
            parent.get(at(student))
            with CaptureQueriesContext(connection) as asked:
                parent.get(at(student))
            counts.append(len(asked))
        assert counts[0] == counts[2]


class TestOfThoseWhoCarryItOut:
    def test_from_the_incident_to_what_was_told_by_phone(self, student: Student) -> None:
        found: Incident = listed(student).incident
        lead = client_of("security")
        assert f"/incidents/{found.public_id}/remedies/" in lead.get(f"/incidents/{found.public_id}/").content.decode()
        assert "Offer something" in text_of(lead.get(f"/incidents/{found.public_id}/remedies/"))
        new = f"/incidents/{found.public_id}/remedies/new/credit_watch/"
        filled = lead.get(new).context["form"].initial
        assert lead.post(new, {**filled, "answer_by": "2001-01-01"}).status_code == 422
        chosen = found.affected_lists.get().public_id
        page = lead.post(new, {**filled, "answer_by": "2030-01-01", "affected": str(chosen)}, follow=True)
        remedy = Remedy.objects.get(incident=found)
        assert "Free credit watch" in text_of(page)
        here = f"/incidents/remedies/{remedy.public_id}/"
        bad = lead.post(f"{here}act/", {"act": "codes", "codes-file": SimpleUploadedFile("c.csv", b"SAME-1\nSAME-1\n")})
        assert (bad.status_code, "Line 2 has the same code as line 1" in text_of(bad)) == (409, True)
        lead.post(f"{here}act/", {"act": "codes", "codes-file": SimpleUploadedFile("c.csv", b"PHONE-ME-7\n")})
        assert Code.objects.count() == 1
        assert name_of(student) not in text_of(lead.get(here))
        assert name_of(student).split()[-1] in text_of(lead.post(f"{here}names/", {"which": "offered"}))
        assert trail("breaches.remedy.named")[-1]["record_ids"] == [student.pk]
        offer = f"{here}offers/{remedy.offers.get().public_id}/"
        assert "Accepted" in text_of(lead.post(offer, {"act": "yes"}, follow=True))
        told = lead.post(offer, {"act": "code"})
        assert "PHONE-ME-7" in text_of(told)
        assert "Carried out" in text_of(lead.get(f"{here}?which=done"))
        assert "The code was told by phone." in text_of(lead.get(f"{here}?which=done"))

    def test_what_is_owed_stands_on_the_incident_and_is_carried_out_for_all(self, student: Student) -> None:
        remedy = offered(listed(student), "corrected")
        says("parent", offer_for(remedy, student))
        lead, here = client_of("security"), f"/incidents/remedies/{remedy.public_id}/"
        assert "A family accepted help" in text_of(lead.get(f"/incidents/{remedy.incident.public_id}/close/"))
        lead.post(f"{here}act/", {"act": "finish_all", "done-words": "The record shows it."})
        assert remedy.offers.get().done_words == "The record shows it."
        lead.post(f"{here}act/", {"act": "withdraw", "withdraw-reason": "All have it."})
        assert "Called off" in text_of(lead.get(here))

    def test_those_whom_it_does_not_concern_find_nothing(self) -> None:
        remedy = offered(listed(child_of("parent")), "corrected")
        for who in ("teacher", "counselor", "steward", "secretary"):
            assert client_of(who).get(f"/incidents/remedies/{remedy.public_id}/").status_code == 404
        about = incident(account=person("compliance"))
        assert client_of("compliance").get(f"/incidents/{about.public_id}/remedies/").status_code == 404
