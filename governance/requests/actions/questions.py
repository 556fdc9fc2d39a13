"""What the person who decides and the asker say to each other while a request waits."""

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance.people import queries as people
from governance.people.models import User
from governance.requests import queries
from governance.requests.actions.decisions import check_may_decide
from governance.requests.actions.parts import State, deciding_hat, locked_by_id, tell
from governance.requests.models import RequestMessage
from governance.vocabulary import Action, Event
from portal.base import workdays
from portal.base.errors import CannotDo


@transaction.atomic
def ask_information(*, data_request: UUID, by: User, text: str, at: dt.datetime) -> RequestMessage:
    """The person who decides asks the asker something. The target date waits for the answer."""
    found = locked_by_id(data_request)
    check_may_decide(found, by=by, at=at)
    if found.state not in queries.WAITING:
        raise CannotDo(_("This request is closed already."), code="closed")
    message = RequestMessage.objects.create(data_request=found, writer=by, text=text, written_at=at)
    if found.state == State.SUBMITTED:
        found.facts["asked_on"] = people.day_of(at).isoformat()
    found.state = State.INFORMATION_ASKED
    found.save(update_fields=["state", "facts"])
    tell(Event.REQUEST_INFORMATION_ASKED, found, by=by, action=Action.UPDATE, hat=deciding_hat(by, at))
    return message


@transaction.atomic
def give_information(*, data_request: UUID, by: User, text: str, at: dt.datetime) -> RequestMessage:
    """The asker answers. The target date moves by the working days that the question was open."""
    found = locked_by_id(data_request)
    if found.asker_id != by.pk:
        raise CannotDo(_("Only the person who asked can answer."))
    if found.state != State.INFORMATION_ASKED:
        raise CannotDo(_("No question is open on this request."), code="closed")
    message = RequestMessage.objects.create(data_request=found, writer=by, text=text, written_at=at)
    asked_on = found.facts.pop("asked_on", None)
    if asked_on and found.due_on:
        open_days = workdays.between(dt.date.fromisoformat(asked_on), people.day_of(at))
        found.due_on = workdays.after(found.due_on, open_days)
    found.state = State.SUBMITTED
    found.save(update_fields=["state", "facts", "due_on"])
    tell(Event.REQUEST_INFORMATION_GIVEN, found, by=by, action=Action.UPDATE, hat=found.hat)
    return message
