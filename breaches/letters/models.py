"""Letters about an incident: the hash of each one's code, what families answered, printings for those without mail, and calls.

No name, address or value stands here. What a letter says of a child is read through the door when it is made.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from breaches.notices.models import Notice, Recipient
from portal.base.kept import MadeFile, done_at_most_once, ready_has_a_file
from vendors.constraints import both_or_neither


class Code(models.Model):
    """The hash of the code in one recipient's letters, and how often it was opened."""

    recipient = models.ForeignKey(Recipient, models.PROTECT, related_name="codes")
    hash = models.BinaryField(unique=True)
    made_at = models.DateTimeField()
    first_opened_at = models.DateTimeField(null=True)
    last_opened_at = models.DateTimeField(null=True)
    openings = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(openings=0) | Q(first_opened_at__isnull=False), name="opened_letter_has_its_time"),
        ]

    def __str__(self) -> str:
        return f"code {self.pk}"


class Answer(models.Model):
    """What somebody who held the code told the district. The words stay here; the trail and the mail say that there are some."""

    class Kind(models.TextChoices):
        WRONG = "wrong", _("This letter is not for me")
        CALL = "call", _("Please call me")
        QUESTION = "question", _("I have a question")

    class Outcome(models.TextChoices):
        ANSWERED = "answered", _("Answered")
        TO_CALL = "to_call", _("Put on the list of calls")
        NOTHING = "nothing", _("Nothing to do")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    recipient = models.ForeignKey(Recipient, models.PROTECT, related_name="answers")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    language = models.CharField(max_length=40, blank=True)
    words = models.TextField(max_length=2000, blank=True)
    came_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True)
    handled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)

    class Meta:
        ordering = ["came_at", "pk"]
        constraints = [
            both_or_neither("handled_at", "handled_by", name="answer_to_letter_handled_by_someone"),
            models.CheckConstraint(condition=Q(handled_at=None) | ~Q(outcome=""), name="handled_answer_to_letter_has_outcome"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Printing(MadeFile):
    """One batch of letters on paper. The file lies encrypted in the data folder (portal.base.vault) and goes after a day; this row stays."""

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="printings")
    number = models.PositiveIntegerField(unique=True, help_text=_("stands in the references of its letters"))
    hat = models.CharField(max_length=40, blank=True)
    posted_on = models.DateField(null=True)
    posted_at = models.DateTimeField(null=True)
    posted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            ready_has_a_file("ready_printing_has_a_file"),
            done_at_most_once("printing_is_done_at_most_once"),
            both_or_neither("posted_at", "posted_by", name="printing_posted_by_someone"),
            both_or_neither("posted_at", "posted_on", name="posted_printing_has_its_day"),
        ]

    def __str__(self) -> str:
        return f"P{self.number}"


class Sheet(models.Model):
    """One letter of a printing. Its reference (printing and number) stands on the letter and on its label, and tells nothing."""

    class Outcome(models.TextChoices):
        PRINTED = "printed", _("Printed")
        NO_ADDRESS = "no_address", _("No postal address on record")
        PROTECTED = "protected", _("The address is protected and is not printed")
        BARRED = "barred", _("May not be written to any more")

    printing = models.ForeignKey(Printing, models.PROTECT, related_name="sheets", db_index=False)
    number = models.PositiveIntegerField()
    recipient = models.ForeignKey(Recipient, models.PROTECT, related_name="sheets")
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)

    class Meta:
        ordering = ["printing", "number"]
        constraints = [
            models.UniqueConstraint(fields=["printing", "number"], name="one_sheet_per_number"),
            models.UniqueConstraint(fields=["printing", "recipient"], name="one_sheet_per_recipient"),
        ]

    def __str__(self) -> str:
        return f"sheet {self.pk}"


class Call(models.Model):
    """One try to reach somebody by phone or in person, in words from a fixed list. Added, never changed."""

    class Outcome(models.TextChoices):
        REACHED = "reached", _("Reached: told in person")
        NO_ANSWER = "no_answer", _("Nobody answered")
        MESSAGE = "message", _("Left a message to call back, without details")
        LATER = "later", _("Asked to be called later")
        INTERPRETER = "interpreter", _("Needs an interpreter")
        WRONG_NUMBER = "wrong_number", _("Wrong number, or no number")

    recipient = models.ForeignKey(Recipient, models.PROTECT, related_name="calls")
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"call {self.pk}"


class Turn(models.Model):
    """That one caller has a recipient in hand until a moment, so that a family is not called by two people at once."""

    recipient = models.OneToOneField(Recipient, models.PROTECT, related_name="turn")
    caller = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"turn {self.pk}"
