"""What every verb on a request needs: the locked row, the day, the deciding role, and the entry with the mail that follows it."""

import datetime as dt
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from governance.authority.models import Grant
from governance.authority.rules import Decision
from governance.people import queries as people
from governance.people.models import User
from governance.records.models import Section
from governance.requests import notices
from governance.requests.models import DataRequest
from governance.trail import entries
from governance.vocabulary import Action, Event, Role
from portal.base import clock, outbox

State = DataRequest.State
# After which steps somebody else has something to do, and after which the asker has something to read: both are told by mail.
_WAITS = frozenset({Event.REQUEST_SUBMITTED, Event.REQUEST_INFORMATION_GIVEN, Event.REQUEST_FIRST_KEY})
_ANSWERS = frozenset({Event.REQUEST_INFORMATION_ASKED, Event.REQUEST_APPROVED, Event.REQUEST_NARROWED, Event.REQUEST_REFUSED})


def locked(pk: int) -> DataRequest:
    """The request, locked until the end of the transaction."""
    return DataRequest.objects.select_for_update(of=("self",)).select_related("asker", "decided_by").get(pk=pk)


def locked_by_id(public_id: UUID) -> DataRequest:
    """The same, by the id that stands in addresses."""
    return DataRequest.objects.select_for_update(of=("self",)).select_related("asker", "decided_by").get(public_id=public_id)


def said_in_short(decision: Decision, version: int) -> dict[str, Any]:
    """A decision as the request keeps it: the rules' version, and for each element the outcome and the rule that said so."""
    return {
        "rules": version,
        "elements": {key: {"outcome": str(said.outcome), "rule": said.rule or said.nearest} for key, said in decision.by_element.items()},
    }


def deciding_hat(user: User, at: dt.datetime) -> str:
    """The role in which somebody decides: data steward before district admin."""
    roles = people.roles_of(user, on=people.day_of(at))
    return next((str(role) for role in (Role.DATA_STEWARD, Role.DISTRICT_ADMIN) if role in roles), "")


def tell(
    event: Event,
    found: DataRequest,
    *,
    by: User,
    action: Action,
    hat: str,
    elements: Iterable[str] | None = None,
    grant_id: int | None = None,
    rule_version: str | None = None,
    basis: str | None = None,
    **data: Any,
) -> None:
    """Write the entry of a step, and put the mail into the outbox for whoever has something to do or to read now."""
    sections = Section.objects.filter(pk__in=found.sections).values_list("public_id", flat=True)
    entries.append(
        event,
        action=action,
        by=by,
        about=found,
        hat=hat or None,
        purpose=found.purpose_id,
        elements=elements,
        grant_id=grant_id,
        rule_version=rule_version,
        basis=basis,
        data={"number": found.number, "sections": sorted(map(str, sections)), "students": len(found.students), **data},
    )
    if event in _WAITS:
        outbox.put(notices.WAITING, at=clock.now(), request=str(found.public_id))
    elif event in _ANSWERS and by.pk != found.asker_id:
        outbox.put(notices.ANSWERED, at=clock.now(), request=str(found.public_id))


def tell_grant(event: Event, grant: Grant, *, by: User, action: Action, hat: str, **data: Any) -> None:
    """Write the entry of a permission that was made or ended."""
    entries.append(
        event,
        action=action,
        by=by,
        about=grant,
        hat=hat or None,
        purpose=grant.purpose_id,
        basis=grant.basis or None,
        elements=grant.elements,
        grant_id=grant.pk,
        rule_version=grant.rule_version or None,
        data={"until": grant.ends_on.isoformat(), **data},
    )
