"""Rules, holds and receipts as plain values for templates."""

import dataclasses
import datetime as dt
import uuid
from typing import Any

from django.utils.dateformat import format as format_date
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.people.models import User
from governance.people.present import name_of
from governance.retention.classes import CLASSES
from governance.retention.family import length_words
from governance.retention.models import Hold, Receipt, RetentionRule
from governance.retention.queries import Due, Month
from portal.base.components import Status

_STATES = {"waiting": "wait", "adopted": "ok", "refused": "stop"}


@dataclasses.dataclass(frozen=True)
class RuleRow:
    """A rule, in force or not."""

    public_id: uuid.UUID
    title: str | Promise
    length: str
    law: str
    citation: str
    decided_on: dt.date
    proposed_by: str
    adopted_by: str
    status: Status
    waiting: bool
    mine: bool


def rule_row(rule: RetentionRule, *, reader: User, counts: bool) -> RuleRow:
    """A rule as `reader` sees it; `counts`: it is the one in force."""
    kept = CLASSES[rule.subject]
    kind, words = _STATES[rule.state], str(RetentionRule.State(rule.state).label)
    if rule.state == RetentionRule.State.ADOPTED:
        kind, words = ("ok", _("In force")) if counts else ("off", _("Replaced"))
    return RuleRow(
        public_id=rule.public_id,
        title=kept.title,
        length=length_words(rule.months),
        law=kept.citation,
        citation=rule.citation,
        decided_on=rule.decided_on,
        proposed_by=name_of(rule.proposed_by),
        adopted_by=name_of(rule.adopted_by) if rule.adopted_by else "",
        status=Status(kind, words),
        waiting=rule.state == RetentionRule.State.WAITING,
        mine=rule.proposed_by_id == reader.pk,
    )


def without_rule(in_force: dict[str, RetentionRule]) -> list[str | Promise]:
    """Classes for which no rule is adopted: nothing of them leaves."""
    return [kept.title for key, kept in CLASSES.items() if key not in in_force]


@dataclasses.dataclass(frozen=True)
class HoldRow:
    """A hold, standing or ended."""

    public_id: uuid.UUID
    kind: str
    reason: str
    reference: str
    what: list[str]
    placed_by: str
    placed_at: dt.datetime
    end_asked_by: str
    ended_by: str
    ended_at: dt.datetime | None
    status: Status
    open: bool
    end_asked: bool
    mine: bool


def hold_row(hold: Hold, *, named: int, reader: User) -> HoldRow:
    """A hold as `reader` sees it; `named`: how many students it names."""
    what = []
    if hold.holds_trail:
        what.append(_trail_words(hold))
    if hold.holds_values:
        what.append(
            _("Values of all students")
            if hold.for_all
            else ngettext("Values of %(count)s student", "Values of %(count)s students", named) % {"count": named}
        )
    if hold.ended_at is not None:
        status = Status("off", _("Ended"))
    elif hold.end_asked_at is not None:
        status = Status("wait", _("Holds; its end waits for a second person"))
    else:
        status = Status("ok", _("Holds"))
    return HoldRow(
        public_id=hold.public_id,
        kind=str(Hold.Kind(hold.kind).label),
        reason=hold.reason,
        reference=hold.reference,
        what=what,
        placed_by=name_of(hold.placed_by),
        placed_at=hold.placed_at,
        end_asked_by=name_of(hold.end_asked_by) if hold.end_asked_by else "",
        ended_by=name_of(hold.ended_by) if hold.ended_by else "",
        ended_at=hold.ended_at,
        status=status,
        open=hold.ended_at is None,
        end_asked=hold.end_asked_at is not None and hold.ended_at is None,
        mine=hold.end_asked_by_id == reader.pk,
    )


def _day(day: dt.date) -> str:
    return str(format_date(day, "F j, Y"))


def _trail_words(hold: Hold) -> str:
    first, last = hold.trail_from, hold.trail_to
    if first and last:
        return _("The trail from %(first)s to %(last)s") % {"first": _day(first), "last": _day(last)}
    if first:
        return _("The trail from %(first)s on") % {"first": _day(first)}
    if last:
        return _("The trail until %(last)s") % {"last": _day(last)}
    return _("The whole trail")


def next_month(months: list[Month], *, now: dt.datetime) -> dict[str, Any] | None:
    """The oldest month, when it leaves, and what keeps it; None where the trail has no month that is over."""
    oldest = months[0] if months else None
    if oldest is None:
        return None
    if oldest.may_leave_at is None:
        status = Status("wait", _("No rule is adopted: it stays"))
    elif oldest.held:
        status = Status("ok", _("A hold keeps it"))
    elif oldest.may_leave_at <= now:
        status = Status("wait", _("Leaves with the next run"))
    else:
        status = Status("ok", _("Kept"))
    return {"month": oldest.month, "at": oldest.may_leave_at.astimezone(dt.UTC).date() if oldest.may_leave_at else None, "status": status}


def due_rows(due: list[Due]) -> list[dict[str, Any]]:
    """What the next run destroys, by class."""
    return [{"title": CLASSES[one.subject].title, "students": one.students, "values": one.values} for one in due]


def receipt_rows(receipts: list[Receipt]) -> list[dict[str, Any]]:
    """What has left, the newest first."""
    rows = []
    for one in receipts:
        if one.kind == Receipt.Kind.MONTH:
            what = ngettext("%(count)s entry", "%(count)s entries", one.entries) % {"count": one.entries}
        else:
            what = ngettext("values of %(count)s student", "values of %(count)s students", one.students) % {"count": one.students}
        rows.append(
            {
                "at": one.left_at,
                "month": one.month,
                "what": what,
                "title": CLASSES[one.rule.subject].title,
                "rule": one.rule.citation,
                "length": length_words(one.rule.months),
                "entry": one.entry_id,
            }
        )
    return rows
