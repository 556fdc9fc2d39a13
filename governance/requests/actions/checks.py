"""What the rules say of a request, asked before it is sent and again before it is decided."""

import dataclasses
import datetime as dt
from collections.abc import Collection

from django.conf import settings
from django.utils.translation import gettext as _

from governance.authority import decisions, stewards
from governance.authority.grounds import at_once
from governance.authority.rules import Decision
from governance.people import queries as people
from governance.requests import queries
from governance.requests.models import DataRequest
from governance.vocabulary import Outcome
from portal.base import workdays
from portal.base.errors import CannotDo


@dataclasses.dataclass(frozen=True)
class Checked:
    """What the rules say of a request as it stands, and where it would wait: the same answer at every step."""

    decision: Decision
    standing: queries.Standing
    schools: frozenset[int]
    waits: list[tuple[stewards.Waiting, list[str]]]
    due_on: dt.date
    rules_version: int

    @property
    def sendable(self) -> bool:
        """True if somebody decides on at least one element, or a rule allows one at once."""
        return self.decision.outcome is not Outcome.REFUSE

    @property
    def shortest_limit(self) -> int | None:
        """The fewest days that a rule sets for what waits; None where no rule sets any."""
        limits = [self.decision.by_element[key].max_days for key in self.decision.waiting]
        return min((days for days in limits if days is not None), default=None)

    def last_day(self, on: dt.date) -> dt.date:
        """The latest day that the rules allow for everything that waits."""
        return dt.date.max if self.shortest_limit is None else on + dt.timedelta(days=self.shortest_limit)


def given_anyway(checked: Checked) -> bool:
    """True if everything that is allowed is what the role gives without a request."""
    ground = at_once(decisions.in_force(), checked.standing.hat, checked.standing.relation, eligible=False)
    return ground is not None and set(checked.decision.allowed) <= ground.elements


def check(data_request: DataRequest, *, at: dt.datetime) -> Checked:
    """Ask the rules about a request, without changing anything. Raises CannotDo where the asker has no link to the students any more."""
    on = people.day_of(at)
    standing = queries.standing_of(data_request.asker, sections=data_request.sections, students=data_request.students, on=on)
    if standing is None:
        raise CannotDo(_("Choose classes that you teach or serve. A class on this request is not yours any more."), code="no_link")
    decision, version = decision_on(data_request, standing, days=(data_request.wanted_until - on).days)
    schools = queries.schools_of(data_request)
    asked = {each.element_id: each.element for each in data_request.requested.select_related("element")}
    today = stewards.desks(on)
    desks: dict[stewards.Desk | None, list[str]] = {}
    for element in decision.waiting:
        desks.setdefault(today.desk_for(asked[element].category, schools), []).append(element)
    waits = [(today.waits_on(desk, asker=data_request.asker_id), keys) for desk, keys in desks.items()]
    due_on = workdays.after(on, settings.REQUEST_TARGET_WORKING_DAYS)
    return Checked(decision, standing, schools, waits, due_on, version)


def decision_on(found: DataRequest, standing: queries.Standing, *, days: int, only: Collection[str] | None = None) -> tuple[Decision, int]:
    """The rules\' answer on the request\'s elements (or `only` these) for so many days, and the rules\' version."""
    rules = decisions.in_force()
    keys = only if only is not None else list(found.requested.values_list("element_id", flat=True))
    decision = rules.decide(
        role=standing.hat,
        relation=standing.relation,
        purpose=found.purpose_id,
        elements=keys,
        days=days,
        decider_named=bool(found.named_decider.strip()),
    )
    return decision, rules.version
