"""Pages of what somebody brings in: its state in words, and the steps that end it."""

import datetime as dt
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.forms import Form
from django.http import Http404
from django.utils.translation import gettext as _

from governance.people.http import SignedInRequest
from portal.base import clock
from portal.base.components import Status
from portal.base.telling import taken, tell
from vendors.bringing import BroughtIn, BroughtTable
from vendors.columns import ColumnsForm

Steps = Mapping[str, tuple[Callable[..., object], str]]


def state_of(found: BroughtIn, *, applied: str, waiting: str) -> Status:
    """How far it is: in the words `applied` once it is, and `waiting` while somebody has to do something."""
    if found.undone_at is not None:
        return Status("off", _("Taken back"))
    if found.applied_at is not None:
        return Status("ok", applied)
    if found.dropped_at is not None:
        return Status("off", _("Dropped"))
    return Status("wait", waiting)


def state_of_sheet(found: BroughtTable, *, applied: str) -> Status:
    """The same of a table, whose columns have to be named first."""
    return state_of(found, applied=applied, waiting=_("To be checked") if found.mapping else _("Columns to be named"))


def upload(form: Form, most_bytes: int) -> dict[str, Any]:
    """What a valid form of an upload says, with the bytes of its `file` as `content`: at most one more than `most_bytes`."""
    said = dict(form.cleaned_data)
    return said | {"content": said.pop("file").read(most_bytes + 1)}


def mapped(form: ColumnsForm, action: Callable[..., object], **given: Any) -> bool:
    """Say what the columns mean, as the form says. False where it was not sent, or cannot be taken: then it says why."""
    return taken(form, lambda: action(mapping=form.mapping(), **given)) is not None


def undoing(found: BroughtIn, at: dt.datetime) -> dict[str, Any]:
    """What templates/vendors/_undo.html shows: until when it can be taken back, and whether that is still so."""
    until = found.undo_until
    return {"undo_until": until, "can_undo": until is not None and at <= until}


def take(request: SignedInRequest, act: str, steps: Steps, **which: UUID) -> None:
    """Take the step that was pressed (an action and the words for its end), and tell the person. Raises Http404 for any other word."""
    if act not in steps:
        raise Http404
    action, done = steps[act]
    tell(request, partial(action, **which, by=request.user, at=clock.now()), done=done)
