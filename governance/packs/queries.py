"""Packs of a reader."""

from uuid import UUID

from governance.packs.models import Pack
from governance.people.models import User
from governance.records.models import Student


def of_reader(user: User, student: Student, *, as_auditor: bool) -> list[Pack]:
    """The reader's own packs about this student, newest first; at most ten."""
    return list(Pack.objects.filter(asked_by=user, student=student, as_auditor=as_auditor)[:10])


def ready(user: User, student: Student, public_id: UUID, *, as_auditor: bool) -> Pack | None:
    """The reader's own pack that lies ready; None for anybody else's, and for one that is gone."""
    found = Pack.objects.filter(asked_by=user, student=student, public_id=public_id, as_auditor=as_auditor, state=Pack.State.READY)
    return found.first()


def student_with(public_id: UUID) -> Student | None:
    """The student of that opaque id."""
    return Student.objects.filter(public_id=public_id).first()
