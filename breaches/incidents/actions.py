"""What people do about incidents. Each verb is one transaction: it locks the incident, checks, and writes its entry.

An incident ends only when nothing of it is left to do. What else can keep it open (a clock that runs, a notice that is not out) belongs
to rooms above this one, which register it with `keeps_open`.
"""

import datetime as dt
from collections.abc import Callable
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from breaches import handling
from breaches.clocks.rules import Start
from breaches.incidents import queries
from breaches.incidents.models import Decision, Incident, Moment, Note, Task
from breaches.reports import actions as reports
from breaches.reports.models import Report
from governance.alerts.misuse import Misuse
from governance.people import permissions
from governance.people import queries as people
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event, Permission
from portal.base.errors import CannotDo
from vendors.providers.models import Provider, Tool

# A way in which a room above keeps an incident open: it answers why, in words, or None.
Keeper = Callable[[Incident, dt.datetime], str | None]
_keepers: list[Keeper] = []

PROVIDERS_OWN = frozenset({Start.PROVIDER_DISCOVERY, Start.PROVIDER_NOTICE})


def keeps_open(keeper: Keeper) -> Keeper:
    """Register the function below as one that is asked before an incident ends. Called when an app starts."""
    if keeper not in _keepers:
        _keepers.append(keeper)
    return keeper


# -- Opening and what is known -------------------------------------------------------------------------------------------------


@transaction.atomic
def open_incident(
    *,
    title: str,
    kind: str,
    severity: int,
    discovered_at: dt.datetime,
    by: User | None,
    at: dt.datetime,
    lead: User | None = None,
    account: User | None = None,
    provider: Provider | None = None,
    tool: Tool | None = None,
    drill: bool = False,
) -> Incident:
    """Open an incident; `discovered_at` is when the district learned of it and starts its clocks. `by` is None where the portal does it.

    Raises CannotDo for a discovery in the future, and where the person concerned would open or lead it.
    """
    if discovered_at > at:
        raise CannotDo(_("The moment it was found lies in the future. Give the moment it was found."), code="in_the_future")
    if account is not None and account in (by, lead):
        raise CannotDo(_("Somebody else has to handle this: it is about you."), code="own_case")
    made = Incident.objects.create(
        title=title.strip(),
        kind=kind,
        severity=severity,
        drill=drill,
        opened_at=at,
        opened_by=by,
        lead=lead or by,
        account=account,
        provider=provider or (tool.provider if tool else None),
        tool=tool,
    )
    _tell(Event.INCIDENT_OPENED, made, by=by, at=at, action=Action.CREATE, kind=str(kind), severity=int(severity), drill=drill)
    _say(made, Start.DISCOVERY, discovered_at, by=by, at=at)
    return made


def from_misuse(case: Misuse, *, by: User, at: dt.datetime) -> UUID:
    """The way from an alert of odd looks that was closed as misuse; governance.alerts calls it in its own transaction."""
    made = open_incident(
        title=_("Odd looks %(number)s") % {"number": case.number},
        kind=Incident.Kind.MISUSE,
        severity=Incident.Severity.MODERATE,
        discovered_at=case.raised_at,  # it stood before the district's people from then on
        account=case.actor,
        by=by,
        at=at,
    )
    made.happened_from, made.happened_until = case.first_at, case.last_at
    made.save(update_fields=["happened_from", "happened_until"])
    return made.public_id


@transaction.atomic
def from_report(
    *, report: UUID, title: str, kind: str, severity: int, reason: str, account: User | None = None, by: User, at: dt.datetime
) -> Incident:
    """Open an incident from a report, which ends with it; the district learned of it when the report came. Raises CannotDo."""
    told = Report.objects.get(public_id=report)
    made = open_incident(
        title=title, kind=kind, severity=severity, discovered_at=told.received_at, by=by, at=at, provider=told.provider,
        account=account or (told.alert.actor if told.alert else None),
    )  # fmt: skip
    if told.alert is not None:
        made.happened_from, made.happened_until = told.alert.first_at, told.alert.last_at
        made.save(update_fields=["happened_from", "happened_until"])
    reports.close(report=report, outcome=Report.Outcome.INCIDENT, reason=reason, incident=made.public_id, by=by, at=at)
    return made


@transaction.atomic
def add_report(*, report: UUID, incident: UUID, reason: str, by: User, at: dt.datetime) -> Incident:
    """Say that a report is about an incident that is open already; an earlier report moves the discovery back. Raises CannotDo."""
    locked = open_for(incident, by=by, at=at)
    told = Report.objects.get(public_id=report)
    if told.received_at < queries.starts_of(locked).get(Start.DISCOVERY, at):
        _say(locked, Start.DISCOVERY, told.received_at, by=by, at=at)
    reports.close(report=report, outcome=Report.Outcome.INCIDENT, reason=reason, incident=incident, by=by, at=at)
    return locked


@transaction.atomic
def view(*, incident: Incident, by: User, at: dt.datetime) -> None:
    """Record that somebody opened an incident: it may tell of a colleague."""
    _tell(Event.INCIDENT_VIEWED, incident, by=by, at=at, action=Action.ACCESS)


@transaction.atomic
def say_when(*, incident: UUID, start: Start, moment: dt.datetime, reason: str, by: User, at: dt.datetime) -> Moment:
    """Say when something that starts a clock took place. A later moment than the one on record waits for a second person.

    Raises CannotDo for a moment in the future, the same moment again, a later one without a reason, and a second one that would wait.
    """
    locked = open_for(incident, by=by, at=at)
    if moment > at:
        raise CannotDo(_("This moment lies in the future. Give the moment when it took place."), code="in_the_future")
    known = queries.starts_of(locked).get(start)
    if known == moment:
        raise CannotDo(_("This moment is on record already."), code="same")
    if known is None or moment < known:
        return _say(locked, start, moment, by=by, at=at, reason=reason)
    if not reason.strip():
        raise CannotDo(_("A later start lets every clock end later. Say why the earlier one was wrong."), code="no_reason")
    if Moment.objects.filter(incident=locked, start=start.value, waits=True).exists():
        raise CannotDo(_("Another later moment waits for a second person already."), code="waits_already")
    return _say(locked, start, moment, by=by, at=at, reason=reason, waits=True)


@transaction.atomic
def decide_moment(*, moment: int, agreed: bool, by: User, at: dt.datetime) -> Moment:
    """The second person agrees to a later start, or refuses it. Raises CannotDo for the one who said it and for what no longer waits."""
    waiting = Moment.objects.select_for_update(of=("self",)).select_related("incident").get(pk=moment)
    open_for(waiting.incident.public_id, by=by, at=at)
    if not waiting.waits:
        raise CannotDo(_("Somebody decided this already."), code="decided")
    if waiting.said_by_id == by.pk:
        raise CannotDo(_("You said so yourself. Somebody else has to confirm it."), code="own")
    waiting.waits, waiting.refused, waiting.decided_at, waiting.decided_by = False, not agreed, at, by
    waiting.save(update_fields=["waits", "refused", "decided_at", "decided_by"])
    event = Event.INCIDENT_MOMENT_AGREED if agreed else Event.INCIDENT_MOMENT_REFUSED
    _tell(event, waiting.incident, by=by, at=at, start=waiting.start, moment=waiting.at.isoformat())
    return waiting


@transaction.atomic
def set_span(
    *, incident: UUID, happened_from: dt.datetime | None, happened_until: dt.datetime | None, by: User, at: dt.datetime
) -> Incident:
    """Say from when to when it happened. Raises CannotDo where it would end before it began."""
    locked = open_for(incident, by=by, at=at)
    if happened_from and happened_until and happened_until < happened_from:
        raise CannotDo(_("It cannot end before it began. Change one of the two."), code="backwards")
    locked.happened_from, locked.happened_until = happened_from, happened_until
    locked.save(update_fields=["happened_from", "happened_until"])
    _tell(
        Event.INCIDENT_CHANGED, locked, by=by, at=at,
        happened=[moment.isoformat() if moment else None for moment in (happened_from, happened_until)],
    )  # fmt: skip
    return locked


# -- Deciding ------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def decide_breach(*, incident: UUID, is_breach: bool, reason: str, by: User, at: dt.datetime) -> Decision:
    """Decide that it was a breach, which starts the clocks that run from the confirmation, or that it was none. Raises CannotDo without a
    reason, and where that was decided already.
    """
    locked = open_for(incident, by=by, at=at)
    if locked.confirmed_breach is is_breach:
        raise CannotDo(_("That is decided already."), code="decided")
    locked.confirmed_breach = is_breach
    locked.save(update_fields=["confirmed_breach"])
    if is_breach and Start.CONFIRMATION not in queries.starts_of(locked):
        _say(locked, Start.CONFIRMATION, at, by=by, at=at)
    about = Decision.About.CONFIRMED if is_breach else Decision.About.NOT_A_BREACH
    return _decide(locked, about, str(about.label), reason, by=by, at=at)


@transaction.atomic
def set_severity(*, incident: UUID, severity: int, reason: str, by: User, at: dt.datetime) -> Decision:
    """Decide how severe it is. Raises CannotDo without a reason, and where nothing would change."""
    locked = open_for(incident, by=by, at=at)
    if locked.severity == severity:
        raise CannotDo(_("It has this severity already."), code="same")
    locked.severity = severity
    locked.save(update_fields=["severity"])
    return _decide(locked, Decision.About.SEVERITY, str(Incident.Severity(severity).label), reason, by=by, at=at)


@transaction.atomic
def hand_over(*, incident: UUID, lead: User, reason: str, by: User, at: dt.datetime) -> Decision:
    """Give the lead to somebody else. Raises CannotDo for whom it is about, for somebody who may not lead, and without a reason."""
    locked = open_for(incident, by=by, at=at)
    _check_may_lead(locked, lead, at)
    locked.lead = lead
    locked.save(update_fields=["lead"])
    return _decide(locked, Decision.About.LEAD, str(lead.public_id), reason, by=by, at=at)


@transaction.atomic
def share_cause(*, incident: UUID, cause: UUID, reason: str, by: User, at: dt.datetime) -> Decision:
    """Say that this incident has the same cause as an earlier one. Raises CannotDo for itself, for a circle, and without a reason."""
    locked = open_for(incident, by=by, at=at)
    first = queries.by_id(cause)
    if first.pk == locked.pk or first.cause_id is not None or locked.also_caused.exists():
        raise CannotDo(_("Choose the first incident of that cause, which is not this one."), code="circle")
    locked.cause = first
    locked.save(update_fields=["cause"])
    return _decide(locked, Decision.About.CAUSE, str(first), reason, by=by, at=at)


@transaction.atomic
def name_counsel(*, incident: UUID, counsel: User, reason: str, by: User, at: dt.datetime) -> Decision:
    """Say who reads privileged notes beside the lead. Raises CannotDo for whom it is about and for somebody who handles no incidents."""
    locked = open_for(incident, by=by, at=at)
    _check_may_lead(locked, counsel, at)
    if locked.lead_id is not None and locked.lead_id != by.pk:
        raise CannotDo(_("The lead says who advises in law."))
    locked.counsel = counsel
    locked.save(update_fields=["counsel"])
    return _decide(locked, Decision.About.COUNSEL, str(counsel.public_id), reason, by=by, at=at)


@transaction.atomic
def decide(*, incident: UUID, words: str, reason: str, by: User, at: dt.datetime) -> Decision:
    """Record a decision that no other verb stands for. Raises CannotDo without words or reason."""
    return _decide(open_for(incident, by=by, at=at), Decision.About.OTHER, words, reason, by=by, at=at)


# -- Tasks and notes -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def give_task(*, incident: UUID, title: str, owner: User, due_at: dt.datetime, by: User, at: dt.datetime) -> Task:
    """Give somebody something to do. Raises CannotDo for a due time that has passed and for whom it is about."""
    locked = open_for(incident, by=by, at=at)
    if due_at <= at:
        raise CannotDo(_("Choose a time that is still to come."), code="in_the_past")
    if owner.pk == locked.account_id:
        raise CannotDo(_("This incident is about that person. Give the task to somebody else."), code="own_case")
    made = Task.objects.create(incident=locked, title=title.strip(), owner=owner, due_at=due_at, given_at=at, given_by=by)
    _tell(Event.INCIDENT_TASK_GIVEN, locked, by=by, at=at, task=str(made.public_id), owner=str(owner.public_id))
    return made


@transaction.atomic
def finish_task(*, task: UUID, words: str, dropped: bool, by: User, at: dt.datetime) -> Task:
    """Say that a task is done, or drop it with a reason. Raises CannotDo for one that ended and for a drop without words."""
    locked = Task.objects.select_for_update(of=("self",)).select_related("incident").get(public_id=task)
    open_for(locked.incident.public_id, by=by, at=at, owner=locked.owner_id)
    if locked.done_at is not None:
        raise CannotDo(_("Somebody finished this task already."), code="decided")
    if dropped and not words.strip():
        raise CannotDo(_("Say why it does not need to be done."), code="no_reason")
    locked.done_at, locked.done_by, locked.dropped, locked.words = at, by, dropped, words.strip()
    locked.save(update_fields=["done_at", "done_by", "dropped", "words"])
    _tell(Event.INCIDENT_TASK_FINISHED, locked.incident, by=by, at=at, task=str(locked.public_id), dropped=dropped)
    return locked


@transaction.atomic
def add_note(*, incident: UUID, words: str, happened_at: dt.datetime, privileged: bool, by: User, at: dt.datetime) -> Note:
    """Write on the timeline. Raises CannotDo for a moment in the future."""
    locked = open_for(incident, by=by, at=at)
    if happened_at > at:
        raise CannotDo(_("This moment lies in the future. Give the moment when it took place."), code="in_the_future")
    made = Note.objects.create(incident=locked, words=words.strip(), privileged=privileged, happened_at=happened_at, at=at, by=by)
    _tell(Event.INCIDENT_NOTE_ADDED, locked, by=by, at=at, note=str(made.public_id), privileged=privileged)
    return made


# -- Ending --------------------------------------------------------------------------------------------------------------------


def what_is_left(incident: Incident, *, at: dt.datetime) -> list[str]:
    """Why the incident cannot end yet, in words; empty where it can."""
    left = []
    if incident.tasks.filter(done_at=None).exists():
        left.append(_("There are tasks that nobody has finished. Finish or drop them."))
    if queries.waiting_moments(incident).exists():
        left.append(_("A later start of a clock waits for a second person. Agree or refuse."))
    left += [why for keeper in _keepers if (why := keeper(incident, at))]
    return left


def close(*, incident: UUID, outcome: str, found: str, done: str, told: str, lessons: str, by: User, at: dt.datetime) -> Incident:
    """End an incident. Misuse that is no breach says what was found, what was done and what the family is told.

    Raises CannotDo while something is left to do (the try itself stands in the trail), without what was found, for an outcome that the
    decisions do not bear, and for the person it is about.
    """
    try:
        return _close(incident, outcome, found, done, told, lessons, by=by, at=at)
    except CannotDo as refusal:
        with transaction.atomic():
            _tell(Event.INCIDENT_END_REFUSED, queries.by_id(incident), by=by, at=at, why=refusal.code)
        raise


@transaction.atomic
def _close(incident: UUID, outcome: str, found: str, done: str, told: str, lessons: str, *, by: User, at: dt.datetime) -> Incident:
    locked = open_for(incident, by=by, at=at)
    if left := what_is_left(locked, at=at):
        raise CannotDo(" ".join(left), code="something_left")
    if not found.strip():
        raise CannotDo(_("Say what was found."), code="no_finding")
    if outcome == Incident.Outcome.BREACH and locked.confirmed_breach is not True:
        raise CannotDo(_("Nobody decided that it was a breach. Decide that first, or choose another outcome."), code="not_confirmed")
    if outcome != Incident.Outcome.BREACH and locked.confirmed_breach is True:
        raise CannotDo(
            _("It was decided that this was a breach. Decide otherwise first, with the reason, or choose that outcome."), code="confirmed"
        )
    if outcome == Incident.Outcome.MISUSE and not (done.strip() and told.strip()):
        raise CannotDo(_("Misuse ends with what was done and with what the family is told."), code="no_answer")
    if outcome == Incident.Outcome.PART and locked.cause_id is None:
        raise CannotDo(_("Say which incident it goes on in: share its cause first."), code="no_cause")
    locked.outcome, locked.found, locked.done, locked.told, locked.lessons = (
        outcome,
        found.strip(),
        done.strip(),
        told.strip(),
        lessons.strip(),
    )
    locked.closed_at, locked.closed_by = at, by
    locked.save(update_fields=["outcome", "found", "done", "told", "lessons", "closed_at", "closed_by"])
    _tell(Event.INCIDENT_CLOSED, locked, by=by, at=at, outcome=str(outcome))
    return locked


@transaction.atomic
def close_drill(*, incident: UUID, lessons: str, by: User, at: dt.datetime) -> Incident:
    """End the incident of a drill, which `breaches.drills` does with the drill: open tasks are dropped, and clocks stop. What was played did
    not happen, so that is its outcome. Raises CannotDo for an incident that is no drill.
    """
    locked = open_for(incident, by=by, at=at)
    if not locked.drill:
        raise CannotDo(_("This is no drill. Close it on its own page."), code="no_drill")
    locked.tasks.filter(done_at=None).update(done_at=at, done_by=by, dropped=True, words=_("The drill ended."))
    Moment.objects.filter(incident=locked, waits=True).update(waits=False, refused=True)
    locked.outcome, locked.found, locked.lessons = Incident.Outcome.UNFOUNDED, _("This was a drill."), lessons.strip()
    locked.closed_at, locked.closed_by = at, by
    locked.save(update_fields=["outcome", "found", "lessons", "closed_at", "closed_by"])
    _tell(Event.INCIDENT_CLOSED, locked, by=by, at=at, outcome=str(locked.outcome), drill=True)
    return locked


# -- What the verbs share ------------------------------------------------------------------------------------------------------


def check_handles(incident: Incident, *, by: User, at: dt.datetime, owner: int | None = None) -> None:
    """Raises CannotDo for whom the incident is about, and unless it is theirs to handle (or `owner` is this person)."""
    if incident.account_id == by.pk:
        raise CannotDo(_("This incident is about you. Somebody else has to handle it."), code="own_case")
    if owner != by.pk:
        handling.check_may(by, at=at)


def open_for(public_id: UUID, *, by: User, at: dt.datetime, owner: int | None = None) -> Incident:
    """The incident, locked. Raises CannotDo unless it is open, not about this person, and theirs to handle (or `owner` is this person)."""
    incident = Incident.objects.select_for_update(of=("self",)).get(public_id=public_id)
    check_handles(incident, by=by, at=at, owner=owner)
    if incident.closed_at is not None:
        raise CannotDo(_("This incident is closed. Open a new one and share its cause."), code="closed")
    return incident


def _check_may_lead(incident: Incident, lead: User, at: dt.datetime) -> None:
    if lead.pk == incident.account_id:
        raise CannotDo(_("This incident is about that person. Choose somebody else."), code="own_case")
    if not permissions.holds(people.roles_of(lead, on=people.day_of(at)), Permission.HANDLE_INCIDENTS):
        raise CannotDo(_("That person does not handle incidents. Choose somebody who does."), code="not_allowed")


def _say(
    incident: Incident, start: Start, moment: dt.datetime, *, by: User | None, at: dt.datetime, reason: str = "", waits: bool = False
) -> Moment:
    made = Moment.objects.create(
        incident=incident, start=start.value, at=moment, reason=reason.strip(), said_at=at, said_by=by, waits=waits
    )
    _tell(Event.INCIDENT_MOMENT_SAID, incident, by=by, at=at, start=start.value, moment=moment.isoformat(), waits=waits)
    return made


def _decide(incident: Incident, about: Decision.About, words: str, reason: str, *, by: User, at: dt.datetime) -> Decision:
    if not reason.strip() or not words.strip():
        raise CannotDo(_("Say what is decided, and why."), code="no_reason")
    made = Decision.objects.create(incident=incident, about=about, words=words.strip(), reason=reason.strip(), at=at, by=by)
    _tell(Event.INCIDENT_DECIDED, incident, by=by, at=at, about=str(about), decision=str(made.public_id))
    return made


def _tell(event: Event, incident: Incident, *, by: User | None, at: dt.datetime, action: Action = Action.UPDATE, **told: object) -> None:
    entries.append(event, action=action, by=by, about=incident, hat=handling.hat_of(by, at) if by else None, data=told)
