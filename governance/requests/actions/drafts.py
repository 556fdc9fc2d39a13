"""A request as its asker writes it: kept, sent, taken back."""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance.people import queries as people
from governance.people.models import User
from governance.requests import queries
from governance.requests.actions.checks import Checked, check, given_anyway
from governance.requests.actions.grants import allow_at_once
from governance.requests.actions.parts import State, locked, locked_by_id, said_in_short, tell
from governance.requests.models import DataRequest, RequestedElement
from governance.vocabulary import Action, Event, Outcome
from portal.base.errors import CannotDo

MOST_SECTIONS = 40
MOST_STUDENTS = 60


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
    standing = queries.standing_of(by, sections=sections, students=list(students), on=people.day_of(at))
    draft, _made = DataRequest.objects.get_or_create(
        idempotency_key=key,
        defaults={"asker": by, "hat": "", "purpose_id": purpose, "what_for": what_for, "wanted_until": wanted_until, "made_at": at},
    )
    draft = locked(draft.pk)
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


@transaction.atomic
def submit(*, data_request: UUID, by: User, at: dt.datetime) -> list[DataRequest]:
    """Send a draft. What different stewards decide becomes one request each; the first of the list is the draft itself.

    Elements that the rules refuse stay on the first as left out, with the rule's words. Raises CannotDo where something is missing, where
    nothing can be allowed, or where it was sent already (code `already_sent`).
    """
    draft = locked_by_id(data_request)
    if draft.asker_id != by.pk:
        raise CannotDo(_("This request belongs to somebody else."))
    if draft.state != State.DRAFT:
        raise CannotDo(_("This request was sent already."), code="already_sent")
    _check_complete(draft, on=people.day_of(at))
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
        return [allow_at_once(draft, checked, by=by, at=at)]
    sent = []
    for number, (waiting, keys) in enumerate(checked.waits):
        request = draft if number == 0 else _copy_for_another_desk(draft, keys, at=at)
        request.state, request.submitted_at, request.due_on = State.SUBMITTED, at, checked.due_on
        request.stewardship = waiting.desk.stewardship if waiting.desk else None
        outcomes = {checked.decision.by_element[key].outcome for key in keys}
        request.outcome = Outcome.TWO_KEYS if Outcome.TWO_KEYS in outcomes else Outcome.STEWARD
        request.save()
        tell(Event.REQUEST_SUBMITTED, request, by=by, action=Action.CREATE, hat=request.hat, elements=keys)
        sent.append(request)
    return sent


@transaction.atomic
def withdraw(*, data_request: UUID, by: User, at: dt.datetime) -> DataRequest:
    """The asker takes the request back: a draft is dropped, a waiting request is closed."""
    found = locked_by_id(data_request)
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
        tell(Event.REQUEST_WITHDRAWN, found, by=by, action=Action.UPDATE, hat=found.hat)
    return found


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


def _facts(draft: DataRequest, checked: Checked, moment: str) -> dict[str, Any]:
    return {
        **draft.facts,
        "role": str(checked.standing.hat),
        "relation": str(checked.standing.relation),
        "decider_named": bool(draft.named_decider.strip()),
        moment: said_in_short(checked.decision, checked.rules_version),
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
