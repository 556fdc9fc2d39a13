"""The school office's desk: a code for whoever shows an ID, a limit at once, papers within three days."""

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client

from governance.people.models import District, FamilyCode, User
from governance.records import scope
from governance.records.models import Guardianship, Student
from governance.vocabulary import Event, Role
from portal.base import clock, outbox
from portal.base.models import Message
from portal.pages.families import actions
from tests.governance.people.cast import entries, person, signed_in
from tests.harness.databases import Clone

pytestmark = pytest.mark.usefixtures("district")
ACCOUNT = {"name": "Some Parent", "email": "some.parent@families.example", "password": "Quiet-meadow-2026", "language": "es"}


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


def waiting_link() -> Guardianship:
    """A guardian at the secretary's school, without an account and without a limit."""
    return Guardianship.objects.filter(student__school__sourced_id="middle", user=None, limit="").order_by("pk")[0]


def code_for(link: Guardianship) -> str:
    return actions.make_code(link=link, by=person("secretary"), at=clock.now())[0]


def use(code: str, **more: str) -> Any:
    return Client().post("/join/", ACCOUNT | {"code": code} | more)


# -- Looking ---------------------------------------------------------------------------------------------------------------


def test_opening_a_child_is_a_look_that_names_what_was_opened(district: Clone) -> None:
    student = waiting_link().student
    page = signed_in("secretary").get(f"/people/families/{student.public_id}/").content.decode()
    look = entries(district, Event.STUDENT_OPENED)[-1]
    assert (look["actor_id"], look["hat"], look["record_ids"]) == (person("secretary").pk, "secretary", [student.pk])
    assert {"name", "guardian-name"} <= set(look["elements"])
    assert "attendance" not in look["elements"]
    assert "Print a sign-in code" in page


def test_a_search_finds_only_children_of_the_own_school(district: Clone) -> None:
    owner = district.connect("owner")
    with owner, owner.cursor() as cursor:
        cursor.execute(
            "SELECT i.family_name FROM records.identity i JOIN records_student s ON s.id = i.student_id "
            "JOIN people_school c ON c.id = s.school_id WHERE c.sourced_id = 'high' LIMIT 1"
        )
        (name,) = cursor.fetchone()
    owner.close()
    page = signed_in("secretary").post("/people/families/", {"term": name}).content.decode()
    shown = {str(found) for found in re.findall(r"/people/families/([0-9a-f-]{36})/", page)}
    assert set(Student.objects.filter(public_id__in=shown).values_list("school__sourced_id", flat=True)) <= {"middle"}
    assert entries(district, Event.STUDENTS_SEARCHED)[-1]["actor_id"] == person("secretary").pk


# -- Codes -----------------------------------------------------------------------------------------------------------------


def test_a_code_takes_an_id_shown_at_the_desk() -> None:
    link = waiting_link()
    client = signed_in("secretary")
    client.post(f"/people/families/links/{link.public_id}/code/")
    assert not FamilyCode.objects.exists()
    page = client.post(f"/people/families/links/{link.public_id}/code/", {"shown": "yes"}).content.decode()
    assert re.search(r"[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}", page)
    assert 'lang="es"' in page


def test_a_family_uses_its_code(district: Clone) -> None:
    link = waiting_link()
    answer = use(code_for(link).lower().replace("-", " "))
    assert answer["Location"] == "/es/home/"
    user = User.objects.get(email=ACCOUNT["email"])
    link.refresh_from_db()
    assert link.user == user
    assert set(Guardianship.objects.filter(user=user)) == set(Guardianship.objects.filter(guardian_id=link.guardian_id))
    linked = entries(district, Event.GUARDIAN_LINKED)[-1]
    assert linked["actor_id"] == user.pk
    assert link.student_id in linked["record_ids"]


def test_a_code_works_once_and_for_two_weeks(district: Clone) -> None:
    code = code_for(waiting_link())
    assert use(code).status_code == 302
    assert "does not work" in use(code, email="other@families.example").content.decode()
    old, _ = actions.make_code(
        link=Guardianship.objects.filter(student__school__sourced_id="middle", user=None).last(),
        by=person("secretary"),
        at=clock.now() - dt.timedelta(days=15),
    )
    before = len(entries(district, Event.SIGN_IN_FAILED))
    assert "does not work" in use(old, email="third@families.example").content.decode()
    assert len(entries(district, Event.SIGN_IN_FAILED)) == before + 1


def test_a_newer_code_ends_the_older() -> None:
    link = waiting_link()
    first, _ = code_for(link), code_for(link)
    assert "does not work" in use(first).content.decode()


def test_a_wrong_code_tells_nothing_about_accounts() -> None:
    page = use("AAAA-BBBB-CCCC", email="teacher@riverbend.example").content.decode()
    assert "does not work" in page
    assert "There is an account" not in page


def test_a_failed_use_leaves_code_and_accounts_as_they_were() -> None:
    link, users = waiting_link(), User.objects.count()
    code = code_for(link)
    assert "already" in use(code, email="teacher@riverbend.example").content.decode()
    assert User.objects.count() == users
    assert use(code).status_code == 302


def test_a_parent_adds_a_child_to_the_account_they_have() -> None:
    link = (
        Guardianship.objects.filter(student__school__sourced_id="middle", user=None, limit="")
        .exclude(student__guardianships__user=person("parent"))
        .last()
    )
    signed_in("parent").post("/join/", {"code": code_for(link)})
    link.refresh_from_db()
    assert link.user == person("parent")


def test_guessing_is_slowed_down() -> None:
    answers = [use("AAAA-BBBB-CCCC") for _ in range(21)]
    assert answers[-1].status_code == 429


def test_no_code_is_used_before_families_may_come_in() -> None:
    code = code_for(waiting_link())
    District.objects.update(limits_checked_at=None, limits_checked_by=None)
    assert use(code).status_code == 403


def test_only_the_hash_of_a_code_is_kept(district: Clone) -> None:
    code = code_for(waiting_link()).replace("-", "")
    owner = district.connect("owner")
    with owner, owner.cursor() as cursor:
        cursor.execute("SELECT string_agg(c::text, '') FROM people_familycode c")
        assert code not in cursor.fetchone()[0]
    owner.close()


# -- Limits ----------------------------------------------------------------------------------------------------------------


def limit(link: Guardianship, **given: Any) -> Any:
    return signed_in("secretary").post(f"/people/families/links/{link.public_id}/limit/", given)


def test_limit_now_papers_to_follow(district: Clone) -> None:
    link = Guardianship.objects.get(user=person("other.parent"))
    family = signed_in("other.parent")
    assert family.get(f"/family/{link.student.public_id}/data/").status_code == 200
    assert limit(link, limit="placement_denied", papers_here="no").status_code == 302
    link.refresh_from_db()
    assert link.limit_papers_due_on == clock.today() + dt.timedelta(days=3)
    assert link.limit_set_by == person("secretary")
    assert scope.limit_holds(link, on=clock.today())
    said = entries(district, Event.LIMIT_SET)[-1]
    assert (said["record_ids"], said["additional_data"]) == ([link.student_id], {"limit": "placement_denied", "papers": False})
    assert "attendance" not in family.get(f"/family/{link.student.public_id}/data/").content.decode().lower()


def test_papers_need_the_date_of_the_order() -> None:
    link = waiting_link()
    page = limit(link, limit="no_contact", papers_here="yes")
    assert "first page of the order" in page.content.decode()
    link.refresh_from_db()
    assert link.limit == ""


def test_a_limit_of_some_records_names_them() -> None:
    link = waiting_link()
    assert "Mark the records" in limit(link, limit="records_limited", papers_here="no").content.decode()
    limit(link, limit="records_limited", papers_here="no", elements=["address", "phone"])
    link.refresh_from_db()
    assert link.limit_elements == ["address", "phone"]


def test_after_three_days_without_papers_somebody_is_told(mailoutbox: list) -> None:
    link = waiting_link()
    at = clock.now() - dt.timedelta(hours=73)
    actions.set_limit(
        link_id=link.pk, limit="no_contact", elements=[], order_on=None, ends_on=None, papers_here=False, by=person("secretary"), at=at
    )
    outbox.run()
    assert [mail.to for mail in mailoutbox] == [["secretary@riverbend.example"]]
    assert set(Message.objects.latest("pk").body) == {"link", "set_at"}


def test_nobody_is_told_when_papers_came(mailoutbox: list) -> None:
    link, at = waiting_link(), clock.now() - dt.timedelta(hours=73)
    actions.set_limit(
        link_id=link.pk, limit="no_contact", elements=[], order_on=None, ends_on=None, papers_here=False, by=person("secretary"), at=at
    )
    actions.papers_came(link_id=link.pk, order_on=clock.today(), ends_on=None, by=person("secretary"), at=clock.now())
    outbox.run()
    assert not mailoutbox


def test_ending_a_limit_is_in_the_trail_once(district: Clone) -> None:
    link = Guardianship.objects.filter(limit="placement_denied")[0]
    actions.end_limit(link_id=link.pk, by=person("secretary"), at=clock.now())
    actions.end_limit(link_id=link.pk, by=person("secretary"), at=clock.now())
    assert len(entries(district, Event.LIMIT_ENDED)) == 1


def test_the_rules_decide_what_the_office_sees(district: Clone) -> None:
    """Without its rule the desk opens nothing, and the try is recorded."""
    from governance.authority.models import RuleSet, RuleVersion

    RuleVersion.objects.filter(rule="office-own-school").update(in_force_until=clock.now() - dt.timedelta(minutes=1))
    RuleSet.objects.update(version=999)
    student = waiting_link().student
    assert signed_in("secretary").get(f"/people/families/{student.public_id}/").status_code == 403
    assert entries(district, Event.READ_REFUSED)[-1]["hat"] == Role.SECRETARY
