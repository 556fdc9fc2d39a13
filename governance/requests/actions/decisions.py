"""The decision on a request: all of it, a part, or nothing; by one person, or by two."""

import datetime as dt
from collections.abc import Collection, Mapping
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance.authority import stewards
from governance.authority.rules import Decision
from governance.people import permissions
from governance.people import queries as people
from governance.people.models import User
from governance.requests import queries
from governance.requests.actions.checks import decision_on
from governance.requests.actions.grants import make_grant
from governance.requests.actions.parts import State, deciding_hat, locked_by_id, said_in_short, tell, tell_grant
from governance.requests.models import DataRequest, RequestedElement
from governance.trail import entries
from governance.vocabulary import Action, Event, Outcome, Permission
from portal.base.errors import CannotDo


class CannotDecide(CannotDo):
    """A decision was not accepted. The refusal itself stands in the trail."""


def decide(
    *,
    data_request: UUID,
    by: User,
    allow: Collection[str],
    reason: str,
    ends_on: dt.date | None = None,
    sections: Collection[int] | None = None,
    left_out: Mapping[str, str] | None = None,
    at: dt.datetime,
) -> DataRequest:
    """Decide a request: allow these elements until a day for these sections (None: all), or none of them, with a reason families can read.

    Where two people must agree, the first one's answer is kept and the request goes on waiting; the second may take away, not add.
    Raises CannotDecide for a request that is closed, one's own, somebody else's to decide, or beyond what was asked or the rules allow;
    that refusal is recorded in the trail.
    """
    try:
        with transaction.atomic():
            return _decide(
                locked_by_id(data_request),
                by=by,
                allow=frozenset(allow),
                reason=reason.strip(),
                ends_on=ends_on,
                sections=sections,
                left_out=left_out or {},
                at=at,
            )
    except CannotDecide as refusal:
        entries.refuse(
            Event.DECISION_REFUSED,
            by=by,
            hat=deciding_hat(by, at) or None,
            about=DataRequest.objects.get(public_id=data_request),
            data={"why": refusal.code},
        )
        raise


def _decide(
    found: DataRequest,
    *,
    by: User,
    allow: frozenset[str],
    reason: str,
    ends_on: dt.date | None,
    sections: Collection[int] | None,
    left_out: Mapping[str, str],
    at: dt.datetime,
) -> DataRequest:
    if found.state not in queries.WAITING:
        raise CannotDecide(
            _("This request was decided already, by %(name)s. Nothing was changed.") % {"name": found.decided_by.name}
            if found.decided_by
            else _("This request is closed already. Nothing was changed."),
            code="closed",
        )
    check_may_decide(found, by=by, at=at)
    if not reason:
        raise CannotDecide(_("Give a reason. Families can read it."), code="no_reason")
    requested = {asked.element_id: asked for asked in found.requested.all()}
    open_elements = {key for key, asked in requested.items() if asked.allowed is None}
    beyond = allow - open_elements
    if beyond:
        raise CannotDecide(_("You can allow only what was asked for and what the rules leave to you."), code="beyond_request")
    if not allow:
        return _refuse(found, requested, by=by, reason=reason, left_out=left_out, at=at)
    chosen = _chosen_sections(found, sections)
    last_day, decision, version = _check_allowed(found, allow, ends_on, at=at)
    two_keys = any(decision.by_element[key].outcome is Outcome.TWO_KEYS for key in allow)
    if two_keys and found.first_key_by_id is None:
        return _keep_first_key(found, allow, chosen, last_day, by=by, reason=reason, left_out=left_out, at=at)
    if found.first_key_by_id is not None:
        first = found.first_key
        if (
            not allow <= set(first["elements"])
            or not chosen <= set(first["sections"])
            or last_day > dt.date.fromisoformat(first["ends_on"])
        ):
            raise CannotDecide(_("The second person can take away from what the first allowed, not add to it."), code="beyond_first_key")
        left_out = {**first["left_out"], **left_out}
    already = frozenset(key for key, asked in requested.items() if asked.allowed)
    grant = make_grant(found, allow | already, chosen, last_day, decision, by=by, at=at)
    narrowed = (
        allow != open_elements
        or chosen != set(found.sections)
        or last_day < found.wanted_until
        or any(asked.allowed is False for asked in requested.values())
    )
    for key in open_elements:
        requested[key].allowed = key in allow
        requested[key].left_out_reason = "" if key in allow else left_out.get(key, "")[:200]
        requested[key].save(update_fields=["allowed", "left_out_reason"])
    found.state = State.NARROWED if narrowed else State.APPROVED
    found.grant = grant
    found.facts["decided"] = said_in_short(decision, version)
    _close(found, by=by, reason=reason, at=at)
    event = Event.REQUEST_NARROWED if narrowed else Event.REQUEST_APPROVED
    tell(
        event,
        found,
        by=by,
        action=Action.UPDATE,
        hat=deciding_hat(by, at),
        elements=grant.elements,
        grant_id=grant.pk,
        rule_version=grant.rule_version,
        basis=grant.basis,
        left_out=sorted(set(requested) - set(grant.elements)),
        until=last_day.isoformat(),
    )
    tell_grant(Event.GRANT_MADE, grant, by=by, action=Action.CREATE, hat=deciding_hat(by, at))
    return found


def check_may_decide(found: DataRequest, *, by: User, at: dt.datetime) -> None:
    """Raises CannotDecide for one's own request, without the role, for who agreed already, and where it waits on others."""
    if found.asker_id == by.pk:
        raise CannotDecide(_("This is your own request. Another person decides it."), code="own_request")
    if not permissions.holds(people.roles_of(by, on=people.day_of(at)), Permission.DECIDE_REQUESTS):
        raise CannotDecide(_("Your role does not decide requests."), code="no_role")
    if found.first_key_by_id == by.pk:
        raise CannotDecide(_("You agreed already. A second person must agree too."), code="same_person")
    waiting = queries.waits_on(found, stewards.desks(people.day_of(at)), queries.schools_of(found))
    if not waiting.includes(by.pk):
        names = ", ".join(person.name for person in waiting.people)
        raise CannotDecide(
            _("This request waits on %(names)s. Ask them, or the district admin.") % {"names": names}
            if names
            else _("Nobody can decide this now."),
            code="not_the_steward",
        )


def _check_allowed(found: DataRequest, allow: frozenset[str], ends_on: dt.date | None, *, at: dt.datetime) -> tuple[dt.date, Decision, int]:
    """The rules have the last word: the same evaluator, on the facts of today, for the days that would be given."""
    on = people.day_of(at)
    standing = queries.standing_of(found.asker, sections=found.sections, students=found.students, on=on)
    if standing is None:
        raise CannotDecide(_("The asker has no link to these students any more."), code="no_link")
    last_day = ends_on or found.wanted_until
    if last_day < on:
        raise CannotDecide(_("The last day is in the past."), code="past_day")
    if last_day > found.wanted_until:
        raise CannotDecide(_("The last day is later than the asker wanted."), code="too_long")
    decision, version = decision_on(found, standing, days=(last_day - on).days, only=allow)
    for key in decision.refused:
        words = decision.by_element[key].words or _("no rule allows it.")
        raise CannotDecide(_("The rules do not allow this: %(rule)s") % {"rule": words}, code="refused_by_rule")
    for said in decision.by_element.values():
        if said.max_days is not None and (last_day - on).days > said.max_days:
            raise CannotDecide(
                _("The rule “%(rule)s” allows %(days)d days at most.") % {"rule": said.title, "days": said.max_days}, code="too_long"
            )
    return last_day, decision, version


def _chosen_sections(found: DataRequest, sections: Collection[int] | None) -> set[int]:
    chosen = set(found.sections) if sections is None else set(sections)
    if not chosen <= set(found.sections):
        raise CannotDecide(_("You can allow only classes that were asked for."), code="beyond_request")
    if found.sections and not chosen and not found.students:
        raise CannotDecide(_("Choose at least one class, or refuse the request."), code="no_class")
    return chosen


def _keep_first_key(
    found: DataRequest,
    allow: frozenset[str],
    sections: set[int],
    ends_on: dt.date,
    *,
    by: User,
    reason: str,
    left_out: Mapping[str, str],
    at: dt.datetime,
) -> DataRequest:
    found.first_key_at, found.first_key_by = at, by
    found.first_key = {
        "elements": sorted(allow),
        "sections": sorted(sections),
        "ends_on": ends_on.isoformat(),
        "reason": reason,
        "left_out": dict(left_out),
    }
    found.state = State.SUBMITTED
    found.save(update_fields=["first_key_at", "first_key_by", "first_key", "state"])
    tell(Event.REQUEST_FIRST_KEY, found, by=by, action=Action.UPDATE, hat=deciding_hat(by, at), elements=allow, until=ends_on.isoformat())
    return found


def _refuse(
    found: DataRequest, requested: Mapping[str, RequestedElement], *, by: User, reason: str, left_out: Mapping[str, str], at: dt.datetime
) -> DataRequest:
    for key, asked in requested.items():
        if asked.allowed is not False:
            asked.allowed, asked.left_out_reason = False, left_out.get(key, "")[:200]
            asked.save(update_fields=["allowed", "left_out_reason"])
    found.state = State.REFUSED
    _close(found, by=by, reason=reason, at=at)
    tell(Event.REQUEST_REFUSED, found, by=by, action=Action.UPDATE, hat=deciding_hat(by, at), elements=requested)
    return found


def _close(found: DataRequest, *, by: User, reason: str, at: dt.datetime) -> None:
    found.facts.pop("asked_on", None)
    found.decided_at, found.decided_by, found.decision_reason = at, by, reason
    found.save()
