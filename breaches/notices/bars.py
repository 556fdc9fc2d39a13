"""Whom a notice may still reach, looked at again when a letter is about to leave: an order can come at any time after the start.

The same question is asked for mail, for paper and before a call. Whom it bars gets nothing; that is recorded, and the pages show it.
"""

import datetime as dt
import time
from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.models import Q

from breaches.notices.models import Recipient
from governance.people import queries as people
from governance.records import scope
from governance.records.models import Guardianship, OwnRecord
from governance.trail import entries
from governance.vocabulary import Action, Event
from portal.base import clock

BARRING = (Guardianship.Limit.PLACEMENT_DENIED, Guardianship.Limit.NO_CONTACT)
LOOK_SECONDS = 1.0
_State, _Because = Recipient.State, Recipient.Because


def still_told(recipients: Iterable[int], *, on: dt.date) -> set[int]:
    """Of these recipients, whom the school may write to on a day: no order bars them, the link stands, the rights are theirs. Two queries."""
    holds = Q(limit_ends_on=None) | Q(limit_ends_on__gte=on)
    may = Guardianship.objects.filter(ended_at=None, may_inspect=True, may_be_contacted=True).exclude(holds, limit__in=BARRING)
    grown = OwnRecord.objects.filter(eligible_since__lte=on)
    told = Recipient.objects.filter(pk__in=list(recipients)).filter(
        Q(own=True, student__in=grown.values("student"))
        | Q(guardianship__in=may.values("pk")) & ~Q(student__in=grown.filter(parents_may_view=False).values("student"))
    )
    return set(told.values_list("pk", flat=True))


def is_barred(recipient: Recipient, *, on: dt.date) -> bool:
    """True while an order bars this guardian. The link is at hand."""
    link = recipient.guardianship
    return link is not None and link.limit in BARRING and scope.limit_holds(link, on=on)


class Watch:
    """Of the recipients of a batch, who may still be told (`told`) and whose notice was stopped (`stopped`): no older than a second after `look`."""

    def __init__(self, recipients: Collection[int]):
        self._recipients, self._seen = recipients, time.monotonic() - LOOK_SECONDS
        self.told: set[int] = set()
        self.stopped: set[int] = set()
        self.look()

    def look(self) -> None:
        """Ask again, unless that was a moment ago."""
        if time.monotonic() - self._seen < LOOK_SECONDS:
            return
        self.told = still_told(self._recipients, on=clock.today())
        stopped = Recipient.objects.filter(pk__in=self._recipients, notice__stopped_at__isnull=False)
        self.stopped = set(stopped.values_list("pk", flat=True))
        self._seen = time.monotonic()


@transaction.atomic
def keep_back(recipient: int, *, at: dt.datetime, lease: int | None = None) -> bool:
    """Let nothing more go to this one, of a drainer's lease or of nobody's. Where nobody else is told about the child, somebody has to call.

    Answers whether it was still to be decided; a second time changes nothing. The entry names the recipient's opaque id.
    """
    open_states = (_State.WAITING, _State.PAPER, _State.CALL)
    row = (
        Recipient.objects.select_for_update(of=("self",)).select_related("notice").filter(pk=recipient, state__in=open_states, lease=lease)
    )
    found = row.exclude(state=_State.CALL, because=_Because.NOBODY).first()
    if found is None:
        return False
    others = Recipient.objects.filter(notice=found.notice_id, student=found.student_id).exclude(pk=found.pk)
    is_told = bool(still_told(others.values_list("pk", flat=True), on=people.day_of(at)))
    found.state, found.because = (_State.BARRED, _Because.BARRED) if is_told else (_State.CALL, _Because.NOBODY)
    found.lease = None
    found.save(update_fields=["state", "because", "lease"])
    entries.append(
        Event.NOTICE_KEPT_BACK, action=Action.UPDATE, by=None, about=found.notice,
        data={"recipient": str(found.public_id), "somebody_else_is_told": is_told},
    )  # fmt: skip
    return True
