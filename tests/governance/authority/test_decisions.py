"""The rules in force, and the same rules as a query."""

import datetime as dt

import pytest
from django.db import IntegrityError

from governance.authority import actions, decisions
from governance.authority.models import Element, RuleSet, RuleVersion
from governance.authority.queries import NoQuery, to_query
from governance.authority.rules import Rule, RuleBook, decide
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Kind, Outcome
from portal.base import clock
from portal.base.errors import CannotDo
from tests.governance.situations import trail

TEACHER = {"all": [{"eq": ["$asker.role", "teacher"]}, {"eq": ["$asker.relation", "own_section"]}]}


def asked(**more):
    return decisions.decide_request(
        **({"role": "teacher", "relation": "own_section", "purpose": "intervention-support", "elements": ["el-status"], "days": 30} | more)
    )


@pytest.fixture
def two(database) -> tuple[User, User]:
    return User.objects.create_user("one@riverbend.example", name="One"), User.objects.create_user("two@riverbend.example", name="Two")


def drafted(by: User, **more) -> RuleVersion:
    return actions.draft_version(
        **(
            {
                "key": "el",
                "kind": Kind.ACCESS,
                "title": "EL",
                "words": "words",
                "outcome": Outcome.REFUSE,
                "when": TEACHER,
                "elements": ["el-status"],
                "max_days": None,
                "citation": "policy",
                "basis": "",
                "by": by,
                "at": clock.now(),
            }
            | more
        )
    )


def test_an_approved_version_is_in_force_at_once_in_every_process(two) -> None:
    one, other = two
    assert asked().outcome is Outcome.STEWARD
    version = RuleSet.objects.get().version
    draft = drafted(one)
    assert asked().outcome is Outcome.STEWARD
    approved = actions.approve_version(version=draft.public_id, by=other, in_force_from=None, at=clock.now())
    assert RuleSet.objects.get().version == version + 1
    assert asked().by_element["el-status"].rule == str(approved) == "el@1"


def test_a_version_takes_effect_at_its_time_without_anybody_doing_anything(two, settings) -> None:
    one, other = two
    begins = clock.now() + dt.timedelta(days=3)
    actions.approve_version(version=drafted(one).public_id, by=other, in_force_from=begins, at=clock.now())
    assert asked().outcome is Outcome.STEWARD
    settings.PORTAL_NOW = (begins + dt.timedelta(hours=1)).isoformat()
    assert asked().outcome is Outcome.REFUSE
    settings.PORTAL_NOW = (begins - dt.timedelta(days=1)).isoformat()
    assert asked().outcome is Outcome.STEWARD


def test_a_rule_ends_when_a_second_person_agrees(two) -> None:
    one, other = two
    held = actions.approve_version(version=drafted(one).public_id, by=other, in_force_from=None, at=clock.now())
    ends = {"version": held.public_id, "at": clock.now()}
    with pytest.raises(CannotDo, match="Nobody proposes"):
        actions.end_version(by=one, **ends)
    actions.propose_end(reason="The board took it back.", by=one, **ends)
    for refused, who, why in ((actions.propose_end, other, "already"), (actions.end_version, one, "another person")):
        with pytest.raises(CannotDo, match=why):
            refused(by=who, **ends, **({"reason": "Twice."} if refused is actions.propose_end else {}))
    assert asked().by_element["el-status"].rule == str(held)
    actions.keep_version(by=other, **ends)
    actions.propose_end(reason="The board took it back.", by=other, **ends)
    actions.end_version(by=one, **ends)
    assert asked().outcome is Outcome.STEWARD
    with pytest.raises(CannotDo, match="not in force"):
        actions.propose_end(reason="Again.", by=one, **ends)
    told = [entry["actor_id"] for kind in ("end_proposed", "kept", "ended") for entry in trail(f"governance.rule.{kind}")]
    assert told == [one.pk, other.pk, other.pk, one.pk]


def test_nobody_ends_a_rule_alone_in_the_database_either(two) -> None:
    one, other = two
    held = actions.approve_version(version=drafted(one).public_id, by=other, in_force_from=None, at=clock.now())
    actions.propose_end(version=held.public_id, reason="The board took it back.", by=one, at=clock.now())
    with pytest.raises(IntegrityError, match="rule_ended_by_another"):
        RuleVersion.objects.filter(pk=held.pk).update(ended_by=one, in_force_until=clock.now())


def test_a_new_version_replaces_the_old_one_which_stays_as_it_was(two) -> None:
    one, other = two
    first = actions.approve_version(version=drafted(one).public_id, by=other, in_force_from=None, at=clock.now())
    second = actions.approve_version(
        version=drafted(other, outcome=Outcome.ALLOW, basis="ferpa-school-official").public_id, by=one, in_force_from=None, at=clock.now()
    )
    assert asked().by_element["el-status"].rule == "el@2"
    first.refresh_from_db()
    assert (first.outcome, first.in_force_until) == (Outcome.REFUSE, second.in_force_from)


def test_nobody_approves_the_own_draft_and_nothing_is_approved_twice(two) -> None:
    one, other = two
    draft = drafted(one)
    with pytest.raises(CannotDo):
        actions.approve_version(version=draft.public_id, by=one, in_force_from=None, at=clock.now())
    actions.approve_version(version=draft.public_id, by=other, in_force_from=None, at=clock.now())
    with pytest.raises(CannotDo):
        actions.approve_version(version=draft.public_id, by=other, in_force_from=None, at=clock.now())
    with pytest.raises(CannotDo):
        actions.drop_draft(version=draft.public_id, by=one, at=clock.now())


def test_an_open_draft_is_changed_and_can_be_dropped(two) -> None:
    one, _other = two
    first, again = drafted(one), drafted(one, title="Again")
    assert first.pk == again.pk and RuleVersion.objects.get(pk=first.pk).title == "Again"
    actions.drop_draft(version=first.public_id, by=one, at=clock.now())
    assert not RuleVersion.objects.filter(rule="el").exists()


@pytest.mark.parametrize(
    "wrong",
    [{"elements": ["no-such"]}, {"basis": "no-such"}, {"key": "no-link", "kind": Kind.SHARING, "when": {"eq": ["$consent.refused", True]}}],
    ids=str,
)
def test_a_draft_names_only_what_exists(two, wrong) -> None:
    with pytest.raises(CannotDo):
        drafted(two[0], **wrong)


def test_when_the_entry_cannot_be_written_the_rule_is_not_approved(two, monkeypatch) -> None:
    draft, version = drafted(two[0]), RuleSet.objects.get().version

    def broken(*_args, **_more):
        raise RuntimeError("no trail")

    monkeypatch.setattr(entries, "append", broken)
    with pytest.raises(RuntimeError):
        actions.approve_version(version=draft.public_id, by=two[1], in_force_from=None, at=clock.now())
    draft.refresh_from_db()
    assert draft.approved_at is None and RuleSet.objects.get().version == version


# -- The same condition as a query -------------------------------------------------------------------------------------------

CONDITIONS = [
    {"eq": ["$element.tier", "restricted"]},
    {"eq": ["restricted", "$element.tier"]},
    {"in": ["$element.key", ["name", "el-status"]]},
    {"in": ["$element.key", "$purpose.cap"]},
    {"not": {"in": ["$element.key", "$purpose.cap"]}},
    {"eq": ["$element.held", True]},
    {"eq": ["$element.held", False]},
    {"all": [{"eq": ["$asker.role", "teacher"]}, {"eq": ["$element.wi_class", "progress"]}]},
    {"all": [{"eq": ["$asker.role", "nurse"]}, {"eq": ["$element.wi_class", "progress"]}]},
    {"any": [{"eq": ["$asker.role", "nurse"]}, {"eq": ["$element.tier", "internal"]}]},
    {"not": {"any": [{"eq": ["$element.tier", "restricted"]}, {"eq": ["$element.held", False]}]}},
    {"le": ["$request.days", "$purpose.max_days"]},
]


@pytest.mark.parametrize("when", CONDITIONS, ids=str)
def test_the_query_finds_what_the_evaluator_allows(database_module, when) -> None:
    facts = {"asker.role": "teacher", "request.days": 30, "purpose.max_days": 90, "purpose.cap": frozenset({"name", "grade", "el-status"})}
    book = RuleBook([Rule("r", 1, Kind.ACCESS, Outcome.ALLOW, when, "t", "w", "c")])
    elements = decisions.in_force().elements
    assert set(Element.objects.filter(to_query(when, facts)).values_list("key", flat=True)) == set(decide(book, facts, elements).allowed)


def test_what_has_no_query_says_so() -> None:
    with pytest.raises(NoQuery):
        to_query({"eq": ["$element.key", "$element.category"]}, {})
