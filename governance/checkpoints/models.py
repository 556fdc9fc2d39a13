"""Witnesses, what they signed, what was sent to them; what two people proposed and declared."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from governance.people.models import User
from portal.base.models import Message


def _with_who(at: str, by: str, name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{at}__isnull": True, f"{by}__isnull": True}) | Q(**{f"{at}__isnull": False, f"{by}__isnull": False}), name=name
    )


class Witness(models.Model):
    """A named outsider who keeps checkpoints, and co-signs them where a key is on file. One admin adds, a second person confirms."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits for a second person")
        NAMED = "named", _("Gets checkpoints")
        REFUSED = "refused", _("Not added")
        ENDED = "ended", _("Ended")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=120)
    office = models.CharField(_("office"), max_length=120)
    email = models.EmailField(_("e-mail"))
    language = models.CharField(_("language"), max_length=8, default="en")
    key_name = models.CharField(max_length=200, blank=True, help_text=_("the name in the witness's signature lines"))
    public_key = models.BinaryField(max_length=32, null=True)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until, that day included"), null=True, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["office", "pk"]
        constraints = [
            _with_who("decided_at", "decided_by", "witness_decided_by_someone"),
            _with_who("ended_at", "ended_by", "witness_ended_by_someone"),
            models.CheckConstraint(condition=~Q(proposed_by=F("decided_by")) | Q(state="refused"), name="witness_takes_two_people"),
            models.CheckConstraint(condition=Q(state="waiting", decided_at=None) | (~Q(state="waiting") & Q(decided_at__isnull=False)), name="witness_decided"),
            models.CheckConstraint(condition=Q(key_name="", public_key=None) | (~Q(key_name="") & Q(public_key__isnull=False)), name="witness_key_whole"),
            models.UniqueConstraint(fields=["key_name"], condition=Q(state="named") & ~Q(key_name=""), name="one_witness_per_key_name"),
        ]  # fmt: skip


class Cosignature(models.Model):
    """That a witness saw a checkpoint of ours at a second, signed by the witness. Never changed, never deleted: the database refuses it."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    witness = models.ForeignKey(Witness, models.PROTECT, related_name="cosignatures")
    size = models.BigIntegerField(db_index=True)
    root = models.BinaryField(max_length=32)
    seen_at = models.DateTimeField(help_text=_("the second that the witness signed"))
    received_at = models.DateTimeField()
    line = models.CharField(max_length=500, help_text=_("the signature line of the signed note"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["witness", "size", "seen_at"], name="cosignature_once")]


class Sending(models.Model):
    """A checkpoint on its way to a witness by mail. How far it is says the outbox."""

    class Because(models.TextChoices):
        NAMED = "named", _("Witness named")
        WEEK = "week", _("Once a week")
        EPOCH = "epoch", _("After a declared restore or a new key")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    witness = models.ForeignKey(Witness, models.PROTECT, related_name="sendings")
    size = models.BigIntegerField()
    because = models.CharField(max_length=8, choices=Because.choices)
    made_at = models.DateTimeField()
    message = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="+")
    returned_at = models.DateTimeField(null=True, help_text=_("when somebody noted that the mail came back"))
    returned_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [_with_who("returned_at", "returned_by", "sending_returned_noted_by_someone")]


class Round(models.Model):
    """What was mailed already, so that it is mailed once: the week's checkpoints, those after an epoch or key, a run that found something."""

    class About(models.TextChoices):
        WEEK = "week", _("the checkpoints of a week")
        EPOCH = "epoch", _("an epoch")
        KEY = "key", _("a key")
        VERIFY = "verify", _("a run of verifying")

    about = models.CharField(max_length=8, choices=About.choices)
    number = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["about", "number"], name="round_once")]


class Declaration(models.Model):
    """A restore from a backup or a new signing key: one person proposes, another confirms, never the same."""

    class Kind(models.TextChoices):
        RESTORE = "restore", _("Restore from a backup")
        KEY = "key", _("New signing key")

    class Reason(models.TextChoices):
        DISK = "disk", _("A disk or machine failed")
        MISTAKE = "mistake", _("Data was damaged by mistake")
        ATTACK = "attack", _("An attack, or the suspicion of one")
        MOVE = "move", _("The portal moved to another machine")
        ROTATION = "rotation", _("Changed as planned")
        LOST = "lost", _("The key was lost")
        STOLEN = "stolen", _("Somebody else may have the key")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits for a second person")
        CONFIRMED = "confirmed", _("Declared")
        REFUSED = "refused", _("Not declared")

    RESTORE_REASONS = (Reason.DISK, Reason.MISTAKE, Reason.ATTACK, Reason.MOVE)
    KEY_REASONS = (Reason.ROTATION, Reason.LOST, Reason.STOLEN)

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    reason = models.CharField(max_length=8, choices=Reason.choices)
    backup_at = models.DateTimeField(null=True)
    lost_from = models.BigIntegerField(null=True)
    lost_to = models.BigIntegerField(null=True)
    root = models.BinaryField(max_length=32, null=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    entry_id = models.BigIntegerField(null=True)
    entry_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-proposed_at", "-pk"]
        constraints = [
            _with_who("decided_at", "decided_by", "declaration_decided_by_someone"),
            models.CheckConstraint(condition=~Q(proposed_by=F("decided_by")) | Q(state="refused"), name="declaration_takes_two_people"),
            models.CheckConstraint(condition=Q(state="waiting", decided_at=None) | (~Q(state="waiting") & Q(decided_at__isnull=False)), name="declaration_decided"),
            models.CheckConstraint(
                condition=Q(state="confirmed", entry_id__isnull=False, entry_at__isnull=False)
                | (~Q(state="confirmed") & Q(entry_id=None, entry_at=None)),
                name="declaration_has_entry",
            ),
            models.CheckConstraint(
                condition=Q(kind="key", lost_from=None, lost_to=None, root=None, backup_at=None)
                | Q(kind="restore", lost_from__gte=0, lost_to__gte=F("lost_from"), root__isnull=False, backup_at__isnull=False),
                name="declaration_whole",
            ),
            models.UniqueConstraint(fields=["kind"], condition=Q(state="waiting"), name="one_declaration_waits"),
        ]  # fmt: skip
