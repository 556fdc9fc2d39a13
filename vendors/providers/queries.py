"""Reads of the catalogue."""

import datetime as dt
from collections.abc import Collection
from uuid import UUID

from django.db.models import Q, QuerySet

from governance.people.models import User
from governance.people.queries import day_of
from vendors.providers.models import AutomatedDecision, Channel, Contact, Document, Provider, Tool

MOST_FOUND = 50


def providers() -> QuerySet[Provider]:
    """All providers, by name, with their tools."""
    return Provider.objects.prefetch_related("tools").order_by("name")


def find_provider(public_id: UUID) -> Provider | None:
    """The provider with this opaque id."""
    return Provider.objects.filter(public_id=public_id).first()


def find_tool(slug: str) -> Tool | None:
    """The tool behind a stable link, retired or not."""
    return Tool.objects.select_related("provider").filter(slug=slug).first()


def tool_by_id(public_id: UUID) -> Tool | None:
    """The tool with this opaque id."""
    return Tool.objects.select_related("provider").filter(public_id=public_id).first()


def with_everything(tools: QuerySet[Tool]) -> QuerySet[Tool]:
    """The rows that a page of tools shows, in a fixed number of queries."""
    return tools.select_related("provider").prefetch_related(
        "versions", "addresses", "subprocessors", "collects__element", "marks", "channels", "automated_decisions"
    )


def listed() -> QuerySet[Tool]:
    """Tools of the catalogue that were not retired, by name."""
    return Tool.objects.filter(retired_at=None).select_related("provider").order_by("name")


def named(text: str, *, most: int = MOST_FOUND) -> list[Tool]:
    """Tools whose name, provider or summary holds every word of the text, best names first. One query."""
    found = listed()
    for word in text.split()[:6]:
        found = found.filter(Q(name__icontains=word) | Q(provider__name__icontains=word) | Q(summary__icontains=word))
    wanted = text.strip().casefold()
    return sorted(found[: most * 2], key=lambda tool: (not tool.name.casefold().startswith(wanted), tool.name.casefold()))[:most]


def same_purpose(tool: Tool) -> QuerySet[Tool]:
    """Other listed tools for the same subjects and purposes. Whether they may be used is asked of `vendors.reviews.status`."""
    found = listed().exclude(pk=tool.pk)
    if tool.subjects:
        found = found.filter(subjects__overlap=tool.subjects)
    if tool.purposes:
        found = found.filter(purposes__overlap=tool.purposes)
    return found


def provider_of(user: User, *, at: dt.datetime) -> Provider | None:
    """For which provider somebody acts at that moment; None for everybody else. One query."""
    contact = open_contacts(at).filter(user=user).select_related("provider").first()
    return contact.provider if contact else None


def open_contacts(at: dt.datetime) -> QuerySet[Contact]:
    """Contacts who act for their provider at that moment."""
    unended = (Q(ended_at=None) | Q(ended_at__gt=at)) & (Q(ends_on=None) | Q(ends_on__gte=day_of(at)))
    return Contact.objects.filter(unended, since__lte=at, user__is_active=True)


def open_channels(tools: Collection[Tool]) -> dict[int, list[Channel]]:
    """The ways on which data travels to each tool today, by the tool's id. One query."""
    found: dict[int, list[Channel]] = {tool.pk: [] for tool in tools}
    for channel in Channel.objects.filter(tool__in=found, closed_at=None):
        found[channel.tool_id].append(channel)
    return found


def open_decisions(tool: Tool, *, on: dt.date) -> list[AutomatedDecision]:
    """In which ways the tool scores, ranks, predicts or decides on that day."""
    return list(tool.automated_decisions.filter(Q(ended_on=None) | Q(ended_on__gt=on)))


def find_document(public_id: UUID) -> Document | None:
    """The document with this opaque id, without its bytes."""
    return Document.objects.filter(public_id=public_id).first()


def listed_elements(tool: Tool) -> frozenset[str]:
    """Keys of the elements that the catalogue lists for the tool. What was agreed stands in agreements, which this room does not know."""
    return frozenset(each.element_id for each in tool.collects.all())
