"""The clocks of incidents: in the list of all clocks, in the escalation, and as what keeps an incident open."""

import datetime as dt
from collections.abc import Iterator
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from breaches.assessment import queries
from breaches.assessment.queries import Assessment
from breaches.assessment.rules import Answer
from breaches.clocks import registry
from breaches.clocks.registry import Running, Source
from breaches.clocks.rules import Due
from breaches.incidents import actions as incidents
from breaches.incidents import queries as incident_queries
from breaches.incidents.models import Incident
from governance.people import queries as people
from governance.people.models import User
from governance.vocabulary import Permission, Role

NAME = "incidents"


def of(assessment: Assessment) -> Iterator[Running]:
    """The clocks of one incident that have begun and that nobody stopped. None where it was decided that it is no breach."""
    incident = assessment.case.incident
    if incident.confirmed_breach is False or incident.closed_at is not None:
        return

    def clock(key: str, title: str, due: Due | None, note: str = "") -> Iterator[Running]:
        if due is None or due.why_open in {"not_started", "no_number"}:
            return
        yield Running(
            key=f"{incident.public_id}:{key}",
            about=str(incident),
            title=title,
            started_at=due.started_at,
            due_at=due.at,
            why_open=due.why_open,
            url=reverse("assessment:clocks", args=[incident.public_id]),
            holder=incident.lead.name if incident.lead else "",
            note=note,
            drill=incident.drill,
        )

    for each in assessment.laws:
        if each.runs:
            title = f"{each.law.row.citation}: {each.law.row.who_is_told}"
            yield from clock(each.law.row.id, title, each.due, _("counsel has to be asked") if each.answer is Answer.ASK_COUNSEL else "")
    for owed in assessment.agreements:
        if owed.met is None and owed.by_provider:
            yield from clock(owed.key, _("The provider owes the district its notice"), owed.due, _("by the agreement"))
    for aimed in assessment.targets:
        if aimed.met is None and not aimed.done:
            yield from clock(aimed.target.key, _(aimed.target.title), aimed.due, _("the district’s own target"))


def _running(_at: dt.datetime) -> list[Running]:
    common = queries.shared()
    return [
        clock
        for case in queries.cases(incident_queries.open_ones().exclude(confirmed_breach=False))
        for clock in of(queries.assess(case, common))
    ]


def told(clock: Running, overdue: bool, on: dt.date) -> list[User]:
    """Two people at the least: who leads the incident and the incident leads; then those who hold keys, all of them once it is overdue.

    Never whom the incident is about.
    """
    incident = incident_queries.by_id(UUID(clock.key.split(":", 1)[0]))
    first = [*([incident.lead] if incident.lead else []), *people.people_with(Role.INCIDENT_LEAD, on=on)]
    more = [*people.people_with(Role.LEADER, on=on), *people.people_with(Role.DISTRICT_ADMIN, on=on)]
    chosen = {user.pk: user for user in first if user.is_active and user.pk != incident.account_id}
    for user in more:
        if (overdue or len(chosen) < 2) and user.pk != incident.account_id:
            chosen.setdefault(user.pk, user)
    return list(chosen.values())


@incidents.keeps_open
def why_open(incident: Incident, _at: dt.datetime) -> str | None:
    """An incident does not end while a duty of it waits, or while nobody wrote down the facts of a breach."""
    if incident.confirmed_breach is False:
        return None
    found = queries.assess(queries.case_of(incident))
    if found.case.sheet is None:
        return (
            _("Nobody wrote down the facts of the breach. Do that, so that the laws can be asked.") if incident.confirmed_breach else None
        )
    waiting = sum(each.runs for each in found.laws) + sum(each.met is None for each in found.agreements)
    if not waiting:
        return None
    words = ngettext(
        "%(count)d duty of the law or of an agreement waits. Say how it was met, or what counsel says.",
        "%(count)d duties of the law or of agreements wait. Say how each was met, or what counsel says.",
        waiting,
    )
    return words % {"count": waiting}


registry.register(Source(NAME, gettext_lazy("Incidents"), (Permission.SEE_INCIDENTS,), _running, told))
