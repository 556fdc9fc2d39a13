"""The evaluator: facts and rules in, decision with reasons out.

Refusals win; then what is allowed at once; then two keys; then a data steward; no rule means no.
"""

import dataclasses
from collections.abc import Collection, Iterable, Mapping

from governance.authority.rules.compiled import Compiled, Rule, Seen
from governance.authority.rules.language import Facts
from governance.vocabulary import Kind, Outcome

PRECEDENCE = {Outcome.REFUSE: 0, Outcome.ALLOW: 1, Outcome.TWO_KEYS: 2, Outcome.STEWARD: 3}


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
