"""Reads of the file drop."""

import datetime as dt
from uuid import UUID

from django.db.models import QuerySet

from vendors.drops.models import Drop, Dropped
from vendors.sharing.models import Delivery


def running() -> QuerySet[Drop]:
    """Schedules that were not stopped."""
    return Drop.objects.filter(stopped_at=None).select_related("delivery__tool__provider", "started_by").order_by("pk")


def of_delivery(delivery: Delivery) -> Drop | None:
    """The schedule that runs for a delivery."""
    return running().filter(delivery=delivery).first()


def files_of(delivery: Delivery, *, most: int = 30) -> list[Dropped]:
    """The newest files of a delivery, and the tries to make one."""
    return list(Dropped.objects.filter(drop__delivery=delivery).select_related("release", "drop")[:most])


def lying(drop: Drop) -> QuerySet[Dropped]:
    """Files that lie in the folder."""
    return Dropped.objects.filter(drop=drop, placed_at__isnull=False, gone_at=None).order_by("placed_at", "pk")


def unfinished(at: dt.datetime) -> QuerySet[Dropped]:
    """Files whose maker is gone: begun, neither placed nor failed, and nobody holds them any more."""
    return Dropped.objects.filter(placed_at=None, failed_because="", leased_until__lte=at).select_related(
        "drop__delivery__tool", "drop__started_by"
    )


def of_tool(public_id: UUID) -> QuerySet[Drop]:
    """Running schedules of the tool with this opaque id."""
    return running().filter(delivery__tool__public_id=public_id)
