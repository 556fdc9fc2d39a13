"""Reads for the provider's pages. Each begins with the provider: another one's object answers as if it were not there."""

import datetime as dt
from uuid import UUID

from django.db.models import Q, QuerySet

from governance.authority.models import Clock
from vendors.agreements import queries as agreements
from vendors.agreements.models import Agreement, Version
from vendors.agreements.queries import Held
from vendors.company.models import BreachNotice, SupplierNotice
from vendors.ends import queries as ends
from vendors.ends.models import Certificate, Order
from vendors.providers.models import Contact, Document, Provider, Tool
from vendors.reviews import queries as reviews
from vendors.reviews.models import Questionnaire

# Where the agreement gives no hours: the model agreement's own term.
CLOCK = "ndpa-provider"


def contact_of(provider: Provider, user_id: int) -> Contact:
    """The open row that lets somebody act for the provider."""
    return Contact.objects.get(provider=provider, user=user_id, ended_at=None)


def tools(provider: Provider) -> QuerySet[Tool]:
    """The provider's tools, those that were given up last."""
    return Tool.objects.filter(provider=provider).select_related("provider").order_by("retired_at", "name")


def questionnaire(provider: Provider, public_id: UUID) -> Questionnaire | None:
    """One of the provider's questionnaires."""
    return reviews.questionnaires_of(provider.pk).filter(public_id=public_id).first()


def agreements_of(provider: Provider, *, at: dt.datetime) -> list[Held]:
    """Its agreements of which a text was sent. A draft is the district's own until then. A fixed number of queries."""
    sent = Version.objects.filter(sent_at__isnull=False).values("agreement")
    return agreements.with_standing(Agreement.objects.filter(provider=provider, pk__in=sent).order_by("title"), at=at)


def agreement(provider: Provider, public_id: UUID, *, at: dt.datetime) -> Held | None:
    """One of them."""
    sent = Version.objects.filter(sent_at__isnull=False).values("agreement")
    found = Agreement.objects.filter(provider=provider, pk__in=sent, public_id=public_id)
    return next(iter(agreements.with_standing(found, at=at)), None)


def shown(held: Held) -> Version | None:
    """The text that the provider reads: what waits for signatures, else what is in force, else the newest that was sent."""
    if held.pending is not None and held.pending.sent_at is not None:
        return held.pending
    sent = [version for version in held.agreement.versions.all() if version.sent_at is not None]
    return held.in_force or max(sent, key=lambda version: version.number, default=None)


def document(provider: Provider, public_id: UUID) -> Document | None:
    """A document that the provider may have: of a text that was sent to it, or a certificate that it gave."""
    texts = Version.objects.filter(agreement__provider=provider, sent_at__isnull=False, document__isnull=False).values("document")
    certificates = Certificate.objects.filter(order__tool__provider=provider, document__isnull=False).values("document")
    return Document.objects.filter(Q(pk__in=texts) | Q(pk__in=certificates), public_id=public_id).first()


def order(provider: Provider, public_id: UUID) -> Order | None:
    """One of the deletion orders that were sent to the provider."""
    return ends.of_provider(provider.pk).filter(public_id=public_id).first()


def breach_notice(public_id: UUID) -> BreachNotice:
    """The notice with this opaque id: for the rooms that take it."""
    return BreachNotice.objects.select_related("provider").get(public_id=public_id)


def breach_term(provider: Provider, *, at: dt.datetime) -> tuple[int, str]:
    """(hours, clock): the shortest number of hours that an agreement in force gives the provider; else that of the clock. At most four queries."""
    held = agreements.holding(Agreement.objects.filter(provider=provider), at)
    hours = [version.breach_hours for version in held.values() if version.breach_hours]
    if hours:
        return min(hours), ""
    term = Clock.objects.values_list("duration", flat=True).get(pk=CLOCK)
    assert term is not None, "the clock for a provider's notice has a number"
    return term, CLOCK


def supplier_notices(provider: Provider) -> QuerySet[SupplierNotice]:
    """What the provider announced about its suppliers."""
    return SupplierNotice.objects.filter(tool__provider=provider).select_related("tool")


def announcements() -> QuerySet[SupplierNotice]:
    """What all providers announced, for the district: what nobody has looked at first."""
    return SupplierNotice.objects.select_related("tool__provider", "seen_by", "announced_by").order_by("seen_at", "-announced_at")
