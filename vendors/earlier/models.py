"""A list of earlier answers on its way in: its columns, who brought it, what came of it. Its cells lie encrypted in the vault, never here."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from vendors.bringing import BroughtTable, steps_in_order
from vendors.consents.models import Answer, Form


class EarlierSheet(BroughtTable):
    """One uploaded list. `form` is the text that its answers are held to, `covers` why they may be. The file goes when it is applied or dropped."""

    form = models.ForeignKey(Form, models.PROTECT, related_name="+")
    covers = models.CharField(max_length=300)
    header = ArrayField(models.CharField(max_length=2000), default=list, help_text=_("names of the columns that are kept"))
    lines = models.PositiveIntegerField()
    file = models.CharField(max_length=80, blank=True)
    file_key = models.BinaryField(default=bytes)
    file_size = models.PositiveIntegerField(default=0)
    file_sha256 = models.CharField(max_length=64, blank=True)
    dropped_at = models.DateTimeField(null=True, help_text=_("by nobody where the portal dropped it after its days"))

    class Meta(BroughtTable.Meta):
        constraints = [
            *steps_in_order("earlier"),
            models.CheckConstraint(condition=Q(applied_at=None, dropped_at=None) | Q(file=""), name="closed_earlier_holds_no_cells"),
        ]


class Brought(models.Model):
    """An answer that a list made."""

    sheet = models.ForeignKey(EarlierSheet, models.CASCADE, related_name="brought")
    answer = models.OneToOneField(Answer, models.CASCADE, related_name="+")
    row = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"brought {self.pk}"
