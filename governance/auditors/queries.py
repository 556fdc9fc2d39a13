"""Who audits, how far they see, and what they have written.

Other rooms that show entries of the trail ask `scope_of` and give `within(scope)` to the search, which puts it into the filters of the key's own
entry, where the door holds it. A page that forgets shows an auditor nothing, since their permission is not the compliance officer's.
"""

import datetime as dt
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from governance.auditors.models import Engagement
from governance.auditors.rules import Scope
from governance.people import queries as people
from governance.people.models import User
from governance.vocabulary import Role
from portal.base import clock

# What an auditor without an audit in force sees: no entry has this kind.
_NOTHING = ("nothing",)


def is_auditor(person: User) -> bool:
    """True for an account that has an outside auditor's role today."""
    return Role.AUDITOR in people.roles_of(person, on=clock.today())


def engagement_of(person: User, *, on: dt.date) -> Engagement | None:
    """The audit that this person carries out on that day."""
    return (
        Engagement.objects.select_related("user")
        .filter(user=person, state=Engagement.State.ADMITTED, starts_on__lte=on, ends_on__gte=on)
        .order_by("-decided_at")
        .first()
    )


def scope_of(person: User) -> Scope | None:
    """How far an outside auditor sees today; None for everybody who is no auditor, whom no scope narrows.

    An auditor without an audit in force gets a scope in which nothing lies. One query for an auditor, none for others whose roles are read.
    """
    if not is_auditor(person):
        return None
    today = clock.today()
    found = engagement_of(person, on=today)
    return scope_in(found) if found is not None else Scope(account_ends_on=today, kinds=_NOTHING)


def scope_in(engagement: Engagement) -> Scope:
    """The scope that an audit was proposed and admitted with."""
    return Scope(
        account_ends_on=engagement.ends_on,
        begins_on=engagement.entries_from,
        ends_on=engagement.entries_to,
        schools=tuple(engagement.schools) or None,
        kinds=tuple(engagement.kinds) or None,
        may_export=engagement.may_export,
        may_see_names=engagement.may_see_names,
    )


def within(scope: Scope | None) -> dict[str, Any] | None:
    """The scope as the filters of an entry tell it and as the door reads it (`trail.search.Filters.within`); None for no scope."""
    if scope is None:
        return None
    facts = {
        "from": _midnight(scope.begins_on),
        "to": _midnight(scope.ends_on + dt.timedelta(days=1)) if scope.ends_on else None,
        "schools": None if scope.schools is None else list(scope.schools),
        "kinds": None if scope.kinds is None else list(scope.kinds),
    }
    return {name: value for name, value in facts.items() if value is not None}


def _midnight(day: dt.date | None) -> str | None:
    """The moment at which a day of the district's calendar begins."""
    zone = timezone.get_default_timezone()
    return dt.datetime.combine(day, dt.time(), zone).isoformat() if day else None


def engagements() -> QuerySet[Engagement]:
    """All audits, the newest first, with the people in them."""
    return Engagement.objects.select_related("user", "proposed_by", "decided_by", "longer_by", "ended_by", "assignment")
