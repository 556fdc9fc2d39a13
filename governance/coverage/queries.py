"""Which systems there are, for public pages, families and admins."""

import dataclasses
import datetime as dt
import uuid

from governance.coverage.models import System


@dataclasses.dataclass(frozen=True)
class Line:
    """One system in plain words; `received_on` None where nothing came yet."""

    public_id: uuid.UUID
    name: str
    covers: str
    not_logged: str
    reports: bool
    complete: str
    since: dt.date | None
    received_on: dt.date | None
    gaps: str


def systems() -> list[Line]:
    """Every system that the district described, by name. One query."""
    found = System.objects.filter(ended_at=None)
    return [
        Line(
            public_id=each.public_id,
            name=each.name,
            covers=each.covers,
            not_logged=each.not_logged,
            reports=each.complete != System.Complete.NOTHING,
            complete=str(System.Complete(each.complete).label),
            since=each.since,
            received_on=each.last_received_on,
            gaps=each.gaps,
        )
        for each in found
    ]
