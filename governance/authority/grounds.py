"""On which ground a person may open elements of some students today: what the rules allow at once, and what was granted.

The door asks here, and names in its entry exactly what it was told.
"""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Q

from governance.authority import decisions
from governance.authority.decisions import InForce
from governance.vocabulary import Outcome, Relation, Role

# What somebody in this role opens a record for, when nothing else is said.
DEFAULT_PURPOSE: dict[Role, str] = {
    Role.TEACHER: "classroom-instruction",
    Role.COUNSELOR: "counseling-support",
    Role.NURSE: "school-health",
    Role.PRINCIPAL: "school-leadership",
    Role.COMPLIANCE_OFFICER: "privacy-oversight",
    Role.AUDITOR: "privacy-oversight",
    Role.SECRETARY: "family-communication",
    Role.GUARDIAN: "family-access",
    Role.STUDENT: "family-access",
}
# A family's access rests on the law and not on a decision: permissions given to somebody as staff do not open the own child's record.
_FAMILY = frozenset({Role.GUARDIAN, Role.STUDENT})


@dataclasses.dataclass(frozen=True)
class Ground:
    """Why these elements may be opened: purpose and basis, under which rule or grant, and until when (None: while the role lasts)."""

    purpose: str
    basis: str
    elements: frozenset[str]
    rule_version: str
    grant_id: int | None
    ends_on: dt.date | None


def grounds_of(
    user: Any,
    *,
    hat: Role,
    relation: Relation,
    students: Sequence[int],
    sections: frozenset[int],
    on: dt.date,
    eligible: bool | None = None,
) -> list[Ground]:
    """The grounds on which `user`, in the role `hat`, may open elements of all these students on that day. Empty: on none.

    First what the rules allow at once for the role's default purpose, then each open grant of the user that covers all the students, by a
    section that the user teaches that day and in which all of them are enrolled (`sections`), or by name. An element that an earlier ground
    gives is not repeated. `eligible`: a student's rights have passed to the student (34 CFR 99.5); None looks it up. One query.
    """
    hat, relation = Role(hat), Relation(relation)
    if students and hat not in _FAMILY:
        version, granted = _version_and_grants(user, students=students, sections=sections, on=on)
    else:
        version, granted = decisions.current_version(), []
    rules = decisions.in_force(version)
    if eligible is None:
        eligible = hat == Role.STUDENT and _is_eligible(user, on)
    found: list[Ground] = []
    given: frozenset[str] = frozenset()
    by_rule = at_once(rules, hat, relation, eligible=eligible)
    if by_rule is not None:
        found.append(by_rule)
        given = by_rule.elements
    for grant in granted:
        elements = _still_allowed(rules, hat, relation, grant["purpose"], frozenset(grant["elements"])) - given
        if elements:
            found.append(
                Ground(
                    purpose=grant["purpose"],
                    basis=grant["basis"],
                    elements=elements,
                    rule_version=grant["rule_version"],
                    grant_id=grant["id"],
                    ends_on=dt.date.fromisoformat(grant["ends_on"]),
                )
            )
            given |= elements
    return found


def withheld_of(user: Any, *, students: Sequence[int], sections: frozenset[int], on: dt.date) -> dict[str, str]:
    """Elements that the user asked for and was not given for these sections or students, by key, with the reason of the person who decided.

    The newest decision on an element counts, while its permission or the time asked for lasts. What a ground gives wins. One query.
    """
    # By the reverse relation: the room of requests stands above this one.
    decided = user.data_requests.filter(state__in=["approved", "narrowed", "refused"], wanted_until__gte=on).filter(
        Q(grant=None) | Q(grant__ended_at=None, grant__ends_on__gte=on)
    )
    if not students:
        return {}
    covers = Q(sections__overlap=list(sections)) | Q(students__contains=list(students))
    rows = decided.filter(covers).order_by("-decided_at", "pk").values_list(
        "requested__element_id", "requested__allowed", "requested__left_out_reason", "decision_reason"
    )  # fmt: skip
    newest: dict[str, tuple[bool | None, str]] = {}
    for element, allowed, left_out_reason, decision_reason in rows:
        newest.setdefault(element, (allowed, left_out_reason or decision_reason))
    return {element: reason for element, (allowed, reason) in newest.items() if allowed is False}


# Written as SQL: it runs with every page of students, and composing it costs more than running it.
_VERSION_AND_GRANTS = """
SELECT s.version, coalesce((
  SELECT json_agg(json_build_object('id', g.id, 'purpose', g.purpose_id, 'basis', g.basis, 'elements', g.elements,
                                    'rule_version', g.rule_version, 'ends_on', g.ends_on) ORDER BY g.id)
  FROM governance_grant g
  WHERE g.holder_id = %s AND g.ended_at IS NULL AND %s BETWEEN g.starts_on AND g.ends_on
    AND (g.sections && %s::bigint[] OR (cardinality(g.students) > 0 AND g.students @> %s::bigint[]))), '[]')
FROM governance_ruleset s WHERE s.id = 1"""


def _version_and_grants(user: Any, *, students: Sequence[int], sections: frozenset[int], on: dt.date) -> tuple[int, list[dict[str, Any]]]:
    """The version of the rules, with the open grants that cover all the students."""
    with connection.cursor() as cursor:
        cursor.execute(_VERSION_AND_GRANTS, [user.pk, on, list(sections), list(students)])
        row = cursor.fetchone()
    return row or (0, [])


def at_once(rules: InForce, hat: Role, relation: Relation, *, eligible: bool) -> Ground | None:
    """What the rules allow without asking anybody, for the role's default purpose."""
    key = ("at_once", hat, relation, eligible)
    if key not in rules.memo:
        rules.memo[key] = _work_out_at_once(rules, hat, relation, eligible)
    return rules.memo[key]


def _work_out_at_once(rules: InForce, hat: Role, relation: Relation, eligible: bool) -> Ground | None:
    purpose = DEFAULT_PURPOSE.get(hat)
    if purpose is None or purpose not in rules.purposes:
        return None
    decision = rules.decide(role=hat, relation=relation, purpose=purpose, elements=rules.elements, days=0, eligible=eligible)
    said = [decision.by_element[element] for element in decision.allowed]
    if not said:
        return None
    names = sorted({each.rule for each in said})
    bases = [each.basis for each in said]
    return Ground(
        purpose=purpose,
        basis=max(sorted(set(bases)), key=bases.count),
        elements=frozenset(decision.allowed),
        rule_version=", ".join(names),
        grant_id=None,
        ends_on=None,
    )


def _still_allowed(rules: InForce, hat: Role, relation: Relation, purpose: str, elements: frozenset[str]) -> frozenset[str]:
    """What of a grant today's rules do not refuse: a later refusal wins over a grant. Its time and its decider were settled then."""
    key = ("granted", hat, relation, purpose, elements)
    if key not in rules.memo:
        if purpose not in rules.purposes:
            return frozenset()
        known = elements & rules.elements.keys()
        decision = rules.decide(role=hat, relation=relation, purpose=purpose, elements=known, days=0, decider_named=True)
        rules.memo[key] = frozenset(element for element in known if decision.by_element[element].outcome is not Outcome.REFUSE)
    return rules.memo[key]


def _is_eligible(user: Any, on: dt.date) -> bool:
    own = getattr(user, "own_record", None)
    return own is not None and own.eligible_since is not None and own.eligible_since <= on
