"""What is done about deliveries: opened, seen and confirmed, sent, stopped; and the tasks that stop the ways outside the portal."""

import datetime as dt
from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance.people import permissions
from governance.people import queries as people
from governance.people.models import User
from governance.records import door as records
from governance.trail import entries
from governance.vocabulary import Action, Event, Permission, Role
from portal.base import workdays
from portal.base.errors import CannotDo
from vendors.ends import queries as ends
from vendors.providers.models import Channel, Tool
from vendors.sharing import bundles, gate, queries, rules
from vendors.sharing.models import Delivery, Release, StopTask

STOP_WORKDAYS = 2


class CannotShare(CannotDo):
    """Nothing was sent or changed."""


# -- Deliveries ------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def open_delivery(*, tool: Tool, purpose: str, by: User, at: dt.datetime) -> Delivery:
    """Open the portal's own way to a tool. Nothing leaves before somebody has confirmed the preview.

    The same again gives the delivery that is open. Raises CannotShare for a tool to which nothing may be sent.
    """
    hat = _hat(by, at)
    Tool.objects.select_for_update(of=("self",)).get(pk=tool.pk)
    found = Delivery.objects.filter(tool=tool, stopped_at=None).first()
    if found is not None:
        return found
    try:
        gate.check(tool, purpose, at)
    except gate.Refused as refusal:
        raise CannotShare(refusal.words, code=refusal.code) from refusal
    channel, _made = Channel.objects.get_or_create(
        tool=tool,
        kind=Channel.Kind.PORTAL,
        closed_at=None,
        defaults={"switched_off_by": _("The portal, by itself"), "opened_at": at, "opened_by": by},
    )
    delivery = Delivery.objects.create(tool=tool, channel=channel, purpose=purpose, opened_at=at, opened_by=by, hat=hat)
    entries.append(
        Event.DELIVERY_OPENED, action=Action.CREATE, by=by, about=delivery, hat=hat, purpose=purpose, data={"tool": str(tool.public_id)}
    )
    return delivery


def preview(*, delivery: Delivery, by: User, at: dt.datetime) -> gate.Decided:
    """What would leave now. Raises CannotShare where nothing may."""
    try:
        reach = gate.reach_of(delivery.tool, on=people.day_of(at))
        return gate.look(delivery.tool, delivery.purpose, reach.students, by=by, hat=Role(_hat(by, at)), at=at)
    except gate.Refused as refusal:
        raise CannotShare(refusal.words, code=refusal.code) from refusal


def confirm(*, delivery: Delivery, children: int, by: User, at: dt.datetime) -> Delivery:
    """Somebody has seen the preview with that many children and answers for it. Raises CannotShare where it is another one by now."""
    decided = preview(delivery=delivery, by=by, at=at)
    if len(decided.given) != children:
        raise CannotShare(_("The preview has changed since you opened it. Look at it again."), code="changed")
    with transaction.atomic():
        held = Delivery.objects.select_for_update(of=("self",)).get(pk=delivery.pk)
        if held.stopped_at is not None:
            raise CannotShare(_("This delivery was stopped."), code="stopped")
        held.seen_at, held.seen_by, held.seen_children, held.seen_elements = at, by, children, sorted(decided.elements)
        held.save(update_fields=["seen_at", "seen_by", "seen_children", "seen_elements"])
        entries.append(
            Event.DELIVERY_SEEN,
            action=Action.UPDATE,
            by=by,
            about=held,
            hat=_hat(by, at),
            elements=decided.elements,
            data={"children": children, "withheld": gate.counted(decided)},
        )
    return held


@transaction.atomic
def stop_delivery(*, delivery: Delivery, by: User, at: dt.datetime) -> Delivery:
    """Nothing more leaves on this way; a release that is running ends with its present batch. Twice changes nothing."""
    held = Delivery.objects.select_for_update(of=("self",)).get(pk=delivery.pk)
    if held.stopped_at is None:
        held.stopped_at, held.stopped_by = at, by
        held.save(update_fields=["stopped_at", "stopped_by"])
        entries.append(Event.DELIVERY_STOPPED, action=Action.UPDATE, by=by, about=held, hat=_hat(by, at))
    return held


def send_bundle(*, delivery: Delivery, by: User, at: dt.datetime) -> tuple[Release, bytes]:
    """A OneRoster 1.2 bundle for the tool: (the release, the zip). Every child in it has its line before the first byte is made.

    Of whom a deletion order waits for its answer (`vendors.ends`), it names the tool's own id, so that the company knows whom it means; those
    ids alone are reason enough for a bundle.

    Where approval or agreement end in the middle, the zip holds what was let through until then and the release says so.
    Raises CannotShare, with an entry and a refused release, where nothing leaves.
    """
    hat = _hat(by, at)
    release = Release.objects.create(delivery=delivery, asked_at=at, asked_by=by)
    reach = gate.reach_of(delivery.tool, on=people.day_of(at))
    try:
        _check(delivery, release, reach, by=by, at=at)
    except gate.Refused as refusal:
        _refuse(release, refusal, by=by, hat=hat)
        raise CannotShare(refusal.words, code=refusal.code) from refusal
    stopped: list[gate.Refused] = []
    deleted = sorted(ends.to_be_deleted(delivery.tool))
    given: set[int] = set()
    batches = _until_refused(gate.release(delivery, release, reach.students, by=by), stopped, given)
    content = bundles.make(delivery.tool, reach, batches, deleted=deleted, at=at)
    deleted = [student for student in deleted if student not in given]
    why = stopped[0] if stopped else None if release.children or deleted else gate.Refused("nobody")
    if why is not None and not release.children:
        _refuse(release, why, by=by, hat=hat)
        raise CannotShare(why.words, code=why.code)
    _finish(release, why, deleted=deleted, by=by, hat=hat)
    return release, content


def _check(delivery: Delivery, release: Release, reach: gate.Reach, *, by: User, at: dt.datetime) -> None:
    """Is it still what somebody saw, and not too often? Raises Refused."""
    if delivery.stopped_at is not None:
        raise gate.Refused("stopped")
    if delivery.seen_at is None:
        raise gate.Refused("not_seen")
    day = Release.objects.filter(delivery=delivery, asked_at__gt=at - dt.timedelta(days=1), state__in=queries.SENT)
    if day.exclude(pk=release.pk).count() >= rules.MOST_A_DAY:
        raise gate.Refused("too_often")
    decided = gate.look(delivery.tool, delivery.purpose, reach.students, by=by, hat=Role(delivery.hat), at=at)
    if not rules.fits_preview(
        children=len(decided.given),
        elements=decided.elements,
        seen_children=delivery.seen_children,
        seen_elements=delivery.seen_elements,
    ):
        raise gate.Refused("grown")


def _until_refused(batches: Iterator[gate.Batch], stopped: list[gate.Refused], given: set[int]) -> Iterator[gate.Batch]:
    """The batches, noting who is in them, and why they end where they end early."""
    try:
        for batch in batches:
            given |= batch.given.keys()
            yield batch
    except gate.Refused as refusal:
        stopped.append(refusal)


@transaction.atomic
def _refuse(release: Release, refusal: gate.Refused, *, by: User, hat: str) -> None:
    release.state, release.because = Release.State.REFUSED, refusal.code
    release.save(update_fields=["state", "because"])
    entries.append(Event.RELEASE_REFUSED, action=Action.UPDATE, by=by, about=release, hat=hat, data={"why": refusal.code})


@transaction.atomic
def _finish(release: Release, refusal: gate.Refused | None, *, deleted: Sequence[int], by: User, hat: str) -> None:
    release.state = Release.State.STOPPED if refusal else Release.State.MADE
    release.because = refusal.code if refusal else ""
    release.save(update_fields=["state", "because"])
    entries.append(
        Event.RELEASE_ENDED_EARLY if refusal else Event.RELEASE_MADE,
        action=Action.UPDATE,
        by=by,
        about=release,
        hat=hat,
        elements=release.elements,
        data={"children": release.children, "withheld": release.withheld, "why": release.because},
    )
    for first in range(0, len(deleted), records.MOST_IN_ONE_ENTRY):
        some = deleted[first : first + records.MOST_IN_ONE_ENTRY]
        entries.append(Event.RELEASE_DELETIONS, action=Action.CREATE, by=by, about=release, hat=hat, students=some)


# -- Stopping the ways outside the portal ------------------------------------------------------------------------------------------


@transaction.atomic
def stop_ways(*, tool: Tool, because: str, by: User | None, at: dt.datetime) -> list[StopTask]:
    """Stop every way to a tool: the portal's own at once, by the gate itself; of each other one a task is opened with a clock. Twice changes
    nothing. `because` is a word of words.STOPS.
    """
    due_at = stop_by(at)
    made = []
    for channel in Channel.objects.select_for_update(of=("self",)).filter(tool=tool, closed_at=None).exclude(kind=Channel.Kind.PORTAL):
        task, new = StopTask.objects.get_or_create(
            channel=channel, done_at=None, defaults={"because": because, "opened_at": at, "due_at": due_at}
        )
        if new:
            entries.append(
                Event.STOP_TASK_OPENED,
                action=Action.CREATE,
                by=by,
                about=task,
                data={"tool": str(tool.public_id), "way": channel.kind, "why": because},
            )
            made.append(task)
    return made


def stop_by(at: dt.datetime) -> dt.datetime:
    """Until when a way has to be switched off that must stop from this moment on."""
    on = people.day_of(at)
    return at + (workdays.after(on, STOP_WORKDAYS) - on)


@transaction.atomic
def finish_stop(*, task: UUID, seen: str, by: User, at: dt.datetime) -> StopTask:
    """Say that a way is switched off, and what was seen. The channel is closed with it; twice changes nothing. Raises CannotShare."""
    held = StopTask.objects.select_for_update(of=("self",)).select_related("channel").get(public_id=task)
    if held.done_at is not None:
        return held
    if not seen.strip():
        raise CannotShare(_("Write what you saw that shows that nothing flows any more."), code="no_evidence")
    held.save(update_fields=held.close(seen=seen, by=by, at=at))
    Channel.objects.filter(pk=held.channel_id, closed_at=None).update(closed_at=at, closed_by=by)
    entries.append(Event.STOP_TASK_DONE, action=Action.UPDATE, by=by, about=held, hat=_hat(by, at), data={"way": held.channel.kind})
    return held


def _hat(by: User, at: dt.datetime) -> str:
    roles = people.roles_of(by, on=people.day_of(at))
    hat = next((role for role in sorted(roles) if permissions.holds({role}, Permission.MANAGE_PROVIDERS)), None)
    if hat is None:
        raise CannotShare(_("Your role does not send data to tools."), code="no_role")
    return str(hat)
