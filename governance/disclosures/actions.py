"""Writing a line of the record of disclosures by hand, and marking one that is wrong."""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from governance.disclosures import door, queries, rules
from governance.disclosures.door import Child, Disclosure, Party
from governance.disclosures.queries import Desk
from governance.people.models import User
from governance.records.models import Student
from portal.base.errors import CannotDo


class CannotRecord(CannotDo):
    """The line was not written; `what_to_do` says why."""


@dataclasses.dataclass(frozen=True)
class Said:
    """What was typed. Words are those of `words.py`; `interest`, `threat`, `onward` and `contact` are free text."""

    outcome: str
    party: str
    party_kind: str
    contact: str
    basis: str
    interest: str
    elements: frozenset[str]
    channel: str
    happened_on: dt.date
    reference: str = ""
    onward: str = ""
    threat: str = ""
    notice: str = ""
    document_sha256: str | None = None
    held: str = ""
    held_because: str = ""
    held_until: dt.date | None = None

    def facts(self, *, today: dt.date) -> rules.Facts:
        """What the rules ask about it."""
        names = [field.name for field in dataclasses.fields(rules.Facts) if field.name != "today"]
        return rules.Facts(**{name: getattr(self, name) for name in names}, today=today)


def record(*, key: UUID, students: Sequence[Student], said: Said, desk: Desk, by: User, at: dt.datetime, today: dt.date) -> None:
    """Write down one disclosure, or that it was refused, about these students of the desk. `key` is made once for a form.

    A second sending of the same form changes nothing. Raises CannotRecord.
    """
    if not students:
        raise CannotRecord(_("Choose at least one student."))
    if queries.own_children(by) & {student.pk for student in students}:
        raise CannotRecord(_("This is a child of your own. Somebody else has to write it down."))
    if faults := rules.faults_of(said.facts(today=today)):
        raise CannotRecord(_("Something is missing: %(fields)s") % {"fields": ", ".join(sorted(faults))})
    told = {"threat": said.threat, "notice": said.notice, "held_because": said.held_because if said.held in _HELD else ""}
    disclosure = Disclosure(
        public_id=key,
        party=Party(said.party, said.party_kind, said.contact),
        basis=said.basis,
        required=queries.is_required(said.basis),
        channel=said.channel,
        happened_on=said.happened_on,
        outcome=said.outcome,
        interest=said.interest,
        reference=said.reference,
        onward=said.onward,
        details={name: words for name, words in told.items() if words},
        document_sha256=said.document_sha256,
        held=said.held or None,
        held_until=said.held_until if said.held else None,
    )
    try:
        with transaction.atomic():
            door.record(
                by=by, hat=desk.hat, disclosure=disclosure, children=[Child(student.pk, said.elements) for student in students], at=at
            )
    except IntegrityError as error:
        if "disclosure_public_id" not in str(error):
            raise


def mark_mistaken(*, student: Student, disclosure: UUID, because: str, desk: Desk, by: User, at: dt.datetime) -> None:
    """Say on a line that it is wrong, for a reason of `words.MistakenBecause`. It stays; a second time changes nothing."""
    door.mark_mistaken(by=by, hat=desk.hat, student=student.pk, disclosure=disclosure, because=because, at=at)


_HELD = frozenset({"announced", "silent"})
