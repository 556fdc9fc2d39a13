"""A proof pack that is made in the background: who asked for it, how far it is, and until when it lies ready."""

from django.db import models

from governance.records.models import Student
from portal.base.kept import MadeFile, done_at_most_once, ready_has_a_file


class Pack(MadeFile):
    """One pack for one reader. The file lies encrypted in the data folder (portal.base.vault) and goes after a day; this row stays."""

    student = models.ForeignKey(Student, models.CASCADE, db_constraint=False, related_name="+")
    as_auditor = models.BooleanField(default=False)
    year = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["-asked_at"]
        constraints = [ready_has_a_file("ready_pack_has_a_file"), done_at_most_once("pack_is_done_at_most_once")]

    def __str__(self) -> str:
        return str(self.public_id)
