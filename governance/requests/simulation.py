"""What a drafted rule would have meant for requests of the past."""

import dataclasses
import datetime as dt
from typing import Any

from governance.authority import decisions
from governance.authority.models import RuleVersion
from governance.requests.models import DataRequest
from governance.requests.queries import with_everything
from governance.vocabulary import Outcome, Relation, Role

State = DataRequest.State


@dataclasses.dataclass(frozen=True)
class Changed:
    """One element of one past request that the draft would answer differently."""

    data_request: DataRequest
    element: str
    before: Outcome
    after: Outcome


@dataclasses.dataclass(frozen=True)
class Simulated:
    """How many past requests were tried, and what would be answered differently."""

    tried: int
    since: dt.date
    changed: list[Changed]

    def requests_that_become(self, outcome: Outcome) -> int:
        """How many requests have an element that would now end in `outcome`."""
        return len({each.data_request.pk for each in self.changed if each.after is outcome})


def simulate(draft: RuleVersion, *, since: dt.date) -> Simulated:
    """Decide every request sent since a day again, by the rules in force and with the draft, on the facts that it was sent with."""
    now = decisions.in_force()
    then = decisions.with_draft(now, draft)
    found = list(
        with_everything(
            DataRequest.objects.filter(submitted_at__date__gte=since).exclude(state__in=[State.DRAFT, State.WITHDRAWN])
        ).order_by("-number")
    )
    changed = []
    for each in found:
        assert each.submitted_at is not None
        case: dict[str, Any] = {
            "role": each.facts.get("role") or each.hat,
            # what older requests did not keep follows from the role that asked
            "relation": each.facts.get("relation") or (Relation.OWN_SECTION if each.hat == Role.TEACHER else Relation.OWN_SCHOOL),
            "purpose": each.purpose_id,
            "elements": [asked.element_id for asked in each.requested.all()],
            "days": (each.wanted_until - each.submitted_at.date()).days,
            "decider_named": bool(each.named_decider),
        }
        before, after = now.decide(**case).by_element, then.decide(**case).by_element
        changed += [
            Changed(each, key, before[key].outcome, after[key].outcome) for key in before if before[key].outcome is not after[key].outcome
        ]
    return Simulated(len(found), since, changed)
