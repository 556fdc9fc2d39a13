"""What people do with what logs tell. Each verb is one transaction with its entry, which holds counts and ids: no domain, nobody's name."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event
from portal.base.errors import CannotDo
from vendors.discovery import queries, reading
from vendors.discovery.models import Domain, Sighting, Upload
from vendors.providers import actions as catalogue
from vendors.providers.models import Address, Provider, Tool
from vendors.reviews import actions as reviews
from vendors.reviews.models import Review

Decision = Domain.Decision


class CannotDecide(CannotDo):
    """The domain stayed as it was."""


def reader() -> reading.Reader:
    """A reader for one upload, which knows the catalogue's domains and the district's own. Two queries."""
    return reading.Reader(queries.known_domains(), queries.own_domains())


@transaction.atomic
def receive(*, found: reading.Found, by: User, at: dt.datetime) -> Upload:
    """Keep the domains of a file that was read, with rounded counts."""
    upload = Upload.objects.create(
        form=found.form.value, lines=found.lines, ignored=found.ignored, few=found.few, received_at=at, received_by=by
    )
    Domain.objects.bulk_create([Domain(name=name, first_seen_at=at) for name in sorted(found.seen)], ignore_conflicts=True)
    ids = dict(Domain.objects.filter(name__in=list(found.seen)).values_list("name", "pk"))
    Sighting.objects.bulk_create(
        Sighting(upload=upload, domain_id=ids[name], seen=reading.rounded(count)) for name, count in found.seen.items()
    )
    entries.append(
        Event.DISCOVERY_RECEIVED,
        action=Action.CREATE,
        by=by,
        about=upload,
        data={"form": upload.form, "lines": upload.lines, "domains": len(ids)},
    )
    return upload


@transaction.atomic
def review(*, domain: UUID, name: str, provider: str, by: User, at: dt.datetime) -> Review:
    """List what stands behind the domain as a tool of its own, and open its review. A provider whose name is not listed is listed too.

    Raises CannotDecide for a domain that is decided, CannotList for names and addresses that are taken.
    """
    found = _undecided(domain)
    company = Provider.objects.filter(name__iexact=provider.strip()).first()
    company = company or catalogue.list_provider(name=provider.strip(), by=by, at=at)
    tool = catalogue.list_tool(provider=company, name=name.strip(), link=found.name, by=by, at=at)
    opened = reviews.open_review(tool=tool, because=Review.Because.DISTRICT, note=_("Found in use, by a log of domains."), by=by, at=at)
    _decide(found, Decision.REVIEW, tool=tool, by=by, at=at)
    return opened


@transaction.atomic
def same_as(*, domain: UUID, tool: Tool, by: User, at: dt.datetime) -> Domain:
    """Say that the domain belongs to a tool of the catalogue; from then on its links lead there. Raises CannotDecide and CannotList."""
    found = _undecided(domain)
    catalogue.add_address(tool=tool, link=found.name, by=by, at=at)
    return _decide(found, Decision.SAME, tool=tool, by=by, at=at)


@transaction.atomic
def no_tool(*, domain: UUID, by: User, at: dt.datetime) -> Domain:
    """Say that the domain is no tool: it is not asked about again. Raises CannotDecide."""
    return _decide(_undecided(domain), Decision.NO_TOOL, tool=None, by=by, at=at)


@transaction.atomic
def take_back(*, domain: UUID, by: User, at: dt.datetime) -> Domain:
    """Ask again about a domain, as if nothing had been decided. Raises CannotDecide for one that made a tool of its own."""
    found = Domain.objects.select_for_update(of=("self",)).get(public_id=domain)
    if found.decision == Decision.REVIEW:
        raise CannotDecide(_("It is a tool of the catalog by now. Retire the tool on its own page."), code="has_a_tool")
    if found.decision == Decision.SAME and found.tool is not None:
        address = Address.objects.filter(tool=found.tool, kind=Address.Kind.DOMAIN, value=found.name, path="").first()
        if address is not None:
            catalogue.remove_part(part=address, by=by, at=at)
    if found.decision:
        found.decision, found.tool, found.decided_at, found.decided_by = "", None, None, None
        found.save(update_fields=["decision", "tool", "decided_at", "decided_by"])
        _tell(found, by=by, decision="taken_back")
    return found


def _undecided(public_id: UUID) -> Domain:
    found = Domain.objects.select_for_update(of=("self",)).get(public_id=public_id)
    if found.decision:
        raise CannotDecide(_("Somebody has decided about this domain already. Take that back first."), code="decided")
    return found


def _decide(found: Domain, decision: Domain.Decision, *, tool: Tool | None, by: User, at: dt.datetime) -> Domain:
    found.decision, found.tool, found.decided_at, found.decided_by = decision, tool, at, by
    found.save(update_fields=["decision", "tool", "decided_at", "decided_by"])
    _tell(found, by=by, decision=str(decision), **({"tool": str(tool.public_id)} if tool else {}))
    return found


def _tell(found: Domain, *, by: User, **data: Any) -> None:
    entries.append(Event.DISCOVERY_DECIDED, action=Action.UPDATE, by=by, about=found, data=data)
