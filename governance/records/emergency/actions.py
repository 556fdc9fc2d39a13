"""Opening in an emergency, and reviewing it afterwards."""

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from governance.authority.grounds import Ground
from governance.people.models import User
from governance.records import door, notices
from governance.records.emergency import queries, rules
from governance.records.models import EmergencyOpening, Student
from governance.trail import entries
from governance.vocabulary import Action, Event, Role
from portal.base import outbox
from portal.base.errors import CannotDo


class CannotReview(CannotDo):
    """The review was not kept; `what_to_do` says why."""


@transaction.atomic
def declare(*, student: Student, reason: str, words: str, by: User, hat: Role, at: dt.datetime) -> EmergencyOpening:
    """Keep that an emergency was declared, and tell the steward and the admins. `read` opens the record while it lasts (34 CFR 99.36).

    `words` are free text about a child: they stay in the opening, and neither trail nor mail holds them.
    """
    opening = EmergencyOpening.objects.create(
        student=student, opened_by=by, hat=hat, reason=reason, words=words, opened_at=at, closes_at=at + rules.OPEN_FOR
    )
    entries.append(
        Event.EMERGENCY_OPENED,
        action=Action.CREATE,
        by=by,
        about=opening,
        hat=hat,
        purpose=rules.PURPOSE,
        basis=rules.BASIS,
        data={"reason": reason},
    )
    outbox.put(notices.EMERGENCY, at=at, opening=str(opening.public_id))
    return opening


def search(*, term: str, schools: list[int], by: User, hat: Role) -> door.Found:
    """Students by the beginning of a name, in the schools of the person's roles; an entry names everyone who is shown."""
    return door.search(by=by, hat=hat, term=term, schools=schools, purpose=rules.PURPOSE, basis=rules.BASIS, rule_version=rules.RULE)


def read(*, opening: EmergencyOpening, by: User, at: dt.datetime) -> door.Reading | None:
    """Open what an emergency opens, with an entry each time; None once it has closed, or for anybody but who declared it."""
    if opening.opened_by_id != by.pk or at >= opening.closes_at:
        return None
    ground = Ground(
        purpose=rules.PURPOSE,
        basis=rules.BASIS,
        elements=rules.ELEMENTS,
        rule_version=rules.RULE,
        grant_id=None,
        ends_on=opening.closes_at.date(),
    )
    return door.read_in_emergency(by=by, hat=Role(opening.hat), student=opening.student_id, ground=ground)


@transaction.atomic
def review(*, public_id: UUID, by: User, at: dt.datetime) -> EmergencyOpening:
    """Say that somebody else has looked at an opening. Raises CannotReview for one's own and for who may not read why; a second review changes nothing."""
    opening = EmergencyOpening.objects.select_for_update(of=("self",)).get(public_id=public_id)
    if opening.opened_by_id == by.pk:
        raise CannotReview(_("You opened this record yourself. Somebody else has to review it."))
    if opening.pk not in queries.readable_by(by, [opening], on=timezone.localdate(at, timezone.get_default_timezone())):
        raise CannotReview(_("A district admin, the steward for health, or who oversees privacy reviews this."))
    if opening.reviewed_at is not None:
        return opening
    opening.reviewed_by, opening.reviewed_at = by, at
    opening.save(update_fields=["reviewed_by", "reviewed_at"])
    entries.append(Event.EMERGENCY_REVIEWED, action=Action.UPDATE, by=by, about=opening)
    return opening
