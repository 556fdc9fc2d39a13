"""What logs told, as pages show it."""

import dataclasses
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.base.components import Status as Shown
from portal.base.templatetags.portal import count
from vendors.discovery.models import Domain, Sighting
from vendors.discovery.queries import InUse, Unknown
from vendors.reviews.status import Status
from vendors.tool_requests.present import BECAUSE, answer_of


@dataclasses.dataclass(frozen=True)
class ToolRow:
    """A tool that is in use."""

    name: str
    provider: str
    slug: str
    url: str
    domains: str
    seen: str
    new: bool
    answer: Shown
    because: str
    review_url: str
    can_be_reviewed: bool


def tool_row(found: InUse) -> ToolRow:
    """A tool that is in use, with whether it may be."""
    now: Status = found.status
    review = now.review
    return ToolRow(
        now.tool.name,
        now.tool.provider.name,
        now.tool.slug,
        reverse("providers:tool", args=[now.tool.public_id]),
        ", ".join(found.domains),
        how_often(found.seen),
        found.new,
        answer_of(now),
        str(BECAUSE[now.because]),
        reverse("reviews:detail", args=[review.public_id]) if review is not None else "",
        not now.usable and review is None and now.tool.retired_at is None,
    )


@dataclasses.dataclass(frozen=True)
class DomainRow:
    """A domain that nobody knows yet."""

    id: str
    name: str
    url: str
    seen: str
    new: bool


def domain_row(found: Unknown) -> DomainRow:
    """A domain that nobody knows yet."""
    domain = found.domain
    return DomainRow(
        str(domain.public_id), domain.name, reverse("discovery:domain", args=[domain.public_id]), how_often(found.seen), found.new
    )


def decided_row(domain: Domain) -> dict[str, Any]:
    """What somebody decided about a domain."""
    return {
        "name": domain.name,
        "url": reverse("discovery:domain", args=[domain.public_id]),
        "decision": decision(domain),
        "by": domain.decided_by.name if domain.decided_by else "",
        "at": domain.decided_at,
    }


def decision(domain: Domain) -> str:
    """A decision in words, with the tool."""
    words = domain.get_decision_display()
    return _("%(decision)s (%(tool)s)") % {"decision": words, "tool": domain.tool.name} if domain.tool else str(words)


def how_often(seen: int | None) -> str:
    """A rounded count in words."""
    if seen is None:
        return _("Not counted")
    return _("%(count)s times or more") % {"count": count(seen)} if seen else _("Fewer than 10 times")


def sighting(found: Sighting) -> dict[str, Any]:
    """When and how often a domain was seen."""
    upload = found.upload
    return {"url": reverse("discovery:upload", args=[upload.public_id]), "at": upload.received_at, "seen": how_often(found.seen)}
