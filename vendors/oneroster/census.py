"""Which children a delivery may name to the tool's system, worked out by the gate and kept for a while, so that a page of a hundred asks about a hundred.

Nothing leaves because of it: each page is decided anew by the gate. A child whose family has said no since is left out of every list and
count at once. Of children who were sent and may not be named any more, the id is kept for deltas (`gone`).
"""

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Max, Q, QuerySet

from governance.people.models import User
from governance.people.queries import day_of
from governance.records.door import MOST_IN_ONE_ENTRY
from governance.records.models import ImportRun, Student
from governance.trail import entries
from governance.vocabulary import Event, Role
from vendors.consents.models import Matter, Standing
from vendors.consents.queries import ALSO_ASKED
from vendors.ends import queries as ends
from vendors.oneroster.models import Census, Seat
from vendors.reviews.status import Permit
from vendors.sharing import bundles, gate, rules
from vendors.sharing.models import Delivery
from vendors.tool_requests import queries as uses

HAT = Role.PROVIDER_CONTACT
LASTS = dt.timedelta(hours=1)
GONE_FOR = dt.timedelta(days=400)  # a system that asks once a school year still hears of whom it must delete


@dataclasses.dataclass(frozen=True)
class Holds:
    """What holds for a request: what may leave, in which classes the tool is used, and when the roster last changed."""

    delivery: Delivery
    permit: Permit
    sections: frozenset[int]
    roster_at: dt.datetime
    on: dt.date


def holds(delivery: Delivery, *, by: User, at: dt.datetime) -> Holds:
    """What holds now; the children are counted anew where anything that it rests on has changed, or an hour is over. Raises gate.Refused."""
    permit = gate.check(delivery.tool, delivery.purpose, at)
    on = day_of(at)
    sections = uses.sections_using(delivery.tool, on=on)
    last = ImportRun.objects.filter(state=ImportRun.State.APPLIED).aggregate(last=Max("applied_at"))["last"]
    basis = _basis(delivery, permit, sections, last, on)
    kept = Census.objects.filter(delivery=delivery).first()
    if kept is None or kept.basis != basis or not at - LASTS < kept.made_at <= at:
        kept = _take(delivery, permit, basis, by=by, at=at)
    if kept.because:
        raise gate.Refused(kept.because)
    return Holds(delivery, permit, sections, max(filter(None, (last, delivery.opened_at))), on)


def seats(now: Holds) -> QuerySet[Seat]:
    """The children whom the tool's system may be told of at this moment. Whoever took an OK back since is not among them."""
    return Seat.objects.filter(delivery=now.delivery, gone_at=None).exclude(student__in=_said_no(now)).order_by("sourced_id")


def gone(now: Holds, *, at: dt.datetime) -> QuerySet[Seat]:
    """The children who were sent to the tool's system and may not be named any more, for whatever reason. Three queries, or one.

    The time they bear is when that was first noticed, so that no delta misses them, and none tells when a family said something.
    """
    fresh = list(Seat.objects.filter(delivery=now.delivery, gone_at=None, student__in=_said_no(now)).values_list("student_id", flat=True))
    if sent := ends.received(now.delivery.tool, fresh):
        Seat.objects.filter(delivery=now.delivery, gone_at=None, student__in=sent).update(gone_at=at)
    return Seat.objects.filter(delivery=now.delivery, gone_at__gt=at - GONE_FOR).order_by("sourced_id")


def _said_no(now: Holds) -> QuerySet[Standing, int]:
    """Ids of children whose family said no to the tool, or to what its approval rests on."""
    matters = Matter.objects.filter(tool=now.delivery.tool)
    if also := ALSO_ASKED.get(now.permit.approval.consent_basis):
        matters = Matter.objects.filter(Q(tool=now.delivery.tool) | Q(tool=None, subject=also))
    said_no = Standing.objects.filter(matter__in=matters, state__in=[Standing.State.REFUSED, Standing.State.WITHDRAWN])
    return said_no.values_list("student", flat=True)


def _basis(delivery: Delivery, permit: Permit, sections: frozenset[int], last: dt.datetime | None, on: dt.date) -> str:
    assert permit.version is not None
    told = [
        permit.approval.pk, permit.version.pk, sorted(permit.elements), sorted(sections), str(last), str(on), str(delivery.seen_at), delivery.purpose,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _take(delivery: Delivery, permit: Permit, basis: str, *, by: User, at: dt.datetime) -> Census:
    """Ask the gate about every child of the classes that use the tool, with entries for what is read."""
    because, found = "", dict[int, dt.datetime]()
    if delivery.seen_at is None:
        because = "not_seen"
    else:
        reach = gate.reach_of(delivery.tool, on=day_of(at))
        decided = gate.look(delivery.tool, delivery.purpose, reach.students, by=by, hat=HAT, at=at)
        if rules.fits_preview(
            children=len(decided.given),
            elements=decided.elements,
            seen_children=delivery.seen_children,
            seen_elements=delivery.seen_elements,
        ):
            found = _changed(delivery, permit, sorted(decided.given), by=by)
        else:
            because = "grown"
    with transaction.atomic():
        kept, first = Census.objects.select_for_update().get_or_create(delivery=delivery, defaults={"made_at": at, "basis": basis})
        kept.made_at, kept.basis, kept.because = at, basis, because
        kept.save()
        if not because:  # while the gate is closed, whom the system knew stays as it was
            _seat(delivery, found, floor=permit.approval.decided_at, first=first, at=at)
    return kept


def _seat(delivery: Delivery, found: dict[int, dt.datetime], *, floor: dt.datetime, first: bool, at: dt.datetime) -> None:
    """Seat the children of `found`, with the time when their data changed. Who comes to a system that was told of others before is new to it
    now, however old the data; who was sent and is not found any more is gone since now.
    """
    before = {seat.student_id: seat for seat in Seat.objects.filter(delivery__tool=delivery.tool_id).order_by("delivery", "pk")}
    missing = (before.keys() | ends.to_be_deleted(delivery.tool)) - found.keys()
    known = {pk for pk in missing if pk in before and before[pk].gone_at is not None}
    away = known | ends.received(delivery.tool, missing - known)
    names = dict(Student.objects.filter(pk__in=found.keys() | away).values_list("pk", "public_id"))
    made = []
    for pk, name in names.items():
        seat, since = before.get(pk), None
        if pk in found:
            stays = seat is not None and seat.gone_at is None
            came = seat.changed_at if seat is not None and stays else floor if first and not before else at
            changed = max(found[pk], floor, came)
        else:
            since = changed = seat.gone_at if seat is not None and seat.gone_at is not None else at
        made.append(
            Seat(
                delivery=delivery,
                student_id=pk,
                sourced_id=bundles.id_of(delivery.tool.public_id, name),
                changed_at=changed,
                gone_at=since,
            )
        )
    Seat.objects.filter(delivery__tool=delivery.tool_id).delete()
    Seat.objects.bulk_create(made, batch_size=2000)


def _changed(delivery: Delivery, permit: Permit, students: Sequence[int], *, by: User) -> dict[int, dt.datetime]:
    found: dict[int, dt.datetime] = {}
    for first in range(0, len(students), MOST_IN_ONE_ENTRY):
        written = compared(delivery, permit, students[first : first + MOST_IN_ONE_ENTRY], permit.elements & gate.CARRIED, by=by)
        found |= dict(entries.open_with(written, "SELECT * FROM door.changed()")[1])
    return found


def compared(delivery: Delivery, permit: Permit, students: Sequence[int], elements: frozenset[str], *, by: User) -> entries.Written:
    """The entry ahead of a read that answers what a tool's system asked about these children (at most 1,000); nothing of it leaves."""
    return entries.append_ahead(
        Event.RELEASE_COMPARED,
        by=by,
        students=students,
        elements=elements,
        data={"tool": str(delivery.tool.public_id)},
        hat=HAT,
        purpose=delivery.purpose,
        basis=permit.approval.consent_basis or gate.BASIS,
    )
