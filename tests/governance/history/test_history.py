"""The history of any object is a page, for whoever may open the object, and tells no more than the trail holds."""

import datetime as dt
import re
import uuid
from typing import Any

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from governance.authority.models import RuleVersion, Stewardship
from governance.history import kinds
from governance.people import accounts, facts
from governance.people.models import School, User
from governance.records.models import Guardianship, ImportRun
from governance.requests.models import DataRequest
from governance.trail import entries, search
from governance.vocabulary import Event, Role
from portal.base import clock
from tests.governance import situations
from tests.governance.records.readers import browser, last_entry, person, trail, words


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


def history(who: str, kind: str, public_id: Any) -> Any:
    return browser(who).get(f"/history/{kind}/{public_id}/")


class TestFieldByField:
    def test_old_and_new_where_the_trail_keeps_them(self, district: Any) -> None:
        admin = person("admin")
        with entries.context.acting(actor_id=admin.pk):
            facts.change(by=admin, at=clock.now(), contact_phone="715-555-0101", office_hours="8 to 4")
        page = history("admin", "district", kinds.THE_ONLY_ONE)
        changes = {(change.field, change.before, change.after) for row in page.context["rows"] for change in row.changes}
        assert ("Phone", "715-555-0100", "715-555-0101") in changes
        assert "Phone: 715-555-0100 → 715-555-0101" in words(page)
        assert "District facts changed" in words(page)
        assert admin.name in words(page)

    def test_changed_and_no_more_where_it_does_not(self, district: Any) -> None:
        colleague = person("colleague")
        colleague.name, colleague.title = "Somebody Else", "Librarian"
        colleague.save()
        page = words(history("admin", "person", colleague.public_id))
        assert "Name: changed; what stood there is not kept in the trail" in page
        assert "→ Librarian" in page

    def test_own_acts_about_the_object_and_its_parts(self, district: Any) -> None:
        colleague = person("colleague")
        accounts.suspend(user_id=colleague.pk, by=person("admin"), at=clock.now())
        page = words(history("admin", "person", colleague.public_id))
        assert "Account suspended" in page

    def test_a_request_with_what_it_gave(self, district: Any) -> None:
        request = situations.decided(situations.sent())
        for who in ("teacher", "steward", "compliance"):
            page = words(history(who, "request", request.public_id))
            assert "Data request sent" in page
            assert "Data request approved with fewer items" in page
            assert "Permission given" in page
        assert history("steward", "permission", request.grant.public_id).status_code == 200

    def test_a_choice_in_words_and_people_by_name(self, district: Any) -> None:
        admin = person("admin")
        run = ImportRun.objects.create(kind="roster", state="received", file_name="a.zip", made_at=clock.now(), made_by=admin)
        page = history("admin", "import", run.public_id)
        told = {(change.field, change.after) for row in page.context["rows"] for change in row.changes}
        assert ("State", "Waiting to be checked") in told
        assert ("Made by", admin.name) in told


class TestWhoMayOpenIt:
    def objects(self) -> dict[str, tuple[uuid.UUID, str, str]]:
        """Kind: an object, who may open it, who may not."""
        request = DataRequest.objects.filter(asker=person("teacher")).exclude(number=None)[0]
        granted = DataRequest.objects.filter(asker=person("teacher"), grant__isnull=False)[0]
        link = Guardianship.objects.filter(student__school=person("secretary").staff_member.school_id)[0]
        run = ImportRun.objects.create(kind="roster", state="received", made_at=clock.now(), made_by=person("admin"))
        from governance.people.models import RoleAssignment

        return {
            "request": (request.public_id, "teacher", "colleague"),
            "permission": (granted.grant.public_id, "teacher", "colleague"),
            "rule": (RuleVersion.objects.all()[0].public_id, "steward", "teacher"),
            "steward": (Stewardship.objects.all()[0].public_id, "admin", "teacher"),
            "person": (person("teacher").public_id, "admin", "teacher"),
            "role": (RoleAssignment.objects.all()[0].public_id, "admin", "teacher"),
            "school": (School.objects.all()[0].public_id, "admin", "principal"),
            "district": (kinds.THE_ONLY_ONE, "admin", "secretary"),
            "import": (run.public_id, "admin", "secretary"),
            "limit": (link.public_id, "secretary", "parent"),
        }

    def test_who_may_open_the_object_and_who_oversees_the_trail(self, district: Any) -> None:
        objects = self.objects()
        assert set(objects) <= {kind.slug for kind in kinds.all_kinds()}
        for kind, (public_id, may, may_not) in objects.items():
            assert history(may, kind, public_id).status_code == 200, kind
            assert history("compliance", kind, public_id).status_code == 200, kind
            for who in (may_not, "parent", "provider"):
                foreign, missing = history(who, kind, public_id), history(who, kind, uuid.uuid4())
                assert foreign.status_code == missing.status_code == 404, (kind, who)

    def test_the_office_sees_no_limit_of_another_school_or_of_the_own_family(self, district: Any) -> None:
        secretary = person("secretary")
        other = Guardianship.objects.exclude(student__school=secretary.staff_member.school_id)[0]
        assert history("secretary", "limit", other.public_id).status_code == 404
        own = Guardianship.objects.filter(student__school=secretary.staff_member.school_id)[0]
        Guardianship.objects.create(student=own.student, user=secretary, relation="parent")
        assert history("secretary", "limit", own.public_id).status_code == 404

    def test_an_unknown_kind_is_not_found(self, district_module: Any) -> None:
        assert history("admin", "secret", uuid.uuid4()).status_code == 404


class TestTheLook:
    def test_opening_it_is_an_entry_of_its_own(self, district: Any) -> None:
        before = last_entry()
        history("admin", "person", person("teacher").public_id)
        [entry] = trail(after=before)
        assert (entry["kind"], entry["actor_id"], entry["record_ids"]) == ("trail.history.viewed", person("admin").pk, None)
        assert str(person("teacher").public_id) in entry["data"]

    def test_its_key_opens_no_other_page_of_the_trail(self, district: Any) -> None:
        written = search.open_door(
            Event.HISTORY_VIEWED,
            by=person("admin"),
            hat=Role.DISTRICT_ADMIN,
            filters=search.Filters(entry=(dt.datetime(1970, 1, 1, tzinfo=dt.UTC), 0)),
            told={"about": []},
        )
        for call in ("door.audit(NULL, NULL, 100)", "door.export()", "door.object_history(NULL, NULL, 100)"):
            assert entries.open_with(written, f"SELECT * FROM {call}")[1] == []

    def test_the_function_gives_nothing_without_such_a_key(self, district_module: Any) -> None:
        call = "SELECT * FROM door.object_history(NULL, NULL, 100)"
        with connection.cursor() as cursor:
            cursor.execute(call)
            assert cursor.fetchall() == []
        about = [[ContentType.objects.get_for_model(User).pk, str(person("teacher").public_id)]]
        written = search.open_door(
            Event.TRAIL_SEARCHED, by=person("compliance"), hat=None, filters=search.Filters(kind="people.signed_in"), told={"about": about}
        )
        assert entries.open_with(written, call)[1] == []

    def test_pages_are_cut_without_a_number_in_the_address(self, district: Any) -> None:
        school = School.objects.all()[0]
        for number in range(60):
            school.identifier = f"n{number}"
            school.save()
        first = history("admin", "school", school.public_id)
        assert len(first.context["rows"]) == 50
        second = browser("admin").get(f"/history/school/{school.public_id}/{first.context['next']}")
        assert {row.at for row in first.context["rows"]}.isdisjoint({row.at for row in second.context["rows"]})
        assert len(second.context["rows"]) >= 10
        assert browser("admin").get(f"/history/school/{school.public_id}/?before=12").status_code == 404

    def test_it_names_no_student(self, district: Any) -> None:
        request = DataRequest.objects.filter(asker=person("teacher"), grant__isnull=False)[0]
        page = words(history("compliance", "request", request.public_id))
        with connection.cursor():
            pass
        assert not re.search(r"Maya|Ruiz", page)


LINKS = {
    "request": ("teacher", lambda: f"/requests/{DataRequest.objects.filter(asker=person('teacher')).exclude(number=None)[0].public_id}/"),
    "person": ("admin", lambda: f"/people/{person('teacher').public_id}/"),
    "district": ("admin", lambda: "/setup/"),
}


@pytest.mark.parametrize("kind", LINKS)
def test_the_object_s_own_page_leads_to_it(kind: str, district_module: Any) -> None:
    who, address = LINKS[kind]
    page = browser(who).get(address())
    assert page.status_code == 200
    assert f"/history/{kind}/" in page.content.decode()


def test_every_kind_leads_back_only_to_pages_that_are_there(district: Any) -> None:
    for kind, (public_id, may, _) in TestWhoMayOpenIt().objects().items():
        back = history(may, kind, public_id).context["page"]
        if back:
            assert browser(may).get(back).status_code == 200, kind


def test_a_slug_is_taken_once() -> None:
    with pytest.raises(ValueError, match="already"):
        kinds.register(kinds.Kind(slug="person", label="", find=lambda user, public_id, on: None, every=lambda public_id: None))
    assert apps.is_installed("governance.history")
