"""Reads what is new in the trail with the keeper's login and raises alerts. Whatever happens to it, an entry is judged once and none is skipped.

One transaction reads, raises and moves the mark: a run that is killed leaves nothing, and the next one begins where the last one ended. New is
what this snapshot sees and the last run's did not, as the sealer does it (governance/trail/seals/sealer.py), so that a slow transaction's
entry is not passed by. Two runs at the same time: the second one leaves.
"""

import dataclasses
import datetime as dt
from collections import defaultdict
from typing import Any

from django.conf import settings
from django.db import connections, transaction

from governance.alerts import detectors, inbox, notices, queries
from governance.alerts.detectors.seen import Facts, Seen
from governance.alerts.limits import Numbers
from governance.alerts.models import Alert, AlertLook, Limits, Watch
from governance.records.scope import SCHOOL_ROLES
from governance.trail import entries
from governance.vocabulary import Action, Event, Role
from portal.base import clock, outbox

KEEPER = "keeper"
# A transaction of the portal ends within two hours (portal/base/db_logins.py); what is older than this belongs to a history that was loaded.
LOOK_BACK = dt.timedelta(days=1)
AFTER_A_MOVE = dt.timedelta(hours=1)
TOGETHER = dt.timedelta(hours=24)
_SCHOOL_ROLES = [str(role) for role in (*SCHOOL_ROLES, Role.SECRETARY)]
_LOOKS = "SELECT * FROM door.watch_looks(%s, %s, %s, %s, %s, %s, %s, %s, %s)"


@dataclasses.dataclass(frozen=True)
class Ran:
    """What one run did: how many entries it judged, how many alerts it raised."""

    judged: int
    raised: int


def run() -> Ran | None:
    """Judge what is new and put the notices of new alerts in the outbox. None where another run is at work."""
    _plant()
    with transaction.atomic(using=KEEPER), connections[KEEPER].cursor() as cursor:
        watch = Watch.objects.using(KEEPER).select_for_update(skip_locked=True).filter(pk=1).first()
        if watch is None:
            return None
        cursor.execute("SELECT snapshot, cluster, at FROM door.watch_now()")
        snapshot, cluster, now = cursor.fetchone()
        version = queries.in_force(using=KEEPER)
        seen = _new(cursor, watch, snapshot=snapshot, cluster=cluster, numbers=queries.numbers_of(version))
        raised = _raise(cursor, seen, version, now=now)
        watch.snapshot, watch.cluster, watch.looked_at = snapshot, cluster, now
        watch.save(using=KEEPER)
    tell()
    return Ran(judged=len(seen), raised=raised)


def tell() -> int:
    """Hand on alerts that nobody was told of yet, each once; how many. All arrive among the reports; the notices of loud ones go to the outbox."""
    with transaction.atomic():
        untold = list(
            Alert.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("actor")
            .filter(told_at=None)
            .order_by("raised_at")[:500]
        )
        for alert in untold:
            now, loud = clock.now(), alert.detector in detectors.LOUD
            if loud:
                outbox.put(notices.ALERT, at=now, alert=str(alert.public_id))
            inbox.arrived(alert, loud=loud, at=now)
            alert.told_at = now
            alert.save(update_fields=["told_at"])
    return len(untold)


def _plant() -> None:
    """Set out planted records that a second person confirmed, and take away those that were ended."""
    with transaction.atomic(using=KEEPER), connections[KEEPER].cursor() as cursor:
        cursor.execute("SELECT set_out, taken_away FROM door.plant(%s)", [clock.today()])


def _new(cursor: Any, watch: Watch, *, snapshot: str, cluster: str, numbers: Numbers) -> list[Seen]:
    """Every entry that is visible now and was not at the last run. In another cluster, after a restore, those of the last hour."""
    same = cluster == watch.cluster
    since = watch.looked_at - (LOOK_BACK if same else AFTER_A_MOVE)
    burst = numbers["burst"]
    cursor.execute(
        _LOOKS,
        [
            watch.snapshot if same else None, snapshot, since, settings.TIME_ZONE, _SCHOOL_ROLES, numbers["after_transfer"]["days"],
            numbers["same_address"]["students"], burst["ten_minutes"], burst["hour"],
        ],
    )  # fmt: skip
    names = [column.name for column in cursor.description]
    found = [Seen(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
    return _with_tries(cursor, found)


def _with_tries(cursor: Any, found: list[Seen]) -> list[Seen]:
    """Of refused sign-ins the last one of each address, with how many there were in the hour: one guesser is one line."""
    last = {seen.address: seen for seen in found if seen.kind == Event.SIGN_IN_FAILED and seen.address}
    tries = {}
    for address, seen in last.items():
        cursor.execute("SELECT door.watch_refused(%s::inet, %s)", [address, seen.at])
        tries[seen.id] = cursor.fetchone()[0]
    others = [seen for seen in found if seen.kind != Event.SIGN_IN_FAILED]
    refused = [dataclasses.replace(seen, tries=tries[seen.id]) for seen in last.values()]
    return sorted([*others, *refused], key=lambda seen: (seen.at, seen.id))


def _raise(cursor: Any, found: list[Seen], version: Limits, *, now: dt.datetime) -> int:
    """Write what the detectors found; answers how many alerts are new."""
    numbers = queries.numbers_of(version)
    odd = [(seen, detector, facts) for seen in found for detector, facts in detectors.judge(seen, numbers)]
    known: dict[int, set[str]] = defaultdict(set)
    for entry_id, detector in (
        AlertLook.objects.using(KEEPER).filter(entry_id__in=[seen.id for seen, *_ in odd]).values_list("entry_id", "detector")
    ):
        known[entry_id].add(detector)
    raised = 0
    for seen, detector, facts in odd:
        if detector not in known[seen.id]:
            raised += _file(cursor, seen, detector, facts, version, now=now)
    return raised


def _file(cursor: Any, seen: Seen, detector: str, facts: Facts, version: Limits, *, now: dt.datetime) -> bool:
    """Put a look to the open alert of the same person and sort, or raise a new one. True for a new one."""
    whose = {"actor_id": seen.actor_id} if seen.actor_id is not None else {"actor": None, "address": seen.address}
    alert = (
        Alert.objects.using(KEEPER)
        .select_for_update(of=("self",))
        .filter(detector=detector, closed_at=None, last_at__gte=seen.at - TOGETHER, **whose)
        .order_by("-raised_at")
        .first()
    )
    new = alert is None
    if alert is None:
        cursor.execute("SELECT usual_hour, earlier FROM door.watch_around(%s, %s)", [seen.id, seen.at])
        usual, earlier = cursor.fetchone()
        alert = Alert.objects.using(KEEPER).create(
            detector=detector, limits_id=version.pk, actor_id=seen.actor_id, hat=seen.hat or "", address=seen.address, raised_at=now,
            first_at=seen.at, last_at=seen.at, count=1, facts={"usual_hour": usual, "earlier": earlier, **facts},
        )  # fmt: skip
        entries.append(Event.ALERT_RAISED, action=Action.CREATE, by=None, about=alert, data={"detector": detector}, using=KEEPER)
    else:
        alert.first_at, alert.last_at = min(alert.first_at, seen.at), max(alert.last_at, seen.at)
        alert.count += 1
        alert.facts |= facts
        alert.save(using=KEEPER, update_fields=["first_at", "last_at", "count", "facts"])
    AlertLook.objects.using(KEEPER).create(
        alert_id=alert.pk, detector=detector, entry_id=seen.id, entry_at=seen.at, kind=seen.kind, students=seen.students, facts=facts
    )
    return new
