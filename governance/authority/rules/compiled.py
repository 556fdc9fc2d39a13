"""Rules made ready for use: a condition becomes a function of the facts, and can tell each comparison that it made."""

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from governance.authority.rules.language import Facts, Invalid, is_fact, speaks_of_the_element, validate
from governance.vocabulary import Kind, Outcome

Test = Callable[[Facts, Facts], bool]


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
        self.request_part = _both([test for part, test in zip(parts, self.conjuncts, strict=True) if not speaks_of_the_element(part)])
        self.element_part = _both([test for part, test in zip(parts, self.conjuncts, strict=True) if speaks_of_the_element(part)])
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
        if operator in {"eq", "in"} and inside[0] == "$asker.role" and not is_fact(inside[1]):
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
    if is_fact(left) and not is_fact(right):
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
    if not is_fact(side):
        value = frozenset(side) if isinstance(side, list) else side
        return lambda facts, element: value
    name = side[1:]
    return (lambda facts, element: element[name]) if name.startswith("element.") else (lambda facts, element: facts[name])


def _leaves(node: dict, *, negated: bool) -> Iterable[_Leaf]:
    operator, inside = next(iter(node.items()))
    if operator in {"all", "any"}:
        for part in inside:
            yield from _leaves(part, negated=negated)
    elif operator == "not":
        yield from _leaves(inside, negated=not negated)
    else:
        left, right = inside
        if not is_fact(left):
            # {"subset": [["a"], "$x"]} and {"in": ["a", "$x"]}: the fact stands on the right
            yield _Leaf(
                right[1:], right.startswith("$element."), f"{operator}.reversed", left, "", False, negated, _compare(operator, left, right)
            )
        else:
            other = right[1:] if is_fact(right) else ""
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
