"""Connections of tools' own systems: who may ask, with which secret, and for which children. No value of a student stands here.

Secrets and tokens are kept as SHA-256 of 256 random bits; what was handed out once cannot be read again.
"""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from governance.records.models import Student
from vendors.providers.models import Tool
from vendors.sharing.models import Delivery, Release


class Client(models.Model):
    """The system of one tool. `public_id` is its client id; `account` is who stands in the trail for what it fetches: an account that
    nobody can sign in with."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    tool = models.ForeignKey(Tool, models.PROTECT, related_name="clients")
    account = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_because = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            models.UniqueConstraint(fields=["tool"], condition=Q(ended_at=None), name="one_open_client_per_tool"),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_because="") | (Q(ended_at__isnull=False) & ~Q(ended_because="")),
                name="ended_client_says_why",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Secret(models.Model):
    """One secret of a client. `until` is None for the present one; an older one works until then."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="secrets")
    sha256 = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    until = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["client"], condition=Q(until=None), name="one_present_secret_per_client")]

    def __str__(self) -> str:
        return f"secret {self.pk}"


class Token(models.Model):
    """A short permission to ask, got with a secret; it dies with that secret at the latest."""

    secret = models.ForeignKey(Secret, models.CASCADE, related_name="tokens")
    sha256 = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=120))
    made_at = models.DateTimeField()
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"token {self.pk}"


class Census(models.Model):
    """When it was last worked out which children a delivery may name, and from what (a hash of approval, agreement, classes and roster).
    `because`: a word of sharing.words.REFUSALS where it may name nobody."""

    delivery = models.OneToOneField(Delivery, models.CASCADE, related_name="+")
    made_at = models.DateTimeField()
    basis = models.CharField(max_length=64)
    because = models.CharField(max_length=40, blank=True)

    def __str__(self) -> str:
        return f"census {self.pk}"


class Seat(models.Model):
    """A child whom a delivery may name, with the id under which this tool knows the child, and when the child's agreed data last changed.

    `gone_at`: the child was sent to the tool and may not be named any more, whatever the reason, and when that was first noticed: of such
    a child deltas tell the id and that it is to be deleted, and nothing else does.
    """

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="+", db_index=False)
    student = models.ForeignKey(Student, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    sourced_id = models.CharField(max_length=36)
    changed_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["delivery", "student"], name="one_seat_per_child"),
            models.UniqueConstraint(fields=["delivery", "sourced_id"], name="one_seat_per_id"),
        ]

    def __str__(self) -> str:
        return f"seat {self.pk}"


class Fetch(models.Model):
    """What a client fetched on one day of the district: one release, and the children who were in it."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="fetches")
    day = models.DateField()
    release = models.OneToOneField(Release, models.PROTECT, related_name="+")
    students = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "day"], name="one_fetch_per_client_and_day")]

    def __str__(self) -> str:
        return f"fetch {self.pk}"


class Tally(models.Model):
    """How much was asked within one minute, while Redis does not count. `key` names a client or an address' hash."""

    key = models.CharField(max_length=80)
    minute = models.BigIntegerField()
    number = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "minute"], name="one_tally_per_key_and_minute")]

    def __str__(self) -> str:
        return f"tally {self.pk}"
