"""What every verb on a review needs: the locked row, and the entry."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event
from portal.base.errors import CannotDo
from vendors.reviews.models import Review


class CannotReview(CannotDo):
    """The review stayed as it was."""


def locked_open(public_id: UUID) -> Review:
    """The review, locked until the end of the transaction. Raises CannotReview for a closed one."""
    review = Review.objects.select_for_update(of=("self",)).select_related("tool", "closed_by").get(public_id=public_id)
    if review.closed_at is not None:
        raise CannotReview(_("This review is closed already. Nothing was changed."), code="closed")
    return review


def tell(event: Event, review: Review, *, by: User | None, action: Action = Action.UPDATE, **data: Any) -> None:
    """Write the entry of a step."""
    entries.append(event, action=action, by=by, about=review, data=data)
