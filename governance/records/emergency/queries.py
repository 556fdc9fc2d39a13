"""Emergency openings: one's own that are still open, and those that wait for a review."""

import datetime as dt
from collections.abc import Collection
from uuid import UUID

from governance.authority import stewards
from governance.authority.stewards import Desks
from governance.people import queries as people
from governance.people.models import User
from governance.people.permissions import holds
from governance.records.emergency import rules
from governance.records.models import EmergencyOpening, Guardianship, Student
from governance.records.scope import limit_holds
from governance.vocabulary import Permission


def opening_of(user: User, public_id: UUID) -> EmergencyOpening | None:
    """The person's own opening of that id, open or closed."""
    return EmergencyOpening.objects.filter(opened_by=user, public_id=public_id).select_related("student__school").first()


def open_now(user: User, *, at: dt.datetime) -> list[EmergencyOpening]:
    """The person's openings that have not closed yet."""
    return list(EmergencyOpening.objects.filter(opened_by=user, closes_at__gt=at))


def openings(*, reviewed_at_most: int = 50) -> list[EmergencyOpening]:
    """All openings that wait for a review, then the last ones that had it; each newest first. Two queries."""
    found = EmergencyOpening.objects.select_related("opened_by", "reviewed_by", "student__school").order_by("-opened_at")
    return [*found.filter(reviewed_at=None), *found.filter(reviewed_at__isnull=False)[:reviewed_at_most]]


def told_of(opening: EmergencyOpening, today: Desks) -> set[int]:
    """Accounts that are told of an opening: the district admins and the steward for health at the student's school. Not who opened it."""
    desk = today.desk_for(rules.CATEGORY, [opening.student.school_id] if opening.student.school_id else [])
    told = {person.id for person in today.admins}
    if desk is not None:
        told |= {person.id for person in (desk.steward, desk.deputy if desk.away else None) if person is not None}
    return told - {opening.opened_by_id}


def readable_by(user: User, found: Collection[EmergencyOpening], *, on: dt.date) -> set[int]:
    """Of these openings those whose free text about a child this person may read and which this person may review: who was told of it, who
    oversees privacy, and who reviewed it; one's own too, to read. Keys of openings."""
    today = stewards.desks(on)
    oversees = holds(people.roles_of(user, on=on), Permission.SEARCH_TRAIL)
    return {one.pk for one in found if oversees or user.pk in (one.opened_by_id, one.reviewed_by_id) or user.pk in told_of(one, today)}


def count_waiting_on(user: User, *, on: dt.date) -> int:
    """How many openings wait for a review that this person may give."""
    waiting = list(EmergencyOpening.objects.filter(reviewed_at=None).exclude(opened_by=user).select_related("student"))
    return len(readable_by(user, waiting, on=on)) if waiting else 0


def of_student(student: Student) -> list[EmergencyOpening]:
    """All openings of one student's record."""
    return list(EmergencyOpening.objects.filter(student=student).order_by("opened_at"))


def limited_guardians(student: Student, *, on: dt.date) -> set[int]:
    """Ids of guardians (as the door names them) whom a court order limits: not to be called without the school office."""
    links = Guardianship.objects.filter(student=student, ended_at=None).exclude(limit="")
    return {link.guardian_id for link in links if link.guardian_id is not None and limit_holds(link, on=on)}
