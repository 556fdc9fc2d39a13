"""Reads of sheets, and the catalogue as a table in the shape in which it comes in."""

import csv
import io
from collections.abc import Iterator
from uuid import UUID

from vendors.agreements.models import Agreement
from vendors.providers.models import Address, Tool
from vendors.register.machine import harmless
from vendors.spreadsheets.checks import FIELDS
from vendors.spreadsheets.models import Sheet


def recent() -> list[Sheet]:
    """The sheets of late, the newest first."""
    return list(Sheet.objects.select_related("received_by")[:50])


def find(public_id: UUID) -> Sheet | None:
    """The sheet with this opaque id."""
    return Sheet.objects.select_related("received_by", "applied_by", "undone_by").filter(public_id=public_id).first()


def as_csv(kind: str) -> str:
    """The catalogue's tools or the agreements as a table that can be brought again. Three queries."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(field.name for field in FIELDS[kind])
    for row in _tools() if kind == Sheet.Kind.TOOLS else _agreements():
        writer.writerow(harmless(cell) for cell in row)
    return out.getvalue()


def _tools() -> Iterator[list[object]]:
    found = Tool.objects.filter(retired_at=None).select_related("provider").prefetch_related("addresses")
    for tool in found.order_by("provider__name", "name"):
        link = next((f"{each.value}{each.path}" for each in tool.addresses.all() if each.kind == Address.Kind.DOMAIN), "")
        yield [
            tool.name, tool.provider.name, link, tool.summary, "; ".join(tool.subjects), tool.youngest_age, tool.accounts, tool.policy_url,
        ]  # fmt: skip


def _agreements() -> Iterator[list[object]]:
    found = Agreement.objects.select_related("provider", "listing").prefetch_related("versions__services__tool")
    for agreement in found.order_by("provider__name", "pk"):
        versions = sorted(agreement.versions.all(), key=lambda each: each.number)
        if not versions:
            continue
        names = "; ".join(service.tool.name for service in versions[-1].services.all())
        listing = getattr(agreement, "listing", None)
        yield [
            agreement.provider.name, names, agreement.kind, versions[0].starts_on, versions[-1].ends_on, listing.status if listing else "",
            agreement.originator or (listing.district if listing else ""), listing.link if listing else "",
        ]  # fmt: skip
