"""What teachers do about tools. Each verb is one transaction with its entry; what they type stays in the rows."""

import datetime as dt
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance.people import permissions
from governance.people import queries as people
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event, Permission
from portal.base import outbox
from portal.base.errors import CannotDo
from vendors.providers import links
from vendors.providers.models import Tool
from vendors.reviews import actions as reviews
from vendors.reviews import status
from vendors.reviews.models import Review
from vendors.reviews.rules import State
from vendors.reviews.status import Status
from vendors.tool_requests.models import ToolRequest, ToolUse

ANSWERED = "vendors.tool_request_answered"  # the topic of the outbox
MOST_SECTIONS = 40
LONGEST_USE_DAYS = 400


class CannotAsk(CannotDo):
    """The request, or the use of a tool, stayed as it was."""


# -- Asking --------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def ask(
    *,
    name: str,
    link: str,
    activity: str,
    accounts: str,
    sections: Collection[int],
    wanted_by: dt.date,
    used_now: str,
    tool: Tool | None = None,
    key: UUID,
    by: User,
    at: dt.datetime,
) -> ToolRequest:
    """Ask for a tool. A link that the catalogue knows joins the request with that tool at once; several wishes for one tool share a review.

    The same `key` again gives the same request. Raises CannotAsk for a tool that may be used already, and for a second wish for the same one.
    """
    found = ToolRequest.objects.filter(idempotency_key=key).first()
    if found is not None:
        if found.asker_id != by.pk:
            raise CannotAsk(_("This request belongs to somebody else."), code="other_person")
        return found
    hat = _hat(by, at)
    tool = tool or links.tool_of(link)
    if tool is not None:
        _check_worth_asking(tool, by=by, at=at)
    asked = ToolRequest.objects.create(
        idempotency_key=key,
        asker=by,
        hat=hat,
        tool=tool,
        name=(tool.name if tool else name)[:120],
        link=link[:400],
        activity=activity,
        accounts=accounts,
        sections=sorted(set(sections))[:MOST_SECTIONS],
        wanted_by=wanted_by,
        used_now=used_now,
        asked_at=at,
    )
    _tell(Event.TOOL_REQUESTED, asked, by=by, action=Action.CREATE, hat=hat, listed=tool is not None, accounts=accounts)
    if tool is not None:
        _send_on(asked, tool, at=at)
    return asked


@transaction.atomic
def withdraw(*, tool_request: UUID, by: User, at: dt.datetime) -> ToolRequest:
    """Take a request back. The review goes on for the others. Raises CannotAsk for one that was answered."""
    found = _own(tool_request, by)
    if found.answered_at is not None:
        raise CannotAsk(_("This request was answered already."), code="answered")
    if found.withdrawn_at is None:
        found.withdrawn_at = at
        found.save(update_fields=["withdrawn_at"])
        _tell(Event.TOOL_REQUEST_WITHDRAWN, found, by=by)
    return found


@transaction.atomic
def join(*, tool_request: UUID, tool: Tool, by: User, at: dt.datetime) -> ToolRequest:
    """Join a request for something unlisted with a tool of the catalogue. What is known of that tool answers it at once, else a review does.

    Raises CannotAsk for a request that was joined or closed.
    """
    found = ToolRequest.objects.select_for_update(of=("self",)).select_related("asker").get(public_id=tool_request)
    if found.answered_at is not None or found.withdrawn_at is not None or found.tool_id is not None:
        raise CannotAsk(_("This request was joined or closed already. Nothing was changed."), code="closed")
    found.tool, found.joined_at, found.joined_by = tool, at, by
    found.save(update_fields=["tool", "joined_at", "joined_by"])
    _tell(Event.TOOL_REQUEST_JOINED, found, by=by, tool=str(tool.public_id))
    now = status.of(tool, at)
    if now.usable or (now.state is State.REFUSED and now.review is None):
        _answered(found, at=at, by=by)
    else:
        _send_on(found, tool, at=at)
    return found


def answer_all(*, review: Review, at: dt.datetime) -> int:
    """A review has its outcome: every request that waited for it has an answer. Answers how many; twice changes nothing."""
    waiting = ToolRequest.objects.select_for_update(of=("self",)).filter(review=review, answered_at=None, withdrawn_at=None)
    count = 0
    for asked in waiting.order_by("pk"):
        _answered(asked, at=review.closed_at or at, by=None)
        count += 1
    return count


def _check_worth_asking(tool: Tool, *, by: User, at: dt.datetime) -> None:
    if status.of(tool, at).usable:
        raise CannotAsk(_("You can use “%(tool)s” already. Its page says how.") % {"tool": tool.name}, code="usable")
    if tool.retired_at is not None:
        raise CannotAsk(_("“%(tool)s” was taken out of use. Its page names others.") % {"tool": tool.name}, code="retired")
    if ToolRequest.objects.filter(asker=by, tool=tool, answered_at=None, withdrawn_at=None).exists():
        raise CannotAsk(
            _("You have asked for “%(tool)s” already. You find it under “My tools”.") % {"tool": tool.name}, code="asked_already"
        )


def _send_on(asked: ToolRequest, tool: Tool, *, at: dt.datetime) -> None:
    review = reviews.open_review(tool=tool, because=Review.Because.REQUEST, asker=asked.asker, by=asked.asker, at=at)
    asked.tool, asked.review = tool, review
    asked.save(update_fields=["tool", "review"])


def _answered(asked: ToolRequest, *, at: dt.datetime, by: User | None) -> None:
    asked.answered_at = at
    asked.save(update_fields=["answered_at"])
    _tell(Event.TOOL_REQUEST_ANSWERED, asked, by=by)
    outbox.put(ANSWERED, at=at, request=str(asked.public_id))


# -- Using ---------------------------------------------------------------------------------------------------------------------


def begin_use(*, tool: Tool, sections: Collection[int], ends_on: dt.date | None = None, by: User, at: dt.datetime) -> ToolUse:
    """Say that these classes use the tool, until a day; without one until the approval ends. A use that is open gets the new classes.

    Raises CannotAsk for a tool that may not be used; that refusal is recorded in the trail.
    """
    try:
        with transaction.atomic():
            return _begin_use(tool, sections, ends_on, by=by, at=at)
    except CannotAsk as refusal:
        if refusal.code == "not_usable":
            with transaction.atomic():
                entries.refuse(Event.TOOL_USE_REFUSED, by=by, about=tool, data={"status": status.of(tool, at).state.value})
        raise


def _begin_use(tool: Tool, sections: Collection[int], ends_on: dt.date | None, *, by: User, at: dt.datetime) -> ToolUse:
    _hat(by, at)
    now = _usable(tool, at)
    on = people.day_of(at)
    last = _last_day(now, ends_on, on=on)
    open_use = ToolUse.objects.select_for_update(of=("self",)).filter(tool=tool, teacher=by, ended_at=None).first()
    if open_use is not None and open_use.ends_on < on:
        _end(open_use, at=at)
        open_use = None
    chosen = sorted(set(sections))[:MOST_SECTIONS]
    if open_use is not None:
        open_use.sections, open_use.ends_on = chosen, last
        open_use.save(update_fields=["sections", "ends_on"])
        use = open_use
    else:
        use = ToolUse.objects.create(tool=tool, teacher=by, sections=chosen, starts_on=on, ends_on=last, begun_at=at)
    _tell_use(Event.TOOL_USE_BEGUN, use, by=by, until=last.isoformat(), classes=len(chosen))
    return use


@transaction.atomic
def renew_use(*, use: UUID, allowed_what: str, ends_on: dt.date | None = None, by: User, at: dt.datetime) -> ToolUse:
    """Go on using a tool, after saying what it let one do. Raises CannotAsk for a tool that may not be used, and without an answer."""
    found = _own_use(use, by)
    if found.ended_at is not None:
        raise CannotAsk(_("This use has ended. Begin again on the tool's page."), code="ended")
    if not allowed_what.strip():
        raise CannotAsk(_("Write a sentence on what the tool let you do. It helps to decide whether to keep it."), code="no_answer")
    now, on = _usable(found.tool, at), people.day_of(at)
    found.allowed_what = allowed_what.strip()[:1000]
    _end(found, at=at)
    renewed = ToolUse.objects.create(
        tool=found.tool,
        teacher=by,
        sections=found.sections,
        starts_on=on,
        ends_on=_last_day(now, ends_on, on=on),
        begun_at=at,
        renewed_from=found,
    )
    _tell_use(Event.TOOL_USE_RENEWED, renewed, by=by, until=renewed.ends_on.isoformat())
    return renewed


@transaction.atomic
def end_use(*, use: UUID, allowed_what: str = "", by: User, at: dt.datetime) -> ToolUse:
    """Stop using a tool, with a word on what it let one do if one likes. Twice changes nothing."""
    found = _own_use(use, by)
    if found.ended_at is None:
        found.allowed_what = allowed_what.strip()[:1000]
        _end(found, at=at)
        _tell_use(Event.TOOL_USE_ENDED, found, by=by)
    return found


# -- Parts ---------------------------------------------------------------------------------------------------------------------


def _hat(by: User, at: dt.datetime) -> str:
    roles = people.roles_of(by, on=people.day_of(at))
    hat = next((role for role in sorted(roles) if permissions.holds({role}, Permission.ASK_FOR_TOOLS)), None)
    if hat is None:
        raise CannotAsk(_("Your role does not use tools with classes."), code="no_role")
    return str(hat)


def _usable(tool: Tool, at: dt.datetime) -> Status:
    now = status.of(tool, at)
    if not now.usable:
        raise CannotAsk(
            _("“%(tool)s” cannot be used now. Its page says why, and what to use instead.") % {"tool": tool.name}, code="not_usable"
        )
    return now


def _last_day(now: Status, wanted: dt.date | None, *, on: dt.date) -> dt.date:
    assert now.approval is not None
    last = min(now.approval.ends_on, on + dt.timedelta(days=LONGEST_USE_DAYS))
    if wanted is not None and wanted < on:
        raise CannotAsk(_("The last day is in the past."), code="past_day")
    return min(last, wanted) if wanted is not None else last


def _own(public_id: UUID, by: User) -> ToolRequest:
    return ToolRequest.objects.select_for_update(of=("self",)).get(public_id=public_id, asker=by)


def _own_use(public_id: UUID, by: User) -> ToolUse:
    return ToolUse.objects.select_for_update(of=("self",)).select_related("tool").get(public_id=public_id, teacher=by)


def _end(use: ToolUse, *, at: dt.datetime) -> None:
    use.ended_at = at
    use.save(update_fields=["ended_at", "allowed_what"])


def _tell(
    event: Event, asked: ToolRequest, *, by: User | None, action: Action = Action.UPDATE, hat: str | None = None, **data: Any
) -> None:
    entries.append(event, action=action, by=by, about=asked, hat=hat, data=data)


def _tell_use(event: Event, use: ToolUse, *, by: User, **data: Any) -> None:
    entries.append(event, action=Action.UPDATE, by=by, about=use, data={"tool": str(use.tool.public_id), **data})
