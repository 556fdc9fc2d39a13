"""Asking for a check of the whole trail, and telling people where one found something."""

import datetime as dt

from django.db import IntegrityError, transaction

from governance.checkpoints import notices
from governance.checkpoints.models import Round
from governance.people.models import User
from governance.trail import entries
from governance.trail.seals import runs
from governance.vocabulary import Action, Event
from portal.base import outbox


@transaction.atomic
def ask(*, by: User | None) -> int:
    """Ask the sealing side to check the whole trail; one that waits already is not asked twice. `by` is None at night. Answers its number."""
    number = runs.ask(by=by.public_id if by else None)
    entries.append(Event.VERIFY_ASKED, action=Action.CREATE, by=by, data={"run": number})
    return number


def tell_of_failures(*, at: dt.datetime) -> int:
    """Mail about runs that found something and of which nobody was told. Answers how many. Safe to run twice at the same time."""
    told = set(Round.objects.filter(about=Round.About.VERIFY).values_list("number", flat=True))
    return sum(_tell(run.number, at) for run in runs.failed_since(0) if run.number not in told)


def _tell(number: int, at: dt.datetime) -> int:
    try:
        with transaction.atomic():
            Round.objects.create(about=Round.About.VERIFY, number=number, at=at)
            outbox.put(notices.DOES_NOT_HOLD, at=at, run=number)
    except IntegrityError:
        return 0  # another worker is at it
    return 1
