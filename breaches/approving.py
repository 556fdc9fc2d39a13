"""A text that goes outside only once two people who did not write it approved it, by its hash: its versions, the approvals, and their counting."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _

from governance.people.models import User
from portal.base.errors import CannotDo

APPROVALS = 2


class TextVersion(models.Model):
    """One text, in its languages. Added, never changed."""

    number = models.PositiveSmallIntegerField()
    texts = models.JSONField()
    sha256 = models.CharField(max_length=64)
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    approvals: Any  # the manager of the room's own approvals

    class Meta:
        abstract = True
        ordering = ["number"]


class TextApproval(models.Model):
    """That somebody who did not write a version approved exactly its hash. The room says of which: `version`."""

    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        abstract = True
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"approval {self.pk}"


def once_each(name: str) -> models.UniqueConstraint:
    """Nobody approves a version twice."""
    return models.UniqueConstraint(fields=["version", "by"], name=name)


def approvals_of(version: TextVersion) -> int:
    """How many people who did not write a version approved exactly its hash."""
    given: int = version.approvals.filter(sha256=version.sha256).exclude(by=version.written_by_id).values("by").distinct().count()
    return given


def is_approved(version: TextVersion) -> bool:
    """True once enough people did."""
    return approvals_of(version) >= APPROVALS


def check_approver(version: TextVersion, *, by: User) -> None:
    """Raises CannotDo for a version's author, and for whoever approved it already."""
    if version.written_by_id == by.pk:
        raise CannotDo(_("You wrote this text. Somebody else has to approve it."), code="own")
    if version.approvals.filter(by=by).exists():
        raise CannotDo(_("You approved it already. A second person has to."), code="twice")
