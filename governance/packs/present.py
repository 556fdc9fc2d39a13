"""Packs as plain values."""

import dataclasses
import datetime as dt
from collections.abc import Sequence

from django.template.defaultfilters import filesizeformat

from governance.packs.models import Pack
from portal.base.components import Status


@dataclasses.dataclass(frozen=True)
class PackRow:
    """One pack in the reader's list."""

    public_id: str
    year: int
    asked_at: dt.datetime
    status: Status
    at_work: bool
    ready: bool
    done: int
    total: int
    size: str
    goes_at: dt.datetime | None


def rows(packs: Sequence[Pack]) -> list[PackRow]:
    """The reader's packs, as the page lists them."""
    return [
        PackRow(
            public_id=str(pack.public_id),
            year=pack.year,
            asked_at=pack.asked_at,
            status=pack.status,
            at_work=pack.at_work,
            ready=pack.state == Pack.State.READY,
            done=pack.done,
            total=max(pack.total, 1),
            size=filesizeformat(pack.file_size) if pack.file_size else "",
            goes_at=pack.goes_at,
        )
        for pack in packs
    ]
