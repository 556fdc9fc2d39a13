"""Reads of what logs told: which tools are in use that nobody approved, which domains nobody knows, what is new."""

import dataclasses
import datetime as dt
from uuid import UUID

from governance.people import queries as people
from vendors.discovery.models import Domain, Sighting, Upload
from vendors.providers import links
from vendors.providers.models import Address
from vendors.reviews import status
from vendors.reviews.status import Status


@dataclasses.dataclass(frozen=True)
class InUse:
    """A tool of the catalogue that an upload held: its status, its domains there, the largest of their counts, whether it is new."""

    status: Status
    domains: tuple[str, ...]
    seen: int | None
    new: bool


@dataclasses.dataclass(frozen=True)
class Unknown:
    """A domain that no tool has and about which nobody has decided."""

    domain: Domain
    seen: int | None
    new: bool


@dataclasses.dataclass(frozen=True)
class Told:
    """What an upload told. `before`: the upload with which "new" compares; None for the first one."""

    before: Upload | None
    not_approved: tuple[InUse, ...]
    approved: tuple[InUse, ...]
    unknown: tuple[Unknown, ...]
    no_tools: int


def known_domains() -> frozenset[str]:
    """Domains by which the catalogue knows a tool. One query."""
    return frozenset(Address.objects.filter(kind=Address.Kind.DOMAIN, path="").values_list("value", flat=True))


def own_domains() -> frozenset[str]:
    """The district's own domain, below which its devices have their names. One query."""
    district = people.district()
    link = links.parse(district.website) if district and district.website else None
    return frozenset({link.value}) if link is not None and link.kind == Address.Kind.DOMAIN else frozenset()


def recent() -> list[Upload]:
    """The uploads of late, the newest first."""
    return list(Upload.objects.select_related("received_by")[:50])


def find(public_id: UUID) -> Upload | None:
    """The upload with this opaque id."""
    return Upload.objects.select_related("received_by").filter(public_id=public_id).first()


def find_domain(public_id: UUID) -> Domain | None:
    """The domain with this opaque id."""
    return Domain.objects.select_related("tool", "decided_by").filter(public_id=public_id).first()


def sightings_of(domain: Domain) -> list[Sighting]:
    """When a domain was seen, the newest first."""
    return list(Sighting.objects.filter(domain=domain).select_related("upload").order_by("-upload__received_at")[:24])


def decided() -> list[Domain]:
    """Domains about which somebody has decided, the newest decision first."""
    return list(Domain.objects.exclude(decision="").select_related("tool", "decided_by").order_by("-decided_at")[:200])


def told_by(upload: Upload, at: dt.datetime) -> Told:
    """What an upload told, as catalogue and decisions are now. A fixed number of queries."""
    before = Upload.objects.filter(received_at__lt=upload.received_at).order_by("-received_at", "-pk").first()
    earlier = set(Sighting.objects.filter(upload=before).values_list("domain_id", flat=True)) if before else None
    seen = list(Sighting.objects.filter(upload=upload).select_related("domain"))
    tools = links.tools_of_domains([each.domain.name for each in seen])
    statuses = status.of_all(list({tool.pk: tool for tool in tools.values()}.values()), at)
    by_tool: dict[int, list[Sighting]] = {}
    unknown: list[Unknown] = []
    no_tools = 0
    for each in seen:
        tool = tools.get(each.domain.name)
        if tool is not None:
            by_tool.setdefault(tool.pk, []).append(each)
        elif each.domain.decision:
            no_tools += 1
        else:
            unknown.append(Unknown(each.domain, each.seen, earlier is not None and each.domain_id not in earlier))
    in_use = [
        InUse(
            statuses[pk],
            tuple(sorted(each.domain.name for each in found)),
            max((each.seen for each in found if each.seen is not None), default=None),
            earlier is not None and all(each.domain_id not in earlier for each in found),
        )
        for pk, found in by_tool.items()
    ]
    in_use.sort(key=lambda each: (-(each.seen or 0), each.status.tool.name))
    unknown.sort(key=lambda each: (-(each.seen or 0), each.domain.name))
    return Told(
        before,
        tuple(each for each in in_use if not each.status.usable),
        tuple(each for each in in_use if each.status.usable),
        tuple(unknown),
        no_tools,
    )
