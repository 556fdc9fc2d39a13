"""Emergency openings: one's own that are still open, and those that wait for a review."""

import datetime as dt
from uuid import UUID

from governance.people.models import User
from governance.records.models import EmergencyOpening, Guardianship, Student
from governance.records.scope import limit_holds


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


def count_unreviewed() -> int:
    """How many openings nobody has looked at yet."""
    return EmergencyOpening.objects.filter(reviewed_at=None).count()


def of_student(student: Student) -> list[EmergencyOpening]:
    """All openings of one student's record."""
    return list(EmergencyOpening.objects.filter(student=student).order_by("opened_at"))


def limited_guardians(student: Student, *, on: dt.date) -> set[int]:
    """Ids of guardians (as the door names them) whom a court order limits: not to be called without the school office."""
    links = Guardianship.objects.filter(student=student, ended_at=None).exclude(limit="")
    return {link.guardian_id for link in links if link.guardian_id is not None and limit_holds(link, on=on)}
