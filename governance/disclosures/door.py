"""The record of disclosures behind the door: writing lines with their entries, and reading them with the key of a committed entry.

`record` is what the sharing gate calls in its own transaction (README.md).
"""

import dataclasses
import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from governance.authority.grounds import grounds_of
from governance.disclosures import rules
from governance.people.models import User
from governance.records import door
from governance.records.family.queries import Access
from governance.trail import context, entries, search
from governance.vocabulary import Event, Role

MOST_IN_ONE_ENTRY = door.MOST_IN_ONE_ENTRY
_NAMES = frozenset({"name", "preferred-name"})
_LINES = "SELECT * FROM door.disclosures(%s, %s, %s)"


@dataclasses.dataclass(frozen=True)
class Party:
    """Who received it or asked for it. `kind` is a words.PartyKind; `contact` an address or a person to ask."""

    name: str
    kind: str
    contact: str = ""


@dataclasses.dataclass(frozen=True)
class Disclosure:
    """What is the same for all children. `basis` is the id of a Basis; `required` whether 99.32 asks for the line (`queries.is_required`).

    `reference`: decision, agreement or order under which it left. `onward`: to whom the party may pass it on, and why (99.32(b)).
    `details`: what the basis asks for (the threat, the notice ahead). `held` ("announced" or "silent") keeps the line and its entry from
    the family until `held_until`.
    """

    public_id: UUID
    party: Party
    basis: str
    required: bool
    channel: str
    happened_on: dt.date
    outcome: str = "given"
    interest: str = ""
    purpose: str | None = None
    reference: str = ""
    onward: str = ""
    details: Mapping[str, str] = dataclasses.field(default_factory=dict)
    document_sha256: str | None = None
    held: str | None = None
    held_until: dt.date | None = None
    grant_id: int | None = None
    rule_version: str | None = None


@dataclasses.dataclass(frozen=True)
class Child:
    """What leaves about one child (id of the Student anchor), and the consent it rests on where it does."""

    student: int
    elements: frozenset[str]
    consent: str | None = None


@dataclasses.dataclass(frozen=True)
class Part:
    """One entry of a disclosure: these students, these elements. Its key opens them once the transaction is committed, if asked for."""

    written: entries.Written
    students: tuple[int, ...]
    elements: frozenset[str]


def record(
    *,
    by: User | None,
    hat: Role | None,
    disclosure: Disclosure,
    children: Iterable[Child] | Mapping[frozenset[str], Sequence[int]],
    at: dt.datetime,
    opens: bool = False,
    using: str = DEFAULT_DB_ALIAS,
) -> list[Part]:
    """Write a disclosure, its rows and its entries in the open transaction; nothing stands before that commits.

    `children` one by one, or the ids of students by the elements that leave, where none rests on a consent of its own.
    One entry for each set of elements and at most 1,000 children. With `opens` each part's key reads exactly its children's elements
    (`records.door.opened_by`), for ten seconds from now and not before the commit: data leaves after the line stands. It counts
    against the hourly ceiling, needs a person and a purpose, and cannot be held.
    Raises NoTransaction outside a transaction, ValueError without children, and the database's IntegrityError for a disclosure that is
    recorded already, a child named twice or a student who does not exist.
    """
    if not connections[using].in_atomic_block:
        raise entries.NoTransaction("A disclosure is recorded in the transaction that lets it happen.")
    parts = _parts(children)
    if not parts:
        raise ValueError("a disclosure is about somebody")
    tokens = [secrets.token_hex(16) for _ in parts] if opens else None
    present = context.current()
    head = {
        **{field.name: getattr(disclosure, field.name) for field in dataclasses.fields(disclosure) if field.name != "party"},
        "party": disclosure.party.name,
        "party_kind": str(disclosure.party.kind),
        "contact": disclosure.party.contact,
        "details": dict(disclosure.details),
        "recorded_at": at.isoformat(),
    }
    told = [
        {"students": students, "elements": sorted(words), **({"consents": consents} if any(consents) else {})}
        for words, students, consents in parts
    ]
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT id, at FROM door.disclose(%s, %s, %s, %s, %s, %s, %s)",
            [
                json.dumps(head, default=str),
                json.dumps(told),
                [hashlib.sha256(token.encode()).digest() for token in tokens] if tokens else None,
                by.pk if by is not None else None,
                str(hat) if hat else None,
                present.request_id if present else None,
                present.address if present else None,
            ],
        )
        written = cursor.fetchall()
    keys: Sequence[str | None] = tokens or [None] * len(parts)
    return [
        Part(entries.Written(number, when, token), tuple(students), words)
        for (number, when), token, (words, students, _consents) in zip(written, keys, parts, strict=True)
    ]


def _parts(children: Iterable[Child] | Mapping[frozenset[str], Sequence[int]]) -> list[tuple[frozenset[str], list[int], list[str | None]]]:
    """(elements, students, their consents): children with the same elements, at most 1,000 together."""
    alike: dict[frozenset[str], tuple[list[int], list[str | None]]] = {}
    if isinstance(children, Mapping):
        alike = {words: (list(students), []) for words, students in children.items()}
    else:
        for child in children:
            students, consents = alike.setdefault(child.elements, ([], []))
            students.append(child.student)
            consents.append(child.consent)
    return [
        (words, students[first : first + MOST_IN_ONE_ENTRY], consents[first : first + MOST_IN_ONE_ENTRY])
        for words, (students, consents) in alike.items()
        for first in range(0, len(students), MOST_IN_ONE_ENTRY)
    ]


@dataclasses.dataclass(frozen=True)
class Opened:
    """The record of disclosures of some students, opened by one committed entry, with what the students are called."""

    key: entries.Written
    students: Mapping[int, door.Opened]

    def lines(self, *, before: tuple[dt.date, int] | None = None, at_most: int = 50) -> list[dict[str, Any]]:
        """Lines, newest first, from before a (day, number) on; for ten seconds after the entry."""
        names, rows = entries.open_with(self.key, _LINES, [*(before or (None, None)), at_most])
        return [_line(names, row) for row in rows]


def open_for_family(*, by: User, access: Access, event: Event, on: dt.date) -> Opened | None:
    """The family's own right to its record of disclosures (99.32(c)(1)). None where the rules open nothing; that is recorded."""
    student, reach = access.student.pk, access.reach
    ground = next(iter(grounds_of(by, hat=reach.hat, relation=reach.relation, students=[student], sections=reach.sections, on=on)), None)
    if ground is None:
        door.refuse(by=by, hat=reach.hat, students=[student], elements={"disclosures"})
        return None
    names = (ground.elements & _NAMES) - access.kept_back
    told = frozenset() if access.discretion.hides_people else frozenset({"disclosures.party"})
    written = entries.append_ahead(
        event,
        by=by,
        students=[student],
        elements={"disclosures", *told, *names},
        data={"kept_back": sorted(access.kept_back)} if access.kept_back else None,
        hat=reach.hat,
        purpose=ground.purpose,
        basis=ground.basis,
        rule_version=ground.rule_version,
    )
    return Opened(written, door.opened_by(written, students=[student], elements=names))


def open_for_staff(*, by: User, hat: Role, students: Sequence[int], event: Event, sees_held: bool) -> Opened:
    """The officials who keep the record and those who check it (99.32(c)(2)-(3)). `sees_held`: also what families do not see yet."""
    held = {"disclosures.held"} if sees_held else set()
    written = entries.append_ahead(
        event,
        by=by,
        students=list(students),
        elements={"disclosures", "disclosures.party", *_NAMES, "grade", *held},
        hat=hat,
        purpose=rules.PURPOSE,
        basis=rules.BASIS,
        rule_version=rules.RULE,
    )
    return Opened(written, door.opened_by(written, students=list(students), elements=_NAMES | {"grade"}))


def made_between(
    *,
    by: User,
    hat: Role,
    since: dt.datetime | None,
    until: dt.datetime | None,
    before: tuple[dt.date, int] | None = None,
    at_most: int = 50,
) -> list[dict[str, Any]]:
    """All disclosures of the district whose day lies in [since, until), without their children. An auditor's look."""
    key = _open_all(by=by, hat=hat, since=since, until=until)
    names, rows = entries.open_with(key, "SELECT * FROM door.disclosures_made(%s, %s, %s)", [*(before or (None, None)), at_most])
    return [_line(names, row) for row in rows]


def counts_between(*, by: User, hat: Role, since: dt.datetime | None, until: dt.datetime | None) -> list[dict[str, Any]]:
    """Disclosures and children by month, basis, kind of party, outcome and whether 99.32 asks for the line. An auditor's look."""
    key = _open_all(by=by, hat=hat, since=since, until=until)
    names, rows = entries.open_with(key, "SELECT * FROM door.disclosure_counts()")
    return [dict(zip(names, row, strict=True)) for row in rows]


def mark_mistaken(*, by: User, hat: Role, student: int, disclosure: UUID, because: str, at: dt.datetime) -> None:
    """Say on a line that it was written by mistake; it stays. The entry is committed ahead and names the student."""
    written = entries.append_ahead(
        Event.DISCLOSURE_MISTAKEN,
        by=by,
        students=[student],
        elements={"disclosures.change"},
        data={"disclosure": str(disclosure), "because": because},
        hat=hat,
        purpose=rules.PURPOSE,
        basis=rules.BASIS,
        rule_version=rules.RULE,
    )
    entries.open_with(written, "SELECT door.disclosure_mistaken(%s, %s, %s)", [disclosure, at, because])


# -- The end, for the keeper (99.32(a)(2)) -------------------------------------------------------------------------------


def outlived(*, using: str, at_most: int = MOST_IN_ONE_ENTRY) -> list[int]:
    """Ids of students whose record of disclosures is all that is left: no identity and no value of theirs is kept any more."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT student_id FROM door.disclosures_outlived(%s)", [at_most])
        return [row[0] for row in cursor.fetchall()]


def destroy(*, students: Sequence[int], by: User | None, using: str) -> None:
    """Destroy the lines of these students (at most 1,000), if nothing else of theirs is kept; others are left alone. Writes its entry.

    Which students are held back by a court or an investigation is for the caller to know.
    """
    present = context.current()
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT door.disclosures_destroy(%s::bigint[], %s, %s)",
            [list(students), by.pk if by else None, present.request_id if present else None],
        )


def _open_all(*, by: User, hat: Role, since: dt.datetime | None, until: dt.datetime | None) -> entries.Written:
    return search.open_door(Event.DISCLOSURES_VIEWED, by=by, hat=hat, filters=search.Filters(since=since, until=until))


def _line(names: Sequence[str], row: Sequence[Any]) -> dict[str, Any]:
    found = dict(zip(names, row, strict=True))
    if isinstance(found.get("details"), str):
        found["details"] = json.loads(found["details"])
    return found
