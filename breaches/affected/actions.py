"""Asking whom an incident touched, and changing a list by two people.

A list is asked for in one transaction and made in another one, by a worker: lines of a year of 50,000 children are read in the database, by
one function of the door, which freezes what it finds.
"""

import datetime as dt
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from breaches.affected import queries
from breaches.affected.models import AffectedList, Correction
from breaches.handling import hat_of
from breaches.incidents.actions import open_for
from breaches.incidents.models import Incident
from governance.authority.models import Grant
from governance.people import queries as people
from governance.people.models import User
from governance.records.models import Student, Teaching
from governance.trail import context, entries
from governance.vocabulary import Action, Event
from portal.base import outbox
from portal.base.errors import CannotDo
from vendors.agreements import queries as agreements
from vendors.agreements.models import Version
from vendors.providers.models import Provider, Tool
from vendors.tool_requests.models import ToolUse

MAKE = "affected.make"
# A web request may take fifteen seconds; a year of a large district's lines may take longer.
TIME_TO_MAKE = "10min"


@transaction.atomic
def ask_provider(
    *, incident: UUID, provider: Provider, since: dt.date, until: dt.date, reach: bool, by: User, at: dt.datetime
) -> AffectedList:
    """Ask for the children of whom a provider received something on these days (both included).

    Lines count by the provider's names and by its agreements. With `reach` the children of classes that used its tools then are listed beside
    them as those who could be: what reached the provider past the portal stands in no line. Raises CannotDo.
    """
    locked = open_for(incident, by=by, at=at)
    _check_days(since, until)
    tools = list(Tool.objects.filter(provider=provider))
    versions = Version.objects.filter(agreement__provider=provider)
    query: dict[str, Any] = {
        "provider": str(provider.public_id),
        "parties": sorted({name for name in (provider.name, provider.legal_name) if name}),
        "references": sorted(str(version.public_id) for version in versions),
        "from": since.isoformat(),
        "until": until.isoformat(),
    }
    if reach:
        uses = ToolUse.objects.filter(tool__in=tools, starts_on__lte=until, ends_on__gte=since)
        query["reach"] = [
            [section, max(use.starts_on, since).isoformat(), min(use.ends_on, until).isoformat()]
            for use in uses
            for section in use.sections
        ]
        query["reach_elements"] = sorted(
            {element for version in versions for tool in tools for element in agreements.elements_of(version, tool)}
        )
    return _ask(locked, AffectedList.How.PROVIDER, query, by=by, at=at)


@transaction.atomic
def ask_account(
    *, incident: UUID, account: User, since: dt.datetime, until: dt.datetime, reach: bool, by: User, at: dt.datetime
) -> AffectedList:
    """Ask for the children whose records an account opened from a moment to a moment, as for a stolen password.

    With `reach` those in its classes and permissions of that time are listed beside them as those who could be. Raises CannotDo.
    """
    locked = open_for(incident, by=by, at=at)
    _check_days(since, until)
    query: dict[str, Any] = {"actor": account.pk, "from": since.isoformat(), "until": until.isoformat()}
    if reach:
        first, last = people.day_of(since), people.day_of(until)
        taught = Teaching.objects.filter(staff_member__user=account).values_list("section_id", "begins", "ends")
        query["reach"] = [
            [section, max(begins or first, first).isoformat(), min(ends or last, last).isoformat()]
            for section, begins, ends in taught
            if (begins or first) <= last and (ends or last) >= first
        ]
        grants = Grant.objects.filter(holder=account, starts_on__lte=last, ends_on__gte=first)
        query["named"] = [
            [student, max(grant.starts_on, first).isoformat(), min(grant.ends_on, last).isoformat()]
            for grant in grants
            for student in grant.students
            if grant.ended_at is None or grant.ended_at >= since
        ]
    return _ask(locked, AffectedList.How.ACCOUNT, query, by=by, at=at)


@transaction.atomic
def ask_file(*, incident: UUID, disclosure: UUID, by: User, at: dt.datetime) -> AffectedList:
    """Ask for the children of one disclosure, as for a file that was sent to the wrong person. Raises CannotDo."""
    return _ask(open_for(incident, by=by, at=at), AffectedList.How.FILE, {"disclosure": str(disclosure)}, by=by, at=at)


@transaction.atomic
def ask_by_hand(*, incident: UUID, by: User, at: dt.datetime) -> AffectedList:
    """Begin a list without members, for what no line and no look tells of; each child is added by two people. Raises CannotDo."""
    return _ask(open_for(incident, by=by, at=at), AffectedList.How.HAND, {}, by=by, at=at)


@outbox.handles(MAKE)
def make(body: dict) -> None:
    """Make a list that was asked for; one that is made stays as it is."""
    which = AffectedList.objects.get(public_id=body["list"])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [TIME_TO_MAKE])
        cursor.execute("SELECT door.affected_fill(%s, %s)", [which.pk, context.request_id()])


@transaction.atomic
def propose(*, affected: UUID, student: UUID, kind: str, elements: Collection[str], reason: str, by: User, at: dt.datetime) -> Correction:
    """Propose to add a child to a list, or to take one off; somebody else decides.

    Raises CannotDo for a list that is being made, a child who is on it already or is not, one about whom something waits, and without a reason.
    """
    which = AffectedList.objects.select_related("incident").get(public_id=affected)
    open_for(which.incident.public_id, by=by, at=at)
    if which.made_at is None:
        raise CannotDo(_("This list is still being made. Wait until it is there."), code="not_made")
    if not reason.strip():
        raise CannotDo(_("Say why. It stands beside the list for good."), code="no_reason")
    child = Student.objects.filter(public_id=student).first()
    if child is None:
        raise CannotDo(_("There is no such student. Copy the address of the student’s page."), code="unknown")
    if which.corrections.filter(student=child, decided_at=None).exists():
        raise CannotDo(_("Something about this child waits for a second person already."), code="waits_already")
    is_on = queries.is_on(which, child.pk)
    if is_on and kind == Correction.Kind.ADD:
        raise CannotDo(_("This child is on the list already."), code="on_already")
    if not is_on and kind == Correction.Kind.REMOVE:
        raise CannotDo(_("This child is not on the list."), code="not_on")
    made = Correction.objects.create(
        list=which, student=child, kind=kind, elements=sorted(elements), reason=reason.strip(), proposed_at=at, proposed_by=by
    )
    _tell(Event.AFFECTED_PROPOSED, which, by=by, at=at, correction=str(made.public_id), kind=str(kind))
    return made


@transaction.atomic
def decide(*, correction: UUID, agreed: bool, by: User, at: dt.datetime) -> Correction:
    """The second person agrees or refuses. Raises CannotDo for the one who proposed it, and for what is decided."""
    waiting = Correction.objects.select_for_update(of=("self",)).select_related("list__incident").get(public_id=correction)
    open_for(waiting.list.incident.public_id, by=by, at=at)
    if waiting.decided_at is not None:
        raise CannotDo(_("Somebody decided this already."), code="decided")
    if waiting.proposed_by_id == by.pk:
        raise CannotDo(_("You proposed this yourself. Somebody else has to agree."), code="own")
    waiting.decided_at, waiting.decided_by, waiting.refused = at, by, not agreed
    waiting.save(update_fields=["decided_at", "decided_by", "refused"])
    event = Event.AFFECTED_AGREED if agreed else Event.AFFECTED_REFUSED
    _tell(event, waiting.list, by=by, at=at, correction=str(waiting.public_id), kind=str(waiting.kind))
    return waiting


def _ask(incident: Incident, how: str, query: dict, *, by: User, at: dt.datetime) -> AffectedList:
    made = AffectedList.objects.create(incident=incident, how=how, query=query, asked_at=at, asked_by=by, hat=hat_of(by, at) or "")
    _tell(Event.AFFECTED_ASKED, made, by=by, at=at, action=Action.CREATE, incident=str(incident.public_id), how=str(how))
    outbox.put(MAKE, at=at, list=str(made.public_id))
    return made


def _check_days(since: dt.date, until: dt.date) -> None:
    if until < since:
        raise CannotDo(_("It cannot end before it began. Change one of the two."), code="backwards")


def _tell(event: Event, which: AffectedList, *, by: User, at: dt.datetime, action: Action = Action.UPDATE, **told: object) -> None:
    # No id of a child: the entry names the correction, and who is on a list is told to families by their notice.
    entries.append(event, action=action, by=by, about=which, hat=hat_of(by, at), data=told)
