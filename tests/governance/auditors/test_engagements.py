"""An auditor is proposed by one and admitted by another, sees what the scope says, and is gone at midnight."""

import datetime as dt

import pytest

from governance.auditors import actions, queries
from governance.auditors.models import Engagement
from governance.people import queries as people
from governance.people import roles
from governance.people.models import Invitation, User
from governance.vocabulary import Event, Role
from portal.base import clock
from portal.base.models import Message
from tests.governance.auditors.cast import EMAIL, admitted, client_of, proposed, school
from tests.governance.people.cast import entries, person
from tests.harness.databases import Clone

pytestmark = pytest.mark.usefixtures("district")


def roles_on(user: User, day: dt.date) -> frozenset[Role]:
    return people.roles_of(User.objects.get(pk=user.pk), on=day)


def test_a_proposed_auditor_has_no_access_yet(district: Clone) -> None:
    engagement = proposed()
    assert roles_on(engagement.user, clock.today()) == frozenset()
    assert queries.scope_of(engagement.user) is None
    assert entries(district, Event.AUDITOR_PROPOSED)[-1]["actor_id"] == person("compliance").pk


def test_a_second_person_admits_and_the_invitation_goes_out(district: Clone) -> None:
    engagement = admitted()
    assert roles_on(engagement.user, clock.today()) == {Role.AUDITOR}
    assert Invitation.objects.filter(user=engagement.user).count() == 1
    assert Message.objects.filter(topic="people.invitation").exists()
    told = entries(district, Event.AUDITOR_ADMITTED)[-1]
    assert told["actor_id"] == person("leader").pk
    assert told["additional_data"]["ends_on"] == engagement.ends_on.isoformat()
    assert EMAIL not in str(told)


@pytest.mark.parametrize(("by", "who"), [("admin", "admin"), ("compliance", "compliance"), ("compliance", "steward")])
def test_one_person_alone_and_people_without_a_key_admit_nobody(by: str, who: str) -> None:
    engagement = proposed(by=by)
    with pytest.raises(actions.CannotAudit):
        actions.admit(engagement_id=engagement.pk, by=person(who), at=clock.now())
    assert Engagement.objects.get(pk=engagement.pk).state == Engagement.State.WAITING
    assert roles_on(engagement.user, clock.today()) == frozenset()


def test_a_teacher_invites_nobody() -> None:
    with pytest.raises(actions.CannotAudit):
        proposed(by="teacher")


def test_staff_are_no_outside_auditors_and_auditors_get_no_other_role() -> None:
    with pytest.raises(actions.CannotAudit):
        proposed(email="teacher@riverbend.example")
    engagement = admitted()
    with pytest.raises(roles.CannotGiveRole):
        roles.give(
            user=engagement.user,
            role=Role.COUNSELOR,
            school=None,
            starts_on=clock.today(),
            ends_on=None,
            by=person("admin"),
            at=clock.now(),
        )


def test_the_role_cannot_be_had_without_a_scope() -> None:
    user = proposed().user
    facts = {"user": user, "role": Role.AUDITOR, "starts_on": clock.today(), "ends_on": None}
    with pytest.raises(roles.CannotGiveRole):
        roles.give(**facts, school=None, by=person("admin"), at=clock.now())
    with pytest.raises(roles.CannotGiveRole):
        roles.propose(**facts, reason="x", by=person("admin"), at=clock.now())


def test_an_auditor_without_an_audit_in_force_sees_nothing() -> None:
    engagement = admitted()
    Engagement.objects.filter(pk=engagement.pk).update(starts_on=clock.today() + dt.timedelta(days=1))
    scope = queries.scope_of(User.objects.get(pk=engagement.user_id))
    assert scope is not None
    assert not scope.admits("records.student.opened")


def test_the_scope_is_what_was_admitted() -> None:
    day = clock.today() - dt.timedelta(days=40)
    engagement = admitted(entries_from=day, entries_to=day, schools=[school("middle")], kinds=["records.student.opened"])
    scope = queries.scope_of(User.objects.get(pk=engagement.user_id))
    assert scope is not None
    assert (scope.begins_on, scope.ends_on, scope.schools, scope.kinds) == (day, day, (school("middle").pk,), ("records.student.opened",))
    told = queries.within(scope)
    assert told is not None
    assert dt.datetime.fromisoformat(told["to"]) - dt.datetime.fromisoformat(told["from"]) == dt.timedelta(days=1)


def test_staff_have_no_scope() -> None:
    assert queries.scope_of(person("compliance")) is None


def test_it_ends_by_itself_at_midnight_with_every_session(district: Clone) -> None:
    engagement = admitted(ends_on=clock.today())
    client = client_of(engagement.user)
    assert client.get("/auditing/").status_code == 200
    tomorrow = clock.now() + dt.timedelta(days=1)
    assert roles_on(engagement.user, people.day_of(tomorrow)) == frozenset()
    assert actions.end_over(at=tomorrow) == 1
    assert actions.end_over(at=tomorrow) == 0
    ended = Engagement.objects.get(pk=engagement.pk)
    assert (ended.state, ended.ended_by) == (Engagement.State.ENDED, None)
    assert client.get("/auditing/").status_code == 302  # signed out
    assert entries(district, Event.AUDITOR_ENDED)[-1]["additional_data"]["by_itself"] is True


def test_it_runs_on_through_its_last_day() -> None:
    engagement = admitted(ends_on=clock.today())
    assert actions.end_over(at=clock.now()) == 0
    assert Engagement.objects.get(pk=engagement.pk).state == Engagement.State.ADMITTED


def test_one_person_ends_it_early_and_sessions_end(district: Clone) -> None:
    engagement = admitted()
    client = client_of(engagement.user)
    actions.end(engagement_id=engagement.pk, by=person("compliance"), at=clock.now())
    assert client.get("/auditing/").status_code == 302
    assert roles_on(engagement.user, clock.today()) == frozenset()
    assert entries(district, Event.AUDITOR_ENDED)[-1]["actor_id"] == person("compliance").pk


def test_two_people_make_it_longer() -> None:
    engagement = admitted()
    later = engagement.ends_on + dt.timedelta(days=20)
    actions.propose_longer(engagement_id=engagement.pk, until=later, by=person("admin"), at=clock.now())
    with pytest.raises(actions.CannotAudit):
        actions.agree_longer(engagement_id=engagement.pk, by=person("admin"), at=clock.now())
    assert Engagement.objects.get(pk=engagement.pk).ends_on < later
    actions.agree_longer(engagement_id=engagement.pk, by=person("leader"), at=clock.now())
    assert Engagement.objects.get(pk=engagement.pk).ends_on == later
    assert roles_on(engagement.user, later) == {Role.AUDITOR}
    assert roles_on(engagement.user, later + dt.timedelta(days=1)) == frozenset()


def test_a_longer_audit_can_be_turned_down() -> None:
    engagement = admitted()
    actions.propose_longer(engagement_id=engagement.pk, until=engagement.ends_on + dt.timedelta(days=1), by=person("admin"), at=clock.now())
    actions.drop_longer(engagement_id=engagement.pk, by=person("leader"), at=clock.now())
    with pytest.raises(actions.CannotAudit):
        actions.agree_longer(engagement_id=engagement.pk, by=person("leader"), at=clock.now())


def test_an_audit_that_would_last_for_years_is_refused() -> None:
    with pytest.raises(actions.CannotAudit):
        proposed(ends_on=clock.today() + dt.timedelta(days=400))
