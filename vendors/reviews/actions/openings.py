"""A review that begins: because somebody asks for the tool, or because an agreement changed under an approval."""

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance.people import permissions
from governance.people import queries as people
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event, Permission
from portal.base import workdays
from vendors.providers.models import Tool
from vendors.reviews import desk
from vendors.reviews.actions.parts import CannotReview, locked_open, tell
from vendors.reviews.models import Approval, Review

REVIEW_WORKDAYS = 15  # the district's own target
AGAIN_DAYS = 30  # an approval that is asked again lapses after so many days without an answer


@transaction.atomic
def open_review(*, tool: Tool, because: str, note: str = "", asker: User | None = None, by: User | None, at: dt.datetime) -> Review:
    """The tool's open review; a new one where there is none. `asker` wants the tool and so decides nothing about it.

    `by` is None for the portal itself. Raises CannotReview for a retired tool.
    """
    locked = Tool.objects.select_for_update().get(pk=tool.pk)
    if locked.retired_at is not None:
        raise CannotReview(_("This tool was retired. Take it back into the catalog first."), code="retired")
    review = Review.objects.select_for_update(of=("self",)).filter(tool=locked, closed_at=None).first()
    if review is None:
        on = people.day_of(at)
        review = Review.objects.create(
            tool=locked, because=because, note=note[:300], opened_at=at, opened_by=by, due_on=workdays.after(on, REVIEW_WORKDAYS)
        )
        if asker is not None:
            review.askers = [asker.pk]
        waiting = desk.waits_on(review, on=on)
        review.reviewer_id = waiting.people[0].id if waiting.people else None
        review.save(update_fields=["reviewer", "askers"])
        tell(Event.REVIEW_OPENED, review, by=by, action=Action.CREATE, because=because, tool=str(locked.public_id))
    elif asker is not None and asker.pk not in review.askers:
        review.askers = sorted({*review.askers, asker.pk})
        if review.reviewer_id == asker.pk:
            waiting = desk.waits_on(review, on=people.day_of(at))
            review.reviewer_id = waiting.people[0].id if waiting.people else None
        review.save(update_fields=["askers", "reviewer"])
    return review


@transaction.atomic
def assign(*, review: UUID, reviewer: User, due_on: dt.date, by: User, at: dt.datetime) -> Review:
    """Give a review to somebody who reviews tools, with another day if need be. Who decides stays what the designations say."""
    found = locked_open(review)
    if not permissions.holds(people.roles_of(reviewer, on=people.day_of(at)), Permission.REVIEW_TOOLS):
        raise CannotReview(_("This person does not review tools. Choose a data steward or a district admin."), code="no_role")
    if reviewer.pk in found.askers:
        raise CannotReview(_("This person asked for the tool. Somebody else reviews it."), code="asked_for_it")
    if due_on < people.day_of(at):
        raise CannotReview(_("The day is in the past."), code="past_day")
    found.reviewer, found.due_on = reviewer, due_on
    found.save(update_fields=["reviewer", "due_on"])
    tell(Event.REVIEW_ASSIGNED, found, by=by, reviewer=str(reviewer.public_id), due_on=due_on.isoformat())
    return found


@transaction.atomic
def ask_again(*, approval: Approval, because: str, at: dt.datetime) -> Review:
    """The agreement changed under an approval: it is reviewed again, and lapses after AGAIN_DAYS without an answer. Twice changes nothing.

    What the gate lets through follows the new text from its first moment, whatever this approval says.
    """
    Tool.objects.select_for_update().get(pk=approval.tool_id)
    found = Approval.objects.select_for_update(of=("self",)).select_related("tool").get(pk=approval.pk)
    review = open_review(tool=found.tool, because=Review.Because.AMENDMENT, by=None, at=at)
    if found.ended_at is None and found.again_due_on is None:
        found.again_due_on, found.again_because = people.day_of(at) + dt.timedelta(days=AGAIN_DAYS), because
        found.save(update_fields=["again_due_on", "again_because"])
        entries.append(
            Event.APPROVAL_ASKED_AGAIN,
            action=Action.UPDATE,
            by=None,
            about=found,
            data={"why": because, "until": found.again_due_on.isoformat(), "review": str(review.public_id)},
        )
    return review
