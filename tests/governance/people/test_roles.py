"""Roles are given by one person, powerful ones by two, and every step is in the trail."""

import datetime as dt

import pytest

from governance.people import accounts, queries, roles
from governance.people.models import RoleAssignment, RoleProposal, School, User
from governance.vocabulary import Event, Permission, Role
from portal.base import clock
from portal.base.models import Message
from tests.governance.people.cast import entries, person
from tests.harness.databases import Clone

pytestmark = pytest.mark.usefixtures("district")


def newcomer(name: str = "new.person") -> User:
    return accounts.make(email=f"{name}@riverbend.example", name="New Person", by=person("admin"), at=clock.now())


def give(user: User, role: Role, *, by: str = "admin", school: School | None = None) -> RoleAssignment:
    return roles.give(user=user, role=role, school=school, starts_on=clock.today(), ends_on=None, by=person(by), at=clock.now())


def propose(user: User, role: Role = Role.COMPLIANCE_OFFICER) -> RoleProposal:
    return roles.propose(
        user=user, role=role, starts_on=clock.today(), ends_on=None, reason="Stands in", by=person("admin"), at=clock.now()
    )


def roles_today(user: User) -> frozenset[Role]:
    return queries.roles_of(User.objects.get(pk=user.pk), on=clock.today())


def test_it_gives_a_role_at_a_school_and_says_so_in_the_trail(district: Clone) -> None:
    user, school = newcomer(), School.objects.get(sourced_id="middle")
    give(user, Role.COUNSELOR, school=school)
    assert roles_today(user) == {Role.COUNSELOR}
    assert user.has_perm("people.act_in_role", school)
    written = entries(district, Event.ROLE_GIVEN)[-1]
    assert written["actor_id"] == person("admin").pk
    assert written["additional_data"]["user"] == str(user.public_id)


def test_nobody_gives_themselves_a_role() -> None:
    with pytest.raises(roles.CannotGiveRole):
        give(person("admin"), Role.PRINCIPAL)


def test_a_role_ends_at_once_and_with_it_the_school() -> None:
    user, school = newcomer(), School.objects.get(sourced_id="middle")
    assignment = give(user, Role.COUNSELOR, school=school)
    roles.end(assignment_id=assignment.pk, by=person("admin"), at=clock.now())
    assert roles_today(user) == frozenset()
    assert not User.objects.get(pk=user.pk).has_perm("people.act_in_role", school)


def test_a_role_outside_its_days_gives_nothing() -> None:
    user, tomorrow = newcomer(), clock.today() + dt.timedelta(days=1)
    roles.give(user=user, role=Role.COUNSELOR, school=None, starts_on=tomorrow, ends_on=tomorrow, by=person("admin"), at=clock.now())
    assert roles_today(user) == frozenset()
    assert queries.roles_of(user, on=tomorrow) == {Role.COUNSELOR}
    assert queries.roles_of(user, on=tomorrow + dt.timedelta(days=1)) == frozenset()


def test_the_last_admin_stays() -> None:
    assignment = RoleAssignment.objects.get(user=person("admin"), role=Role.DISTRICT_ADMIN)
    with pytest.raises(roles.CannotGiveRole):
        roles.end(assignment_id=assignment.pk, by=person("leader"), at=clock.now())


# -- Two keys --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.DISTRICT_ADMIN, Role.COMPLIANCE_OFFICER, Role.LEADER])
def test_one_admin_cannot_give_a_powerful_role(role: Role) -> None:
    user = newcomer()
    with pytest.raises(roles.CannotGiveRole):
        give(user, role)
    assert roles_today(user) == frozenset()


def test_whoever_turns_the_second_key_was_given_it_by_two() -> None:
    """Else one admin could make the second person first."""
    from governance.people import permissions

    assert permissions.HOLDERS[Permission.SECOND_KEY] <= permissions.TWO_KEY_ROLES


def test_a_second_person_confirms(district: Clone) -> None:
    user = newcomer()
    proposal = propose(user)
    assert roles_today(user) == frozenset()
    roles.confirm(proposal_id=proposal.pk, by=person("leader"), at=clock.now())
    assert roles_today(user) == {Role.COMPLIANCE_OFFICER}
    written = entries(district, Event.ROLE_GIVEN)[-1]
    assert written["actor_id"] == person("leader").pk
    assert written["additional_data"]["proposed_by"] == str(person("admin").public_id)
    assert written["additional_data"]["one_key"] is False


@pytest.mark.parametrize("who", ["admin", "steward", "compliance", "principal"])
def test_others_cannot_confirm(who: str) -> None:
    user = newcomer()
    proposal = propose(user)
    with pytest.raises(roles.CannotGiveRole):
        roles.confirm(proposal_id=proposal.pk, by=person(who), at=clock.now())
    assert roles_today(user) == frozenset()


def test_nobody_confirms_their_own_role() -> None:
    proposal = roles.propose(
        user=person("leader"),
        role=Role.COMPLIANCE_OFFICER,
        starts_on=clock.today(),
        ends_on=None,
        reason="x",
        by=person("admin"),
        at=clock.now(),
    )
    with pytest.raises(roles.CannotGiveRole):
        roles.confirm(proposal_id=proposal.pk, by=person("leader"), at=clock.now())


def test_a_decided_proposal_is_not_decided_again() -> None:
    proposal = propose(newcomer())
    roles.refuse(proposal_id=proposal.pk, by=person("leader"), at=clock.now())
    with pytest.raises(roles.CannotGiveRole):
        roles.confirm(proposal_id=proposal.pk, by=person("leader"), at=clock.now())


def test_one_key_waits_a_day_and_tells_the_others(district: Clone, mailoutbox: list) -> None:
    from portal.base import outbox

    user, at = newcomer(), clock.now()
    proposal = propose(user)
    roles.go_alone(proposal_id=proposal.pk, reason="The superintendent is on leave", by=person("admin"), at=at)
    with pytest.raises(roles.CannotGiveRole):
        roles.confirm(proposal_id=proposal.pk, by=person("admin"), at=at + dt.timedelta(hours=23))
    outbox.run()
    assert [mail.to for mail in mailoutbox] == [["leader@riverbend.example"]]
    assert "New Person" not in mailoutbox[0].subject + mailoutbox[0].body
    roles.confirm(proposal_id=proposal.pk, by=person("admin"), at=at + dt.timedelta(hours=25))
    assert entries(district, Event.ROLE_GIVEN)[-1]["additional_data"]["one_key"] is True


def test_a_key_holder_stops_who_goes_alone() -> None:
    user, at = newcomer(), clock.now()
    proposal = propose(user)
    roles.go_alone(proposal_id=proposal.pk, reason="Nobody there", by=person("admin"), at=at)
    roles.refuse(proposal_id=proposal.pk, by=person("leader"), at=at)
    with pytest.raises(roles.CannotGiveRole):
        roles.confirm(proposal_id=proposal.pk, by=person("admin"), at=at + dt.timedelta(days=2))


def test_the_notice_of_one_key_names_nobody_in_the_outbox() -> None:
    proposal = propose(newcomer())
    roles.go_alone(proposal_id=proposal.pk, reason="Nobody there", by=person("admin"), at=clock.now())
    assert Message.objects.latest("pk").body == {"proposal": str(proposal.public_id)}
