"""Nobody decides in a matter of their own, acts in another's name, or keeps a way in that has ended."""

from typing import Any

import pytest

from governance.people import invitations
from governance.people.models import FamilyCode
from governance.records import scope
from governance.records.models import Guardianship, StaffMember
from governance.vocabulary import Role
from portal.base import clock
from portal.pages.families import actions
from tests.governance.people.cast import by_password, person, signed_in

pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


class TestAtTheDesk:
    @pytest.fixture
    def own(self) -> Guardianship:
        """The secretary's own link to a child of the school, under an order."""
        of_the_school = Guardianship.objects.filter(student__school__sourced_id="middle", student__left_on=None)
        link = of_the_school.filter(user=None, limit="").order_by("pk")[0]
        link.user, link.limit, link.limit_set_at = person("secretary"), "placement_denied", clock.now()
        link.save()
        return link

    @pytest.mark.parametrize(
        ("page", "given"),
        [
            ("papers", {"answer": "end"}),
            ("papers", {"order_on": "2026-11-01", "ends_on": "2026-11-02"}),
            ("limit", {"limit": "records_limited", "elements": ["phone"], "papers_here": "no"}),
        ],
    )
    def test_a_limit_on_oneself_is_changed_by_somebody_else(self, own: Guardianship, page: str, given: dict) -> None:
        answer = signed_in("secretary").post(f"/people/families/links/{own.public_id}/{page}/", given, follow=True)
        assert "Somebody else of the office" in answer.content.decode()
        own.refresh_from_db()
        assert (own.limit, own.limit_ends_on, own.limit_elements) == ("placement_denied", None, [])

    def test_so_is_one_on_the_childs_other_guardian(self, own: Guardianship) -> None:
        other = Guardianship.objects.create(student=own.student)
        with pytest.raises(actions.OwnFamily):
            actions.set_limit(
                link_id=other.pk, limit="placement_denied", elements=[], order_on=None, ends_on=None, papers_here=False,
                by=person("secretary"), at=clock.now(),
            )  # fmt: skip
        other.refresh_from_db()
        assert other.limit == ""

    def test_a_code_for_a_child_of_ones_own_is_made_by_somebody_else(self, own: Guardianship) -> None:
        answer = signed_in("secretary").post(f"/people/families/links/{own.public_id}/code/", {"shown": "yes"}, follow=True)
        assert "Somebody else of the office" in answer.content.decode()
        assert not FamilyCode.objects.filter(guardian_id=own.guardian_id).exists()

    def test_nobody_becomes_a_guardian_by_a_code_of_their_own_making(self, own: Guardianship) -> None:
        other = (
            Guardianship.objects.filter(student__school__sourced_id="middle", user=None, student__left_on=None)
            .exclude(guardian_id=None)
            .exclude(guardian_id=own.guardian_id)
            .order_by("pk")[0]
        )
        code, _ = actions.make_code(link=other, by=person("secretary"), at=clock.now())
        answer = signed_in("secretary").post("/join/", {"code": code})
        assert "You made this code yourself" in answer.content.decode()
        other.refresh_from_db()
        assert other.user is None
        assert FamilyCode.objects.latest("pk").used_at is None
        assert Role.GUARDIAN not in {assignment.role for assignment in person("secretary").role_assignments.all()}


class TestInvitations:
    def test_no_admin_sees_the_link_of_somebody_who_has_signed_in(self) -> None:
        leader = person("leader")
        leader.last_login = clock.now()
        leader.save(update_fields=["last_login"])
        page = by_password("admin").post(f"/people/{leader.public_id}/invite/", {"way": "show"}, follow=True).content.decode()
        assert "/invitation/" not in page
        assert "has signed in before" in page
        assert "Show a link once" not in page
        assert not leader.invitations.filter(used_at=None).exists()

    def test_the_mail_goes_to_that_person_alone(self) -> None:
        leader = person("leader")
        leader.last_login = clock.now()
        leader.save(update_fields=["last_login"])
        invitations.mail(user=leader, by=person("admin"), at=clock.now())
        assert leader.invitations.get(used_at=None).token_hash is None


def test_a_teacher_whom_the_roster_no_longer_names_opens_no_class() -> None:
    """A delivery may end the member of staff and say nothing of the classes."""
    teacher, on = person("teacher"), clock.today()
    [section, *_] = scope.sections_taught_by(teacher, on=on)
    student = scope.students_of(section, on=on)[0]
    assert signed_in("teacher").get(f"/students/?class={section.public_id}").status_code == 200
    StaffMember.objects.filter(user=teacher).update(active=False)
    assert scope.staff_reach(teacher, [student], on=on) is None
    assert signed_in("teacher").get(f"/students/?class={section.public_id}").status_code == 404
