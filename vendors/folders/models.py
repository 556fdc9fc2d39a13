"""A folder of PDF files on its way into the agreements: what came, what each file is meant for, what was made of it and whether it was taken back."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from vendors.bringing import BroughtIn, steps_in_order
from vendors.constraints import both_or_neither
from vendors.providers.models import Document


class Folder(BroughtIn):
    """One uploaded ZIP. Names and bytes of its files are kept until it is applied or dropped."""

    dropped_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta(BroughtIn.Meta):
        constraints = [
            *steps_in_order("folder"),
            both_or_neither("dropped_at", "dropped_by", name="folder_dropped_by_someone"),
        ]


class File(models.Model):
    """One file of a folder: for which agreement that is being written it is meant, or for a new one with which provider; or why it cannot be taken."""

    class Fault(models.TextChoices):
        NOT_A_PDF = "not_a_pdf", _("This is no whole PDF file. Save or scan it as PDF.")
        TOO_LARGE = "too_large", _("The file is larger than 10 MB. Scan it with fewer dots per inch, or in parts.")
        LOCKED = "locked", _("The file is locked by a password, or damaged. Pack the folder again without one.")
        TWICE = "twice", _("The same file stands above.")
        THERE = "there", _("This document is here already.")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    folder = models.ForeignKey(Folder, models.CASCADE, related_name="files")
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=200, blank=True, help_text=_("forgotten when the folder is closed: it may name a person"))
    fault = models.CharField(max_length=20, choices=Fault.choices, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    content = models.BinaryField(default=b"")
    # Named by opaque ids and not by foreign keys: what points at an agreement counts as a use of it, and would keep a sheet from being taken back.
    target = models.CharField(max_length=60, blank=True, help_text=_("agreement:<id> or provider:<id>; empty: left out"))
    agreement = models.UUIDField(null=True, help_text=_("into which it was put"))
    document = models.ForeignKey(Document, models.SET_NULL, null=True, related_name="+", help_text=_("what was made of it"))
    is_new = models.BooleanField(default=False, help_text=_("the agreement was made for it"))
    fingerprint = models.CharField(max_length=64, blank=True, help_text=_("of the agreement, as the file left it"))

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["folder", "number"], name="file_number_once"),
            models.CheckConstraint(condition=Q(document=None) | Q(name="", content=b""), name="applied_file_holds_no_bytes"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
