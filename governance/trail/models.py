"""The entry of the trail, which is also django-auditlog's entry (docs/adr/0003).

An entry holds opaque ids, element names and words from fixed lists: no name, no value, no free text about a child. The table is made
by SQL: partitioned by month, append-only, and of its columns the application may insert some and read back two.
"""

from typing import Any

from auditlog.models import AbstractLogEntry, LogEntryManager
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import DEFAULT_DB_ALIAS, models


class AppendOnly(Exception):
    """Entries are written once."""


class EntryManager(LogEntryManager):
    """django-auditlog's manager, writing through `governance.trail.entries`."""

    def log_create(self, instance: models.Model, force_log: bool = False, **kwargs: Any) -> "Entry | None":
        """The entry of a registered model's change: by the login that made the change, about the object's opaque id where it has one."""
        if (public_id := getattr(instance, "public_id", None)) is not None:
            kwargs.setdefault("object_pk", str(public_id))
        here = self.db_manager(instance._state.db or self.db)
        entry: Entry | None = super(EntryManager, here).log_create(instance, force_log, **kwargs)
        return entry

    def log_m2m_changes(
        self, changed_queryset: Any, instance: models.Model, operation: str, field_name: str, **kwargs: Any
    ) -> "Entry | None":
        """The same for members added to or taken from a list; the members by their opaque ids too."""
        members = [str(getattr(member, "public_id", member.pk)) for member in changed_queryset]
        if not members:
            return None
        return self.log_create(
            instance,
            action=self.model.Action.UPDATE,
            changes={field_name: {"type": "m2m", "operation": operation, "objects": members}},
            **kwargs,
        )

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> list["Entry"]:
        return [self._insert_one(entry) for entry in objs]

    def _insert_one(self, entry: "Entry") -> "Entry":
        entry.save(force_insert=True, using=self.db)
        return entry


class Entry(AbstractLogEntry):
    """One access to any number of records, or one change."""

    content_type = models.ForeignKey("contenttypes.ContentType", models.DO_NOTHING, db_constraint=False, null=True, related_name="+")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.DO_NOTHING, db_constraint=False, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=60)  # an Event; no choices here, since a new word needs no migration
    hat = models.CharField(max_length=40, null=True)
    purpose = models.CharField(max_length=60, null=True)
    basis = models.CharField(max_length=60, null=True)
    grant_id = models.BigIntegerField(null=True)
    rule_version = models.CharField(max_length=60, null=True)
    elements = ArrayField(models.CharField(max_length=80), null=True)
    record_ids = ArrayField(models.BigIntegerField(), null=True)
    places = ArrayField(models.BigIntegerField(), null=True)

    objects = EntryManager()

    class Meta(AbstractLogEntry.Meta):
        abstract = False
        managed = False
        db_table = '"trail"."entry"'

    def save(self, *args: Any, using: str | None = None, **kwargs: Any) -> None:
        """Insert through the column rights of the application's login; there is no second save."""
        from governance.trail import entries

        if self.pk is not None:
            raise AppendOnly("An entry of the trail cannot be changed.")
        entries.insert_library_entry(self, using=using or DEFAULT_DB_ALIAS)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise AppendOnly("An entry of the trail cannot be deleted.")
