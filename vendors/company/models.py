"""What a provider's contacts write here: drafts of answers, notices of breaches, announcements of suppliers. Nothing of students."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from vendors.constraints import both_or_neither
from vendors.providers.models import Provider, Tool
from vendors.reviews.models import Questionnaire


class QuestionnaireDraft(models.Model):
    """Answers that were saved and not handed in yet; for the provider's contacts alone. It goes when they are handed in."""

    questionnaire = models.OneToOneField(Questionnaire, models.CASCADE, related_name="draft")
    answers = models.JSONField(default=dict, help_text=_("question -> [answer, words]"))
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"draft {self.questionnaire_id}"


class BreachNotice(models.Model):
    """What a provider tells the district about an unauthorized release at its side. Its clock runs from `discovered_at`; the rest of the
    matter belongs to the rooms of breaches, who take it by `notices.on_breach_notice`.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT, related_name="breach_notices")
    tools = ArrayField(models.UUIDField(), default=list, help_text=_("opaque ids of the provider's tools"))
    discovered_at = models.DateTimeField(_("when the provider discovered it"))
    happened = models.TextField(_("what happened"), max_length=4000)
    data = models.TextField(_("kinds of data"), max_length=1000)
    people = models.PositiveIntegerField(_("about how many students"), null=True)
    contained = models.BooleanField(_("it has stopped"), default=False)
    measures = models.TextField(_("what the provider does about it"), max_length=2000, blank=True)
    reach = models.CharField(_("whom to call"), max_length=200)
    hours = models.PositiveSmallIntegerField(help_text=_("hours to tell the district, as agreed"))
    clock = models.SlugField(max_length=80, blank=True, help_text=_("id of the clock; empty where the agreement gives the hours"))
    due_at = models.DateTimeField()
    received_at = models.DateTimeField()
    received_from = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-received_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(discovered_at__lte=models.F("received_at")), name="breach_discovered_before_told"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class SupplierNotice(models.Model):
    """That a provider takes or drops a supplier who gets students' data through a tool. The district takes it into the catalogue or not."""

    class Change(models.TextChoices):
        ADDED = "added", _("A new supplier")
        REMOVED = "removed", _("A supplier who gets no data any more")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    tool = models.ForeignKey(Tool, models.PROTECT, related_name="supplier_notices")
    change = models.CharField(_("change"), max_length=20, choices=Change.choices)
    name = models.CharField(_("supplier"), max_length=120)
    country = models.CharField(_("country"), max_length=2, default="US")
    does = models.CharField(_("what it does"), max_length=200)
    elements = ArrayField(models.CharField(max_length=120), default=list, help_text=_("keys of elements"))
    starts_on = models.DateField(_("from"))
    announced_at = models.DateTimeField()
    announced_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    seen_at = models.DateTimeField(null=True)
    seen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-announced_at", "-pk"]
        constraints = [both_or_neither("seen_at", "seen_by", name="supplier_notice_seen_by_someone")]

    def __str__(self) -> str:
        return str(self.public_id)
