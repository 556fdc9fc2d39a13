"""What one person did, and what happened to one student's record: day by day, and each a look of its own."""

import datetime as dt
import re
import uuid

import pytest
from django.db import connections

from governance.auditors.models import Engagement
from governance.people import roles
from governance.records.models import Guardianship, Student
from governance.trail import search
from governance.vocabulary import Role
from portal.base import clock
from tests.governance.audit.cast import client_of, text_of
from tests.governance.auditors import cast as auditors
from tests.governance.situations import person, trail

pytestmark = pytest.mark.usefixtures("district_module")


@pytest.fixture(autouse=True)
def demo(settings) -> None:
    """The demo asks for no second factor and no password once more."""
    settings.DEMO = True


@pytest.fixture
def officer():
    return client_of("compliance")


@pytest.fixture
def child() -> Student:
    return Guardianship.objects.filter(user=person("parent")).order_by("pk")[0].student


def of_person(name: str) -> str:
    return f"/audit/people/{person(name).public_id}/"


class TestAPerson:
    def test_it_tells_days_sign_ins_looks_and_why(self, officer) -> None:
        text = text_of(officer.get(of_person("teacher")))
        assert f"What {person('teacher').name} did" in text
        for words in ("Signed in", "Class list opened", "Teach a class", "Entries by month", "10.20."):
            assert words in text
        assert re.search(r"[A-Z][a-z]+ \d+, 202\d \d+:\d\d [AP]M", text)

    def test_it_shows_nobody_elses_entries(self, officer) -> None:
        page = officer.get(of_person("counselor")).content.decode()
        links = set(re.findall(r'href="(/audit/entries/[^"#]+)', page))
        assert links
        for link in list(links)[:5]:
            assert person("counselor").name in text_of(officer.get(link))

    def test_it_leaves_an_entry_of_its_own(self, officer) -> None:
        before = len(trail("trail.person.viewed"))
        officer.get(of_person("teacher"))
        found = trail("trail.person.viewed")
        assert len(found) == before + 1
        assert f'"actors": [{person("teacher").pk}]' in found[-1]["additional_data"]

    def test_it_leads_to_older_days_and_back(self, officer, monkeypatch) -> None:
        monkeypatch.setattr(search, "PAGE", 5)
        first = officer.get(of_person("teacher")).content.decode()
        older = re.search(r'href="([^"]+before=[^"]+)" rel="next"', first)
        assert older is not None
        second = officer.get(older.group(1)).content.decode()
        assert "Entries by month" not in second
        newer = re.search(r'href="([^"]+after=[^"]+)" rel="prev"', second)
        assert newer is not None
        links = re.findall(r'href="(/audit/entries/[^"#]+)', first)
        assert re.findall(r'href="(/audit/entries/[^"#]+)', officer.get(newer.group(1)).content.decode()) == links

    def test_a_students_account_has_no_name_here(self, officer) -> None:
        text = text_of(officer.get(of_person("student")))
        assert "Student's account" in text

    def test_rows_of_the_search_lead_to_it(self, officer) -> None:
        page = officer.get(f"/audit/?kind=records.class_list.opened&person={person('teacher').public_id}").content.decode()
        assert f'href="{of_person("teacher")}"' in page

    def test_who_may_search_finds_it_from_the_persons_page(self, officer) -> None:
        both = person("admin")
        page = f"/people/{person('teacher').public_id}/"
        assert of_person("teacher") not in client_of("admin").get(page).content.decode()
        roles.RoleAssignment.objects.create(
            user=both, role=Role.COMPLIANCE_OFFICER, starts_on=clock.today(), given_at=clock.now(), given_by=person("leader")
        )
        assert of_person("teacher") in client_of("admin").get(page).content.decode()

    @pytest.mark.parametrize("query", ["?before=x", f"?before={uuid.UUID(int=0)}", "?kind=trail.searched", "?before=x&after=x"])
    def test_an_address_that_no_page_made_is_not_found(self, officer, query: str) -> None:
        assert officer.get(of_person("teacher") + query).status_code == 404


class TestAStudent:
    def test_it_tells_who_looked_and_why_and_no_name(self, officer, child) -> None:
        page = officer.get(f"/audit/students/{child.public_id}/")
        text = text_of(page)
        for words in (str(child.public_id), "Class list opened", "Teach a class", "Teacher", "Entries by month"):
            assert words in text
        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT given_name || ' ' || family_name FROM records.identity WHERE student_id = %s", [child.pk])
            (name,) = cursor.fetchone()
        assert name not in text
        assert name in text_of(officer.post(f"/audit/students/{child.public_id}/"))
        assert page["Cache-Control"] == "no-store"

    def test_the_family_sees_that_it_was_opened(self, officer, child) -> None:
        officer.get(f"/audit/students/{child.public_id}/")
        assert trail("trail.student.viewed")[-1]["record_ids"] == [child.pk]
        looks = text_of(client_of("parent").get(f"/family/{child.public_id}/looks/"))
        assert "Checked who had opened the record" in looks

    def test_the_name_is_a_look_of_its_own(self, officer, child) -> None:
        before = len(trail("trail.names.opened"))
        text = text_of(officer.post(f"/audit/students/{child.public_id}/"))
        assert "The family of this student sees that you opened the name" in text
        assert "Ramirez" in text
        found = trail("trail.names.opened")
        assert len(found) == before + 1
        assert (found[-1]["record_ids"], found[-1]["elements"]) == ([child.pk], ["name"])

    def test_every_entry_names_the_student(self, officer, child) -> None:
        page = officer.get(f"/audit/students/{child.public_id}/").content.decode()
        for link in re.findall(r'href="(/audit/entries/[^"#]+)', page)[3:6]:
            assert f"/audit/students/{child.public_id}/" in officer.get(link).content.decode()


class TestQueries:
    @pytest.mark.parametrize("path", ["/audit/people/{person}/", "/audit/students/{student}/"])
    def test_they_do_not_grow_with_rows(self, officer, child, path: str, django_assert_max_num_queries) -> None:
        address = path.format(person=person("teacher").public_id, student=child.public_id)
        officer.get(address)
        with django_assert_max_num_queries(16):
            officer.get(address)


class TestPatience:
    def test_a_page_that_came_to_its_end_early_leads_on(self, officer, monkeypatch) -> None:
        monkeypatch.setattr(search.page, "__kwdefaults__", {**search.page.__kwdefaults__, "patience": 0})
        first = clock.today() - dt.timedelta(days=20)
        address, pages = f"/audit/?kind=governance.steward.designated&purpose=no-such-purpose&first={first}", 0
        while address and pages < 30:
            page = officer.get(address).content.decode()
            further = re.search(r'href="([^"]+)">Search on from there', page)
            address = further.group(1).replace("&amp;", "&") if further else ""
            assert ("Not yet everything" in page) == bool(further)
            pages += 1
        assert pages > 2
        assert "Nothing fits this search" in page


class TestAnAuditorFromOutside:
    """The scope of the audit stands in the entry of each look, and the door holds it; names stay closed."""

    @pytest.fixture
    def auditor(self):
        audit = Engagement.objects.filter(kinds=["records.class_list.opened"]).first() or auditors.admitted(
            kinds=("records.class_list.opened",)
        )
        return auditors.client_of(audit.user)

    def test_the_search_shows_what_lies_within(self, auditor) -> None:
        page = auditor.get("/audit/")
        assert page.status_code == 200
        assert "Class list opened" in text_of(page)
        assert "Signed in" not in page.content.decode().rsplit("<tbody>", 1)[-1].split("</tbody>")[0]
        assert "/audit/export/" not in page.content.decode()
        assert "Save this search" not in text_of(page)
        assert '"kinds": ["records.class_list.opened"]' in trail("trail.searched")[-1]["additional_data"]
        assert trail("trail.searched")[-1]["hat"] == "auditor"
        assert "Nothing fits this search" in text_of(auditor.get("/audit/?kind=people.signed_in"))

    def test_so_do_the_timelines(self, auditor, child) -> None:
        assert "Class list opened" in text_of(auditor.get(of_person("teacher")))
        assert "Signed in" not in text_of(auditor.get(of_person("teacher")))
        page = text_of(auditor.get(f"/audit/students/{child.public_id}/"))
        assert "Class list opened" in page
        assert "Opened by the family" not in page

    def test_an_entry_outside_is_not_there(self, auditor, officer) -> None:
        def first(kind: str) -> str:
            found = re.search(r'href="(/audit/entries/[^"#]+)', officer.get(f"/audit/?kind={kind}").content.decode())
            assert found is not None
            return found.group(1)

        assert auditor.get(first("records.class_list.opened")).status_code == 200
        assert auditor.get(first("people.signed_in")).status_code == 404

    def test_it_searches_by_post_and_opens_no_name(self, auditor, child) -> None:
        assert auditor.post("/audit/", {"purpose": "classroom-instruction"}).status_code == 302
        before = len(trail("trail.names.opened"))
        assert "Open the name" not in text_of(auditor.get(f"/audit/students/{child.public_id}/"))
        assert auditor.post(f"/audit/students/{child.public_id}/").status_code == 403
        assert auditor.post("/audit/students/", {"name": "Ramirez"}).status_code == 403
        assert len(trail("trail.names.opened")) == before

    def test_it_keeps_nothing(self, auditor) -> None:
        assert auditor.get("/audit/saved/").status_code == 403
        assert auditor.post("/audit/saved/new/", {"name": "x", "period": "as-saved"}).status_code == 403


def test_nobody_else_opens_them(child) -> None:
    for name in ("steward", "teacher", "parent", "leader"):
        for path in (of_person("teacher"), f"/audit/students/{child.public_id}/"):
            assert client_of(name).get(path).status_code == 404
