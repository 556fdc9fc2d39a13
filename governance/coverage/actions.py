"""Describing other systems, and receiving what they report.

A report is sealed as it was received: one entry with the digest of its canonical form, which claims the receipt and no more. It names no
student, so it never stands among the lines that this portal itself wrote about a child (docs/adr/0015).
"""

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from governance.coverage.models import System
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event


@transaction.atomic
def describe(*, system_id: uuid.UUID | None, by: User, at: dt.datetime, **facts: Any) -> System:
    """Describe a system anew (`system_id` None), or change its description. `facts` are the fields of SystemForm."""
    system = System.objects.select_for_update().get(public_id=system_id, ended_at=None) if system_id else System()
    before = {name: getattr(system, name) for name in facts} if system_id else {}
    for name, value in facts.items():
        setattr(system, name, value)
    system.described_by, system.described_at = by, at
    system.save()
    entries.append(
        Event.SYSTEM_DESCRIBED,
        action=Action.UPDATE if system_id else Action.CREATE,
        by=by,
        about=system,
        data={"fields": sorted(name for name in facts if before.get(name) != facts[name])},
    )
    return system


@transaction.atomic
def end(*, system_id: uuid.UUID, by: User, at: dt.datetime) -> System:
    """The district uses the system no more. Ending it twice changes nothing."""
    system = System.objects.select_for_update().get(public_id=system_id)
    if system.ended_at is None:
        system.ended_at, system.ended_by, system.described_at = at, by, at
        system.save()
        entries.append(Event.SYSTEM_ENDED, action=Action.DELETE, by=by, about=system)
    return system


def canonical(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """The bytes of a report that its entry seals: a JSON object a line, keys sorted, lines in the order received."""
    return b"".join(json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for row in rows)


@transaction.atomic
def receive(
    *, system_id: uuid.UUID, rows: list[Mapping[str, Any]], period_from: dt.date, period_to: dt.date, complete: bool, at: dt.datetime
) -> entries.Written:
    """Seal the receipt of a report over a period, both days included. Whoever keeps the rows keeps them as they came: the digest is of them.

    Raises ValueError for a system of which the description says that it reports nothing.
    """
    system = System.objects.select_for_update().get(public_id=system_id, ended_at=None)
    if system.complete == System.Complete.NOTHING:
        raise ValueError("this system is described as one that reports nothing")
    written = entries.append(
        Event.REPORT_RECEIVED,
        action=Action.CREATE,
        by=None,
        about=system,
        data={
            "form": "reported/1",
            "from": period_from.isoformat(),
            "to": period_to.isoformat(),
            "rows": len(rows),
            "sha256": hashlib.sha256(canonical(rows)).hexdigest(),
            "complete": complete,
        },
    )
    system.last_received_on = max(filter(None, (system.last_received_on, period_to)))
    system.save(update_fields=["last_received_on"])
    return written
