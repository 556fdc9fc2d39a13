"""Reads of the published catalogue and of the rules."""

import dataclasses
import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db.models import Count, Q, QuerySet

from governance.authority import rules
from governance.authority.models import Basis, Clock, Element, Law, Purpose, RuleVersion
from governance.vocabulary import Outcome

# Where a fact of an element stands in its row; a condition on these compiles to a query.
ELEMENT_COLUMNS: dict[str, str] = {
    "element.key": "key",
    "element.tier": "tier",
    "element.category": "category",
    "element.wi_class": "wi_class",
}


class NoQuery(ValueError):
    """A condition compares facts of the row in a way that has no query."""


def to_query(when: dict, facts: Mapping[str, Any], columns: Mapping[str, str] = ELEMENT_COLUMNS) -> Q:
    """The condition as a query on elements: facts of the asker and the request are constants, facts of the row become look-ups.

    `facts` holds the constants that the condition names. Gives the same rows as the evaluator, one by one. Raises NoQuery where it cannot.
    """
    operator, inside = next(iter(when.items()))
    if operator == "all":
        return _joined([to_query(part, facts, columns) for part in inside], Q.AND)
    if operator == "any":
        return _joined([to_query(part, facts, columns) for part in inside], Q.OR)
    if operator == "not":
        return ~to_query(inside, facts, columns)
    left, right = inside
    row_left, row_right = _column(left, columns), _column(right, columns)
    if row_left is None and row_right is None:
        return _constant(_holds(operator, _value(left, facts), _value(right, facts)))
    if row_left is not None and row_right is not None:
        raise NoQuery(f"{operator} between two facts of the row")
    if "$element.held" in (left, right):
        held = ~Q(held_in="")
        return held if _value(right if row_left else left, facts) is True else ~held
    if operator == "eq":
        value = _value(right if row_left else left, facts)
        return _constant(False) if value is None else Q(**{row_left or row_right or "": value})
    if operator == "in" and row_left is not None:
        return Q(**{f"{row_left}__in": sorted(_value(right, facts) or ())})
    raise NoQuery(f"{operator} over a fact of the row")


def _joined(parts: list[Q], how: str) -> Q:
    joined = parts[0]
    for part in parts[1:]:
        joined = joined & part if how == Q.AND else joined | part
    return joined


def _constant(holds: bool) -> Q:
    return ~Q(pk__in=[]) if holds else Q(pk__in=[])


def _column(side: Any, columns: Mapping[str, str]) -> str | None:
    if side == "$element.held":
        return "held_in"
    return columns.get(side[1:]) if isinstance(side, str) and side.startswith("$") else None


def _value(side: Any, facts: Mapping[str, Any]) -> Any:
    return facts[side[1:]] if isinstance(side, str) and side.startswith("$") else side


def _holds(operator: str, left: Any, right: Any) -> bool:
    return rules.HOLDS[operator](left, right)


def elements_spoken_of(version: RuleVersion) -> list[Element]:
    """The elements that a rule speaks of: those it names, or those that its own conditions on elements leave, held by the portal or not.

    Conditions on the asker, the request and the purpose are left open.
    """
    found = Element.objects.all()
    if version.elements:
        found = found.filter(pk__in=version.elements)
    about_elements = [part for part in version.when.get("all", [version.when]) if rules.speaks_of_the_element_alone(part)]
    for part in about_elements:
        found = found.filter(to_query(part, {}))
    return list(found)


@dataclasses.dataclass(frozen=True)
class RuleRow:
    """A rule with the version that holds, the one that is drafted, and the one that waits for its day."""

    key: str
    kind: str
    in_force: RuleVersion | None
    coming: RuleVersion | None
    draft: RuleVersion | None
    last: RuleVersion

    @property
    def shown(self) -> RuleVersion:
        """The version that stands for the rule in a list."""
        return self.in_force or self.coming or self.draft or self.last


def rule_rows(*, at: dt.datetime, kind: str = "", text: str = "") -> list[RuleRow]:
    """All rules with what holds now, by kind and name. One query."""
    versions = RuleVersion.objects.select_related("rule", "drafted_by", "approved_by").order_by("rule__kind", "rule_id", "-number")
    if kind:
        versions = versions.filter(rule__kind=kind)
    by_rule: dict[str, list[RuleVersion]] = {}
    for version in versions:
        by_rule.setdefault(version.rule_id, []).append(version)
    rows = [row_of(group, at=at) for group in by_rule.values()]
    wanted = text.casefold()
    return [row for row in rows if wanted in f"{row.key} {row.shown.title} {row.shown.words} {row.shown.citation}".casefold()]


def row_of(versions: Iterable[RuleVersion], *, at: dt.datetime) -> RuleRow:
    """The row of one rule, from its versions, the newest first."""
    versions = list(versions)
    holds = [
        each
        for each in versions
        if each.in_force_from and each.in_force_from <= at and (each.in_force_until is None or each.in_force_until > at)
    ]
    coming = [
        each
        for each in versions
        if each.in_force_from and each.in_force_from > at and (each.in_force_until is None or each.in_force_until > each.in_force_from)
    ]
    drafts = [each for each in versions if each.approved_at is None]
    first = versions[0]
    in_force, coming_first, draft = (next(iter(group), None) for group in (holds, coming, drafts))
    return RuleRow(first.rule_id, first.rule.kind, in_force, coming_first, draft, last=first)


def element_titles(keys: Collection[str] | None = None) -> dict[str, str]:
    """Titles of elements by key; of all without `keys`."""
    found = Element.objects.all() if keys is None else Element.objects.filter(pk__in=list(keys))
    return dict(found.values_list("key", "title"))


def held_elements(keys: Collection[str]) -> list[Element]:
    """Those of the elements that the portal holds, by category and title."""
    return list(Element.objects.filter(pk__in=list(keys)).exclude(held_in=""))


@dataclasses.dataclass(frozen=True)
class SavedRule:
    """A rule as a decision named it, with the elements it spoke of."""

    name: str
    outcome: Outcome
    title: str
    words: str
    citation: str
    elements: list[str]


def saved_rules(said: Mapping[str, Mapping[str, str]]) -> list[SavedRule]:
    """The rules that a decision kept, by 'key@number', with the elements' titles. `said`: element → outcome and rule. Two queries."""
    titles = element_titles(said)
    groups: dict[tuple[str, str], list[str]] = {}
    for element, each in said.items():
        groups.setdefault((each["rule"], each["outcome"]), []).append(titles.get(element, element))
    versions = {
        str(version): version for version in RuleVersion.objects.filter(rule__in={name.partition("@")[0] for name, _outcome in groups})
    }
    return [
        SavedRule(name, Outcome(outcome), versions[name].title, versions[name].words, versions[name].citation, elements)
        for (name, outcome), elements in groups.items()
        if name in versions
    ]


def purposes_for(roles: Collection[str]) -> list[Purpose]:
    """Purposes for which somebody in one of these roles may ask for data on single students, by title."""
    wanted = {str(role) for role in roles}
    return [
        purpose
        for purpose in Purpose.objects.filter(aggregate=False)
        if purpose.capped_elements and wanted & set(purpose.facts.get("roles", ()))
    ]


def bases_of(purpose: Purpose) -> list[Basis]:
    """The lawful bases that a purpose may rest on."""
    return list(Basis.objects.filter(pk__in=purpose.bases).order_by("title"))


# The portal's reference data is made for a district of this state.
HOME = ("US", "US-WI")


def laws_with_clocks() -> QuerySet[Law]:
    """Every law with the numbers of its time limits and bases, and how many of these nobody has compared with a source."""
    return Law.objects.annotate(
        clock_count=Count("clocks", distinct=True),
        clocks_unchecked=Count("clocks", filter=Q(clocks__verified=False), distinct=True),
        basis_count=Count("bases", distinct=True),
        bases_unchecked=Count("bases", filter=Q(bases__verified=False), distinct=True),
    ).order_by("jurisdiction", "citation", "pk")


def to_check_at_home() -> tuple[int, int]:
    """How many laws, time limits and bases hold in this state, and how many of them nobody has compared with a source."""
    counts = [
        model.objects.filter(jurisdiction__in=HOME).aggregate(all=Count("pk"), unchecked=Count("pk", filter=Q(verified=False)))
        for model in (Law, Clock, Basis)
    ]
    return sum(each["all"] for each in counts), sum(each["unchecked"] for each in counts)
