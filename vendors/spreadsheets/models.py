"""A spreadsheet on its way into the catalogue: what came, which column means what, what was made of it and whether that was taken back."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from vendors.bringing import BroughtTable, steps_in_order
from vendors.constraints import both_or_neither


class Sheet(BroughtTable):
    """One uploaded file. Its cells are kept until it is applied or dropped, and of unmapped columns only until the columns are mapped."""

    class Kind(models.TextChoices):
        TOOLS = "tools", _("Tools")
        AGREEMENTS = "agreements", _("Agreements")

    kind = models.CharField(max_length=20, choices=Kind.choices)
    sha256 = models.CharField(max_length=64)
    header = ArrayField(models.CharField(max_length=2000), default=list)
    rows = models.JSONField(default=list, help_text=_("lists of cells, as they came"))
    lines = models.PositiveIntegerField(help_text=_("rows of the file, without the header"))
    dropped_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta(BroughtTable.Meta):
        constraints = [
            *steps_in_order("sheet"),
            both_or_neither("dropped_at", "dropped_by", name="sheet_dropped_by_someone"),
            models.CheckConstraint(condition=Q(applied_at=None, dropped_at=None) | Q(rows=[]), name="closed_sheet_holds_no_cells"),
        ]


class Made(models.Model):
    """An object that a sheet made, as it stood then: while it stands so, it can be taken back."""

    class Kind(models.TextChoices):
        PROVIDER = "provider", _("Provider")
        TOOL = "tool", _("Tool")
        AGREEMENT = "agreement", _("Agreement")

    sheet = models.ForeignKey(Sheet, models.CASCADE, related_name="made")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    object_id = models.BigIntegerField()
    row = models.PositiveIntegerField(help_text=_("of the file, the header being row 1"))
    fingerprint = models.CharField(max_length=64, help_text=_("hash of the object and of all that points at it"))

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["sheet", "kind", "object_id"], name="made_once_per_sheet")]

    def __str__(self) -> str:
        return f"{self.sheet_id} {self.kind} {self.object_id}"


class Listing(models.Model):
    """What a registry's list says of an agreement beyond its terms: a line of a list, and no signature."""

    agreement = models.OneToOneField("agreements.Agreement", models.CASCADE, related_name="listing")
    district = models.CharField(max_length=160, blank=True)
    status = models.CharField(max_length=60, blank=True, help_text=_("the registry's own word"))
    link = models.URLField(max_length=400, blank=True, help_text=_("of the document in the registry"))

    def __str__(self) -> str:
        return str(self.agreement_id)
