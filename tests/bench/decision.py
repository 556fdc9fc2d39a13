"""`decision`: one decision of the evaluator with its explanation, at 30 rules: at most 30 µs.

A district's own facts and the shipped rules of use and access, filled up to 30 with rules that are looked at and do not hold. Ways run in
turn: allowed at once, left to a steward, refused by a rule, and no rule at all (the nearest one is sought). Told is the slowest of these.
"""

import dataclasses
import json
import statistics
import time
from typing import Any

from governance.authority import reference
from governance.authority.element_keys import held_in, key_of
from governance.authority.rules import Rule, RuleBook, decide
from governance.vocabulary import Kind, Outcome
from tests.bench.harness import line, quartiles

BAR = 30.0
RULES = 30

FACTS: dict[str, Any] = {
    "asker.role": "teacher",
    "asker.relation": "own_section",
    "asker.eligible": False,
    "request.purpose": "intervention-support",
    "request.days": 90,
    "request.personal": True,
    "request.decider_named": False,
    "purpose.principle": "U1",
    "purpose.aggregate": False,
    "purpose.automated": False,
    "purpose.capped": True,
    "purpose.never": frozenset({"social-security-number", "app-passwords"}),
    "purpose.roles": frozenset({"teacher", "counselor"}),
    "purpose.max_days": 180,
}


def book() -> RuleBook:
    """30 rules of use and access: what is shipped, and as many more as it takes, each for another role and purpose."""
    shipped = json.loads((reference.DATA / "starter_rules.json").read_text(encoding="utf-8"))["rules"]
    rules = [_rule(row) for row in shipped if row["kind"] in {Kind.USE, Kind.ACCESS}]
    for number in range(RULES - len(rules)):
        when = {
            "all": [
                {"eq": ["$asker.role", "principal"]},
                {"eq": ["$asker.relation", "own_school"]},
                {"in": ["$element.tier", ["restricted"]]},
            ]
        }
        rules.append(dataclasses.replace(rules[0], key=f"more-{number}", outcome=Outcome.STEWARD, when=when, elements=frozenset()))
    return RuleBook(rules)


def _rule(row: dict[str, Any]) -> Rule:
    return Rule(
        key=row["key"],
        number=1,
        kind=Kind(row["kind"]),
        outcome=Outcome(row["outcome"]),
        when=row["when"],
        title=row["title"],
        words=row["words"],
        citation=row["citation"],
        basis=row["basis"],
        elements=frozenset(row["elements"]),
        max_days=row["max_days"],
    )


def elements() -> dict[str, dict[str, Any]]:
    """The facts of all elements, as the portal keeps them in memory."""
    return {
        key_of(row["id"]): {
            "element.key": key_of(row["id"]),
            "element.tier": row["sensitivity_tier"],
            "element.category": row["category"],
            "element.wi_class": row["wi_class"],
            "element.held": bool(held_in(row["id"])),
        }
        for row in reference._rows("data_elements.csv")
    }


def run(full: bool) -> list[dict[str, Any]]:
    """One line: microseconds of one decision on one element, and beside it those of a request of five elements."""
    rules, known = book(), elements()
    cap = frozenset({"name", "grade", "el-status", "birth-date", "reading-screener"})
    facts = FACTS | {"purpose.cap": cap}
    nobody = facts | {"asker.role": "secretary", "purpose.roles": frozenset({"secretary"})}
    ways = {
        "allowed": (facts, ("name",), Outcome.ALLOW),
        "steward": (facts, ("el-status",), Outcome.STEWARD),
        "refused": (facts, ("iep",), Outcome.REFUSE),
        "no_rule": (nobody, ("el-status",), Outcome.REFUSE),
        "five_elements": (facts, ("name", "grade", "el-status", "birth-date", "reading-screener"), Outcome.STEWARD),
    }
    asked = {name: {key: known[key] for key in keys} for name, (_facts, keys, _outcome) in ways.items()}
    for name, (given, _keys, outcome) in ways.items():
        answer = decide(rules, given, asked[name])
        assert answer.outcome is outcome, (name, answer)
        assert all(said.trace for said in answer.by_element.values()), name
    rounds, times = (41, 2_000) if full else (21, 500)
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, (given, _keys, _outcome) in ways.items():
            taken[name].append(_microseconds(rules, given, asked[name], times))
    middle = {name: statistics.median(values) for name, values in taken.items()}
    slowest = max(("allowed", "steward", "refused", "no_rule"), key=lambda name: middle[name])
    spread = quartiles(taken[slowest])
    return [
        line(
            "decision",
            middle[slowest],
            "microseconds of processor time a decision with its explanation",
            bar=BAR,
            better="lower",
            n=rounds,
            spread=spread,
            peers={"Cedar": 172.0},
            rules=len(rules.rules),
            slowest=slowest,
            ways={name: round(value, 1) for name, value in middle.items()},
        )
    ]


def _microseconds(rules: RuleBook, facts: dict[str, Any], asked: dict[str, Any], times: int) -> float:
    # time of this process alone: what else the machine does is no part of a pure function's cost
    started = time.process_time()
    for _ in range(times):
        decide(rules, facts, asked)
    return (time.process_time() - started) / times * 1e6
