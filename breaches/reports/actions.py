"""What is done with reports. Each verb is one transaction with its entry inside.

Entries of what a reporter does name no person, no address and no request: `_nobody` sees to that also where somebody is signed in.
"""

import datetime as dt
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from breaches.reports import codes, notices, reporters
from breaches.reports.models import APART, Line, Report, SafetyContact, Topic
from governance.alerts import actions as alerts
from governance.alerts.models import Alert
from governance.people import permissions
from governance.people import queries as people
from governance.people.models import User
from governance.trail import context, entries
from governance.vocabulary import Action, Event, Permission
from portal.base import outbox
from portal.base.errors import CannotDo
from vendors.providers.models import Provider

MOST_LINES = 40


def _nobody() -> AbstractContextManager[Any]:
    return context.acting(actor_id=None, address=None)


# -- Reporting -----------------------------------------------------------------------------------------------------------------


def receive(
    *,
    topic: Topic,
    words: str,
    when: str,
    name: str,
    reach: str,
    account: User | None,
    language: str,
    sending: bytes,
    at: dt.datetime,
) -> tuple[Report, str]:
    """Take a report in: the report and the code to follow it up, which is kept nowhere.

    `account` only where the person wants to be named; `sending` is the hash of the form's own number. Raises CannotDo where this form was
    sent already.
    """
    code, named = codes.fresh(), bool(name.strip() or reach.strip() or account)
    try:
        with transaction.atomic(), _nobody():
            made = Report.objects.create(
                channel=Report.Channel.FORM, topic=topic, apart=topic in APART, words=words, when=when.strip(), language=language,
                named=named, code_hash=codes.hash_of(code), sending_hash=sending, received_at=at,
            )  # fmt: skip
            if named:
                reporters.keep(made, name=name.strip(), reach=reach.strip(), account=account)
            _received(made, at=at)
    except IntegrityError as error:
        if "sending_hash" not in str(error):
            raise
        raise CannotDo(_("This report has reached us already. Each is taken once."), code="sent_already") from None
    return made, code


@transaction.atomic
def from_provider(*, provider: Provider, words: str, sending: bytes, at: dt.datetime) -> Report:
    """Take in a company's notice that something happened to the district's data; `sending` is the notice's hash, and each is taken once."""
    made, new = Report.objects.get_or_create(
        sending_hash=sending,
        defaults={
            "channel": Report.Channel.PROVIDER, "topic": Topic.COMPANY, "apart": False, "words": words.strip(), "language": "en", "named": False,
            "provider": provider, "received_at": at,
        },
    )  # fmt: skip
    if new:
        _received(made, at=at)
    return made


@transaction.atomic
def from_alert(*, alert: Alert, topic: Topic, words: str, loud: bool, at: dt.datetime) -> Report:
    """Take in what the portal's own watch found, once. Those who read reports are told at once where it is `loud`; `words` name nobody."""
    made, new = Report.objects.get_or_create(
        alert=alert,
        defaults={
            "channel": Report.Channel.ALERT, "topic": topic, "apart": False, "words": words, "language": "en", "named": False,
            "received_at": alert.raised_at,
        },
    )  # fmt: skip
    if new:
        _received(made, at=at, mails=loud)
    return made


@transaction.atomic
def end_with(*, alert: Alert, outcome: str, at: dt.datetime) -> None:
    """The alert was closed: what was filed of it ends with it, in the same words. Nothing where that is closed already."""
    report = Report.objects.select_for_update(of=("self",)).filter(alert=alert, closed_at=None).first()
    if report is not None and alert.closed_by is not None:
        _close(report, outcome=outcome, reason=alert.words, incident=alert.incident, by=alert.closed_by, at=at)


def _received(made: Report, *, at: dt.datetime, mails: bool = True) -> None:
    told = {"channel": made.channel, "topic": str(made.topic), "apart": made.apart, "named": made.named}
    entries.append(Event.PROBLEM_REPORTED, action=Action.CREATE, by=None, about=made, data=told)
    if mails:
        outbox.put(notices.RECEIVED, at=at, report=str(made.public_id))


def add(*, code: str, words: str, at: dt.datetime) -> Line:
    """The reporter adds something or answers. Raises CannotDo for an unknown code, a closed report, and far too many."""
    with transaction.atomic(), _nobody():
        report = Report.objects.select_for_update(of=("self",)).filter(code_hash=codes.hash_of(code)).first()
        if report is None:
            raise CannotDo(_("No report has this code. Check each letter."), code="unknown")
        if report.closed_at is not None:
            raise CannotDo(_("This report is closed. To tell us more, make a new report."), code="closed")
        if report.lines.count() >= MOST_LINES:
            raise CannotDo(_("This is as much as one report can hold. To tell us more, make a new report."), code="full")
        made = Line.objects.create(report=report, words=words, at=at)
        entries.append(Event.PROBLEM_ANSWERED, action=Action.UPDATE, by=None, about=report)
        outbox.put(notices.ADDED, at=at, report=str(report.public_id))
    return made


# -- Handling ------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def view(*, report: UUID, by: User, at: dt.datetime) -> Report:
    """Open a report: that is an entry, and the first opening tells the reporter that somebody is looking at it."""
    locked = _readable(report, by=by, at=at)
    if locked.taken_up_at is None and locked.closed_at is None:
        locked.taken_up_at, locked.taken_up_by = at, by
        locked.save(update_fields=["taken_up_at", "taken_up_by"])
    entries.append(Event.PROBLEM_VIEWED, action=Action.ACCESS, by=by, about=locked)
    return locked


@transaction.atomic
def ask(*, report: UUID, words: str, by: User, at: dt.datetime) -> Line:
    """Write to the reporter, who reads it with the code. Raises CannotDo for one without a code and one that is closed."""
    locked = _open(report, by=by, at=at)
    if locked.code_hash is None:
        if locked.alert_id is not None:
            raise CannotDo(_("The portal’s own watch found this. Ask the person on the page of the alert."), code="no_code")
        raise CannotDo(_("This did not come from the public page. Ask the company’s contact."), code="no_code")
    made = Line.objects.create(report=locked, words=words.strip(), at=at, by=by)
    entries.append(Event.PROBLEM_ASKED, action=Action.UPDATE, by=by, about=locked)
    return made


@transaction.atomic
def move(*, report: UUID, by: User, at: dt.datetime) -> Report:
    """Give a report to the other queue: about safety, or about privacy. Whoever moved it may then no longer read it."""
    locked = _open(report, by=by, at=at)
    if locked.alert_id is not None:
        raise CannotDo(_("The portal’s own watch found this. It is about privacy and stays here."), code="from_alert")
    locked.apart = not locked.apart
    locked.save(update_fields=["apart"])
    entries.append(Event.PROBLEM_MOVED, action=Action.UPDATE, by=by, about=locked, data={"apart": locked.apart})
    outbox.put(notices.RECEIVED, at=at, report=str(locked.public_id))
    return locked


@transaction.atomic
def close(*, report: UUID, outcome: str, reason: str, by: User, at: dt.datetime, incident: UUID | None = None) -> Report:
    """End a report with a reason, which the reporter reads with the code. `incident` is what it became or belongs to.

    What the portal's own watch found ends as an incident here, and the alert with it; else by closing the alert itself.
    Raises CannotDo without a reason, and for one that is closed already.
    """
    alert_id = Report.objects.values_list("alert", flat=True).get(public_id=report)
    if alert_id is not None:
        alerts.hold(alert_id=alert_id)  # in the order in which closing the alert takes them
    locked = _open(report, by=by, at=at)
    if not reason.strip():
        raise CannotDo(_("Say why. The reporter reads this."), code="no_reason")
    if (outcome == Report.Outcome.INCIDENT) != (incident is not None):
        raise CannotDo(_("Open the incident, or choose the one it belongs to."), code="no_incident")
    if alert_id is not None:
        if incident is None:
            raise CannotDo(_("The portal’s own watch found this. Close the alert: the report ends with it."), code="from_alert")
        alerts.became_an_incident(alert_id=alert_id, incident=incident, words=reason, by=by, at=at)
    return _close(locked, outcome=outcome, reason=reason, incident=incident, by=by, at=at)


def _close(locked: Report, *, outcome: str, reason: str, incident: UUID | None, by: User, at: dt.datetime) -> Report:
    locked.outcome, locked.reason, locked.incident, locked.closed_at, locked.closed_by = outcome, reason.strip(), incident, at, by
    locked.save(update_fields=["outcome", "reason", "incident", "closed_at", "closed_by"])
    told = {"outcome": str(outcome), "incident": str(incident) if incident else None}
    entries.append(Event.PROBLEM_CLOSED, action=Action.UPDATE, by=by, about=locked, data=told)
    return locked


@transaction.atomic
def set_safety_contact(*, by: User | None, at: dt.datetime, **facts: str) -> SafetyContact:
    """Say whom worries about safety go to. `by` is None for the demo. `facts`: name, title, phone, email, hours."""
    contact = SafetyContact.objects.select_for_update().filter(pk=1).first() or SafetyContact(pk=1)
    for name, value in facts.items():
        setattr(contact, name, value)
    contact.changed_at = at
    contact.save()
    entries.append(Event.SAFETY_CONTACT_SET, action=Action.UPDATE, by=by, about=contact, data={"fields": sorted(facts)})
    return contact


def _readable(public_id: UUID, *, by: User, at: dt.datetime) -> Report:
    locked = Report.objects.select_for_update(of=("self",)).get(public_id=public_id)
    wanted = Permission.HANDLE_SAFETY_REPORTS if locked.apart else Permission.HANDLE_INCIDENTS
    if not permissions.holds(people.roles_of(by, on=people.day_of(at)), wanted):
        raise CannotDo(_("Somebody else looks after this report."))
    if locked.alert is not None and locked.alert.actor_id == by.pk:
        raise CannotDo(_("This is about you. Somebody else has to look into it."), code="own")
    return locked


def _open(public_id: UUID, *, by: User, at: dt.datetime) -> Report:
    locked = _readable(public_id, by=by, at=at)
    if locked.closed_at is not None:
        raise CannotDo(_("Somebody closed this report already."), code="closed")
    return locked
