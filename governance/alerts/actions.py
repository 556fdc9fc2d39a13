"""What people do about alerts, about the numbers behind them, and about planted records. Each verb is one transaction with its entry inside."""

import datetime as dt
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from governance.alerts import inbox, limits, misuse, notices
from governance.alerts.models import Alert, Limits, Planting, Reason
from governance.people import permissions
from governance.people import queries as people
from governance.people.models import School, User
from governance.trail import context, entries
from governance.vocabulary import Action, Event, Permission, Role
from portal.base import outbox
from portal.base.errors import CannotDo

MOST_PLANTED = 5


def hat_of(user: User, *, on: dt.date) -> Role | None:
    """The role in which this person handles alerts or confirms."""
    roles = people.roles_of(user, on=on)
    return next((role for role in (Role.COMPLIANCE_OFFICER, Role.DISTRICT_ADMIN, Role.LEADER, Role.INCIDENT_LEAD) if role in roles), None)


# -- Alerts --------------------------------------------------------------------------------------------------------------------


def view(*, alert: Alert, by: User, at: dt.datetime) -> None:
    """Record that somebody opened an alert: it tells of a colleague."""
    with transaction.atomic():
        entries.append(Event.ALERT_VIEWED, action=Action.ACCESS, by=by, about=alert, hat=hat_of(by, on=people.day_of(at)))


@transaction.atomic
def ask(*, alert_id: int, question: str, by: User, at: dt.datetime) -> Alert:
    """Ask the person concerned, once. Raises CannotDo for one's own alert, a closed one, one without a person, and a second question."""
    alert = _open(alert_id, by=by, at=at)
    if alert.actor is None:
        raise CannotDo(_("This alert is about an address, not about a person. There is nobody to ask."))
    if alert.asked_at is not None:
        raise CannotDo(_("The person was asked already. Wait for the answer, or talk to them and close the alert."))
    alert.question, alert.asked_by, alert.asked_at = question, by, at
    alert.save(update_fields=["question", "asked_by", "asked_at"])
    entries.append(Event.ALERT_ASKED, action=Action.UPDATE, by=by, about=alert, hat=hat_of(by, on=people.day_of(at)))
    outbox.put(notices.ASKED, at=at, alert=str(alert.public_id))
    return alert


@transaction.atomic
def answer(*, alert_id: int, words: str, by: User, at: dt.datetime) -> Alert:
    """The person concerned answers, once. Raises CannotDo for anybody else, a closed alert, and a second answer."""
    alert = Alert.objects.select_for_update(of=("self",)).get(pk=alert_id)
    if alert.actor_id != by.pk or alert.asked_at is None:
        raise CannotDo(_("You were not asked about this."))
    if alert.closed_at is not None:
        raise CannotDo(_("This was closed already. Nothing more is needed from you."))
    if alert.answered_at is not None:
        raise CannotDo(_("You have answered this already."))
    alert.answer, alert.answered_at = words, at
    alert.save(update_fields=["answer", "answered_at"])
    entries.append(Event.ALERT_ANSWERED, action=Action.UPDATE, by=by, about=alert)
    outbox.put(notices.ANSWERED, at=at, alert=str(alert.public_id))
    return alert


@transaction.atomic
def close(*, alert_id: int, reason: Reason, words: str, by: User, at: dt.datetime) -> Alert:
    """Close an alert with a reason from the list and in words; misuse opens an incident where the portal has a room for them.

    Raises CannotDo for one's own alert, without words, and for one that is closed already.
    """
    alert = _open(alert_id, by=by, at=at)
    if not words.strip():
        raise CannotDo(_("Say in a sentence what you found."))
    way = misuse.way() if reason == Reason.MISUSE else None
    incident = way.open_incident(_as_misuse(alert), by=by, at=at) if way is not None else None
    _end(alert, reason=reason, words=words, incident=incident, by=by, at=at)
    inbox.ended(alert, at=at)
    return alert


def hold(*, alert_id: int) -> Alert:
    """The alert, locked, for a room above that ends what came of it in the same transaction; always ahead of its own rows."""
    return Alert.objects.select_for_update(of=("self",)).get(pk=alert_id)


@transaction.atomic
def became_an_incident(*, alert_id: int, incident: UUID, words: str, by: User, at: dt.datetime) -> Alert:
    """Those who handle incidents opened one from the report that an alert left with them: the alert ends as misuse.

    Raises CannotDo for one's own alert and for one that is closed already.
    """
    alert = _open(alert_id, by=by, at=at, may=Permission.HANDLE_INCIDENTS)
    _end(alert, reason=Reason.MISUSE, words=words, incident=incident, by=by, at=at)
    return alert


def _end(alert: Alert, *, reason: Reason, words: str, incident: UUID | None, by: User, at: dt.datetime) -> None:
    """End an alert by the database's own function, which writes the entry `alerts.alert.closed` in the same statement."""
    present, hat = context.current(), hat_of(by, on=people.day_of(at))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT door.alert_close(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                alert.pk, str(reason), words.strip(), incident, by.pk, str(hat) if hat else None, at, present.request_id if present else None,
                present.address if present else None,
            ],
        )  # fmt: skip
    alert.refresh_from_db(fields=["reason", "words", "incident", "closed_at", "closed_by"])


def _as_misuse(alert: Alert) -> misuse.Misuse:
    looks = tuple(alert.looks.order_by("entry_at", "entry_id").values_list("entry_at", "entry_id"))
    return misuse.Misuse(
        alert=alert.public_id,
        number=str(alert),
        detector=alert.detector,
        actor=alert.actor,
        first_at=alert.first_at,
        last_at=alert.last_at,
        raised_at=alert.raised_at,
        looks=looks,
    )


def _open(alert_id: int, *, by: User, at: dt.datetime, may: Permission = Permission.HANDLE_ALERTS) -> Alert:
    """The alert, locked. Raises CannotDo unless it is open, not about this person, and theirs to handle."""
    alert = Alert.objects.select_for_update(of=("self",)).select_related("actor").get(pk=alert_id)
    if not permissions.holds(people.roles_of(by, on=people.day_of(at)), may):
        raise CannotDo(_("Only a compliance officer or a district admin can do this."))
    if alert.actor_id == by.pk:
        raise CannotDo(_("This alert is about you. Somebody else has to look into it."))
    if alert.closed_at is not None:
        raise CannotDo(_("Somebody closed this alert already."))
    return alert


# -- What counts as odd --------------------------------------------------------------------------------------------------------


@transaction.atomic
def propose_limits(*, numbers: dict[str, dict[str, int]], reason: str, by: User, at: dt.datetime) -> Limits:
    """Propose other numbers; another person confirms them. Raises CannotDo where a proposal waits already or nothing would change,
    limits.OutOfBounds for numbers beyond their bounds.
    """
    limits.check(numbers)
    latest = Limits.objects.select_for_update().get(state=Limits.State.IN_FORCE)  # one change at a time
    if Limits.objects.filter(state=Limits.State.PROPOSED).exists():
        raise CannotDo(_("Another change waits for its second person. It is confirmed or dropped first."))
    if latest.numbers == numbers:
        raise CannotDo(_("These are the numbers in force already. Nothing would change."))
    number = (Limits.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    made = Limits.objects.create(
        number=number, state=Limits.State.PROPOSED, numbers=numbers, reason=reason.strip(), proposed_by=by, proposed_at=at
    )
    _tell_limits(Event.ALERT_LIMITS_PROPOSED, Action.CREATE, made, by, at)
    return made


@transaction.atomic
def confirm_limits(*, limits_id: int, by: User, at: dt.datetime) -> Limits:
    """The second person puts proposed numbers in force. Raises CannotDo for the one who proposed them and for what no longer waits."""
    old = Limits.objects.select_for_update().get(state=Limits.State.IN_FORCE)
    waiting = _waiting(limits_id)
    if waiting.proposed_by_id == by.pk:
        raise CannotDo(_("You proposed this change. Somebody else has to confirm it."))
    old.state = Limits.State.REPLACED
    old.save(update_fields=["state"])
    waiting.state, waiting.decided_by, waiting.decided_at = Limits.State.IN_FORCE, by, at
    waiting.save(update_fields=["state", "decided_by", "decided_at"])
    _tell_limits(Event.ALERT_LIMITS_CHANGED, Action.UPDATE, waiting, by, at)
    return waiting


@transaction.atomic
def drop_limits(*, limits_id: int, by: User, at: dt.datetime) -> Limits:
    """Leave the numbers as they are. Raises CannotDo for what no longer waits."""
    waiting = _waiting(limits_id)
    waiting.state, waiting.decided_by, waiting.decided_at = Limits.State.DROPPED, by, at
    waiting.save(update_fields=["state", "decided_by", "decided_at"])
    _tell_limits(Event.ALERT_LIMITS_DROPPED, Action.UPDATE, waiting, by, at)
    return waiting


def _waiting(limits_id: int) -> Limits:
    waiting = Limits.objects.select_for_update().get(pk=limits_id)
    if waiting.state != Limits.State.PROPOSED:
        raise CannotDo(_("Somebody decided this already."))
    return waiting


def _tell_limits(event: Event, action: Action, version: Limits, by: User, at: dt.datetime) -> None:
    data = {"number": version.number, "numbers": version.numbers}
    entries.append(event, action=action, by=by, about=version, hat=hat_of(by, on=people.day_of(at)), data=data)


# -- Planted records -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def propose_planting(*, school: School, given: str, family: str, grade: str, by: User, at: dt.datetime) -> Planting:
    """Propose a record of nobody at a school. What it is called goes behind the door and does not come back. Raises CannotDo for a sixth."""
    School.objects.select_for_update().get(pk=school.pk)
    if Planting.objects.filter(school=school).exclude(state__in=[Planting.State.ENDED, Planting.State.DROPPED]).count() >= MOST_PLANTED:
        raise CannotDo(_("Five planted records a school are the most. Take one away first."))
    made = Planting.objects.create(school=school, proposed_by=by, proposed_at=at)
    with connection.cursor() as cursor:
        cursor.execute("SELECT door.plant_wish(%s, %s, %s, %s)", [made.pk, given.strip(), family.strip(), grade.strip()])
    _tell_planting(Event.PLANTING_PROPOSED, Action.CREATE, made, by, at)
    return made


@transaction.atomic
def confirm_planting(*, public_id: UUID, by: User, at: dt.datetime) -> Planting:
    """The second person confirms; the keeper sets the record out within a minute. Raises CannotDo."""
    planting = _planting(public_id, {Planting.State.PROPOSED})
    if planting.proposed_by_id == by.pk:
        raise CannotDo(_("You proposed this record. Somebody else has to confirm it."))
    planting.state, planting.confirmed_by, planting.confirmed_at = Planting.State.CONFIRMED, by, at
    planting.save(update_fields=["state", "confirmed_by", "confirmed_at"])
    _tell_planting(Event.PLANTING_CONFIRMED, Action.UPDATE, planting, by, at)
    return planting


@transaction.atomic
def end_planting(*, public_id: UUID, by: User, at: dt.datetime) -> Planting:
    """Drop a proposal, or have the keeper take a record away. Raises CannotDo for one that has ended."""
    planting = _planting(public_id, {Planting.State.PROPOSED, Planting.State.CONFIRMED, Planting.State.PLANTED})
    dropped = planting.state == Planting.State.PROPOSED
    planting.state = Planting.State.DROPPED if dropped else Planting.State.ENDING
    planting.ended_by, planting.ended_at = by, at
    planting.save(update_fields=["state", "ended_by", "ended_at"])
    _tell_planting(Event.PLANTING_DROPPED if dropped else Event.PLANTING_ENDED, Action.UPDATE, planting, by, at)
    return planting


def _planting(public_id: UUID, states: set[Planting.State]) -> Planting:
    planting = Planting.objects.select_for_update(of=("self",)).get(public_id=public_id)
    if planting.state not in states:
        raise CannotDo(_("Somebody was faster: this record is no longer as you saw it."))
    return planting


def _tell_planting(event: Event, action: Action, planting: Planting, by: User, at: dt.datetime) -> None:
    data = {"school": str(planting.school.public_id)}
    entries.append(event, action=action, by=by, about=planting, hat=hat_of(by, on=people.day_of(at)), data=data)
