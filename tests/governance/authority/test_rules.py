"""The evaluator: tables of cases, no database."""

import itertools

import pytest

from governance.authority import present, rules
from governance.authority.rules import VOCABULARY, Fault, Invalid, Problem, Rule, RuleBook, decide, validate
from governance.vocabulary import Kind, Outcome

FACTS = {
    "asker.role": "teacher",
    "asker.relation": "own_section",
    "asker.eligible": False,
    "request.purpose": "reading",
    "request.days": 90,
    "request.personal": True,
    "request.decider_named": False,
    "purpose.principle": "U2",
    "purpose.aggregate": False,
    "purpose.automated": False,
    "purpose.capped": True,
    "purpose.cap": frozenset({"name", "birth-date"}),
    "purpose.never": frozenset(),
    "purpose.roles": frozenset({"teacher"}),
    "purpose.max_days": 180,
}


def element(key: str, tier: str = "confidential") -> dict:
    return {
        "element.key": key,
        "element.tier": tier,
        "element.category": "Demographics",
        "element.wi_class": "behavioral",
        "element.held": True,
    }


def rule(key: str, outcome: Outcome, when: dict, **more) -> Rule:
    return Rule(
        key=key,
        number=1,
        kind=Kind.ACCESS,
        outcome=outcome,
        when=when,
        title=key.title(),
        words=f"words of {key}",
        citation="34 CFR 99.31",
        **more,
    )


TEACHER = {"eq": ["$asker.role", "teacher"]}
NURSE = {"eq": ["$asker.role", "nurse"]}


def said(*book: Rule, key: str = "birth-date", **facts) -> rules.ElementDecision:
    return decide(RuleBook(book), FACTS | facts, {key: element(key)}).by_element[key]


@pytest.mark.parametrize(
    "outcomes", list(itertools.permutations([Outcome.REFUSE, Outcome.ALLOW, Outcome.TWO_KEYS, Outcome.STEWARD])), ids=str
)
def test_refusals_win_then_what_is_allowed_then_two_keys_then_a_steward(outcomes) -> None:
    book = [rule(f"r{number}", outcome, TEACHER) for number, outcome in enumerate(outcomes)]
    expected = [Outcome.REFUSE, Outcome.ALLOW, Outcome.TWO_KEYS, Outcome.STEWARD]
    while book:
        winner = said(*book)
        assert winner.outcome is expected.pop(0)
        book = [each for each in book if f"{each.key}@1" != winner.rule]


def test_no_rule_means_no_with_the_nearest_rule_and_what_would_have_to_change() -> None:
    answer = said(
        rule("far", Outcome.ALLOW, {"all": [NURSE, {"eq": ["$asker.relation", "own_school"]}]}),
        rule("near", Outcome.STEWARD, {"all": [NURSE, {"eq": ["$asker.relation", "own_section"]}]}),
    )
    assert (answer.outcome, answer.rule, answer.nearest) == (Outcome.REFUSE, "", "near@1")
    assert [(seen.fact, seen.wanted, seen.value) for seen in answer.trace if not seen.holds] == [("asker.role", "nurse", "teacher")]


def test_a_rule_that_refuses_is_never_the_nearest() -> None:
    assert said(rule("no", Outcome.REFUSE, NURSE)).nearest == ""


def test_each_element_gets_its_own_answer() -> None:
    book = RuleBook(
        [
            rule("classroom", Outcome.ALLOW, TEACHER, elements=frozenset({"name"}), basis="official"),
            rule("beyond", Outcome.STEWARD, TEACHER),
            rule("cap", Outcome.REFUSE, {"all": [{"eq": ["$purpose.capped", True]}, {"not": {"in": ["$element.key", "$purpose.cap"]}}]}),
        ]
    )
    decision = decide(book, FACTS, {key: element(key) for key in ("name", "birth-date", "conduct")})
    assert (decision.allowed, decision.waiting, decision.refused) == (("name",), ("birth-date",), ("conduct",))
    assert decision.outcome is Outcome.STEWARD
    assert decision.by_element["name"].basis == "official"
    assert decision.by_element["conduct"].rule == "cap@1"


def test_the_rule_that_names_its_elements_speaks_for_them() -> None:
    answer = said(rule("a-general", Outcome.ALLOW, TEACHER), rule("z-exact", Outcome.ALLOW, TEACHER, elements=frozenset({"birth-date"})))
    assert answer.rule == "z-exact@1"


HOLDING = [
    ({"eq": ["$asker.role", "teacher"]}, True),
    ({"eq": ["$asker.role", "nurse"]}, False),
    ({"not": {"eq": ["$asker.role", "nurse"]}}, True),
    ({"in": ["$element.tier", ["confidential", "restricted"]]}, True),
    ({"in": ["$asker.role", ["nurse"]]}, False),
    ({"in": ["$element.key", "$purpose.cap"]}, True),
    ({"in": ["teacher", "$purpose.roles"]}, True),
    ({"in": ["nurse", "$purpose.roles"]}, False),
    ({"le": ["$request.days", 90]}, True),
    ({"le": ["$request.days", 89]}, False),
    ({"le": ["$request.days", "$purpose.max_days"]}, True),
    ({"le": [91, "$request.days"]}, False),
    ({"subset": ["$purpose.never", "$purpose.cap"]}, True),
    ({"subset": [["name"], "$purpose.cap"]}, True),
    ({"subset": ["$purpose.cap", ["name"]]}, False),
    ({"any": [NURSE, TEACHER]}, True),
    ({"any": [NURSE, NURSE]}, False),
    ({"all": [TEACHER, {"any": [NURSE, {"not": NURSE}]}]}, True),
    ({"not": {"all": [TEACHER, TEACHER]}}, False),
]


@pytest.mark.parametrize(("when", "holds"), HOLDING, ids=str)
def test_conditions_hold_as_they_read_and_the_trace_says_the_same(when, holds) -> None:
    assert validate(when, Kind.ACCESS) == []
    answer = said(rule("r", Outcome.ALLOW, when))
    assert (answer.outcome is Outcome.ALLOW) is holds
    plain = not {"any", "not"} & set(str(when).replace("'", " ").split())
    if plain:
        assert all(seen.holds for seen in answer.trace) is holds


@pytest.mark.parametrize(
    "when",
    [
        {"eq": ["$asker.role", "teacher"]},
        {"in": ["$asker.role", ["teacher"]]},
        {"le": ["$request.days", 9_999]},
        {"subset": ["$purpose.cap", ["name", "birth-date"]]},
    ],
)
def test_no_comparison_holds_with_what_is_not_known(when) -> None:
    unknown = {"asker.role": None, "request.days": None, "purpose.cap": None}
    assert said(rule("r", Outcome.ALLOW, when), **unknown).outcome is Outcome.REFUSE


def test_a_fact_that_nobody_gave_is_an_error_and_not_a_no() -> None:
    with pytest.raises(KeyError):
        decide(RuleBook([rule("r", Outcome.ALLOW, TEACHER)]), {}, {"name": element("name")})


FAULTY = [
    ({"eq": ["$asker.rol", "teacher"]}, Fault("when.eq[0]", Problem.UNKNOWN_FACT, "asker.rol", "asker.role")),
    ({"all": [TEACHER, {"equal": ["$asker.role", "teacher"]}]}, Fault("when.all[1]", Problem.UNKNOWN_OPERATOR, "equal", "eq")),
    ({"not": {"eq": ["$asker.role", "techer"]}}, Fault("when.not.eq[1]", Problem.UNKNOWN_WORD, "techer", "teacher")),
    ({"in": ["$element.key", ["nam"]]}, Fault("when.in[1]", Problem.UNKNOWN_WORD, "nam", "name")),
    ({"eq": ["$request.days", "ninety"]}, Fault("when.eq", Problem.WRONG_TYPE, "number, text")),
    ({"le": ["$asker.role", 3]}, Fault("when.le", Problem.WRONG_TYPE, "text, number")),
    ({"in": ["$purpose.cap", ["name"]]}, Fault("when.in", Problem.WRONG_TYPE, "list, list")),
    ({"eq": ["$purpose.cap", "$purpose.never"]}, Fault("when.eq", Problem.WRONG_TYPE, "list, list")),
    ({"eq": ["$request.personal", 1]}, Fault("when.eq", Problem.WRONG_TYPE, "yes or no, number")),
    ({"eq": ["teacher", "teacher"]}, Fault("when.eq", Problem.NO_FACT)),
    ({"eq": ["$agreement.active", True]}, Fault("when.eq[0]", Problem.NOT_FOR_KIND, "agreement.active")),
    ({"eq": ["$asker.role"]}, Fault("when.eq", Problem.SHAPE)),
    ({"all": []}, Fault("when.all", Problem.EMPTY)),
    ({"in": ["$asker.role", []]}, Fault("when.in[1]", Problem.EMPTY)),
    ([], Fault("when", Problem.SHAPE)),
    ("teacher", Fault("when", Problem.SHAPE)),
    ({"all": [TEACHER], "any": [TEACHER]}, Fault("when", Problem.SHAPE)),
    ({"eq": ["$asker.role", {"a": 1}]}, Fault("when.eq[1]", Problem.WRONG_TYPE, "dict")),
    ({"all": {"eq": []}}, Fault("when.all", Problem.SHAPE)),
    ({"all": [TEACHER] * 61}, Fault("when", Problem.TOO_LARGE)),
]


@pytest.mark.parametrize(("when", "fault"), FAULTY, ids=lambda value: str(value)[:60])
def test_errors_are_told_with_their_place_and_the_nearest_word(when, fault) -> None:
    found = validate(when, Kind.ACCESS, known={"element.key": {"name", "birth-date"}})
    assert found == [fault]
    assert present.fault_in_words(found[0]).startswith(f"{fault.path}: ")
    if fault.meant:
        assert fault.meant in present.fault_in_words(found[0])


def test_a_condition_that_is_too_deep_is_refused() -> None:
    deep: dict = TEACHER
    for _ in range(2_000):
        deep = {"not": deep}
    assert [fault.problem for fault in validate(deep, Kind.ACCESS)] == [Problem.TOO_LARGE]


def test_a_faulty_rule_does_not_compile() -> None:
    with pytest.raises(Invalid):
        RuleBook([rule("r", Outcome.ALLOW, {"eq": ["$nothing", 1]})])


def test_rules_of_other_kinds_are_left_out() -> None:
    book = RuleBook([rule("access", Outcome.ALLOW, TEACHER)])
    assert book.of(Kind.SHARING).rules == ()
    assert book.of(Kind.USE, Kind.ACCESS).rules == book.rules


def test_every_fact_has_a_label_and_every_problem_has_words() -> None:
    assert set(present.FACT_LABELS) == set(VOCABULARY)
    assert set(present._FAULTS) == set(Problem)
    assert all(str(present.FACT_LABELS[name]) for name in VOCABULARY)


@pytest.mark.parametrize(("when", "_holds"), HOLDING, ids=str)
def test_every_condition_has_words(when, _holds) -> None:
    lines = present.condition_lines(when, present.Names({"name": "Name"}, {}))
    assert lines and all("$" not in line and "%(" not in line for line in lines)
