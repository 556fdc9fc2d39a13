"""People of the demo district at their browsers, and what stands in the trail after them."""

import html
import re
from typing import Any
from uuid import UUID

from django.db import connections
from django.test import Client

from governance.people.models import User
from governance.records import scope
from governance.records.models import Guardianship, OwnRecord, Section, Student
from portal.base import clock


def person(name: str) -> User:
    """A persona, freshly read: roles are kept on the user object."""
    return User.objects.get(email=f"{name}@riverbend.example")


def browser(name: str) -> Client:
    """A signed-in client of a persona."""
    client = Client()
    client.force_login(person(name), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def words(response: Any) -> str:
    """The text of the page's main part, as a reader sees it."""
    page = response.content.decode()
    main = page[page.index("<main") : page.index("</main>")]
    return re.sub(r"\s+([.,;:!?)])|\s+", lambda found: found[1] or " ", html.unescape(re.sub(r"<[^>]*>", " ", main)))


def classes_of(name: str) -> list[Section]:
    """The sections that the person teaches today."""
    return scope.sections_taught_by(person(name), on=clock.today())


def child_of(name: str) -> Student:
    """The persona's only child, or the first one that a limit does not close."""
    links = Guardianship.objects.filter(user=person(name), ended_at=None).exclude(limit="placement_denied")
    return links.select_related("student").order_by("student_id")[0].student


def own(name: str) -> Student:
    """The student that the persona is."""
    return OwnRecord.objects.select_related("student").get(user=person(name)).student


def name_of(student: Student) -> str:
    """Given and family name, read with the owner's login."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(preferred_name, given_name) || ' ' || family_name FROM records.identity WHERE student_id = %s", [student.pk]
        )
        return cursor.fetchone()[0]


def trail(*, after: int = 0, student: Student | None = None) -> list[dict[str, Any]]:
    """Entries with a number above `after`, oldest first, read with the owner's login; with `student` those that name the student."""
    columns = "id, kind, action, actor_id, hat, purpose, basis, grant_id, elements, record_ids, key_hash, additional_data::text AS data"
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM trail.entry WHERE id > %s AND (%s IS NULL OR record_ids @> ARRAY[%s]::bigint[]) ORDER BY id",
            [after, student and student.pk, student and student.pk],
        )
        return [dict(zip((column.name for column in cursor.description), row, strict=True)) for row in cursor.fetchall()]


def last_entry() -> int:
    """The number of the newest entry."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM trail.entry")
        return cursor.fetchone()[0]


def student_with(public_id: UUID) -> Student:
    """The student of an opaque id."""
    return Student.objects.get(public_id=public_id)
