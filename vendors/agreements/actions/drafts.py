"""The text of an agreement while it is written: terms, services (Exhibit A), schedules of data (B), clauses, the document."""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance.people.models import User
from governance.vocabulary import Action, Event
from vendors.agreements.actions.parts import TERMS, CannotChange, Kind, locked, open_text, tell
from vendors.agreements.models import Agreement, Clause, ScheduleLine, Service, Version
from vendors.providers.models import Document, Provider, Tool


@transaction.atomic
def draft(
    *,
    provider: Provider,
    kind: str,
    title: str,
    tools: Collection[Tool],
    originator: str = "",
    risk: str = "",
    risk_words: str = "",
    by: User,
    at: dt.datetime,
    **terms: Any,
) -> Agreement:
    """Begin an agreement with its first text, not yet sent. `terms` are those of TERMS, `starts_on` among them.

    Raises CannotChange without a tool, with another provider's tool, for terms without their risk, for an offer without its originator.
    """
    _check_terms(terms)
    if kind == Kind.TERMS and not risk:
        raise CannotChange(_("Say how risky these terms are: nobody negotiated them."), code="no_risk")
    if kind == Kind.OFFER and not originator.strip():
        raise CannotChange(_("Name the district whose agreement this one joins."), code="no_originator")
    agreement = Agreement.objects.create(
        provider=provider,
        kind=kind,
        title=title,
        originator=originator if kind == Kind.OFFER else "",
        risk=risk if kind == Kind.TERMS else "",
        risk_words=risk_words if kind == Kind.TERMS else "",
        made_at=at,
        made_by=by,
    )
    version = Version.objects.create(agreement=agreement, number=1, written_at=at, written_by=by, **terms)
    _set_services(version, tools)
    tell(Event.AGREEMENT_DRAFTED, agreement, by=by, action=Action.CREATE, kind=kind)
    return agreement


@transaction.atomic
def write_terms(*, agreement: UUID, by: User, at: dt.datetime, **terms: Any) -> Version:
    """Change terms of the text that is being written. Raises CannotChange where none is, or it is closed."""
    _check_terms(terms)
    version = open_text(locked(agreement))
    for name, value in terms.items():
        setattr(version, name, value)
    version.save(update_fields=sorted(terms))
    tell(Event.AGREEMENT_CHANGED, version.agreement, by=by, version=version.number, changed=sorted(terms))
    return version


@transaction.atomic
def cover(*, agreement: UUID, tools: Collection[Tool], by: User, at: dt.datetime) -> Version:
    """Say which tools the text covers (Exhibit A). The schedule of a tool that stays is kept."""
    version = open_text(locked(agreement))
    _set_services(version, tools)
    tell(Event.AGREEMENT_CHANGED, version.agreement, by=by, version=version.number, changed=["services"])
    return version


@transaction.atomic
def schedule(*, agreement: UUID, tool: Tool, elements: Mapping[str, bool], by: User, at: dt.datetime) -> Version:
    """Write the schedule of data (Exhibit B) of one tool anew: element keys, each with whether it is needed.

    Raises CannotChange for a tool that the text does not cover. Notes of lines that stay are kept.
    """
    version = open_text(locked(agreement))
    service = version.services.filter(tool=tool).first()
    if service is None:
        raise CannotChange(_("This text does not cover the tool. Add it to the services first."), code="not_covered")
    service.schedule.exclude(element_id__in=elements).delete()
    for key, required in elements.items():
        ScheduleLine.objects.update_or_create(service=service, element_id=key, defaults={"required": required})
    tell(Event.AGREEMENT_CHANGED, version.agreement, by=by, elements=elements, version=version.number, changed=["schedule"])
    return version


@transaction.atomic
def add_clause(*, agreement: UUID, part: str, heading: str, words: str, state: str = "", by: User, at: dt.datetime) -> Clause:
    """Add a passage: an article's fact, a definition (C), a state's terms (G), a change to the standard text (H) and so on."""
    version = open_text(locked(agreement))
    clause = Clause.objects.create(
        version=version,
        part=part,
        heading=heading,
        words=words,
        state=state if part == Clause.Part.STATE else "",
        order=version.clauses.count(),
    )
    tell(Event.AGREEMENT_CHANGED, version.agreement, by=by, version=version.number, changed=["clauses"], part=part)
    return clause


@transaction.atomic
def remove_clause(*, agreement: UUID, clause: int, by: User, at: dt.datetime) -> None:
    """Take a passage out of the text that is being written."""
    version = open_text(locked(agreement))
    version.clauses.filter(pk=clause).delete()
    tell(Event.AGREEMENT_CHANGED, version.agreement, by=by, version=version.number, changed=["clauses"])


@transaction.atomic
def attach(*, agreement: UUID, document: Document, by: User, at: dt.datetime) -> Version:
    """Put the document into the text: its hash is part of what is signed."""
    version = open_text(locked(agreement))
    version.document = document
    version.save(update_fields=["document"])
    tell(Event.AGREEMENT_CHANGED, version.agreement, by=by, version=version.number, changed=["document"])
    return version


@transaction.atomic
def detach(*, agreement: UUID, by: User, at: dt.datetime) -> Version:
    """Take the document out of a text that is still open. Raises CannotChange for a closed one."""
    version = open_text(locked(agreement))
    version.document = None
    version.save(update_fields=["document"])
    tell(Event.AGREEMENT_CHANGED, version.agreement, by=by, version=version.number, changed=["document"])
    return version


def _set_services(version: Version, tools: Collection[Tool]) -> None:
    if not tools:
        raise CannotChange(_("Choose at least one tool that the agreement covers."), code="no_service")
    foreign = [tool.name for tool in tools if tool.provider_id != version.agreement.provider_id]
    if foreign:
        raise CannotChange(_("These tools belong to another provider: %(tools)s.") % {"tools": ", ".join(foreign)}, code="other_provider")
    version.services.exclude(tool__in=tools).delete()
    for tool in tools:
        Service.objects.get_or_create(version=version, tool=tool)


def _check_terms(terms: Mapping[str, Any]) -> None:
    unknown = set(terms) - TERMS
    if unknown:
        raise TypeError(f"no such term: {', '.join(sorted(unknown))}")
