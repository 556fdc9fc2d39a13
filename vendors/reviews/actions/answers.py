"""The checklist of a review, answered item by item."""

import datetime as dt
from collections.abc import Mapping
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from governance.people.models import User
from governance.vocabulary import Event
from vendors.reviews import checklist
from vendors.reviews.actions.parts import CannotReview, locked_open, tell
from vendors.reviews.models import Check, Review


@transaction.atomic
def answer(*, review: UUID, answers: Mapping[str, tuple[str, str]], by: User, at: dt.datetime) -> Review:
    """Answer items of the checklist: item -> (answer, note). What is not named stays; an empty answer takes one away.

    Raises CannotReview for an item that this checklist does not have.
    """
    found = locked_open(review)
    known = {item.id for item in items_of(found)}
    if not set(answers) <= known:
        raise CannotReview(_("The checklist has changed. Open the page again."), code="unknown_item")
    kept = {check.item: check for check in found.checks.all()}
    changed = []
    for item, (said, note) in answers.items():
        check = kept.get(item)
        if not said:
            if check is not None:
                check.delete()
                changed.append(item)
            continue
        if check is not None and (check.answer, check.note) == (said, note):
            continue
        Check.objects.update_or_create(
            review=found, item=item, defaults={"answer": said, "note": note[:300], "answered_at": at, "answered_by": by}
        )
        changed.append(item)
    if changed:
        tell(Event.REVIEW_CHECKED, found, by=by, items=sorted(changed))
    return found


def items_of(review: Review) -> tuple[checklist.Item, ...]:
    """The checklist of a review, for this district and this tool."""
    return checklist.items_for(settings.DISTRICT_STATE, collects=not review.tool.collects_nothing)


def findings_of(review: Review, *, under_13: bool) -> checklist.Findings:
    """What the review's answers come to."""
    return checklist.weigh(items_of(review), {check.item: check.answer for check in review.checks.all()}, under_13=under_13)
