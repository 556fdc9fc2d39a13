"""What people do with a request. Each verb is one transaction: it locks the row, checks state and person, and writes its entry.

What the asker and the steward type about children stays in the request: the trail holds ids and words from fixed lists.
"""

import dataclasses
import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from governance.authority import decisions, stewards
from governance.authority.grounds import at_once
from governance.authority.models import Grant
from governance.authority.rules import Decision
from governance.people import permissions
from governance.people import queries as people
from governance.people.models import User
from governance.records import scope
from governance.records.models import Section
from governance.requests import notices, queries
from governance.requests.models import DataRequest, RequestedElement, RequestMessage
from governance.trail import entries
from governance.vocabulary import Action, Event, Outcome, Permission, Relation, Role
from portal.base import clock, outbox, workdays
from portal.base.errors import CannotDo

State = DataRequest.State
# After which steps somebody else has something to do, and after which the asker has something to read: both are told by mail.
_WAITS = frozenset({Event.REQUEST_SUBMITTED, Event.REQUEST_INFORMATION_GIVEN, Event.REQUEST_FIRST_KEY})
_ANSWERS = frozenset({Event.REQUEST_INFORMATION_ASKED, Event.REQUEST_APPROVED, Event.REQUEST_NARROWED, Event.REQUEST_REFUSED})
MOST_SECTIONS = 40
MOST_STUDENTS = 60


class CannotDecide(CannotDo):
    """A decision was not accepted. The refusal itself stands in the trail."""


# -- Asking --------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def save_draft(
    *,
    by: User,
    purpose: str,
    what_for: str,
    elements: Mapping[str, str],
    sections: Collection[int],
    students: Collection[int] = (),
    wanted_until: dt.date,
    named_decider: str = "",
    key: UUID,
    at: dt.datetime,
) -> DataRequest:
    """Keep what the asker has typed so far, good or not. The same `key` again changes the same draft, so a form sent twice makes one.

    `elements` maps element keys to the asker's reasons, `sections` and `students` are ids. Raises CannotDo where it was sent already.
    """
    standing = queries.standing_of(by, sections=sections, students=list(students), on=_day(at))
    draft, _made = DataRequest.objects.get_or_create(
        idempotency_key=key,
        defaults={"asker": by, "hat": "", "purpose_id": purpose, "what_for": what_for, "wanted_until": wanted_until, "made_at": at},
    )
    draft = _locked(draft.pk)
    if draft.asker_id != by.pk:
        raise CannotDo(_("This request belongs to somebody else."))
    if draft.state != State.DRAFT:
        raise CannotDo(_("This request was sent already. Look at it to see where it stands."), code="already_sent")
    draft.purpose_id, draft.what_for, draft.wanted_until, draft.named_decider = purpose, what_for, wanted_until, named_decider
    draft.sections, draft.students = sorted(set(sections))[:MOST_SECTIONS], sorted(set(students))[:MOST_STUDENTS]
    draft.hat = standing.hat if standing else ""
    draft.facts = {"relation": str(standing.relation)} if standing else {}
    draft.save()
    draft.requested.exclude(element_id__in=elements).delete()
    kept = {asked.element_id: asked for asked in draft.requested.all()}
    for element, reason in elements.items():
        if element not in kept:
            RequestedElement.objects.create(data_request=draft, element_id=element, reason=reason)
        elif kept[element].reason != reason:
            kept[element].reason = reason
            kept[element].save(update_fields=["reason"])
    return draft


@dataclasses.dataclass(frozen=True)
class Checked:
    """What the rules say of a request as it stands, and where it would wait: the same answer at every step."""

    decision: Decision
    standing: queries.Standing
    schools: frozenset[int]
    waits: list[tuple[stewards.Waiting, list[str]]]
    due_on: dt.date
    rules_version: int

    @property
    def sendable(self) -> bool:
        """True if somebody decides on at least one element, or a rule allows one at once."""
        return self.decision.outcome is not Outcome.REFUSE

    @property
    def shortest_limit(self) -> int | None:
        """The fewest days that a rule sets for what waits; None where no rule sets any."""
        limits = [self.decision.by_element[key].max_days for key in self.decision.waiting]
        return min((days for days in limits if days is not None), default=None)

    def last_day(self, on: dt.date) -> dt.date:
        """The latest day that the rules allow for everything that waits."""
        return dt.date.max if self.shortest_limit is None else on + dt.timedelta(days=self.shortest_limit)


def given_anyway(checked: Checked) -> bool:
    """True if everything that is allowed is what the role gives without a request."""
    ground = at_once(decisions.in_force(), checked.standing.hat, checked.standing.relation, eligible=False)
    return ground is not None and set(checked.decision.allowed) <= ground.elements


def check(data_request: DataRequest, *, at: dt.datetime) -> Checked:
    """Ask the rules about a request, without changing anything. Raises CannotDo where the asker has no link to the students any more."""
    on = _day(at)
    standing = queries.standing_of(data_request.asker, sections=data_request.sections, students=data_request.students, on=on)
    if standing is None:
        raise CannotDo(_("Choose classes that you teach or serve. A class on this request is not yours any more."), code="no_link")
    decision, version = _decision(data_request, standing, days=(data_request.wanted_until - on).days)
    schools = queries.schools_of(data_request)
    asked = {each.element_id: each.element for each in data_request.requested.select_related("element")}
    today = stewards.desks(on)
    desks: dict[stewards.Desk | None, list[str]] = {}
    for element in decision.waiting:
        desks.setdefault(today.desk_for(asked[element].category, schools), []).append(element)
    waits = [(today.waits_on(desk, asker=data_request.asker_id), keys) for desk, keys in desks.items()]
    due_on = workdays.after(on, settings.REQUEST_TARGET_WORKING_DAYS)
    return Checked(decision, standing, schools, waits, due_on, version)


@transaction.atomic
def submit(*, data_request: UUID, by: User, at: dt.datetime) -> list[DataRequest]:
    """Send a draft. What different stewards decide becomes one request each; the first of the list is the draft itself.

    Elements that the rules refuse stay on the first as left out, with the rule's words. Raises CannotDo where something is missing, where
    nothing can be allowed, or where it was sent already (code `already_sent`).
    """
    draft = _locked_by_id(data_request)
    if draft.asker_id != by.pk:
        raise CannotDo(_("This request belongs to somebody else."))
    if draft.state != State.DRAFT:
        raise CannotDo(_("This request was sent already."), code="already_sent")
    _check_complete(draft, on=_day(at))
    checked = check(draft, at=at)
    if not checked.sendable:
        raise CannotDo(
            _("The rules allow nothing of what you ask for. Change the request, or ask the privacy contact."), code="all_refused"
        )
    draft.hat, draft.facts = checked.standing.hat, _facts(draft, checked, "sent")
    for asked in draft.requested.all():
        said = checked.decision.by_element[asked.element_id]
        if said.outcome is Outcome.REFUSE:
            asked.allowed, asked.left_out_reason = False, (said.words or _("No rule allows this."))[:200]
            asked.save(update_fields=["allowed", "left_out_reason"])
        elif said.outcome is Outcome.ALLOW:
            asked.allowed = True
            asked.save(update_fields=["allowed"])
    if not checked.waits and given_anyway(checked):
        raise CannotDo(_("You have all of this already. Open your class list."), code="given_already")
    if not checked.waits:
        return [_allow_at_once(draft, checked, by=by, at=at)]
    sent = []
    for number, (waiting, keys) in enumerate(checked.waits):
        request = draft if number == 0 else _copy_for_another_desk(draft, keys, at=at)
        request.state, request.submitted_at, request.due_on = State.SUBMITTED, at, checked.due_on
        request.stewardship = waiting.desk.stewardship if waiting.desk else None
        outcomes = {checked.decision.by_element[key].outcome for key in keys}
        request.outcome = Outcome.TWO_KEYS if Outcome.TWO_KEYS in outcomes else Outcome.STEWARD
        request.save()
        _tell(Event.REQUEST_SUBMITTED, request, by=by, action=Action.CREATE, hat=request.hat, elements=keys)
        sent.append(request)
    return sent


@transaction.atomic
def withdraw(*, data_request: UUID, by: User, at: dt.datetime) -> DataRequest:
    """The asker takes the request back: a draft is dropped, a waiting request is closed."""
    found = _locked_by_id(data_request)
    if found.asker_id != by.pk:
        raise CannotDo(_("Only the person who asked can take a request back."))
    if found.state not in {State.DRAFT, *queries.WAITING}:
        raise CannotDo(_("This request is closed already."), code="closed")
    was_draft = found.state == State.DRAFT
    found.state = State.WITHDRAWN
    found.save(update_fields=["state"])
    if was_draft:
        found.requested.all().delete()
        found.delete()
    else:
        _tell(Event.REQUEST_WITHDRAWN, found, by=by, action=Action.UPDATE, hat=found.hat)
    return found


# -- Talking -------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def ask_information(*, data_request: UUID, by: User, text: str, at: dt.datetime) -> RequestMessage:
    """The person who decides asks the asker something. The target date waits for the answer."""
    found = _locked_by_id(data_request)
    _check_may_decide(found, by=by, at=at)
    if found.state not in queries.WAITING:
        raise CannotDo(_("This request is closed already."), code="closed")
    message = RequestMessage.objects.create(data_request=found, writer=by, text=text, written_at=at)
    if found.state == State.SUBMITTED:
        found.facts["asked_on"] = _day(at).isoformat()
    found.state = State.INFORMATION_ASKED
    found.save(update_fields=["state", "facts"])
    _tell(Event.REQUEST_INFORMATION_ASKED, found, by=by, action=Action.UPDATE, hat=_deciding_hat(by, at))
    return message


@transaction.atomic
def give_information(*, data_request: UUID, by: User, text: str, at: dt.datetime) -> RequestMessage:
    """The asker answers. The target date moves by the working days that the question was open."""
    found = _locked_by_id(data_request)
    if found.asker_id != by.pk:
        raise CannotDo(_("Only the person who asked can answer."))
    if found.state != State.INFORMATION_ASKED:
        raise CannotDo(_("No question is open on this request."), code="closed")
    message = RequestMessage.objects.create(data_request=found, writer=by, text=text, written_at=at)
    asked_on = found.facts.pop("asked_on", None)
    if asked_on and found.due_on:
        open_days = workdays.between(dt.date.fromisoformat(asked_on), _day(at))
        found.due_on = workdays.after(found.due_on, open_days)
    found.state = State.SUBMITTED
    found.save(update_fields=["state", "facts", "due_on"])
    _tell(Event.REQUEST_INFORMATION_GIVEN, found, by=by, action=Action.UPDATE, hat=found.hat)
    return message


# -- Deciding ------------------------------------------------------------------------------------------------------------------


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
                _locked_by_id(data_request),
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
            hat=_deciding_hat(by, at) or None,
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
    _check_may_decide(found, by=by, at=at)
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
    grant = _make_grant(found, allow | already, chosen, last_day, decision, by=by, at=at)
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
    found.facts["decided"] = _said(decision, version)
    _close(found, by=by, reason=reason, at=at)
    event = Event.REQUEST_NARROWED if narrowed else Event.REQUEST_APPROVED
    _tell(
        event,
        found,
        by=by,
        action=Action.UPDATE,
        hat=_deciding_hat(by, at),
        elements=grant.elements,
        grant_id=grant.pk,
        rule_version=grant.rule_version,
        basis=grant.basis,
        left_out=sorted(set(requested) - set(grant.elements)),
        until=last_day.isoformat(),
    )
    _tell_grant(Event.GRANT_MADE, grant, by=by, action=Action.CREATE, hat=_deciding_hat(by, at))
    return found


def _check_may_decide(found: DataRequest, *, by: User, at: dt.datetime) -> None:
    if found.asker_id == by.pk:
        raise CannotDecide(_("This is your own request. Another person decides it."), code="own_request")
    if not permissions.holds(people.roles_of(by, on=_day(at)), Permission.DECIDE_REQUESTS):
        raise CannotDecide(_("Your role does not decide requests."), code="no_role")
    if found.first_key_by_id == by.pk:
        raise CannotDecide(_("You agreed already. A second person must agree too."), code="same_person")
    waiting = queries.waits_on(found, stewards.desks(_day(at)), queries.schools_of(found))
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
    on = _day(at)
    standing = queries.standing_of(found.asker, sections=found.sections, students=found.students, on=on)
    if standing is None:
        raise CannotDecide(_("The asker has no link to these students any more."), code="no_link")
    last_day = ends_on or found.wanted_until
    if last_day < on:
        raise CannotDecide(_("The last day is in the past."), code="past_day")
    if last_day > found.wanted_until:
        raise CannotDecide(_("The last day is later than the asker wanted."), code="too_long")
    decision, version = _decision(found, standing, days=(last_day - on).days, only=allow)
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
    _tell(Event.REQUEST_FIRST_KEY, found, by=by, action=Action.UPDATE, hat=_deciding_hat(by, at), elements=allow, until=ends_on.isoformat())
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
    _tell(Event.REQUEST_REFUSED, found, by=by, action=Action.UPDATE, hat=_deciding_hat(by, at), elements=requested)
    return found


def _close(found: DataRequest, *, by: User, reason: str, at: dt.datetime) -> None:
    found.facts.pop("asked_on", None)
    found.decided_at, found.decided_by, found.decision_reason = at, by, reason
    found.save()


# -- Permissions ---------------------------------------------------------------------------------------------------------------


def _make_grant(
    found: DataRequest,
    elements: Collection[str],
    sections: Collection[int],
    ends_on: dt.date,
    decision: Decision,
    *,
    by: User | None,
    at: dt.datetime,
) -> Grant:
    on = _day(at)
    said = [decision.by_element[key] for key in sorted(elements) if key in decision.by_element]
    bases = [each.basis for each in said if each.basis]
    students = set(found.students)
    own = found.facts.get("relation") == Relation.OWN_SECTION
    if not own and sections:
        # A class is a link for who teaches it; for everybody else the students are named one by one, as they are enrolled today.
        students |= set(scope.enrolled_in(sections, on=on).values_list("student_id", flat=True))
    return Grant.objects.create(
        holder=found.asker,
        purpose_id=found.purpose_id,
        basis=max(sorted(set(bases)), key=bases.count) if bases else "",
        elements=sorted(elements),
        sections=sorted(sections) if own else [],
        students=sorted(students),
        rule_version=", ".join(sorted({each.rule for each in said}))[:200],
        starts_on=on,
        ends_on=ends_on,
        made_at=at,
        made_by=by,
    )


def _allow_at_once(found: DataRequest, checked: Checked, *, by: User, at: dt.datetime) -> DataRequest:
    """The rules allow it and nobody needs to decide: the permission is made by the rule."""
    found.submitted_at, found.outcome = at, Outcome.ALLOW
    found.grant = _make_grant(found, checked.decision.allowed, found.sections, found.wanted_until, checked.decision, by=None, at=at)
    found.state = State.NARROWED if checked.decision.refused else State.APPROVED
    found.save()
    _tell(
        Event.REQUEST_SUBMITTED,
        found,
        by=by,
        action=Action.CREATE,
        hat=found.hat,
        elements=checked.decision.allowed,
        grant_id=found.grant.pk,
    )
    _tell_grant(Event.GRANT_MADE, found.grant, by=by, action=Action.CREATE, hat=found.hat)
    return found


@transaction.atomic
def end_grant(*, data_request: UUID, by: User, at: dt.datetime, because: str = "not_needed") -> DataRequest:
    """End a permission before its last day: by its holder, who decided it, or a district admin. Twice changes nothing.

    `because` is a word of a fixed list: not_needed, steward, role_ended, agreement_ended, consent_withdrawn.
    """
    found = _locked_by_id(data_request)
    if found.grant_id is None:
        raise CannotDo(_("No permission came of this request."), code="no_grant")
    may_end = by.pk in {found.asker_id, found.decided_by_id} or Role.DISTRICT_ADMIN in people.roles_of(by, on=_day(at))
    if not may_end:
        raise CannotDo(_("Only the holder, the person who decided and a district admin end a permission."))
    grant = Grant.objects.select_for_update().get(pk=found.grant_id)
    if grant.ended_at is None:
        grant.ended_at, grant.ended_by, grant.ended_because = at, by, because
        grant.save(update_fields=["ended_at", "ended_by", "ended_because"])
        found.state = State.ENDED
        found.save(update_fields=["state"])
        hat = found.hat if by.pk == found.asker_id else _deciding_hat(by, at)
        _tell_grant(Event.GRANT_ENDED, grant, by=by, action=Action.UPDATE, hat=hat, because=because)
    return found


# -- Parts ---------------------------------------------------------------------------------------------------------------------


def _day(at: dt.datetime) -> dt.date:
    """The district's day of a moment."""
    return timezone.localdate(at, timezone.get_default_timezone())


def _locked(pk: int) -> DataRequest:
    return DataRequest.objects.select_for_update(of=("self",)).select_related("asker", "decided_by").get(pk=pk)


def _locked_by_id(public_id: UUID) -> DataRequest:
    return DataRequest.objects.select_for_update(of=("self",)).select_related("asker", "decided_by").get(public_id=public_id)


def _check_complete(draft: DataRequest, *, on: dt.date) -> None:
    requested = list(draft.requested.all())
    if not requested or not draft.what_for.strip() or not (draft.sections or draft.students):
        raise CannotDo(_("Something is missing: say what it is for, for which classes, and which data."), code="incomplete")
    if any(not asked.reason.strip() for asked in requested):
        raise CannotDo(_("Give a reason for each kind of data."), code="incomplete")
    if draft.wanted_until < on:
        raise CannotDo(_("The last day is in the past."), code="past_day")
    if draft.purpose.named_decider_required and not draft.named_decider.strip():
        raise CannotDo(_("Name the person who decides."), code="no_decider")


def _decision(found: DataRequest, standing: queries.Standing, *, days: int, only: Collection[str] | None = None) -> tuple[Decision, int]:
    rules = decisions.in_force()
    keys = only if only is not None else list(found.requested.values_list("element_id", flat=True))
    decision = rules.decide(
        role=standing.hat,
        relation=standing.relation,
        purpose=found.purpose_id,
        elements=keys,
        days=days,
        decider_named=bool(found.named_decider.strip()),
    )
    return decision, rules.version


def _said(decision: Decision, version: int) -> dict[str, Any]:
    return {
        "rules": version,
        "elements": {key: {"outcome": str(said.outcome), "rule": said.rule or said.nearest} for key, said in decision.by_element.items()},
    }


def _facts(draft: DataRequest, checked: Checked, moment: str) -> dict[str, Any]:
    return {
        **draft.facts,
        "role": str(checked.standing.hat),
        "relation": str(checked.standing.relation),
        "decider_named": bool(draft.named_decider.strip()),
        moment: _said(checked.decision, checked.rules_version),
    }


def _copy_for_another_desk(draft: DataRequest, keys: Collection[str], *, at: dt.datetime) -> DataRequest:
    copy = DataRequest.objects.create(
        asker=draft.asker,
        hat=draft.hat,
        purpose_id=draft.purpose_id,
        what_for=draft.what_for,
        sections=draft.sections,
        students=draft.students,
        wanted_until=draft.wanted_until,
        named_decider=draft.named_decider,
        facts=draft.facts,
        made_at=at,
    )
    draft.requested.filter(element_id__in=keys).update(data_request=copy)
    return copy


def _deciding_hat(user: User, at: dt.datetime) -> str:
    """The role in which somebody decides: data steward before district admin."""
    roles = people.roles_of(user, on=_day(at))
    return next((str(role) for role in (Role.DATA_STEWARD, Role.DISTRICT_ADMIN) if role in roles), "")


def _tell(
    event: Event,
    found: DataRequest,
    *,
    by: User,
    action: Action,
    hat: str,
    elements: Iterable[str] | None = None,
    grant_id: int | None = None,
    rule_version: str | None = None,
    basis: str | None = None,
    **data: Any,
) -> None:
    sections = Section.objects.filter(pk__in=found.sections).values_list("public_id", flat=True)
    entries.append(
        event,
        action=action,
        by=by,
        about=found,
        hat=hat or None,
        purpose=found.purpose_id,
        elements=elements,
        grant_id=grant_id,
        rule_version=rule_version,
        basis=basis,
        data={"number": found.number, "sections": sorted(map(str, sections)), "students": len(found.students), **data},
    )
    if event in _WAITS:
        outbox.put(notices.WAITING, at=clock.now(), request=str(found.public_id))
    elif event in _ANSWERS and by.pk != found.asker_id:
        outbox.put(notices.ANSWERED, at=clock.now(), request=str(found.public_id))


def _tell_grant(event: Event, grant: Grant, *, by: User, action: Action, hat: str, **data: Any) -> None:
    entries.append(
        event,
        action=action,
        by=by,
        about=grant,
        hat=hat or None,
        purpose=grant.purpose_id,
        basis=grant.basis or None,
        elements=grant.elements,
        grant_id=grant.pk,
        rule_version=grant.rule_version or None,
        data={"until": grant.ends_on.isoformat(), **data},
    )
