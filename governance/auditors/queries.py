"""Who audits, how far they see, and what they have written.

Other rooms that show entries of the trail ask `scope_of` and give `within(scope)` to the search, which puts it into the filters of the key's own
entry, where the door holds it. A page that forgets shows an auditor nothing, since their permission is not the compliance officer's.
"""

import datetime as dt
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from governance.auditors.models import Engagement, PaperVersion, Sample, WorkPaper
from governance.auditors.rules import Scope
from governance.authority.models import Element, Purpose
from governance.people import queries as people
from governance.people.models import School, User
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


def samples_of(engagement: Engagement) -> list[tuple[Sample, int, int]]:
    """The samples of an audit, the newest first, each with how many entries were drawn and how many are tested."""
    found = Sample.objects.filter(engagement=engagement).annotate(
        drawn=Count("items"), tested=Count("items", filter=Q(items__tested_at__isnull=False))
    )
    return [(sample, getattr(sample, "drawn", 0), getattr(sample, "tested", 0)) for sample in found]


def count_over(sample: Sample) -> int:
    """How many samples the audit announced over the same entries."""
    return Sample.objects.filter(engagement=sample.engagement_id, filters=sample.filters).count()


def papers(*, engagement: Engagement | None = None, shared: bool = False) -> list[tuple[WorkPaper, PaperVersion]]:
    """Work papers with their newest version and `said`, the number of answers; of one audit, or those shared with the district. Two queries."""
    found = WorkPaper.objects.select_related("engagement__user").annotate(said=Count("answers"))
    if engagement is not None:
        found = found.filter(engagement=engagement)
    if shared:
        found = found.filter(shared_at__isnull=False).order_by("-shared_at")
    listed = list(found)
    newest = {
        version.paper_id: version
        for version in PaperVersion.objects.filter(paper__in=listed).order_by("paper_id", "-number").distinct("paper_id").defer("evidence")
    }
    return [(paper, newest[paper.pk]) for paper in listed]


def school_names(ids: Any) -> dict[int, str]:
    """What schools are called."""
    return dict(School.objects.filter(pk__in=list(ids or ())).values_list("pk", "name"))


def titles() -> dict[str, str]:
    """What purposes and elements are called, by their key. Two queries."""
    return {**dict(Purpose.objects.values_list("pk", "title")), **dict(Element.objects.values_list("key", "title"))}


def people_with(ids: Any) -> dict[int, User]:
    """Accounts by their id."""
    return User.objects.in_bulk({number for number in ids if number is not None})
