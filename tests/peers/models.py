"""Records under each of the peers' watch: `Watched` and `Numbered` by django-auditlog (and the chain on top of it), `Tracked` by django-pghistory."""

import uuid

import pghistory
from auditlog.registry import auditlog
from django.db import models


class Watched(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    value = models.CharField(max_length=40)


class Numbered(models.Model):
    """With a whole number as its key, as Django makes it."""

    value = models.CharField(max_length=40)


@pghistory.track(append_only=True)
class Tracked(models.Model):
    value = models.CharField(max_length=40)


auditlog.register(Watched)
auditlog.register(Numbered)
