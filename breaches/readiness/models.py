"""Who can sign in when much is down, each time they did, which way mail goes, and the numbers on the card. No row is about a child."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.base import mail
from vendors.constraints import both_or_neither, not_before
from vendors.proposals import Proposal, confirmed_by_another, steps_by_someone


class Holder(Proposal):
    """Somebody who keeps a way in that needs neither single sign-on nor mail: proposed by one person, confirmed by another."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="readiness")
    phone = models.CharField(max_length=40, help_text=_("a number that works when the district's own telephones do not"))

    class Meta:
        ordering = ["proposed_at", "pk"]
        constraints = [
            *steps_by_someone("holder"),
            not_before("confirmed_at", "proposed_at", name="holder_confirmed_after_proposal"),
            confirmed_by_another("user", name="holder_confirmed_by_another"),
            models.UniqueConstraint(fields=["user"], condition=Q(ended_at=None), name="person_is_named_once"),
        ]


class Use(models.Model):
    """One sign-in of a named person with the portal's own password or passkey."""

    holder = models.ForeignKey(Holder, models.PROTECT, related_name="uses")
    at = models.DateTimeField()
    ways = ArrayField(models.CharField(max_length=20), help_text=_("password, mfa: what the sign-in library calls them"))
    second_step = models.BooleanField(help_text=_("a second step or a passkey was part of it"))

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"use {self.pk}"


class MailSwitch(models.Model):
    """From when mail goes by which of the two servers, who said so and why. The newest row counts."""

    class Path(models.TextChoices):
        FIRST = mail.FIRST, _("First mail server")
        SECOND = mail.SECOND, _("Second mail server")

    path = models.CharField(max_length=10, choices=Path.choices)
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="mail_switch_has_a_reason")]

    def __str__(self) -> str:
        return self.path


class Number(models.Model):
    """A telephone number on the printed card: the insurer, counsel, the police, the state. Taking one off ends it; no row is deleted."""

    title = models.CharField(max_length=80)
    name = models.CharField(max_length=80, blank=True)
    phone = models.CharField(max_length=40)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(null=True)
    removed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["added_at", "pk"]
        constraints = [both_or_neither("removed_at", "removed_by", name="number_removed_by_someone")]

    def __str__(self) -> str:
        return self.title
