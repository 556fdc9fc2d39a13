"""Scheduled files as their page shows them."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from portal.base.components import Status
from vendors.drops.models import Drop, Dropped
from vendors.drops.words import FAILED, GONE
from vendors.sharing.words import REFUSALS


def schedule(drop: Drop) -> dict[str, Any]:
    """What runs, and who answers for it."""
    return {
        "every": drop.get_every_display(),
        "hour": f"{drop.hour}:00",
        "keep_days": drop.keep_days,
        "by": drop.started_by.name,
        "since": drop.started_at,
    }


def file(found: Dropped) -> dict[str, Any]:
    """One file, or the try to make one."""
    status, why = _state(found)
    return {
        "slot": timezone.localtime(found.slot),
        "status": status,
        "why": why,
        "children": found.release.children if found.release else None,
        "name": found.name if found.placed_at else "",
        "size": found.size,
        "sha256": found.sha256 if found.placed_at else "",
        "gone_at": found.gone_at,
    }


def _state(found: Dropped) -> tuple[Status, str]:
    if found.failed_because:
        return Status("stop", _("Not made")), str((REFUSALS | FAILED).get(found.failed_because, ""))
    if found.gone_at is not None:
        return Status("off", _("Taken away")), str(GONE[found.gone_because])
    if found.placed_at is not None:
        return Status("ok", _("Lies in the folder")), ""
    return Status("wait", _("Being made")), ""
