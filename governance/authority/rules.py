"""The closed language of authorization rules, and the evaluator. A pure function: facts and rules in, decision with reasons out.

A condition is JSON: `{"all": […]}`, `{"any": […]}`, `{"not": …}`, or one comparison of a fact with a fact or
a literal: `eq` (the same), `in` (one of), `le` (at most), `subset` (nothing beyond). `"$asker.role"` names a fact of `VOCABULARY`; there
are no others.
A fact that is None is not known, and no comparison with it holds.

Refusals win; then what is allowed at once; then two keys; then a data steward; no rule means no.
"""

import dataclasses
import difflib
import enum
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

from governance.vocabulary import Kind, Outcome, Principle, Relation, Role, Tier

Facts = Mapping[str, Any]
Test = Callable[[Facts, Facts], bool]

MOST_CONDITIONS = 60
DEEPEST = 6
LONGEST_LIST = 200
LONGEST_TEXT = 120


class Type(enum.Enum):
    """What kind of value a fact has."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "yes or no"
    SET = "list"


@dataclasses.dataclass(frozen=True)
class Fact:
    """A fact that conditions may name: its type, in which kinds of decision it is known, and its values where these are a fixed list."""

    type: Type
    kinds: frozenset[Kind]
    words: frozenset[str] = frozenset()


_ANY = frozenset(Kind)
_WHO = frozenset({Kind.USE, Kind.ACCESS, Kind.SECURITY})
_OUT = frozenset({Kind.SHARING, Kind.ONLINE_PROGRAM})
_SECURITY = frozenset({Kind.SECURITY})

VOCABULARY: dict[str, Fact] = {
    "asker.role": Fact(Type.TEXT, _WHO, frozenset(map(str, Role))),
    "asker.relation": Fact(Type.TEXT, _WHO, frozenset(map(str, Relation))),
    "asker.eligible": Fact(Type.FLAG, frozenset({Kind.USE, Kind.ACCESS})),
    "request.purpose": Fact(Type.TEXT, _ANY),
    "request.days": Fact(Type.NUMBER, frozenset({Kind.USE, Kind.ACCESS})),
    "request.personal": Fact(Type.FLAG, _ANY - _SECURITY),
    "request.decider_named": Fact(Type.FLAG, frozenset({Kind.USE, Kind.ACCESS, Kind.ONLINE_PROGRAM})),
    "request.students": Fact(Type.NUMBER, _SECURITY),
    "request.export": Fact(Type.FLAG, _SECURITY),
    "request.second_factor": Fact(Type.FLAG, _SECURITY),
    "purpose.principle": Fact(Type.TEXT, _ANY - _SECURITY, frozenset(map(str, Principle))),
    "purpose.aggregate": Fact(Type.FLAG, _ANY - _SECURITY),
    "purpose.automated": Fact(Type.FLAG, frozenset({Kind.USE, Kind.ACCESS, Kind.ONLINE_PROGRAM})),
    "purpose.capped": Fact(Type.FLAG, _ANY - _SECURITY),
    "purpose.cap": Fact(Type.SET, _ANY - _SECURITY),
    "purpose.never": Fact(Type.SET, _ANY - _SECURITY),
    "purpose.roles": Fact(Type.SET, frozenset({Kind.USE, Kind.ACCESS})),
    "purpose.max_days": Fact(Type.NUMBER, frozenset({Kind.USE, Kind.ACCESS})),
    "element.key": Fact(Type.TEXT, _ANY - _SECURITY),
    "element.tier": Fact(Type.TEXT, _ANY, frozenset(map(str, Tier))),
    "element.category": Fact(Type.TEXT, _ANY - _SECURITY),
    "element.wi_class": Fact(
        Type.TEXT,
        _ANY - _SECURITY,
        frozenset(
            {
                "progress",
                "behavioral",
                "directory",
                "pupil-physical-health",
                "patient-health-care",
                "law-enforcement",
                "court",
                "not-pupil-record",
            }
        ),
    ),
    "element.held": Fact(Type.FLAG, frozenset({Kind.USE, Kind.ACCESS})),
    "agreement.active": Fact(Type.FLAG, _OUT),
    "agreement.elements": Fact(Type.SET, _OUT),
    "agreement.purposes": Fact(Type.SET, _OUT),
    "consent.given": Fact(Type.FLAG, _OUT | {Kind.COLLECTION}),
    "consent.refused": Fact(Type.FLAG, _OUT | {Kind.COLLECTION}),
    "consent.directory_refused": Fact(Type.FLAG, frozenset({Kind.SHARING})),
    "student.under_13": Fact(Type.FLAG, _OUT | {Kind.COLLECTION}),
    "program.reviewed": Fact(Type.FLAG, frozenset({Kind.ONLINE_PROGRAM})),
    "program.commercial_use": Fact(Type.FLAG, frozenset({Kind.ONLINE_PROGRAM})),
    "collection.required_by_law": Fact(Type.FLAG, frozenset({Kind.COLLECTION})),
}

OPERATORS = ("eq", "in", "le", "subset")
GROUPS = ("all", "any", "not")
PRECEDENCE = {Outcome.REFUSE: 0, Outcome.ALLOW: 1, Outcome.TWO_KEYS: 2, Outcome.STEWARD: 3}


class Problem(enum.Enum):
    """What is wrong with a condition; `governance.authority.present` puts it into words."""

    SHAPE = "shape"
    UNKNOWN_OPERATOR = "unknown_operator"
    UNKNOWN_FACT = "unknown_fact"
    NOT_FOR_KIND = "not_for_kind"
    UNKNOWN_WORD = "unknown_word"
    WRONG_TYPE = "wrong_type"
    NO_FACT = "no_fact"
    TOO_LARGE = "too_large"
    EMPTY = "empty"


@dataclasses.dataclass(frozen=True)
class Fault:
    """One error of a condition: where (`when.all[1].in[0]`), what, the word that was given, and the nearest one that exists."""

    path: str
    problem: Problem
    given: str = ""
    meant: str = ""


class Invalid(ValueError):
    """A rule's condition does not follow the language; `faults` say where."""

    def __init__(self, faults: list[Fault]):
        super().__init__("; ".join(f"{fault.path}: {fault.problem.value}" for fault in faults))
        self.faults = faults


# -- Checking ------------------------------------------------------------------------------------------------------------------


def validate(when: Any, kind: Kind, *, known: Mapping[str, Collection[str]] | None = None) -> list[Fault]:
    """Every error of a condition for a rule of this kind; an empty list where it is good.

    `known` adds the words of facts that live in the database, e.g. {"element.key": {...}, "request.purpose": {...}}.
    """
    faults: list[Fault] = []
    count = _check(when, "when", kind, known or {}, faults, depth=1)
    if count > MOST_CONDITIONS:
        faults.append(Fault("when", Problem.TOO_LARGE))
    return faults


def _check(node: Any, path: str, kind: Kind, known: Mapping[str, Collection[str]], faults: list[Fault], depth: int) -> int:
    if depth > DEEPEST:
        faults.append(Fault(path, Problem.TOO_LARGE))
        return 0
    if not isinstance(node, dict) or len(node) != 1:
        faults.append(Fault(path, Problem.SHAPE))
        return 0
    operator, inside = next(iter(node.items()))
    if operator in {"all", "any"}:
        if not isinstance(inside, list):
            faults.append(Fault(f"{path}.{operator}", Problem.SHAPE))
            return 0
        if not inside:
            faults.append(Fault(f"{path}.{operator}", Problem.EMPTY))
        return sum(_check(part, f"{path}.{operator}[{at}]", kind, known, faults, depth + 1) for at, part in enumerate(inside))
    if operator == "not":
        return _check(inside, f"{path}.not", kind, known, faults, depth + 1)
    if operator not in OPERATORS:
        faults.append(Fault(path, Problem.UNKNOWN_OPERATOR, str(operator)[:LONGEST_TEXT], _nearest(str(operator), OPERATORS + GROUPS)))
        return 0
    if not isinstance(inside, list) or len(inside) != 2:
        faults.append(Fault(f"{path}.{operator}", Problem.SHAPE))
        return 0
    _check_comparison(operator, inside, f"{path}.{operator}", kind, known, faults)
    return 1


def _check_comparison(operator: str, sides: list, path: str, kind: Kind, known: Mapping[str, Collection[str]], faults: list[Fault]) -> None:
    before = len(faults)
    types = [_type_of(side, f"{path}[{at}]", kind, faults) for at, side in enumerate(sides)]
    if len(faults) > before:
        return
    if not any(_is_fact(side) for side in sides):
        faults.append(Fault(path, Problem.NO_FACT))
        return
    left, right = types
    fits = {
        "eq": left == right and left is not Type.SET,
        "le": left == right == Type.NUMBER,
        "in": left is Type.TEXT and right is Type.SET,
        "subset": left == right == Type.SET,
    }
    if not fits[operator]:
        faults.append(Fault(path, Problem.WRONG_TYPE, f"{_text_of(left)}, {_text_of(right)}"))
        return
    for at, other in ((0, 1), (1, 0)):
        if _is_fact(sides[at]) and not _is_fact(sides[other]):
            name = sides[at][1:]
            words = VOCABULARY[name].words or frozenset(known.get(name, ()))
            literal = sides[other]
            given = [word for word in (literal if isinstance(literal, list) else [literal]) if isinstance(word, str)]
            unknown = [word for word in given if words and word not in words]
            faults.extend(Fault(f"{path}[{other}]", Problem.UNKNOWN_WORD, word, _nearest(word, words)) for word in unknown)


def _type_of(side: Any, path: str, kind: Kind, faults: list[Fault]) -> Type | None:
    if _is_fact(side):
        name = side[1:]
        fact = VOCABULARY.get(name)
        if fact is None:
            faults.append(Fault(path, Problem.UNKNOWN_FACT, name[:LONGEST_TEXT], _nearest(name, VOCABULARY)))
            return None
        if kind not in fact.kinds:
            faults.append(Fault(path, Problem.NOT_FOR_KIND, name))
            return None
        return fact.type
    if isinstance(side, bool):
        return Type.FLAG
    if isinstance(side, int):
        return Type.NUMBER
    if isinstance(side, str) and len(side) <= LONGEST_TEXT:
        return Type.TEXT
    if isinstance(side, list) and len(side) <= LONGEST_LIST and all(isinstance(word, str) and len(word) <= LONGEST_TEXT for word in side):
        if not side:
            faults.append(Fault(path, Problem.EMPTY))
        return Type.SET
    faults.append(Fault(path, Problem.WRONG_TYPE, type(side).__name__))
    return None


def _is_fact(side: Any) -> bool:
    return isinstance(side, str) and side.startswith("$")


def _text_of(type_: Type | None) -> str:
    return type_.value if type_ else ""


def _nearest(word: str, words: Iterable[str]) -> str:
    return next(iter(difflib.get_close_matches(word, list(words), 1, 0.5)), "")


# -- Compiling -----------------------------------------------------------------------------------------------------------------


class Seen(NamedTuple):
    """One comparison of a rule as it was found: the fact, what was wanted of it, what it was, and whether that held."""

    fact: str
    operator: str
    wanted: Any
    wanted_fact: str
    value: Any
    negated: bool
    holds: bool


class _Leaf(NamedTuple):
    fact: str
    of_element: bool
    operator: str
    literal: Any
    other: str
    other_of_element: bool
    negated: bool
    test: Test


@dataclasses.dataclass(frozen=True)
class Rule:
    """One version of a rule, as the evaluator takes it. `elements` are keys; empty: whatever the condition says."""

    key: str
    number: int
    kind: Kind
    outcome: Outcome
    when: Any
    title: str
    words: str
    citation: str
    basis: str = ""
    elements: frozenset[str] = frozenset()
    max_days: int | None = None


class Compiled:
    """A rule made ready: what depends on the request alone is tested once, what depends on the element for each element."""

    __slots__ = ("conjuncts", "element_part", "elements", "leaves", "name", "request_part", "roles", "rule")

    def __init__(self, rule: Rule):
        faults = validate(rule.when, rule.kind)
        if faults:
            raise Invalid(faults)
        self.rule = rule
        self.name = f"{rule.key}@{rule.number}"
        self.elements = rule.elements
        parts = rule.when.get("all", [rule.when])
        self.conjuncts = tuple(_compile(part) for part in parts)
        self.request_part = _both([test for part, test in zip(parts, self.conjuncts, strict=True) if not _of_element(part)])
        self.element_part = _both([test for part, test in zip(parts, self.conjuncts, strict=True) if _of_element(part)])
        self.leaves = tuple(_leaves(rule.when, negated=False))
        self.roles = _roles(parts)

    def trace(self, facts: Facts, element: Facts) -> tuple[Seen, ...]:
        """Every comparison of the rule with the facts as they are."""
        seen = []
        for fact, of_element, operator, wanted, other, other_of_element, negated, test in self.leaves:
            if other:
                wanted = (element if other_of_element else facts)[other]
            value = (element if of_element else facts)[fact]
            seen.append(Seen(fact, operator, wanted, other, value, negated, test(facts, element) is not negated))
        return tuple(seen)

    def failing(self, facts: Facts, element: Facts, *, below: int) -> int:
        """How many of its conditions do not hold; counting stops at `below`."""
        failing = 0
        for test in self.conjuncts:
            if not test(facts, element):
                failing += 1
                if failing >= below:
                    break
        return failing


def _roles(parts: list[dict]) -> frozenset[str] | None:
    """The roles of the asker without which a rule cannot hold; None where it says nothing of them."""
    for part in parts:
        operator, inside = next(iter(part.items()))
        if operator in {"eq", "in"} and inside[0] == "$asker.role" and not _is_fact(inside[1]):
            return frozenset([inside[1]] if operator == "eq" else inside[1])
    return None


def _both(tests: list[Test]) -> Test | None:
    """The tests joined by "and"; None where there is none."""
    if not tests:
        return None
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:
        first, second = tests
        return lambda facts, element: first(facts, element) and second(facts, element)
    if len(tests) == 3:
        first, second, third = tests
        return lambda facts, element: first(facts, element) and second(facts, element) and third(facts, element)
    together = tuple(tests)

    def every(facts: Facts, element: Facts) -> bool:
        for test in together:  # noqa: SIM110  (all() with a generator costs twice as much)
            if not test(facts, element):
                return False
        return True

    return every


def _compile(node: dict) -> Test:
    operator, inside = next(iter(node.items()))
    if operator == "all":
        joined = _both([_compile(part) for part in inside])
        assert joined is not None
        return joined
    if operator == "any":
        tests = tuple(_compile(part) for part in inside)
        return lambda facts, element: any(test(facts, element) for test in tests)
    if operator == "not":
        test = _compile(inside)
        return lambda facts, element: not test(facts, element)
    return _compare(operator, *inside)


def _compare(operator: str, left: Any, right: Any) -> Test:
    # The usual shapes, a fact against a literal, get closures of their own: they are most of the time of a decision.
    if _is_fact(left) and not _is_fact(right):
        name, of_element = left[1:], left.startswith("$element.")
        if operator == "eq":
            return (lambda facts, element: element[name] == right) if of_element else (lambda facts, element: facts[name] == right)
        if operator == "in":
            words = frozenset(right)
            return (lambda facts, element: element[name] in words) if of_element else (lambda facts, element: facts[name] in words)
    get_left, get_right = _getter(left), _getter(right)
    holds = HOLDS[operator]
    return lambda facts, element: holds(get_left(facts, element), get_right(facts, element))


HOLDS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda left, right: left is not None and left == right,
    "in": lambda left, right: left is not None and right is not None and left in right,
    "le": lambda left, right: left is not None and right is not None and left <= right,
    "subset": lambda left, right: left is not None and right is not None and set(left) <= set(right),
}


def _getter(side: Any) -> Callable[[Facts, Facts], Any]:
    if not _is_fact(side):
        value = frozenset(side) if isinstance(side, list) else side
        return lambda facts, element: value
    name = side[1:]
    return (lambda facts, element: element[name]) if name.startswith("element.") else (lambda facts, element: facts[name])


def _of_element(node: dict) -> bool:
    operator, inside = next(iter(node.items()))
    if operator in {"all", "any"}:
        return any(_of_element(part) for part in inside)
    if operator == "not":
        return _of_element(inside)
    return any(_is_fact(side) and side.startswith("$element.") for side in inside)


def speaks_of_the_element_alone(node: dict) -> bool:
    """True where a condition names no fact of the asker, the request or the purpose."""
    operator, inside = next(iter(node.items()))
    if operator in {"all", "any"}:
        return all(speaks_of_the_element_alone(part) for part in inside)
    if operator == "not":
        return speaks_of_the_element_alone(inside)
    return all(side.startswith("$element.") for side in inside if _is_fact(side))


def _leaves(node: dict, *, negated: bool) -> Iterable[_Leaf]:
    operator, inside = next(iter(node.items()))
    if operator in {"all", "any"}:
        for part in inside:
            yield from _leaves(part, negated=negated)
    elif operator == "not":
        yield from _leaves(inside, negated=not negated)
    else:
        left, right = inside
        if not _is_fact(left):
            # {"subset": [["a"], "$x"]} and {"in": ["a", "$x"]}: the fact stands on the right
            yield _Leaf(
                right[1:], right.startswith("$element."), f"{operator}.reversed", left, "", False, negated, _compare(operator, left, right)
            )
        else:
            other = right[1:] if _is_fact(right) else ""
            yield _Leaf(
                left[1:],
                left.startswith("$element."),
                operator,
                None if other else right,
                other,
                other.startswith("element."),
                negated,
                _compare(operator, left, right),
            )


# -- Deciding ------------------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class ElementDecision:
    """What the rules say of one element. `rule` is 'key@number', empty where no rule applies: then `nearest` is the rule that came closest,
    and the entries of `trace` that do not hold are what would have to change."""

    outcome: Outcome
    rule: str
    title: str
    words: str
    citation: str
    basis: str
    max_days: int | None
    trace: tuple[Seen, ...]
    nearest: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Decision:
    """What the rules say of a request: for each element, and together."""

    outcome: Outcome
    by_element: dict[str, ElementDecision]

    @property
    def allowed(self) -> tuple[str, ...]:
        """Elements that are allowed at once."""
        return tuple(key for key, said in self.by_element.items() if said.outcome is Outcome.ALLOW)

    @property
    def waiting(self) -> tuple[str, ...]:
        """Elements on which one or two people decide."""
        return tuple(key for key, said in self.by_element.items() if said.outcome in {Outcome.STEWARD, Outcome.TWO_KEYS})

    @property
    def refused(self) -> tuple[str, ...]:
        """Elements that are refused, by a rule or because no rule allows them."""
        return tuple(key for key, said in self.by_element.items() if said.outcome is Outcome.REFUSE)


class RuleBook:
    """Compiled rules in the order in which they win."""

    def __init__(self, rules: Iterable[Rule]):
        compiled = [Compiled(rule) for rule in rules]
        # Of two rules that say the same, the one that names its elements speaks for them.
        self.rules = tuple(sorted(compiled, key=lambda each: (PRECEDENCE[each.rule.outcome], not each.elements, each.rule.key)))

        self._parts: dict[tuple[Kind, ...], RuleBook] = {}
        self._for_role: dict[str, tuple[Compiled, ...]] = {}

    def of(self, *kinds: Kind) -> "RuleBook":
        """The rules of these kinds alone."""
        if kinds not in self._parts:
            part = RuleBook(())
            part.rules = tuple(each for each in self.rules if each.rule.kind in kinds)
            self._parts[kinds] = part
        return self._parts[kinds]

    def for_role(self, role: str) -> tuple[Compiled, ...]:
        """The rules that can hold for somebody in this role: most rules name one, so most need not be looked at."""
        if role not in self._for_role:
            self._for_role[role] = tuple(each for each in self.rules if each.roles is None or role in each.roles)
        return self._for_role[role]

    def rule(self, name: str) -> Rule | None:
        """The rule called 'key@number'."""
        return next((each.rule for each in self.rules if each.name == name), None)


def decide(rules: RuleBook, facts: Facts, elements: Mapping[str, Facts]) -> Decision:
    """What the rules say of each element, with reasons.

    `facts` holds every fact that the rules name except those of the elements; `elements` those, by element key. A fact that is missing
    altogether is an error of the caller (KeyError), not a no.
    """
    nothing: Facts = {}
    candidates = rules.for_role(facts["asker.role"]) if "asker.role" in facts else rules.rules
    open_rules = [each for each in candidates if each.request_part is None or each.request_part(facts, nothing)]
    by_element = {key: _decide_element(key, element, facts, open_rules, rules) for key, element in elements.items()}
    return Decision(_together(by_element.values()), by_element)


def _decide_element(key: str, element: Facts, facts: Facts, open_rules: list[Compiled], rules: RuleBook) -> ElementDecision:
    for each in open_rules:
        if (not each.elements or key in each.elements) and (each.element_part is None or each.element_part(facts, element)):
            rule = each.rule
            return ElementDecision(
                rule.outcome, each.name, rule.title, rule.words, rule.citation, rule.basis, rule.max_days, each.trace(facts, element)
            )
    return _no_rule(key, element, facts, rules)


def _no_rule(key: str, element: Facts, facts: Facts, rules: RuleBook) -> ElementDecision:
    nearest, fewest = None, 1_000
    for each in rules.rules:
        if each.rule.outcome is not Outcome.REFUSE and (not each.elements or key in each.elements):
            failing = each.failing(facts, element, below=fewest)
            if failing < fewest:
                nearest, fewest = each, failing
    if nearest is None:
        return ElementDecision(Outcome.REFUSE, "", "", "", "", "", None, ())
    rule = nearest.rule
    return ElementDecision(Outcome.REFUSE, "", rule.title, rule.words, rule.citation, "", None, nearest.trace(facts, element), nearest.name)


def _together(decisions: Collection[ElementDecision]) -> Outcome:
    outcomes = {decision.outcome for decision in decisions}
    for outcome in (Outcome.TWO_KEYS, Outcome.STEWARD, Outcome.ALLOW):
        if outcome in outcomes:
            return outcome
    return Outcome.REFUSE
