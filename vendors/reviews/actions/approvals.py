"""An approval that ends before its last day."""

import datetime as dt

from django.db import transaction

from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event
from vendors.providers.models import Tool
from vendors.reviews.models import Approval


@transaction.atomic
def end_approval(*, approval: Approval, because: str, by: User, at: dt.datetime) -> Approval:
    """End an approval at this moment; `because` is a word: safety, agreement_ended, retired. Twice changes nothing."""
    Tool.objects.select_for_update().get(pk=approval.tool_id)
    found = Approval.objects.select_for_update(of=("self",)).select_related("tool").get(pk=approval.pk)
    if found.ended_at is None:
        _end(found, because=because, by=by, at=at)
    return found


def end_open_approval(tool: Tool, *, because: str, by: User, at: dt.datetime) -> None:
    """End whatever approval of the tool is open, where another outcome takes its place; the caller holds the tool."""
    for approval in Approval.objects.select_for_update(of=("self",)).filter(tool=tool, ended_at=None):
        _end(approval, because=because, by=by, at=at)


def _end(approval: Approval, *, because: str, by: User, at: dt.datetime) -> None:
    approval.ended_at, approval.ended_by, approval.ended_because = at, by, because
    approval.save(update_fields=["ended_at", "ended_by", "ended_because"])
    entries.append(Event.APPROVAL_ENDED, action=Action.UPDATE, by=by, about=approval, data={"why": because})
