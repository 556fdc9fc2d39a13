"""Students by their numbers, through the door: the wish, the match and the read, each committed ahead of the next."""

import dataclasses
import hashlib
import secrets
from collections.abc import Collection, Sequence

from django.db import connection

from governance.people.models import User
from governance.records import door
from governance.records.models import Guardianship
from governance.trail import context, entries
from governance.vocabulary import Role

MOST_AT_ONCE = 500
ELEMENTS = ("guardian-name", "local-id", "name")
PURPOSE = "privacy-oversight"
BASIS = "ferpa-school-official"


@dataclasses.dataclass(frozen=True)
class Person:
    """A student of the list, and the links of those who may be named as signers, by their names."""

    student_id: int
    name: str
    guardians: dict[str, Guardianship]


def find(numbers: Collection[str], *, schools: Sequence[int], by: User) -> dict[str, list[Person]]:
    """Who has each number, among present students of these schools (at most 50). Every student found has the line in the own log."""
    found: dict[str, list[Person]] = {}
    wanted = sorted(set(numbers))
    for first in range(0, len(wanted), MOST_AT_ONCE):
        opened = _open(wanted[first : first + MOST_AT_ONCE], schools=schools, by=by)
        links: dict[tuple[int, int | None], Guardianship] = {
            (link.student_id, link.guardian_id): link
            for link in Guardianship.objects.filter(student__in=opened, ended_at=None).select_related("student")
        }
        for student in opened.values():
            people = {
                f"{each['given_name']} {each['family_name']}".strip().casefold(): links[student.student_id, each["guardian_id"]]
                for each in student.guardians
                if (student.student_id, each["guardian_id"]) in links
            }
            found.setdefault(student.identity.get("local_id") or "", []).append(Person(student.student_id, student.full_name, people))
    return found


def _open(numbers: list[str], *, schools: Sequence[int], by: User) -> dict[int, door.Opened]:
    if connection.in_atomic_block:
        raise entries.InsideTransaction("The door does not open inside a transaction.")
    present = context.current()
    wish, match = secrets.token_hex(16), secrets.token_hex(16)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, at FROM door.wish_numbers_for(%s, %s, %s, %s, %s, %s, %s::bigint[], %s)",
            [
                numbers, by.pk, str(Role.SECRETARY), PURPOSE, present.request_id if present else None, present.address if present else None,
                list(schools), hashlib.sha256(wish.encode()).digest(),
            ],
        )  # fmt: skip
        wish_id, wished_at = cursor.fetchone()
    asked = entries.Written(wish_id, wished_at, wish)
    _names, rows = entries.open_with(
        asked, "SELECT id, at FROM door.match_numbers(%s, %s)", [hashlib.sha256(match.encode()).digest(), BASIS]
    )
    entry, at = rows[0]
    return door.opened_by(entries.Written(entry, at, match), students=(), elements=ELEMENTS) if entry is not None else {}
