"""Rules and decisions in words for people."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from governance.authority.decisions import PurposeFacts
from governance.authority.rules import Decision, ElementDecision, Fault, Problem, Seen
from governance.vocabulary import Outcome, Principle, Relation, Role, Tier

FACT_LABELS = {
    "asker.role": gettext_lazy("Role"),
    "asker.relation": gettext_lazy("Link to the students"),
    "asker.eligible": gettext_lazy("18 or over"),
    "request.purpose": gettext_lazy("Purpose"),
    "request.days": gettext_lazy("Days asked for"),
    "request.personal": gettext_lazy("Data on single students"),
    "request.decider_named": gettext_lazy("A person who decides is named"),
    "request.students": gettext_lazy("Number of students"),
    "request.export": gettext_lazy("Export"),
    "request.second_factor": gettext_lazy("Second factor used"),
    "purpose.principle": gettext_lazy("Principle that the purpose serves"),
    "purpose.aggregate": gettext_lazy("The purpose needs counts only"),
    "purpose.automated": gettext_lazy("A program suggests the decision"),
    "purpose.capped": gettext_lazy("The purpose has a list of data"),
    "purpose.cap": gettext_lazy("Data that the purpose needs at most"),
    "purpose.never": gettext_lazy("Data that the purpose rules out"),
    "purpose.roles": gettext_lazy("Whose work the purpose is"),
    "purpose.max_days": gettext_lazy("Longest time for the purpose, in days"),
    "element.key": gettext_lazy("Kind of data"),
    "element.tier": gettext_lazy("Sensitivity"),
    "element.category": gettext_lazy("Category"),
    "element.wi_class": gettext_lazy("Class in Wisconsin law"),
    "element.held": gettext_lazy("Kept in the portal"),
    "agreement.active": gettext_lazy("Agreement in force"),
    "agreement.elements": gettext_lazy("Data that the agreement lists"),
    "agreement.purposes": gettext_lazy("Purposes of the agreement"),
    "consent.given": gettext_lazy("The family said yes"),
    "consent.refused": gettext_lazy("The family said no"),
    "consent.directory_refused": gettext_lazy("The family said no to directory data"),
    "student.under_13": gettext_lazy("Under 13"),
    "program.reviewed": gettext_lazy("The program was reviewed"),
    "program.commercial_use": gettext_lazy("The program uses data for its own business"),
    "collection.required_by_law": gettext_lazy("A law requires it"),
}
WI_CLASSES = {
    "progress": gettext_lazy("progress record"),
    "behavioral": gettext_lazy("behavioral record"),
    "directory": gettext_lazy("directory data"),
    "pupil-physical-health": gettext_lazy("physical health record"),
    "patient-health-care": gettext_lazy("patient health care record"),
    "law-enforcement": gettext_lazy("law enforcement record"),
    "court": gettext_lazy("court record"),
    "not-pupil-record": gettext_lazy("not a pupil record"),
}
_WORDS: dict[str, Mapping[str, Any]] = {
    "asker.role": {str(role): role.label for role in Role},
    "purpose.roles": {str(role): role.label for role in Role},
    "asker.relation": {str(relation): relation.label for relation in Relation},
    "element.tier": {str(tier): tier.label for tier in Tier},
    "element.wi_class": WI_CLASSES,
}
OUTCOME_KINDS = {Outcome.ALLOW: "ok", Outcome.STEWARD: "wait", Outcome.TWO_KEYS: "wait", Outcome.REFUSE: "stop"}
CARD_OUTCOMES = {Outcome.ALLOW: "allow", Outcome.STEWARD: "wait", Outcome.TWO_KEYS: "wait", Outcome.REFUSE: "refuse"}


@dataclasses.dataclass(frozen=True)
class Names:
    """Titles of what rules name by key."""

    elements: Mapping[str, str]
    purposes: Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Reason:
    """One line of a decision card."""

    kind: str
    rule: str
    fact: str = ""
    citation: str = ""


@dataclasses.dataclass(frozen=True)
class Card:
    """What one rule says of some of the elements."""

    outcome: str
    outcome_text: str
    title: str
    words: str
    citation: str
    elements: list[str]
    reasons: list[Reason]
    next_step: str
    rule: str


def value_in_words(fact: str, value: Any, names: Names) -> str:
    """A fact's value as people say it."""
    if value is None:
        return _("not known")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, (list, tuple, set, frozenset)):
        said = sorted(value_in_words(fact, each, names) for each in value)
        if len(said) > 6:
            return ngettext("one of %(count)d kinds", "one of %(count)d kinds", len(said)) % {"count": len(said)}
        return ", ".join(said) or _("none")
    word = str(value)
    if fact in {"element.key", "purpose.cap", "purpose.never", "agreement.elements"}:
        return str(names.elements.get(word, word))
    if fact in {"request.purpose", "agreement.purposes"}:
        return str(names.purposes.get(word, word))
    return str(_WORDS.get(fact, {}).get(word, word))


_WANTED = {
    ("eq", False): gettext_lazy("%(fact)s: %(wanted)s"),
    ("eq", True): gettext_lazy("%(fact)s: not %(wanted)s"),
    ("in", False): gettext_lazy("%(fact)s: one of %(wanted)s"),
    ("in", True): gettext_lazy("%(fact)s: none of %(wanted)s"),
    ("le", False): gettext_lazy("%(fact)s: at most %(wanted)s"),
    ("le", True): gettext_lazy("%(fact)s: more than %(wanted)s"),
    ("subset", False): gettext_lazy("%(fact)s: nothing beyond %(wanted)s"),
    ("subset", True): gettext_lazy("%(fact)s: something beyond %(wanted)s"),
    ("eq.reversed", False): gettext_lazy("%(fact)s: %(wanted)s"),
    ("eq.reversed", True): gettext_lazy("%(fact)s: not %(wanted)s"),
    ("in.reversed", False): gettext_lazy("%(fact)s: %(wanted)s among them"),
    ("in.reversed", True): gettext_lazy("%(fact)s: %(wanted)s not among them"),
    ("le.reversed", False): gettext_lazy("%(fact)s: at least %(wanted)s"),
    ("le.reversed", True): gettext_lazy("%(fact)s: less than %(wanted)s"),
    ("subset.reversed", False): gettext_lazy("%(fact)s: all of %(wanted)s"),
    ("subset.reversed", True): gettext_lazy("%(fact)s: not all of %(wanted)s"),
}


_WANTED_OF_FACT = {
    ("in", False): gettext_lazy("%(fact)s is in the list: %(wanted)s"),
    ("in", True): gettext_lazy("%(fact)s is not in the list: %(wanted)s"),
}


def wanted_in_words(seen: Seen, names: Names) -> str:
    """What a condition asks for: “Role: Teacher”."""
    operator, negated, wanted = seen.operator, seen.negated, seen.wanted
    if operator == "eq" and negated and isinstance(wanted, bool):
        negated, wanted = False, not wanted
    if seen.wanted_fact:
        said = _WANTED_OF_FACT.get((operator, negated), _WANTED[operator, negated])
        return str(said) % {"fact": FACT_LABELS[seen.fact], "wanted": FACT_LABELS[seen.wanted_fact]}
    return str(_WANTED[operator, negated]) % {"fact": FACT_LABELS[seen.fact], "wanted": value_in_words(seen.fact, wanted, names)}


def reason_of(seen: Seen, names: Names, *, refuses: bool = False) -> Reason:
    """A condition and the fact beside it. Where the rule refuses, a condition that holds is what stands in the way."""
    told_already = seen.operator == "eq" and seen.holds and not seen.negated
    fact = "" if told_already else _("It is: %(value)s") % {"value": value_in_words(seen.fact, seen.value, names)}
    return Reason("ok" if seen.holds is not refuses else "stop", wanted_in_words(seen, names), fact)


def cards(decision: Decision, names: Names) -> list[Card]:
    """The decision as cards, one a rule and outcome: refusals last, so that what can be had is read first."""
    groups: dict[tuple[Outcome, str], list[str]] = {}
    for key, said in decision.by_element.items():
        groups.setdefault((said.outcome, said.rule or said.nearest), []).append(key)
    order = {Outcome.ALLOW: 0, Outcome.STEWARD: 1, Outcome.TWO_KEYS: 2, Outcome.REFUSE: 3}
    return [
        card(decision.by_element[keys[0]], [str(names.elements.get(key, key)) for key in keys], names)
        for (_outcome, _rule), keys in sorted(groups.items(), key=lambda group: (order[group[0][0]], group[0][1]))
    ]


def purpose_card(purpose: PurposeFacts, decision: Decision) -> Card:
    """What the rules of use found about the purpose: published, tied to a principle, the data within its list, the time within its time."""
    beyond = [key for key in decision.by_element if purpose.cap and key not in purpose.cap]
    within = Reason(
        "stop" if beyond else "ok",
        _("Kinds of data: within what the purpose needs") if not beyond else _("Kinds of data: more than the purpose needs"),
    )
    return Card(
        outcome="refuse" if beyond else "allow",
        outcome_text=_("Too much data") if beyond else _("Purpose allowed"),
        title=_(purpose.title),
        words=_("Published, and serves the principle: %(principle)s") % {"principle": Principle(purpose.principle).label},
        citation=_("District policy on student data, principle %(principle)s") % {"principle": purpose.principle},
        elements=[],
        reasons=[within, Reason("info", _("Longest time: %(days)d days") % {"days": purpose.max_days})],
        next_step="",
        rule="",
    )


def card(said: ElementDecision, elements: list[str], names: Names) -> Card:
    """What one rule says of these elements, with each condition and the fact that met it."""
    missing = [wanted_in_words(seen, names) for seen in said.trace if not seen.holds]
    no_rule = not said.rule
    return Card(
        outcome=CARD_OUTCOMES[said.outcome],
        outcome_text=str(said.outcome.label),
        title=_("No rule allows this") if no_rule else _(said.title),
        words=_("The nearest rule is “%(title)s”.") % {"title": _(said.title)}
        if no_rule and said.nearest
        else _(said.words)
        if said.words
        else "",
        citation=said.citation,
        elements=elements,
        reasons=[reason_of(seen, names, refuses=said.outcome is Outcome.REFUSE and not no_rule) for seen in said.trace],
        next_step=_("It would need: %(what)s.") % {"what": "; ".join(missing)} if no_rule and missing else "",
        rule=said.rule or said.nearest,
    )


_FAULTS = {
    Problem.SHAPE: gettext_lazy(
        "This must be an object with one word: all, any, not, eq, in, le or subset; a comparison takes a list of two."
    ),
    Problem.UNKNOWN_OPERATOR: gettext_lazy("There is no word “%(given)s”."),
    Problem.UNKNOWN_FACT: gettext_lazy("There is no fact “%(given)s”."),
    Problem.NOT_FOR_KIND: gettext_lazy("The fact “%(given)s” is not known in this kind of decision."),
    Problem.UNKNOWN_WORD: gettext_lazy("“%(given)s” is no value of this fact."),
    Problem.WRONG_TYPE: gettext_lazy("These cannot be compared like this: %(given)s."),
    Problem.NO_FACT: gettext_lazy("A comparison needs at least one fact, such as $asker.role."),
    Problem.TOO_LARGE: gettext_lazy("The condition is too large or too deep."),
    Problem.EMPTY: gettext_lazy("The list is empty."),
}
_MEANT = pgettext_lazy("rules", "Did you mean “%(meant)s”?")


def fault_in_words(fault: Fault) -> str:
    """An error of a condition: where, what, and the nearest word that exists."""
    said = str(_FAULTS[fault.problem]) % {"given": fault.given}
    meant = f" {str(_MEANT) % {'meant': fault.meant}}" if fault.meant else ""
    return f"{fault.path}: {said}{meant}"


def condition_lines(when: dict, names: Names) -> list[str]:
    """A condition as lines for a page, without facts: nested groups are indented by their own words."""
    return list(_lines(when, names, negated=False))


def _lines(node: dict, names: Names, *, negated: bool) -> Iterable[str]:
    operator, inside = next(iter(node.items()))
    if operator == "all" and not negated:
        for part in inside:
            yield from _lines(part, names, negated=False)
    elif operator in {"all", "any"}:
        either = (operator == "any") is not negated
        said = ["; ".join(_lines(part, names, negated=negated)) for part in inside]
        yield (_("either %(list)s") if either else _("all of %(list)s")) % {"list": f" {_('or') if either else _('and')} ".join(said)}
    elif operator == "not":
        yield from _lines(inside, names, negated=not negated)
    else:
        left, right = inside
        swapped = not (isinstance(left, str) and left.startswith("$"))
        fact, other = (right, left) if swapped else (left, right)
        wanted_fact = other[1:] if isinstance(other, str) and other.startswith("$") else ""
        yield wanted_in_words(
            Seen(
                fact[1:], f"{operator}.reversed" if swapped else operator, None if wanted_fact else other, wanted_fact, None, negated, True
            ),
            names,
        )
