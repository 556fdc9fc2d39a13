"""Writing down and reading who got information: the office, those who check, and the family."""

import csv
import datetime as dt
import hashlib
import io
import json
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from governance.disclosures import door
from governance.records.models import Guardianship, Student
from portal.base import clock
from tests.governance.disclosures.test_door import read
from tests.governance.disclosures.written import disclosure, write
from tests.governance.records.readers import browser, child_of, last_entry, name_of, person, trail, words


def filled(*students: Student, **more: Any) -> dict[str, Any]:
    """The form as somebody fills it in."""
    return {
        "students": [str(student.public_id) for student in students],
        "key": str(uuid.uuid4()),
        "outcome": "given",
        "happened_on": clock.today().isoformat(),
        "party": "Northwoods High School",
        "party_kind": "school",
        "basis": "ferpa-transfer-school",
        "interest": "The student enrolls there.",
        "elements": ["name", "course-grades"],
        "channel": "paper",
    } | more


def of_the_office() -> Student:
    """A child of parent@ at the secretary's school."""
    return Student.objects.filter(guardianships__user=person("parent"), school=person("secretary").staff_member.school_id)[0]


class TestTheOffice:
    def test_finds_a_student_and_writes_down_what_left(self, district: Any) -> None:
        student, client = of_the_office(), browser("secretary")
        family_name = name_of(student).split()[-1]
        found = client.post("/disclosures/new/", {"find": "1", "term": family_name, "party": "Northwoods", "key": str(uuid.uuid4())})
        assert str(student.public_id) in found.content.decode()
        assert 'value="Northwoods"' in found.content.decode()  # nothing that was typed is lost
        answer = client.post("/disclosures/new/", filled(student))
        assert answer.status_code == 302
        page = words(client.get(answer["Location"]))
        for told in (
            "Northwoods High School",
            "Another school or college",
            "Name, course grades",
            "The school where the student goes next.",
            "On paper",
        ):
            assert told in page

    def test_the_paper_s_fingerprint_is_kept_and_not_the_paper(self, district: Any) -> None:
        paper = SimpleUploadedFile("order.pdf", b"%PDF the order")
        student = of_the_office()
        browser("secretary").post("/disclosures/new/", filled(student, document=paper))
        [line] = [line for line in read(student) if line["document_sha256"]]
        assert line["document_sha256"] == hashlib.sha256(b"%PDF the order").hexdigest()

    @pytest.mark.parametrize(
        ("given", "told"),
        [
            ({"happened_on": "2036-01-01"}, "This day has not come yet."),
            ({"interest": ""}, "Say what they need it for"),
            ({"basis": "ferpa-emergency"}, "Say what the danger was and to whom"),
            ({"basis": "ferpa-court-order"}, "Say how the family was told before"),
            ({"outcome": "refused"}, "If it was refused, nothing left."),
            ({"held": "silent", "held_because": "safety", "held_until": "2027-01-01"}, "A line may be kept back only for"),
            ({"basis": "ferpa-court-order", "notice": "forbidden"}, "If the court forbids to tell, the line must be kept back."),
            ({"basis": "ferpa-court-order", "notice": "given", "held": "silent", "held_because": "grand_jury", "held_until": "2036-01-01"}, "at most two years ahead"),
            ({"basis": "ferpa-deidentified"}, "Select a valid choice"),
            ({"elements": []}, "This field is required"),
            ({"elements": ["no-such-thing"]}, "Select a valid choice"),
            ({"students": []}, "Choose at least one student."),
            ({"party": "x" * 10_000}, "at most 200 characters"),
        ],
        ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
    )  # fmt: skip
    def test_is_told_what_is_missing(self, district_module: Any, given: dict[str, Any], told: str) -> None:
        student, before = of_the_office(), last_entry()
        answer = browser("secretary").post("/disclosures/new/", filled(student) | given)
        assert answer.status_code == 422
        assert told in words(answer)
        assert "records.disclosure.made" not in {entry["kind"] for entry in trail(after=before)}

    def test_the_same_form_sent_twice_is_one_line(self, district: Any) -> None:
        student, sent = of_the_office(), filled(of_the_office())
        before = last_entry()
        for _ in range(2):
            assert browser("secretary").post("/disclosures/new/", sent).status_code == 302
        assert [entry["kind"] for entry in trail(after=before)].count("records.disclosure.made") == 1
        assert len([line for line in read(student) if line["party"] == "Northwoods High School"]) >= 1

    def test_writes_down_nothing_about_other_schools(self, district: Any) -> None:
        foreign = Student.objects.exclude(school=person("secretary").staff_member.school_id)[0]
        before = last_entry()
        answer = browser("secretary").post("/disclosures/new/", filled(foreign))
        assert "Choose at least one student." in words(answer)
        assert trail(after=before) == []

    def test_writes_down_nothing_about_a_child_of_their_own(self, district: Any) -> None:
        student = of_the_office()
        Guardianship.objects.create(student=student, user=person("secretary"), relation="parent")
        assert "This is a child of your own." in words(browser("secretary").post("/disclosures/new/", filled(student)))

    def test_marks_a_line_as_wrong(self, district: Any) -> None:
        student, said = of_the_office(), disclosure()
        write(student, public_id=said.public_id)
        client = browser("secretary")
        address = f"/disclosures/students/{student.public_id}/lines/{said.public_id}/mistake/"
        assert address in client.get(f"/disclosures/students/{student.public_id}/").content.decode()
        assert client.post(address, {"because": "twice"}).status_code == 302
        assert "Written by mistake It was written down twice" in words(client.get(f"/disclosures/students/{student.public_id}/"))
        assert "Written by mistake" in words(browser("parent").get(f"/family/{student.public_id}/disclosures/"))

    def test_does_not_see_what_is_kept_from_the_family(self, district: Any) -> None:
        student = of_the_office()
        write(
            student,
            basis="ferpa-court-order",
            held="silent",
            held_until=clock.today() + dt.timedelta(days=9),
            party=door.Party("Grand jury", "court"),
        )
        assert "Grand jury" not in words(browser("secretary").get(f"/disclosures/students/{student.public_id}/"))
        assert "Grand jury" in words(browser("compliance").get(f"/disclosures/students/{student.public_id}/"))

    def test_prints_the_whole_of_it(self, district: Any) -> None:
        student = of_the_office()
        write(student)
        page = words(browser("secretary").get(f"/disclosures/students/{student.public_id}/print/"))
        assert name_of(student).split()[-1] in page
        assert "Northwoods High School" in page


@pytest.mark.parametrize("persona", ["teacher", "counselor", "principal", "nurse", "leader", "parent"])
def test_others_have_no_business_here(district_module: Any, persona: str) -> None:
    assert browser(persona).get("/disclosures/").status_code == 403


def test_who_oversees_them_sees_the_newest_without_names(district: Any) -> None:
    write(*Student.objects.all()[:3])
    page = words(browser("compliance").get("/disclosures/"))
    assert "Northwoods High School" in page
    assert not any(name_of(student) in page for student in Student.objects.all()[:3])
    assert "Newest in the district" not in words(browser("secretary").get("/disclosures/"))


class TestTheFamily:
    def test_reads_who_got_what_and_why(self, district: Any) -> None:
        student, before = child_of("parent"), last_entry()
        write(
            student, elements={"name", "immunization"}, onward="The county health office, to keep records.", details={"threat": "A fire."}
        )
        page = words(browser("parent").get(f"/family/{student.public_id}/disclosures/"))
        for told in (
            "Northwoods High School",
            "Name, vaccines",
            "The student enrolls there.",
            "34 CFR 99.31(a)(2), 99.34",
            "The county health office",
            "A fire.",
        ):
            assert told in page
        entry = trail(after=before)[-1]
        assert (entry["kind"], entry["record_ids"], entry["hat"]) == ("records.disclosures.viewed", [student.pk], "guardian")

    def test_finds_it_from_every_page_of_the_record(self, district_module: Any) -> None:
        student = child_of("parent")
        for page in ("", "looks/", "data/"):
            assert (
                f"/family/{student.public_id}/disclosures/" in browser("parent").get(f"/family/{student.public_id}/{page}").content.decode()
            )

    def test_reads_it_in_spanish(self, district: Any) -> None:
        student = child_of("parent")
        write(student)
        page = words(browser("parent").get(f"/es/family/{student.public_id}/disclosures/"))
        assert "Quién recibió información" in page
        assert "(escrito en inglés)" in page

    def test_takes_a_copy_without_formulas(self, district: Any) -> None:
        student = child_of("parent")
        write(student, party=door.Party("=HYPERLINK(1)", "other"))
        client = browser("parent")
        sheet = client.post(f"/family/{student.public_id}/disclosures/csv/")
        rows = list(csv.DictReader(io.StringIO(sheet.content.decode())))
        assert "'=HYPERLINK(1)" in {row["who"] for row in rows}
        data = json.loads(client.post(f"/family/{student.public_id}/disclosures/json/").content)
        assert "=HYPERLINK(1)" in {row["who"] for row in data["disclosures"]}
        assert "Content-Disposition" in sheet.headers
        assert student.public_id.hex not in sheet["Content-Disposition"]

    def test_turns_pages_without_a_number_in_the_address(self, district: Any) -> None:
        student = child_of("parent")
        for number in range(55):
            write(student, reference=str(number))
        client = browser("parent")
        first = client.get(f"/family/{student.public_id}/disclosures/")
        assert len(first.context["lines"]) == 50
        second = client.get(f"/family/{student.public_id}/disclosures/{first.context['next']}")
        assert 5 <= len(second.context["lines"]) < 50
        assert client.get(f"/family/{student.public_id}/disclosures/?before=7").status_code == 404
        whole = json.loads(client.post(f"/family/{student.public_id}/disclosures/json/").content)["disclosures"]
        assert len(whole) == 50 + len(second.context["lines"])


class TestAnOrder:
    def test_keeps_back_elements_and_who_received_them(self, district: Any) -> None:
        link = Guardianship.objects.get(user=person("limited.parent"), limit="records_limited")
        kept = link.limit_elements[0]
        write(link.student, elements={"name", kept}, party=door.Party("Ridgeline Clinic", "health"))
        write(link.student, elements={"name"}, party=door.Party("Yearbook Press", "press"))
        client = browser("limited.parent")
        page = words(client.get(f"/family/{link.student.public_id}/disclosures/"))
        assert "Yearbook Press" in page
        assert "Ridgeline Clinic" not in page
        assert "A court order or a safety rule keeps the rest of this line back." in page
        for form in ("csv", "json"):
            copy = client.post(f"/family/{link.student.public_id}/disclosures/{form}/").content.decode()
            assert "Ridgeline" not in copy

    def test_no_contact_tells_no_party_at_all(self, district: Any) -> None:
        """The next school's name would tell where the child is."""
        student = child_of("parent")
        write(student)
        Guardianship.objects.filter(student=student, user=person("parent")).update(limit="no_contact", limit_set_at=clock.now())
        client, before = browser("parent"), last_entry()
        for page in ("", "print/"):
            text = words(client.get(f"/family/{student.public_id}/disclosures/{page}"))
            assert "Northwoods" not in text
            assert "715-555-0199" not in text
        assert all("disclosures.party" not in entry["elements"] for entry in trail(after=before))

    def test_denied_placement_gives_the_decent_page(self, district: Any) -> None:
        denied = Guardianship.objects.get(user=person("limited.parent"), limit="placement_denied").student
        for page in ("", "print/"):
            answer = browser("limited.parent").get(f"/family/{denied.public_id}/disclosures/{page}")
            assert answer.status_code == 403
            assert "To ask why, to object, or to send a newer order:" in words(answer)
