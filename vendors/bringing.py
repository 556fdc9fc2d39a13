"""What is the same of everything that somebody brings in (a sheet of the catalogue, a folder of agreements, a list of earlier answers): it is
received, applied or dropped, and what was applied can be taken back for a time."""

import datetime as dt
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.people.models import User
from portal.base.errors import CannotDo
from vendors.constraints import both_or_neither

UNDO_DAYS = 30


class CannotBring(CannotDo):
    """It was not taken, corrected, applied or taken back."""


class BroughtIn(models.Model):
    """One upload on its way in: when each step was taken, and by whom. Who dropped it is said where it is never the portal itself."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    received_at = models.DateTimeField()
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    applied_at = models.DateTimeField(null=True)
    applied_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        ordering = ["-received_at", "-pk"]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def is_closed(self) -> bool:
        """True once it was applied or dropped: nothing more is done with what came."""
        return self.applied_at is not None or self.dropped_at is not None

    @property
    def undo_until(self) -> dt.datetime | None:
        """The moment until which what it made can be taken back; None where there is nothing to take back."""
        return self.applied_at + dt.timedelta(days=UNDO_DAYS) if self.applied_at is not None and self.undone_at is None else None

    def take_back(self, *, by: User, at: dt.datetime) -> list[str]:
        """What it made is gone again. Answers which fields the caller has to save."""
        self.undone_at, self.undone_by = at, by
        return ["undone_at", "undone_by"]


class BroughtTable(BroughtIn):
    """A table, of which somebody has to say what its columns mean."""

    mapping = models.JSONField(default=dict, help_text=gettext_lazy("field -> number of its column; empty until somebody said so"))

    class Meta(BroughtIn.Meta):
        abstract = True


def steps_in_order(noun: str) -> list[models.CheckConstraint]:
    """The conditions on the steps of `BroughtIn`, named for what is brought: each has its person, only what was applied was undone, and what
    was applied was not dropped."""
    return [
        both_or_neither("applied_at", "applied_by", name=f"{noun}_applied_by_someone"),
        both_or_neither("undone_at", "undone_by", name=f"{noun}_undone_by_someone"),
        models.CheckConstraint(condition=Q(undone_at=None) | Q(applied_at__isnull=False), name=f"undone_{noun}_was_applied"),
        models.CheckConstraint(condition=Q(dropped_at=None) | Q(applied_at=None), name=f"applied_{noun}_was_not_dropped"),
    ]


def check_undo(found: BroughtIn, *, at: dt.datetime, too_late: str) -> None:
    """Raises CannotBring where there is nothing to take back, and after 30 days with the words `too_late`."""
    until = found.undo_until
    if until is None:
        raise CannotBring(_("There is nothing to take back."), code="not_applied")
    if at > until:
        raise CannotBring(too_late, code="too_late")
