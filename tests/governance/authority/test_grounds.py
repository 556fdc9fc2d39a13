"""On which ground records open."""

import dataclasses
import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.authority import decisions
from governance.authority.grounds import DEFAULT_PURPOSE, grounds_of, withheld_of
from governance.authority.models import Element, Grant
from governance.people.models import User
from governance.vocabulary import Relation, Role
from portal.base import clock

TODAY = clock.today()
CLASSROOM = {"name", "preferred-name", "local-id", "grade", "school", "email", "username", "schedule", "attendance", "course-grades"}


@pytest.fixture(scope="module")
def somebody(database_module) -> User:
    return User.objects.create_user("somebody@riverbend.example", name="Somebody")


def grounds(user: User, hat: Role, relation: Relation, **more):
    return grounds_of(user, **({"hat": hat, "relation": relation, "students": [1, 2], "sections": frozenset(), "on": TODAY} | more))


def elements(found) -> frozenset[str]:
    return frozenset().union(*(ground.elements for ground in found))


AT_ONCE = [
    (Role.TEACHER, Relation.OWN_SECTION, CLASSROOM, {"birth-date", "el-status", "guardian-phone", "health-alerts", "test-scores"}),
    (Role.TEACHER, Relation.OWN_SCHOOL, set(), {"name"}),
    (Role.COUNSELOR, Relation.OWN_SCHOOL, CLASSROOM | {"counselor-notes", "guardian-phone"}, {"allergy-plan", "living-situation"}),
    (Role.NURSE, Relation.OWN_SCHOOL, {"name", "allergy-plan", "immunization", "emergency-contact"}, {"course-grades", "counselor-notes"}),
    (Role.PRINCIPAL, Relation.OWN_SCHOOL, CLASSROOM | {"suspension", "guardian-phone"}, {"allergy-plan", "counselor-notes"}),
    (Role.PRINCIPAL, Relation.DISTRICT, CLASSROOM, {"counselor-notes"}),
    (
        Role.GUARDIAN,
        Relation.OWN_CHILD,
        {"name", "course-grades", "conduct", "el-status", "immunization", "test-scores"},
        {
            "counselor-notes",
            "safe-at-home",
            "custody-order",
            "guardian-phone",
            "guardian-address",
            "threat-assessment",
            "mental-health-screening",
        },
    ),
    (Role.STUDENT, Relation.SELF, {"name", "course-grades", "attendance"}, {"conduct", "test-scores", "el-status"}),
    (Role.TEACHER, Relation.NONE, set(), {"name"}),
    (Role.GUARDIAN, Relation.NONE, set(), {"name"}),
    (Role.DISTRICT_ADMIN, Relation.DISTRICT, set(), {"name"}),
    (Role.COMPLIANCE_OFFICER, Relation.DISTRICT, {"name", "grade"}, {"birth-date", "email", "attendance"}),
]


@pytest.mark.parametrize(("hat", "relation", "given", "kept"), AT_ONCE)
def test_what_a_role_opens_at_once(somebody, hat, relation, given, kept) -> None:
    found = grounds(somebody, hat, relation)
    assert given <= elements(found)
    assert not kept & elements(found)
    assert len(found) == (1 if given else 0)
    for ground in found:
        assert (ground.purpose, ground.grant_id, ground.ends_on) == (DEFAULT_PURPOSE[hat], None, None)
        assert ground.basis and "@1" in ground.rule_version


def test_nothing_is_given_that_the_portal_does_not_hold(somebody) -> None:
    never = set(Element.objects.filter(held_in="").values_list("key", flat=True))
    for hat, relation, *_rest in AT_ONCE:
        assert not never & elements(grounds(somebody, hat, relation, eligible=True))


def test_at_18_a_student_sees_the_whole_record(somebody) -> None:
    young, grown = (elements(grounds(somebody, Role.STUDENT, Relation.SELF, eligible=eligible)) for eligible in (False, True))
    assert young < grown
    assert {"conduct", "test-scores", "counselor-notes"} <= grown - young
    assert not {"bullying-report", "threat-assessment"} & grown


def grant(user: User, **more) -> Grant:
    return Grant.objects.create(
        **(
            {
                "holder": user,
                "purpose_id": "intervention-support",
                "basis": "wi-118-125-2d-official",
                "elements": ["el-status", "name"],
                "sections": [7],
                "rule_version": "teacher-beyond-classroom@1",
                "starts_on": TODAY,
                "ends_on": TODAY,
                "made_at": clock.now(),
            }
            | more
        )
    )


COVERING = [
    ({}, {"sections": frozenset({7})}, True),
    ({}, {"sections": frozenset({6, 7, 8})}, True),
    ({}, {"sections": frozenset({8})}, False),
    ({}, {"sections": frozenset()}, False),
    ({"sections": [], "students": [1, 2, 3]}, {}, True),
    ({"sections": [], "students": [1]}, {}, False),
    ({"sections": [], "students": []}, {}, False),
    ({}, {"sections": frozenset({7}), "on": TODAY + dt.timedelta(days=1)}, False),
    ({}, {"sections": frozenset({7}), "on": TODAY - dt.timedelta(days=1)}, False),
    ({"ended_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}, {"sections": frozenset({7})}, False),
    ({}, {"sections": frozenset({7}), "hat": Role.GUARDIAN, "relation": Relation.OWN_CHILD}, False),
    ({"elements": ["name"]}, {"sections": frozenset({7})}, False),
    ({"elements": ["living-situation"]}, {"sections": frozenset({7})}, False),
]


@pytest.mark.parametrize(("made", "asked", "covers"), COVERING)
def test_a_grant_opens_only_what_it_covers_on_its_days(somebody, made, asked, covers) -> None:
    Grant.objects.all().delete()
    held = grant(somebody, **made)
    found = grounds(somebody, **({"hat": Role.TEACHER, "relation": Relation.OWN_SECTION} | asked))
    assert [each.grant_id for each in found if each.grant_id] == ([held.pk] if covers else [])
    if covers:
        last = dataclasses.asdict(found[-1])
        assert last | {"elements": set(last["elements"])} == {
            "purpose": "intervention-support",
            "basis": "wi-118-125-2d-official",
            "elements": {"el-status"} if "name" in held.elements else set(held.elements),
            "rule_version": "teacher-beyond-classroom@1",
            "grant_id": held.pk,
            "ends_on": TODAY,
        }


def test_another_persons_grant_opens_nothing(somebody) -> None:
    Grant.objects.all().delete()
    grant(User.objects.create_user("other@riverbend.example"))
    assert all(each.grant_id is None for each in grounds(somebody, Role.TEACHER, Relation.OWN_SECTION, sections=frozenset({7})))


def test_an_element_is_given_once_however_many_grants_name_it(somebody) -> None:
    Grant.objects.all().delete()
    first, second = grant(somebody), grant(somebody, elements=["el-status", "birth-date"])
    found = grounds(somebody, Role.TEACHER, Relation.OWN_SECTION, sections=frozenset({7}))
    assert [(each.grant_id, each.elements) for each in found[1:]] == [(first.pk, {"el-status"}), (second.pk, {"birth-date"})]


def test_two_queries_answer_grounds_and_what_was_left_out(somebody) -> None:
    asked = {"students": list(range(1, 31)), "sections": frozenset({7}), "on": TODAY}
    grounds_of(somebody, hat=Role.TEACHER, relation=Relation.OWN_SECTION, **asked)
    with CaptureQueriesContext(connection) as queries:
        grounds_of(somebody, hat=Role.TEACHER, relation=Relation.OWN_SECTION, **asked)
        withheld_of(somebody, **asked)
    assert len(queries) == 2


def test_every_default_purpose_is_published_and_open_to_its_role(somebody) -> None:
    rules = decisions.in_force()
    for role, purpose in DEFAULT_PURPOSE.items():
        assert str(role) in rules.purposes[purpose].roles, purpose
