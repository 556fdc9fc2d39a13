"""The closed language of conditions: its facts, its operators, and every error that a condition can have.

A condition is JSON: `{"all": […]}`, `{"any": […]}`, `{"not": …}`, or one comparison of a fact with a fact or
a literal: `eq` (the same), `in` (one of), `le` (at most), `subset` (nothing beyond). `"$asker.role"` names a fact of `VOCABULARY`; there
are no others.
A fact that is None is not known, and no comparison with it holds.
"""

import dataclasses
import difflib
import enum
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from governance.vocabulary import Kind, Principle, Relation, Role, Tier

Facts = Mapping[str, Any]
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
    if not any(is_fact(side) for side in sides):
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
        if is_fact(sides[at]) and not is_fact(sides[other]):
            name = sides[at][1:]
            words = VOCABULARY[name].words or frozenset(known.get(name, ()))
            literal = sides[other]
            given = [word for word in (literal if isinstance(literal, list) else [literal]) if isinstance(word, str)]
            unknown = [word for word in given if words and word not in words]
            faults.extend(Fault(f"{path}[{other}]", Problem.UNKNOWN_WORD, word, _nearest(word, words)) for word in unknown)


def _type_of(side: Any, path: str, kind: Kind, faults: list[Fault]) -> Type | None:
    if is_fact(side):
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


def is_fact(side: Any) -> bool:
    """True where one side of a comparison names a fact and is no literal."""
    return isinstance(side, str) and side.startswith("$")


def _text_of(type_: Type | None) -> str:
    return type_.value if type_ else ""


def _nearest(word: str, words: Iterable[str]) -> str:
    return next(iter(difflib.get_close_matches(word, list(words), 1, 0.5)), "")


def speaks_of_the_element(node: dict) -> bool:
    """True where a condition names a fact of the element, so that it is tested for each."""
    operator, inside = next(iter(node.items()))
    if operator in {"all", "any"}:
        return any(speaks_of_the_element(part) for part in inside)
    if operator == "not":
        return speaks_of_the_element(inside)
    return any(is_fact(side) and side.startswith("$element.") for side in inside)


def speaks_of_the_element_alone(node: dict) -> bool:
    """True where a condition names no fact of the asker, the request or the purpose."""
    operator, inside = next(iter(node.items()))
    if operator in {"all", "any"}:
        return all(speaks_of_the_element_alone(part) for part in inside)
    if operator == "not":
        return speaks_of_the_element_alone(inside)
    return all(side.startswith("$element.") for side in inside if is_fact(side))
