"""The rules in force, kept compiled in each process, and what they say of a request.

Every change of a rule, an element or a purpose raises `RuleSet.version` in its own transaction. A process reads that number (one tiny
query, or riding along with another) and loads the rules again only when it is new, or when a version's time has come or gone.
"""

import dataclasses
import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db import connection
from django.db.models import Q

from governance.authority import rules
from governance.authority.models import Element, Purpose, RuleSet, RuleVersion
from governance.authority.rules import Decision, RuleBook
from governance.vocabulary import Kind, Outcome, Relation, Role
from portal.base import clock

_KEPT = 4
_ASKING = (Kind.USE, Kind.ACCESS)
_loaded: dict[tuple[str, int], "InForce"] = {}


@dataclasses.dataclass(frozen=True)
class PurposeFacts:
    """What the rules know of a purpose."""

    id: str
    title: str
    principle: str
    aggregate: bool
    automated: bool
    cap: frozenset[str]
    never: frozenset[str]
    roles: frozenset[str]
    max_days: int


@dataclasses.dataclass
class InForce:
    """One version of the rules, with the elements and purposes they speak of, good from `since` until `until`."""

    version: int
    book: RuleBook
    elements: dict[str, dict[str, Any]]
    purposes: dict[str, PurposeFacts]
    since: dt.datetime | None
    until: dt.datetime | None
    memo: dict[tuple, Any] = dataclasses.field(default_factory=dict)

    def good_at(self, at: dt.datetime) -> bool:
        """True while no version of a rule begins or ends."""
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)

    def decide(
        self,
        *,
        role: Role | str,
        relation: Relation | str,
        purpose: str,
        elements: Iterable[str],
        days: int,
        decider_named: bool = False,
        personal: bool = True,
        eligible: bool = False,
    ) -> Decision:
        """What the rules of use and access say of a request. Raises KeyError for an unknown purpose or element."""
        about = self.purposes[purpose]
        facts = {
            "asker.role": str(role),
            "asker.relation": str(relation),
            "asker.eligible": eligible,
            "request.purpose": about.id,
            "request.days": days,
            "request.personal": personal,
            "request.decider_named": decider_named,
            "purpose.principle": about.principle,
            "purpose.aggregate": about.aggregate,
            "purpose.automated": about.automated,
            "purpose.capped": bool(about.cap),
            "purpose.cap": about.cap,
            "purpose.never": about.never,
            "purpose.roles": about.roles,
            "purpose.max_days": about.max_days,
        }
        return rules.decide(self.book.of(*_ASKING), facts, {key: self.elements[key] for key in elements})


def current_version() -> int:
    """The number of the rules in force; 0 before the reference data is loaded."""
    return RuleSet.objects.filter(pk=1).values_list("version", flat=True).first() or 0


def in_force(version: int | None = None) -> InForce:
    """The rules in force now. `version` saves the query where the caller has just read it."""
    version = current_version() if version is None else version
    key, now = (str(connection.settings_dict["NAME"]), version), clock.now()
    found = _loaded.get(key)
    if found is None or not found.good_at(now):
        found = _load(version, now)
        while len(_loaded) >= _KEPT:
            _loaded.pop(next(iter(_loaded)), None)
        _loaded[key] = found
    return found


def _load(version: int, at: dt.datetime) -> InForce:
    approved = RuleVersion.objects.filter(approved_at__isnull=False, in_force_from__isnull=False)
    times = {time for span in approved.values_list("in_force_from", "in_force_until") for time in span if time is not None}
    now = approved.filter(in_force_from__lte=at).filter(Q(in_force_until=None) | Q(in_force_until__gt=at)).select_related("rule")
    return InForce(
        version=version,
        book=RuleBook(as_rule(each) for each in now),
        elements={row["key"]: element_facts(row) for row in Element.objects.values("key", "tier", "category", "wi_class", "held_in")},
        purposes={each.pk: purpose_facts(each) for each in Purpose.objects.all()},
        since=max((time for time in times if time <= at), default=None),
        until=min((time for time in times if time > at), default=None),
    )


def as_rule(version: RuleVersion) -> rules.Rule:
    """A stored version as the evaluator takes it."""
    return rules.Rule(
        key=version.rule_id,
        number=version.number,
        kind=Kind(version.rule.kind),
        outcome=Outcome(version.outcome),
        when=version.when,
        title=version.title,
        words=version.words,
        citation=version.citation,
        basis=version.basis,
        elements=frozenset(version.elements),
        max_days=version.max_days,
    )


def element_facts(row: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of one element, from its row."""
    return {
        "element.key": row["key"],
        "element.tier": row["tier"],
        "element.category": row["category"],
        "element.wi_class": row["wi_class"],
        "element.held": bool(row["held_in"]),
    }


def purpose_facts(purpose: Purpose) -> PurposeFacts:
    """The facts of one purpose, from its row."""
    return PurposeFacts(
        id=purpose.pk,
        title=purpose.title,
        principle=purpose.principle,
        aggregate=purpose.aggregate,
        automated=purpose.automated_decision or purpose.named_decider_required,
        cap=frozenset(purpose.capped_elements),
        never=frozenset(purpose.never_elements),
        roles=frozenset(purpose.facts.get("roles", ())),
        max_days=purpose.max_days,
    )


def decide_request(
    *,
    role: Role | str,
    relation: Relation | str,
    purpose: str,
    elements: Collection[str],
    days: int,
    decider_named: bool = False,
    personal: bool = True,
) -> Decision:
    """What the rules in force say of a request, element by element: the same answer before asking, for the steward, and at the decision.

    `days` is how long the permission would last. Raises KeyError for an unknown purpose or element.
    """
    return in_force().decide(
        role=role, relation=relation, purpose=purpose, elements=elements, days=days, decider_named=decider_named, personal=personal
    )


def with_draft(rules_now: InForce, draft: RuleVersion) -> InForce:
    """The rules as they would be with a draft in the place of its rule's present version. Not kept."""
    others = [each.rule for each in rules_now.book.rules if each.rule.key != draft.rule_id]
    return dataclasses.replace(rules_now, book=RuleBook([*others, as_rule(draft)]), memo={})
