"""The permission that comes of a request: made by a decision or by a rule, and ended."""

import datetime as dt
from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance.authority.models import Grant
from governance.authority.rules import Decision
from governance.people import queries as people
from governance.people.models import User
from governance.records import scope
from governance.requests.actions.checks import Checked
from governance.requests.actions.parts import State, deciding_hat, locked_by_id, tell, tell_grant
from governance.requests.models import DataRequest
from governance.vocabulary import Action, Event, Outcome, Relation, Role
from portal.base.errors import CannotDo


def make_grant(
    found: DataRequest,
    elements: Collection[str],
    sections: Collection[int],
    ends_on: dt.date,
    decision: Decision,
    *,
    by: User | None,
    at: dt.datetime,
) -> Grant:
    """The permission for these elements, classes and days. `by` is None where a rule allows it and nobody decides."""
    on = people.day_of(at)
    said = [decision.by_element[key] for key in sorted(elements) if key in decision.by_element]
    bases = [each.basis for each in said if each.basis]
    students = set(found.students)
    own = found.facts.get("relation") == Relation.OWN_SECTION
    if not own and sections:
        # A class is a link for who teaches it; for everybody else the students are named one by one, as they are enrolled today.
        students |= set(scope.enrolled_in(sections, on=on).values_list("student_id", flat=True))
    return Grant.objects.create(
        holder=found.asker,
        purpose_id=found.purpose_id,
        basis=max(sorted(set(bases)), key=bases.count) if bases else "",
        elements=sorted(elements),
        sections=sorted(sections) if own else [],
        students=sorted(students),
        rule_version=", ".join(sorted({each.rule for each in said}))[:200],
        starts_on=on,
        ends_on=ends_on,
        made_at=at,
        made_by=by,
    )


def allow_at_once(found: DataRequest, checked: Checked, *, by: User, at: dt.datetime) -> DataRequest:
    """The rules allow it and nobody needs to decide: the permission is made by the rule."""
    found.submitted_at, found.outcome = at, Outcome.ALLOW
    found.grant = make_grant(found, checked.decision.allowed, found.sections, found.wanted_until, checked.decision, by=None, at=at)
    found.state = State.NARROWED if checked.decision.refused else State.APPROVED
    found.save()
    tell(
        Event.REQUEST_SUBMITTED,
        found,
        by=by,
        action=Action.CREATE,
        hat=found.hat,
        elements=checked.decision.allowed,
        grant_id=found.grant.pk,
    )
    tell_grant(Event.GRANT_MADE, found.grant, by=by, action=Action.CREATE, hat=found.hat)
    return found


@transaction.atomic
def end_grant(*, data_request: UUID, by: User, at: dt.datetime, because: str = "not_needed") -> DataRequest:
    """End a permission before its last day: by its holder, who decided it, or a district admin. Twice changes nothing.

    `because` is a word of a fixed list: not_needed, steward, role_ended, agreement_ended, consent_withdrawn.
    """
    found = locked_by_id(data_request)
    if found.grant_id is None:
        raise CannotDo(_("No permission came of this request."), code="no_grant")
    may_end = by.pk in {found.asker_id, found.decided_by_id} or Role.DISTRICT_ADMIN in people.roles_of(by, on=people.day_of(at))
    if not may_end:
        raise CannotDo(_("Only the holder, the person who decided and a district admin end a permission."))
    grant = Grant.objects.select_for_update().get(pk=found.grant_id)
    if grant.ended_at is None:
        grant.ended_at, grant.ended_by, grant.ended_because = at, by, because
        grant.save(update_fields=["ended_at", "ended_by", "ended_because"])
        found.state = State.ENDED
        found.save(update_fields=["state"])
        hat = found.hat if by.pk == found.asker_id else deciding_hat(by, at)
        tell_grant(Event.GRANT_ENDED, grant, by=by, action=Action.UPDATE, hat=hat, because=because)
    return found
