"""The compliance officer's pages: who may open them, what they show, and what they leave in the trail."""

import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.audit import present
from governance.audit.questions import NotAQuestion, Question
from governance.people.models import User
from governance.records.models import Student
from governance.requests.models import DataRequest
from governance.trail import search
from tests.governance.audit.cast import client_of, text_of
from tests.governance.situations import person, trail

pytestmark = pytest.mark.usefixtures("district_module")


@pytest.fixture(autouse=True)
def demo(settings) -> None:
    """The demo asks for no second factor and no password once more."""
    settings.DEMO = True


@pytest.fixture
def officer():
    return client_of("compliance")


def rows_of(response) -> list[str]:
    body = response.content.decode().split("<tbody>")[-1]
    return re.findall(r"<tr>.*?</tr>", body, re.DOTALL)


def links_to_entries(response) -> list[str]:
    return list(dict.fromkeys(re.findall(r'href="(/audit/entries/[^"#]+)', response.content.decode())))


class TestWhoMayOpenThem:
    @pytest.mark.parametrize("name", ["admin", "steward", "teacher", "parent", "leader", "student"])
    @pytest.mark.parametrize(("path", "status"), [("/audit/", 403), ("/audit/export/", 403), (f"/audit/entries/{uuid.UUID(int=7)}/", 404)])
    def test_nobody_else(self, name: str, path: str, status: int) -> None:
        before = len(trail("trail.searched"))
        assert client_of(name).get(path).status_code == status
        assert len(trail("trail.searched")) == before

    def test_they_are_kept_nowhere(self, officer) -> None:
        assert officer.get("/audit/")["Cache-Control"] == "no-store"


class TestTheList:
    def test_it_shows_who_did_what_when_why_and_from_where(self, officer) -> None:
        response = officer.get("/audit/?kind=records.class_list.opened&purpose=classroom-instruction")
        assert response.status_code == 200
        row = rows_of(response)[0]
        text = " ".join(re.sub(r"<[^>]+>", " ", row).split())
        assert "Class list opened" in text
        assert re.search(r"\d+ students", text)
        assert "Teach a class" in text
        assert re.search(r"10\.20\.\d+\.\d+", text)
        assert re.search(r"(January|February|March|April|May|June|July|August|September|October|November|December) \d+, 202\d", text)

    def test_a_page_holds_fifty_and_leads_on(self, officer) -> None:
        first = officer.get("/audit/?kind=people.signed_in")
        assert len(rows_of(first)) == search.PAGE
        following = re.search(r'href="(/audit/\?[^"]+)" rel="next"', first.content.decode())
        assert following is not None
        second = officer.get(following.group(1).replace("&amp;", "&"))
        assert not set(links_to_entries(first)) & set(links_to_entries(second))
        assert "Back to the newest" in text_of(second)
        back = re.search(r'href="(/audit/\?[^"]+after=[^"]+)" rel="prev"', second.content.decode())
        assert back is not None
        assert links_to_entries(officer.get(back.group(1).replace("&amp;", "&"))) == links_to_entries(first)

    def test_opening_a_page_is_a_look_of_its_own(self, officer) -> None:
        before = len(trail("trail.searched"))
        officer.get("/audit/")
        officer.get("/audit/?purpose=school-health")
        found = trail("trail.searched")
        assert len(found) == before + 2
        assert '"purpose": "school-health"' in found[-1]["additional_data"]
        assert (found[-1]["hat"], found[-1]["purpose"], found[-1]["elements"]) == ("compliance_officer", "privacy-oversight", ["audit"])

    def test_it_names_no_student(self, officer) -> None:
        with connection.cursor() as cursor, pytest.raises(Exception, match="permission denied"):
            cursor.execute("SELECT family_name FROM records.identity")
        response = officer.get("/audit/?kind=records.student.opened")
        assert "Ramirez" not in text_of(response).replace("Maria Ramirez", "")  # an account's name is no student's

    @pytest.mark.parametrize("address", ["", "?kind=records.class_list.opened", "?kind=no-such-event"])
    def test_its_queries_do_not_grow_with_rows(self, officer, address: str) -> None:
        officer.get("/audit/" + address)  # content types and the like
        with CaptureQueriesContext(connection) as taken:
            officer.get("/audit/" + address)
        assert len(taken) <= 16, [query["sql"][:80] for query in taken]

    def test_nothing_found_says_so(self, officer) -> None:
        response = officer.get("/audit/?kind=trail.exported&first=2020-01-01&last=2020-01-02")
        assert "Nothing fits this search" in text_of(response)

    @pytest.mark.parametrize(
        "address",
        [
            "?person=nobody", f"?person={uuid.UUID(int=7)}", f"?student={uuid.UUID(int=7)}", "?decision=999999999", "?decision=x", "?first=yesterday", "?first=0001-01-01",
            "?address=home", "?kind=a%20b", "?colour=red", "?before=x", f"?before={uuid.UUID(int=0)}", "?last=9999-12-31",
        ],
    )  # fmt: skip
    def test_an_address_that_no_page_made_is_not_found(self, officer, address: str) -> None:
        before = len(trail("trail.searched"))
        assert officer.get("/audit/" + address).status_code == 404
        assert len(trail("trail.searched")) == before


class TestTheForm:
    def test_a_name_never_stands_in_an_address(self, officer) -> None:
        response = officer.post("/audit/", {"person": "teacher@riverbend.example"})
        assert response.status_code == 302
        assert response["Location"] == f"/audit/?person={person('teacher').public_id}"
        shown = officer.get(response["Location"])
        assert "teacher@riverbend.example" in shown.content.decode()
        assert {"Class list opened", "Signed in"} & {row for row in ("Class list opened", "Signed in") if row in text_of(shown)}

    def test_everything_that_was_typed_comes_back(self, officer) -> None:
        student = Student.objects.first()
        typed = {
            "person": "teacher@riverbend.example", "student": str(student.public_id), "kind": "records.student.opened", "purpose": "classroom-instruction",
            "basis": "wi-118-125-2d-official", "element": "name", "address": "10.20.0.0/16", "first": "2026-01-01", "last": "2026-12-31",
        }  # fmt: skip
        location = officer.post("/audit/", typed)["Location"]
        page = officer.get(location).content.decode()
        for value in typed.values():
            assert value in page

    def test_a_part_of_a_name_finds_every_account_that_fits(self, officer) -> None:
        location = officer.post("/audit/", {"person": "teacher@"})["Location"]
        assert location.count("person=") == User.objects.filter(email__icontains="teacher@").count()

    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ({"person": "nobody at all"}, "Nobody with an account is called that"),
            ({"person": "x"}, "at least two letters"),
            ({"person": "a e"}, "Nobody with an account"),
            ({"student": "Maya Ramirez"}, "This is not a student's id"),
            ({"student": str(uuid.uuid4())}, "There is none with this id"),
            ({"decision": "two"}, "Write the number as it stands"),
            ({"decision": "R-99999999"}, "There is none with this id or number"),
            ({"address": "home"}, "This is not an IP address"),
            ({"first": "2026-02-01", "last": "2026-01-01"}, "The last day is before the first"),
            ({"kind": "gossip"}, "Select a valid choice"),
        ],
    )
    def test_what_cannot_be_searched_is_said(self, officer, typed: dict, words: str) -> None:
        before = len(trail("trail.searched"))
        response = officer.post("/audit/", typed)
        assert response.status_code == 422
        assert words in text_of(response)
        assert len(trail("trail.searched")) == before

    def test_too_many_people_is_said(self, officer, monkeypatch) -> None:
        monkeypatch.setattr("governance.audit.forms.MOST_PEOPLE", 3)
        assert "More than 3 people" in text_of(officer.post("/audit/", {"person": "riverbend.example"}))

    def test_a_decision_is_found_by_its_number(self, officer) -> None:
        request = DataRequest.objects.exclude(grant=None).first()
        location = officer.post("/audit/", {"decision": f"R-{request.number}"})["Location"]
        page = officer.get(location)
        assert page.status_code == 200
        assert rows_of(page)
        assert f"R-{request.number}" in text_of(page)


class TestOneEntry:
    def test_it_says_everything(self, officer) -> None:
        listed = officer.get("/audit/?kind=records.class_list.opened&purpose=classroom-instruction")
        page = officer.get(links_to_entries(listed)[0])
        text = text_of(page)
        for words in (
            "Class list opened",
            "In the role of Teacher",
            "Purpose Teach a class",
            "Rule teacher-own-classes@",
            "Address 10.20.",
            "Open the names",
        ):
            assert words in text
        ids = re.findall(r"/audit/students/([0-9a-f-]{36})/", page.content.decode())
        assert Student.objects.filter(public_id__in=ids).count() == len(ids) > 1

    def test_changes_are_shown_field_by_field(self, officer) -> None:
        from governance.people.models import District

        district = District.objects.get()
        district.office_hours = "Always"
        district.save()
        page = officer.get(links_to_entries(officer.get("/audit/?kind=model.changed"))[0])
        assert "office_hours" in text_of(page)
        assert "Always" in text_of(page)

    def test_names_are_opened_by_a_look_of_their_own(self, officer) -> None:
        address = links_to_entries(officer.get("/audit/?kind=records.student.opened"))[0]
        closed = text_of(officer.get(address))
        before = len(trail("trail.names.opened"))
        opened = text_of(officer.post(address))
        entry = trail("trail.names.opened")[before]
        assert entry["elements"] == ["name"]
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM records_student WHERE id = ANY(%s)", [entry["record_ids"]])
            assert cursor.fetchone()[0] == 1
        assert "The families of these students see that you opened their names" in opened
        assert len(opened) > 0
        assert closed != opened

    def test_names_stay_closed_where_the_rules_give_none(self, officer, monkeypatch) -> None:
        from governance.authority import grounds

        monkeypatch.delitem(grounds.DEFAULT_PURPOSE, "compliance_officer")
        from governance.authority import decisions

        decisions.in_force().memo.clear()
        address = links_to_entries(officer.get("/audit/?kind=records.student.opened"))[0]
        assert "do not give you these names" in text_of(officer.post(address))
        assert trail("records.read.refused")[-1]["hat"] == "compliance_officer"
        decisions.in_force().memo.clear()

    def test_there_is_no_other_address(self, officer) -> None:
        for _ in range(5):
            assert officer.get(f"/audit/entries/{uuid.uuid4()}/").status_code == 404


class TestLookingUpAStudent:
    def test_it_gives_the_id_and_leaves_entries(self, officer) -> None:
        before = len(trail("records.students.found"))
        page = officer.post("/audit/students/", {"name": "Ramirez"})
        students = re.findall(r"/audit/students/([0-9a-f-]{36})/", page.content.decode())
        assert students
        assert "Ramirez" in text_of(page)
        found = trail("records.students.found")
        assert len(found) == before + 1
        assert set(found[-1]["record_ids"]) == set(Student.objects.filter(public_id__in=students).values_list("pk", flat=True))
        assert officer.get(f"/audit/?student={students[0]}").status_code == 200

    def test_nobody_found(self, officer) -> None:
        assert "Nobody found" in text_of(officer.post("/audit/students/", {"name": "Zzyzx"}))

    def test_one_letter_is_too_few(self, officer) -> None:
        assert officer.post("/audit/students/", {"name": "R"}).status_code == 422

    def test_a_name_is_not_taken_from_an_address(self, officer) -> None:
        assert officer.get("/audit/students/?name=Ramirez").status_code == 405


class TestWords:
    def test_a_question_survives_its_address(self) -> None:
        from django.http import QueryDict

        question = Question(
            people=(uuid.uuid4(), uuid.uuid4()), student=uuid.uuid4(), kind="trail.searched", decision=7, address="10.0.0.0/8"
        )
        assert Question.from_address(QueryDict(question.in_address()[1:])) == question
        with pytest.raises(NotAQuestion):
            Question.from_address(QueryDict("&".join(f"person={uuid.uuid4()}" for _ in range(21))))

    def test_a_chart_has_at_most_twelve_bars(self) -> None:
        import datetime as dt

        for length in (1, 2, 12, 13, 84, 90, 400, 5000):
            days = [(dt.date(2020, 1, 1) + dt.timedelta(days=number), 2) for number in range(length)]
            chart = present.chart_of(days)
            assert (chart is None) == (length == 1)
            if chart:
                assert len(chart.bars) <= 12
                assert length > 4000 or sum(bar.value for bar in chart.bars) == 2 * length
            assert len(present.each_day(days)) == (length if length > 12 else 0)
