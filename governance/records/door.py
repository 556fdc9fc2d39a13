"""The one door to students' records: authorize, commit the entry, then read exactly what the entry says.

PostgreSQL holds this against the application's own login (governance/records/README.md); nothing in Python can open it otherwise.
A refusal is a result with an entry of its own, never an exception. The door does not open inside a transaction.
"""

import dataclasses
import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import connection

from governance.authority.grounds import Ground, grounds_of, withheld_of
from governance.people.models import User
from governance.records.scope import Reach
from governance.trail import context, entries
from governance.vocabulary import Event, Relation, Role

# Where an element stands in `records.identity`; every other one that the portal holds is a row of `records.value`.
IDENTITY_COLUMNS: dict[str, tuple[str, ...]] = {
    "name": ("given_name", "middle_name", "family_name"),
    "preferred-name": ("preferred_name",),
    "pronouns": ("pronouns",),
    "local-id": ("local_id",),
    "state-id": ("state_id",),
    "email": ("email",),
    "username": ("username",),
    "phone": ("phone",),
    "grade": ("grade",),
    "birth-date": ("birth_date",),
    "birth-place": ("birth_place",),
    "gender": ("gender",),
    "ethnicity": ("ethnicity",),
}
GUARDIAN_ELEMENTS = frozenset({"guardian-name", "guardian-email", "guardian-phone"})
MOST_IN_ONE_ENTRY = 1000
SEARCH_SHOWS = 25
_FAMILY = frozenset({Role.GUARDIAN, Role.STUDENT})  # they open their own records: nobody counts them

_IDENTITY = "SELECT * FROM door.read_identity()"
_VALUES = "SELECT student_id, element, item, value, recorded_on, source FROM door.read_values() ORDER BY student_id, element, item"
# One statement for both, so that a page costs two round trips: the entry and the read.
_BOTH = """SELECT i.*, v.student_id AS of_values, v.held FROM door.read_identity() i FULL JOIN (
  SELECT student_id, json_agg(json_build_array(element, item, value, recorded_on, source) ORDER BY element, item) AS held
  FROM door.read_values() GROUP BY student_id
) v ON v.student_id = i.student_id"""
_GUARDIANS = "SELECT * FROM door.read_guardians()"


@dataclasses.dataclass(frozen=True)
class Value:
    """One recorded value; `item` names the course, test or vaccine where an element has several."""

    item: str
    value: str
    recorded_on: dt.date | None
    source: str


@dataclasses.dataclass
class Opened:
    """What was opened of one student. A key that is missing was not opened; an empty value is known to be empty."""

    student_id: int
    identity: dict[str, Any] = dataclasses.field(default_factory=dict)
    values: dict[str, list[Value]] = dataclasses.field(default_factory=dict)
    guardians: list[dict[str, Any]] = dataclasses.field(default_factory=list)

    @property
    def full_name(self) -> str:
        """Given and family name as people say it; the preferred given name where it was opened."""
        given = self.identity.get("preferred_name") or self.identity.get("given_name") or ""
        return " ".join(part for part in (given, self.identity.get("family_name") or "") if part)

    @property
    def sort_name(self) -> tuple[str, str, int]:
        """Family name first, as lists are sorted."""
        return ((self.identity.get("family_name") or "").casefold(), (self.identity.get("given_name") or "").casefold(), self.student_id)


@dataclasses.dataclass
class Reading:
    """The answer of the door: what was opened on which grounds, and what was left out and why."""

    students: dict[int, Opened]
    grounds: list[Ground]
    withheld: Mapping[str, str]
    entries: list[entries.Written]

    @property
    def refused(self) -> bool:
        """True where nothing was opened."""
        return not self.grounds

    @property
    def elements(self) -> frozenset[str]:
        """All elements that were opened."""
        return frozenset().union(*(ground.elements for ground in self.grounds)) if self.grounds else frozenset()

    def in_order(self) -> list[Opened]:
        """The students by family name."""
        return sorted(self.students.values(), key=lambda opened: opened.sort_name)


def read(
    *,
    by: User,
    reach: Reach,
    students: Sequence[int],
    event: Event,
    on: dt.date,
    elements: Iterable[str] | None = None,
    grants: Iterable[int] | None = None,
    kept_back: Iterable[str] = (),
) -> Reading:
    """Open elements of students (at most 1,000 ids, all reached in the same way) for a signed-in person.

    `reach` comes from `governance.records.scope`. What is opened is what rules and open grants give: of the rules' part only `elements`
    (None: all of it), of grants only those in `grants` (None: every one). `kept_back` are elements that an order keeps from this person.
    One entry and one read for each ground. Where nothing may be opened the refusal is recorded and returned.
    Raises ValueError for more than 1,000 students, `entries.TooMany` where this person has opened too many for now, InsideTransaction
    inside a transaction.
    """
    ids = list(dict.fromkeys(students))
    if len(ids) > MOST_IN_ONE_ENTRY:
        raise ValueError("an entry names at most 1,000 students")
    wanted = None if elements is None else frozenset(elements)
    chosen = None if grants is None else frozenset(grants)
    held_back = frozenset(kept_back)
    grounds = []
    for ground in grounds_of(by, hat=reach.hat, relation=reach.relation, students=ids, sections=reach.sections, on=on):
        opened = ground.elements - held_back
        if ground.grant_id is None:
            opened = opened if wanted is None else opened & wanted
        elif chosen is not None and ground.grant_id not in chosen:
            opened = frozenset()
        if opened:
            grounds.append(dataclasses.replace(ground, elements=opened))
    if not ids or not grounds:
        written = refuse(by=by, hat=reach.hat, students=ids, elements=wanted or ())
        return Reading(students={}, grounds=[], withheld={}, entries=[written])
    return _open(by=by, hat=reach.hat, students=ids, event=event, grounds=grounds, counted=reach.hat not in _FAMILY)


def read_in_emergency(*, by: User, hat: Role, student: int, ground: Ground) -> Reading:
    """Open what `ground` names of one student because of a danger to health or safety (34 CFR 99.36), whatever link the reader has.

    `governance.records.emergency` is the one caller: it has asked for the reason and tells others. No limit stops it; it counts for later.
    """
    return _open(by=by, hat=hat, students=[student], event=Event.EMERGENCY_OPENED, grounds=[ground], counted=False)


def refuse(*, by: User, hat: Role | None, students: Sequence[int], elements: Iterable[str] = ()) -> entries.Written:
    """Record that somebody tried to open these students' records and was not let in. It opens nothing; the family sees the try."""
    return entries.append_ahead(
        Event.READ_REFUSED, by=by, students=list(students) or None, elements=elements, opens=False, hat=hat, purpose=None, basis=None
    )


def _open(*, by: User, hat: Role, students: Sequence[int], event: Event, grounds: list[Ground], counted: bool) -> Reading:
    reading = Reading(students={pk: Opened(pk) for pk in students}, grounds=grounds, withheld={}, entries=[])
    for ground in grounds:
        own_class = event == Event.CLASS_LIST_OPENED and ground.grant_id is None  # a school day needs them again and again
        written = entries.append_ahead(
            event,
            by=by,
            students=students,
            elements=ground.elements,
            counted=counted and not own_class,
            hat=hat,
            purpose=ground.purpose,
            basis=ground.basis,
            grant_id=ground.grant_id,
            rule_version=ground.rule_version,
        )
        reading.entries.append(written)
        _fetch(written, ground.elements, reading.students)
    return reading


def withheld(*, by: User, reach: Reach, students: Sequence[int], on: dt.date) -> Mapping[str, str]:
    """Elements that this person asked for and was not given for these students, with the reason."""
    return withheld_of(by, students=students, sections=reach.sections, on=on)


@dataclasses.dataclass(frozen=True)
class Trail:
    """What one committed entry opened: the key to the lines of these students, and what the students are called."""

    key: entries.Written
    students: dict[int, Opened]


def open_trail(*, by: User, reach: Reach, students: Sequence[int], on: dt.date, kept_back: Iterable[str] = ()) -> Trail | None:
    """Commit the entry that lets `looks` and `look_months` be read for these students by their family, and read their names with it.

    None where the rules open nothing to this person; that is recorded. Raises InsideTransaction inside a transaction.
    """
    ids = list(dict.fromkeys(students))
    ground = next(iter(grounds_of(by, hat=reach.hat, relation=reach.relation, students=ids, sections=reach.sections, on=on)), None)
    if ground is None:
        refuse(by=by, hat=reach.hat, students=ids, elements={"trail"})
        return None
    names = (ground.elements & {"name", "preferred-name"}) - frozenset(kept_back)
    written = entries.append_ahead(
        Event.LOOKS_VIEWED,
        by=by,
        students=ids,
        elements={"trail", *names},
        hat=reach.hat,
        purpose=ground.purpose,
        basis=ground.basis,
        rule_version=ground.rule_version,
    )
    opened = {pk: Opened(pk) for pk in ids}
    _fetch(written, names, opened)
    return Trail(key=written, students=opened)


def looks(written: entries.Written, *, which: str | None = None, below: int | None = None, at_most: int = 50) -> list[dict[str, Any]]:
    """Who opened the records that `written` names, newest first: `which` is "school", "family" or None for both.

    Each line has a `number` of its own within that view, counted from the oldest; `below` is the last number of the page before.
    """
    names, rows = entries.open_with(written, "SELECT * FROM door.looks(%s, %s, %s)", [which, below, at_most])
    return [dict(zip(names, row, strict=True)) for row in rows]


def look_months(written: entries.Written) -> list[dict[str, Any]]:
    """How often, and by how many people of the schools, the records that `written` names were opened: a row a month of the district's
    clock, and one whose month is None for the whole time."""
    names, rows = entries.open_with(written, "SELECT * FROM door.look_months(%s)", [settings.TIME_ZONE])
    return [dict(zip(names, row, strict=True)) for row in rows]


@dataclasses.dataclass
class Found:
    """What a search by name gave: at most 25 students, or that there are more."""

    students: list[Opened]
    too_many: bool = False


def search(*, by: User, hat: Role, term: str, schools: Sequence[int], purpose: str, basis: str, rule_version: str) -> Found:
    """Students of these schools (ids, at most 50) whose given or family name begins with `term` (2 to 60 letters).

    Three steps, each committed ahead of the next: the wish, the match, the read. More than 25 are said without showing any.
    """
    if connection.in_atomic_block:
        raise entries.InsideTransaction("The door does not open inside a transaction.")
    present = context.current()
    wish_token, find_token = secrets.token_hex(16), secrets.token_hex(16)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, at FROM door.wish_for(%s, %s, %s, %s, %s, %s, %s::bigint[], %s)",
            [
                term.strip(), by.pk, str(hat), purpose, present.request_id if present else None, present.address if present else None,
                list(schools), hashlib.sha256(wish_token.encode()).digest(),
            ],
        )  # fmt: skip
        wish_id, wished_at = cursor.fetchone()
        wish = entries.Written(wish_id, wished_at, token=wish_token)
    _, rows = entries.open_with(
        wish,
        "SELECT id, at, found_count, too_many FROM door.match(%s, %s, %s)",
        [hashlib.sha256(find_token.encode()).digest(), basis, rule_version],
    )
    entry_id, at, _, too_many = rows[0]
    if entry_id is None:
        return Found(students=[], too_many=bool(too_many))
    students: dict[int, Opened] = {}
    names, found = entries.open_with(entries.Written(entry_id, at, find_token), _IDENTITY)
    for row in found:
        _put_identity(students, names, row, frozenset({"name", "grade"}))
    return Found(students=sorted(students.values(), key=lambda opened: opened.sort_name))


def find(*, by: User, hat: Role, relation: Relation, term: str, schools: Sequence[int], on: dt.date) -> Found:
    """`search` on the ground that the rules give to this role in these schools; else nothing, and a recorded refusal.

    Raises `entries.TooMany` where this person has opened too many for now.
    """
    grounds = grounds_of(by, hat=hat, relation=relation, students=(), sections=frozenset(), on=on)
    ground = next((each for each in grounds if each.grant_id is None and {"name", "grade"} <= each.elements), None)
    if ground is None:
        refuse(by=by, hat=hat, students=(), elements={"name", "grade"})
        return Found(students=[])
    entries.room_for_another(by=by, hat=hat, purpose=ground.purpose)
    return search(by=by, hat=hat, term=term, schools=schools, purpose=ground.purpose, basis=ground.basis, rule_version=ground.rule_version)


# Looking at one's own looks is a look at the trail, and the district's reason for it is that of every other.
OWN_LOOKS_PURPOSE = "privacy-oversight"


def own_looks(*, by: User, hat: Role | None, before: dt.datetime | None = None, at_most: int = 50) -> list[dict[str, Any]]:
    """What a person has opened, newest first, from before a moment on. Ids of students and names of elements, no name and no value.

    It is an auditor's entry whose filter is the person. One person opens one thing at a time, so the moment alone cuts the pages, and no
    number of an entry stands in an address.
    """
    written = entries.append_ahead(
        Event.TRAIL_SEARCHED,
        by=by,
        students=None,
        elements={"audit"},
        hat=hat,
        purpose=OWN_LOOKS_PURPOSE,
        data={"filters": {"actors": [by.pk]}},
    )
    names, rows = entries.open_with(written, "SELECT * FROM door.own_looks(%s, %s)", [before, at_most])
    return [dict(zip(names, row, strict=True)) for row in rows]


def opened_by(written: entries.Written, *, students: Sequence[int], elements: Iterable[str]) -> dict[int, Opened]:
    """What a committed entry opens of these students, for rooms that write an entry of their own: its elements, or some of them."""
    opened = {pk: Opened(pk) for pk in students}
    _fetch(written, frozenset(elements), opened)
    return opened


def _fetch(written: entries.Written, elements: frozenset[str], students: dict[int, Opened]) -> None:
    of_identity = elements & IDENTITY_COLUMNS.keys()
    of_guardians = elements & GUARDIAN_ELEMENTS
    of_values = elements - of_identity - of_guardians
    if of_identity and of_values:
        names, rows = entries.open_with(written, _BOTH)
        for row in rows:
            student_id = row[0] if row[0] is not None else row[-2]
            _put_identity(students, names[:-2], (student_id, *row[1:-2]), of_identity if row[0] is not None else frozenset())
            for element, item, value, recorded_on, source in row[-1] or ():
                day = dt.date.fromisoformat(recorded_on) if recorded_on else None
                students[student_id].values.setdefault(element, []).append(Value(item, value, day, source))
    elif of_identity:
        names, rows = entries.open_with(written, _IDENTITY)
        for row in rows:
            _put_identity(students, names, row, of_identity)
    elif of_values:
        _, rows = entries.open_with(written, _VALUES)
        for student_id, element, item, value, recorded_on, source in rows:
            students[student_id].values.setdefault(element, []).append(Value(item, value, recorded_on, source))
    if of_guardians:
        names, rows = entries.open_with(written, _GUARDIANS)
        for row in rows:
            found = dict(zip(names, row, strict=True))
            students[found["student_id"]].guardians.append(found)


def _put_identity(students: dict[int, Opened], names: list[str], row: Sequence[Any], elements: frozenset[str]) -> None:
    opened = students.setdefault(row[0], Opened(row[0]))
    columns = {column for element in elements for column in IDENTITY_COLUMNS[element]}
    opened.identity.update((name, value) for name, value in zip(names, row, strict=True) if name in columns)
