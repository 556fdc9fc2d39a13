"""Proposing and adopting rules, placing and ending holds. What lets something go takes two people; what keeps it takes one."""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _gettext
from django.utils.translation import gettext_lazy as _

from governance.people import permissions
from governance.people import queries as people
from governance.people.models import User
from governance.records.models import Student
from governance.retention import queries
from governance.retention.classes import CLASSES, TRAIL
from governance.retention.models import Hold, RetentionRule
from governance.trail import entries
from governance.vocabulary import Action, Event, Permission
from portal.base.errors import CannotDo

State = RetentionRule.State


class CannotChange(CannotDo):
    """Nothing was changed; `what_to_do` says why, in words for the person."""


def _check(by: User, permission: Permission, at: dt.datetime) -> None:
    if not permissions.holds(people.roles_of(by, on=people.day_of(at)), permission):
        raise CannotChange(_("Your role does not decide on this."))


# -- Rules -------------------------------------------------------------------------------------------------------------


@transaction.atomic
def propose(*, subject: str, months: int, citation: str, decided_on: dt.date, by: User, at: dt.datetime) -> RetentionRule:
    """Propose how many months a class is kept. Raises CannotChange where the law does not let it be so short or so long."""
    _check(by, Permission.MANAGE_RETENTION, at)
    kept = CLASSES[subject]
    if months < kept.least:
        raise CannotChange(
            _gettext("The law keeps this for at least %(months)s months (%(law)s).") % {"months": kept.least, "law": kept.citation}
        )
    if kept.most is not None and months > kept.most:
        raise CannotChange(
            _gettext("The law keeps this for at most %(months)s months (%(law)s).") % {"months": kept.most, "law": kept.citation}
        )
    if decided_on > people.day_of(at):
        raise CannotChange(_("The board's decision lies ahead. Propose the rule once it is made."))
    if RetentionRule.objects.filter(subject=subject, state=State.WAITING).exists():
        raise CannotChange(_("A rule for this class waits already. Decide on it first."))
    rule = RetentionRule.objects.create(
        subject=subject,
        months=months,
        elements=[] if subject == TRAIL else queries.elements_of(subject),
        citation=citation,
        decided_on=decided_on,
        proposed_by=by,
        proposed_at=at,
    )
    _tell_rule(Event.RETENTION_PROPOSED, Action.CREATE, rule, by)
    return rule


@transaction.atomic
def decide(*, rule_id: int, adopt: bool, by: User, at: dt.datetime) -> RetentionRule:
    """Adopt a proposed rule as the second person, or not; the proposer may take it back. Raises CannotChange."""
    rule = RetentionRule.objects.select_for_update(of=("self",)).get(pk=rule_id)
    if rule.state != State.WAITING:
        raise CannotChange(_("Somebody decided this already."))
    own = rule.proposed_by_id == by.pk
    if adopt and own:
        raise CannotChange(_("You proposed this. Another key holder adopts it."))
    if adopt or not own:
        _check(by, Permission.SECOND_KEY, at)
    rule.state, rule.adopted_by, rule.adopted_at = State.ADOPTED if adopt else State.REFUSED, by, at
    rule.save(update_fields=["state", "adopted_by", "adopted_at"])
    _tell_rule(Event.RETENTION_ADOPTED if adopt else Event.RETENTION_NOT_ADOPTED, Action.UPDATE, rule, by)
    return rule


def _tell_rule(event: Event, action: Action, rule: RetentionRule, by: User) -> None:
    data = {"class": rule.subject, "months": rule.months, "decided_on": rule.decided_on.isoformat()}
    entries.append(event, action=action, by=by, about=rule, elements=rule.elements or None, data=data)


# -- Holds -------------------------------------------------------------------------------------------------------------


@transaction.atomic
def place(
    *,
    kind: str,
    reason: str,
    reference: str,
    holds_trail: bool,
    holds_values: bool,
    trail_from: dt.date | None,
    trail_to: dt.date | None,
    students: Sequence[Student],
    by: User,
    at: dt.datetime,
) -> Hold:
    """Keep months of the trail, values of `students` (none: of everybody), or both, until two people end it. At most 1,000 students.

    It holds at once. The entry says that students are named and not which: an investigation may have to stay quiet. Raises CannotChange.
    """
    _check(by, Permission.MANAGE_RETENTION, at)
    if not holds_trail and not holds_values:
        raise CannotChange(_("Say what is held: the trail, values, or both."))
    hold = Hold.objects.create(
        kind=kind,
        reason=reason,
        reference=reference,
        holds_trail=holds_trail,
        holds_values=holds_values,
        trail_from=trail_from if holds_trail else None,
        trail_to=trail_to if holds_trail else None,
        for_all=holds_values and not students,
        placed_by=by,
        placed_at=at,
    )
    hold.students.set(students)
    _tell_hold(Event.HOLD_PLACED, Action.CREATE, hold, by, students=[student.pk for student in students])
    return hold


@transaction.atomic
def ask_to_end(*, hold_id: int, by: User, at: dt.datetime) -> Hold:
    """Propose the end of a hold; it holds on until a second person agrees. Raises CannotChange."""
    _check(by, Permission.MANAGE_RETENTION, at)
    hold = _open(hold_id)
    if hold.end_asked_at is not None:
        raise CannotChange(_("Its end is proposed already."))
    hold.end_asked_by, hold.end_asked_at = by, at
    hold.save(update_fields=["end_asked_by", "end_asked_at"])
    _tell_hold(Event.HOLD_END_PROPOSED, Action.UPDATE, hold, by)
    return hold


@transaction.atomic
def end(*, hold_id: int, agree: bool, by: User, at: dt.datetime) -> Hold:
    """End a hold as the second person, or keep it; the proposer may take the proposal back. Raises CannotChange."""
    hold = _open(hold_id)
    if hold.end_asked_at is None:
        raise CannotChange(_("Nobody proposed to end this hold."))
    own = hold.end_asked_by_id == by.pk
    if agree and own:
        raise CannotChange(_("You proposed the end. Another key holder agrees."))
    if agree or not own:
        _check(by, Permission.SECOND_KEY, at)
    if agree:
        hold.ended_by, hold.ended_at = by, at
        hold.save(update_fields=["ended_by", "ended_at"])
    else:
        hold.end_asked_by = hold.end_asked_at = None
        hold.save(update_fields=["end_asked_by", "end_asked_at"])
    _tell_hold(Event.HOLD_ENDED if agree else Event.HOLD_KEPT, Action.UPDATE, hold, by)
    return hold


def _open(hold_id: int) -> Hold:
    hold = Hold.objects.select_for_update(of=("self",)).get(pk=hold_id)
    if hold.ended_at is not None:
        raise CannotChange(_("This hold has ended already."))
    return hold


def _tell_hold(event: Event, action: Action, hold: Hold, by: User, *, students: Sequence[int] | None = None) -> None:
    data = {
        "kind": hold.kind,
        "trail": hold.holds_trail,
        "values": hold.holds_values,
        "from": hold.trail_from and hold.trail_from.isoformat(),
        "to": hold.trail_to and hold.trail_to.isoformat(),
        "students": "named" if students else None,
    }
    entries.append(event, action=action, by=by, about=hold, data={name: value for name, value in data.items() if value is not None})
