"""Reads of postings: what the public may read, what waits, and of packs who may have them."""

import datetime as dt
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from breaches.incidents.models import Incident
from breaches.postings import wording
from breaches.postings.models import Pack, Posting, Version
from governance.people.models import User


def published() -> QuerySet[Posting]:
    """What the public reads, the newest first, with its text. What was taken down is among it: its link stays and says so."""
    return Posting.objects.filter(version__isnull=False).select_related("version", "taken_down_by")


def by_slug(slug: str) -> Posting | None:
    """One of them by its link."""
    return published().filter(slug=slug).first()


def of_incident(incident: Incident) -> Posting | None:
    """The posting of an incident, published or not."""
    return Posting.objects.filter(incident=incident).select_related("version", "incident").first()


def newest(posting: Posting) -> Version | None:
    """The text that was written last."""
    return posting.versions.select_related("written_by").last()


def is_as_written(version: Version) -> bool:
    """True where the text still has the hash under which it was written."""
    return version.sha256 == wording.sha256(version.texts, version.facts, version.provider)


def next_slug(at: dt.datetime) -> str:
    """The link of the next posting of a year. To be called with the table of postings locked."""
    year = timezone.localtime(at).year
    taken = Posting.objects.filter(slug__startswith=f"{year}-").values_list("slug", flat=True)
    return f"{year}-{max((int(slug.split('-')[1]) for slug in taken), default=0) + 1}"


def waiting_for_approval(user: User) -> list[Posting]:
    """Postings whose newest text this person neither wrote nor approved, and that is not public yet, the oldest first."""
    newest = Version.objects.filter(posting=OuterRef("pk")).order_by("-number").values("pk")[:1]
    found = Posting.objects.annotate(newest=Subquery(newest)).exclude(incident__account=user).exclude(version=F("newest"))
    mine = Version.objects.filter(Q(written_by=user) | Q(approvals__by=user)).values("pk")
    return list(found.exclude(newest__in=mine).filter(newest__isnull=False).select_related("incident").order_by("begun_at"))


# -- Packs -------------------------------------------------------------------------------------------------------------------------


def packs_of(incident: Incident) -> list[Pack]:
    """The packs that were asked for of an incident, the newest first; at most ten."""
    return list(Pack.objects.filter(incident=incident).select_related("asked_by", "decided_by")[:10])


def pack_for(user: User, public_id: UUID) -> Pack | None:
    """One pack, unless its incident is about this person."""
    found = Pack.objects.filter(public_id=public_id).exclude(incident__account=user)
    return found.select_related("incident", "asked_by", "decided_by").first()


def packs_waiting_on(user: User) -> list[Pack]:
    """Packs that wait for somebody else than who asked, the oldest first."""
    found = Pack.objects.filter(state=Pack.State.WAITING).exclude(asked_by=user).exclude(incident__account=user)
    return list(found.select_related("incident", "asked_by").order_by("asked_at"))
