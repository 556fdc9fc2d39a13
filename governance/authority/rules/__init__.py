"""The closed language of authorization rules, and the evaluator. Pure functions that know neither Django nor the database."""

from governance.authority.rules.compiled import HOLDS, Rule, Seen
from governance.authority.rules.deciding import Decision, ElementDecision, RuleBook, decide
from governance.authority.rules.language import VOCABULARY, Fault, Invalid, Problem, speaks_of_the_element_alone, validate

__all__ = [
    "HOLDS",
    "VOCABULARY",
    "Decision",
    "ElementDecision",
    "Fault",
    "Invalid",
    "Problem",
    "Rule",
    "RuleBook",
    "Seen",
    "decide",
    "speaks_of_the_element_alone",
    "validate",
]
