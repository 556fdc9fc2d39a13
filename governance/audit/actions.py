"""Keeping a search by name. Neither the name nor whom it asks about stands in the entry: a name is free text."""

import datetime as dt
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from governance.audit.models import MOST_SEARCHES, SavedSearch
from governance.audit.questions import Question
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event
from portal.base.errors import CannotDo


class CannotSave(CannotDo):
    """The search was not kept; `what_to_do` says what the person can do."""


@transaction.atomic
def save_search(*, name: str, question: Question, period: str, shared: bool, by: User, at: dt.datetime) -> SavedSearch:
    """Keep what was asked. Raises CannotSave where the person has one of that name, or as many as one person may have."""
    if SavedSearch.objects.filter(owner=by).count() >= MOST_SEARCHES:
        raise CannotSave(_("You have as many saved searches as one person may have. Delete one first."))
    try:
        with transaction.atomic():
            saved = SavedSearch.objects.create(
                owner=by, name=name, question=question.in_address()[1:], period=period, shared=shared, saved_at=at
            )
    except IntegrityError as error:
        raise CannotSave(_("You have a search of that name. Choose another name, or delete the old one.")) from error
    _tell(Event.TRAIL_SEARCH_SAVED, Action.CREATE, saved, by=by, data={"shared": shared, "period": period})
    return saved


@transaction.atomic
def delete_search(*, search: UUID, by: User) -> None:
    """Delete a search of one's own. Raises SavedSearch.DoesNotExist for a search of others, shared or not."""
    saved = SavedSearch.objects.select_for_update().get(public_id=search, owner=by)
    _tell(Event.TRAIL_SEARCH_DELETED, Action.DELETE, saved, by=by, data={"shared": saved.shared})
    saved.delete()


def _tell(event: Event, action: Action, saved: SavedSearch, *, by: User, data: dict) -> None:
    entries.append(event, action=action, by=by, about=saved, data=data)
