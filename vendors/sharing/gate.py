"""The sharing gate: the one way on which values of students leave for a tool.

For each batch of children one transaction holds approval, agreement and consents still, decides child by child, and commits the lines of the
record of disclosures with their entries; only then are the values read, with those entries' keys (README.md).
"""

import dataclasses
import datetime as dt
import functools
from collections.abc import Collection, Iterator, Sequence
from typing import Any
from uuid import uuid4

from django.db import connection, transaction

from governance.authority import element_keys
from governance.disclosures import door as disclosures
from governance.disclosures import queries as record
from governance.disclosures.words import Channel as Way
from governance.disclosures.words import PartyKind
from governance.people.models import User
from governance.people.queries import day_of
from governance.records import door as records
from governance.records import scope
from governance.records.models import Student
from governance.trail import entries
from governance.vocabulary import Action, Event, Role
from portal.base import clock
from vendors.consents import queries as consents
from vendors.providers.models import Tool
from vendors.reviews import status
from vendors.reviews.models import Approval, ConsentNeeded
from vendors.reviews.status import Permit
from vendors.sharing import rules
from vendors.sharing.models import Delivery, Release
from vendors.sharing.words import REFUSALS
from vendors.tool_requests import queries as uses

BATCH = 10_000  # children of one transaction: an agreement that ends in between stops the next batch
BASIS = "ferpa-outsourced-official"
# What a roster can carry. The rest of a schedule (work done in the tool, photographs) the portal does not hold, or does not send.
LINKS = frozenset({"school", "schedule", "teachers"})
CARRIED = frozenset(element_keys.IDENTITY.values()) | frozenset(element_keys.VALUE.values()) | LINKS
_FLAG = "safe-at-home"
_YES = frozenset({"yes", "true", "1", "y"})


class Refused(Exception):
    """Nothing leaves, or nothing more; `code` is a word of words.REFUSALS."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code

    @property
    def words(self) -> str:
        """Why, for a person."""
        return str(REFUSALS[self.code])


@dataclasses.dataclass(frozen=True)
class Reach:
    """The children whom classes bring to a tool today: (student, section) pairs, students ascending and each once."""

    pairs: tuple[tuple[int, int], ...]
    students: tuple[int, ...]
    sections: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Decided:
    """What the gate says about some children: what may leave about each, and why the others are left out."""

    permit: Permit
    elements: frozenset[str]
    given: dict[int, frozenset[str]]
    withheld: dict[int, str]


@dataclasses.dataclass(frozen=True)
class Batch:
    """Children whose lines stand, so that their values may leave now: they can be read for ten seconds, as rows or from VALUES.

    `elements` are those of the whole batch, `given` those of each child; `parts` are children with the same elements, with their keys.
    """

    elements: frozenset[str]
    given: dict[int, frozenset[str]]
    parts: list[disclosures.Part]

    @property
    def names(self) -> Sequence[str]:
        """The columns of `rows`: those of door.released."""
        return self._read[0]

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """The values, read when they are first asked for."""
        return self._read[1]

    @functools.cached_property
    def _read(self) -> tuple[Sequence[str], list[tuple[Any, ...]]]:
        names: Sequence[str] = ()
        rows: list[tuple[Any, ...]] = []
        for part in self.parts:
            names, found = entries.open_with(part.written, "SELECT * FROM door.released()")
            rows += found
        return names, rows

    def alike(self) -> dict[frozenset[str], list[disclosures.Part]]:
        """Parts by the elements that their children have in common."""
        found: dict[frozenset[str], list[disclosures.Part]] = {}
        for part in self.parts:
            found.setdefault(part.elements, []).append(part)
        return found


# What a statement reads the values of a batch from, with the parameters that `opened` makes: the columns of door.released, and `said`, the texts of the
# elements that were asked for as columns.
VALUES = "door.released_together(%(keys)s::text[], %(columns)s::text[])"


def opened(parts: Sequence[disclosures.Part], columns: Sequence[str] = ()) -> dict[str, Any]:
    """The parameters of VALUES for parts whose children have the same elements. Raises InsideTransaction: their lines must stand."""
    if connection.in_atomic_block:
        raise entries.InsideTransaction("The door does not open inside a transaction.")
    return {"keys": [part.written.key for part in parts], "columns": list(columns)}


# -- Who and what ----------------------------------------------------------------------------------------------------------------


def reach_of(tool: Tool, *, on: dt.date) -> Reach:
    """Children in the classes that use the tool on that day. Planted records and children who have left are nobody's. Four queries."""
    sections = sorted({section for use in uses.open_uses(on=on).filter(tool=tool) for section in use.sections})
    found = scope.enrolled_in(sections, on=on).filter(section__active=True).values_list("student_id", "section_id")
    pairs = set(found)
    candidates = sorted({student for student, _section in pairs})
    here = set(Student.objects.filter(pk__in=candidates, left_on=None).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute("SELECT door.without_planted(%s::bigint[])", [sorted(here)])
        students = tuple(sorted(cursor.fetchone()[0] or ()))
    kept = set(students)
    return Reach(tuple(sorted(pair for pair in pairs if pair[0] in kept)), students, tuple(sections))


def check(tool: Tool, purpose: str, at: dt.datetime) -> Permit:
    """What approval and agreement let through for a purpose at a moment. Raises Refused."""
    return _permit(tool, purpose, at)


def look(tool: Tool, purpose: str, students: Sequence[int], *, by: User, hat: Role, at: dt.datetime) -> Decided:
    """What would leave about these children now, for the preview: nothing is recorded as sent, and no value is shown.

    Where approval or schedule ask for it, grades, birth dates and the flag for confidential addresses are read, with entries.
    Raises Refused.
    """
    permit = _permit(tool, purpose, at)
    facts = _facts(permit, students, by=by, hat=hat, on=day_of(at))
    with transaction.atomic():
        return _decide(permit, permit.elements & CARRIED, purpose, students, facts, at)


# -- The release -----------------------------------------------------------------------------------------------------------------


def release(
    delivery: Delivery,
    record_of: Release,
    students: Sequence[int],
    *,
    elements: Collection[str] | None = None,
    by: User,
    way: str = Way.FILE,
) -> Iterator[Batch]:
    """Let what may leave leave, a batch of children after the other; each batch is decided anew at its own moment.

    `students` are candidates; `elements` narrows what is sent (None: all that is agreed), and one that is not agreed refuses the whole. What is
    agreed in the middle waits for the next release: a batch holds the elements of the first one, or fewer.
    Raises Refused before the first batch, and in the middle when approval or agreement end there; the release keeps which it was.
    """
    most: frozenset[str] | None = None
    for first in range(0, len(students), BATCH):
        batch = _batch(delivery, record_of, students[first : first + BATCH], elements, most, by=by, way=way)
        most = batch.elements if most is None else most
        yield batch


def _batch(
    delivery: Delivery,
    record_of: Release,
    students: Sequence[int],
    wanted: Collection[str] | None,
    most: frozenset[str] | None,
    *,
    by: User,
    way: str,
) -> Batch:
    tool, hat, at = delivery.tool, Role(delivery.hat), clock.now()
    before, known, facts = status.newest_approval(tool, at), frozenset[str](), dict[int, _Facts]()
    if before is not None and _asked(before, before.elements):
        permit = _permit(tool, delivery.purpose, at, wanted)
        before, known = permit.approval, _asked(permit.approval, permit.elements)
        facts = _facts(permit, students, by=by, hat=hat, on=day_of(at))
    with transaction.atomic():
        delivery.stopped_at = Delivery.objects.select_for_update(of=("self",)).values_list("stopped_at", flat=True).get(pk=delivery.pk)
        at = clock.now()
        if delivery.stopped_at is not None:
            raise Refused("stopped")
        held = _permit(tool, delivery.purpose, at, wanted, lock=True)
        if held.approval != before or not _asked(held.approval, held.elements) <= known:
            raise Refused("changed")  # its limits are others: what was read of the children does not answer them
        elements = held.elements & CARRIED
        for limit in (wanted, most):
            elements &= elements if limit is None else frozenset(limit)
        if not elements:
            raise Refused("no_elements")
        decided = _decide(held, elements, delivery.purpose, students, facts, at)
        parts = _record(delivery, record_of, decided, by=by, hat=hat, way=way, at=at)
    return Batch(elements, decided.given, parts)


def _permit(tool: Tool, purpose: str, at: dt.datetime, wanted: Collection[str] | None = None, *, lock: bool = False) -> Permit:
    """What approval and agreement let through at that moment. Raises Refused."""
    permit = status.permit_of(tool, at, lock=lock)
    if permit is None:
        raise Refused("not_approved")
    if permit.version is None:
        raise Refused("collects_nothing")
    if purpose not in permit.purposes:
        raise Refused("purpose")
    if wanted is not None and not set(wanted) <= permit.elements:
        raise Refused("element")
    if not permit.elements & CARRIED:
        raise Refused("no_elements")
    return permit


def _decide(
    permit: Permit, elements: frozenset[str], purpose: str, students: Sequence[int], facts: dict[int, "_Facts"], at: dt.datetime
) -> Decided:
    """Child by child, of these elements. Consents are held still until the open transaction is over."""
    limits, on = limits_of(permit), day_of(at)
    thirteen = [student for student, known in facts.items() if known.born is not None and rules.age_on(known.born, on) >= 13]
    _permitted, said = consents.lock_permitted(students, permit.tool, purpose, at, elements=elements, thirteen=thirteen)
    withheld = dict.fromkeys(said, "family")
    hidden = elements - rules.PLACES
    if not facts and not limits.elements:  # nothing is asked of a child but its family's word
        return Decided(permit, elements, dict.fromkeys((each for each in students if each not in withheld), elements), withheld)
    given = {}
    for student in students:
        if student in withheld:
            continue
        known = facts.get(student, _NOTHING)
        if because := rules.outside(limits, grade=known.grade, born=known.born, on=on):
            withheld[student] = because
        elif told := (hidden if known.safe_at_home else elements):
            given[student] = told
        else:
            withheld[student] = "nothing"
    return Decided(permit, elements, given, withheld)


def limits_of(permit: Permit) -> rules.Limits:
    """Whom the approval covers."""
    return _limits(permit.approval)


def _limits(approval: Approval) -> rules.Limits:
    return rules.Limits(frozenset(approval.grades), approval.youngest_age, approval.oldest_age)


def _record(
    delivery: Delivery, record_of: Release, decided: Decided, *, by: User, hat: Role, way: str, at: dt.datetime
) -> list[disclosures.Part]:
    """Lines, entries and the release's own row, in the open transaction."""
    permit, provider = decided.permit, delivery.tool.provider
    assert permit.version is not None
    basis = permit.approval.consent_basis or BASIS
    parts: list[disclosures.Part] = []
    if decided.given:
        public_id = uuid4()
        parts = disclosures.record(
            by=by,
            hat=hat,
            at=at,
            opens=True,
            disclosure=disclosures.Disclosure(
                public_id=public_id,
                party=disclosures.Party(provider.legal_name or provider.name, PartyKind.PROVIDER, provider.privacy_email),
                basis=basis,
                required=record.is_required(basis),
                purpose=delivery.purpose,
                channel=way,
                happened_on=day_of(at),
                reference=str(permit.version.public_id),
                interest=delivery.tool.name,
                onward=", ".join(delivery.tool.subprocessors.filter(until=None).values_list("name", flat=True))[:300],
            ),
            children=_alike(decided.given),
        )
        record_of.disclosures = [*record_of.disclosures, public_id]
    record_of.elements = sorted(set(record_of.elements) | decided.elements)
    record_of.children += len(decided.given)
    for because, number in counted(decided).items():
        record_of.withheld[because] = record_of.withheld.get(because, 0) + number
    record_of.save(update_fields=["disclosures", "elements", "children", "withheld"])
    _tell_withheld(record_of, decided, by=by, hat=hat)
    return parts


def _alike(given: dict[int, frozenset[str]]) -> dict[frozenset[str], list[int]]:
    """Children by what leaves about them."""
    found: dict[frozenset[str], list[int]] = {}
    for student, told in given.items():
        found.setdefault(told, []).append(student)
    return found


def _tell_withheld(record_of: Release, decided: Decided, *, by: User, hat: Role) -> None:
    reasons: dict[str, list[int]] = {}
    for student, because in decided.withheld.items():
        reasons.setdefault(because, []).append(student)
    for because, students in reasons.items():
        for first in range(0, len(students), records.MOST_IN_ONE_ENTRY):
            entries.append(
                Event.RELEASE_WITHHELD,
                action=Action.CREATE,
                by=by,
                about=record_of,
                hat=hat,
                students=students[first : first + records.MOST_IN_ONE_ENTRY],
                elements=decided.elements,
                data={"why": because},
            )


# -- What must be known of a child -------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class _Facts:
    grade: str | None = None
    born: dt.date | None = None
    safe_at_home: bool = False


_NOTHING = _Facts()


def _asked(approval: Approval, elements: Collection[str]) -> frozenset[str]:
    """What must be read of each child before it can be decided which of these elements leave."""
    asked = _limits(approval).elements
    if approval.consent == ConsentNeeded.OPT_IN_UNDER_13:
        asked |= {"birth-date"}
    if rules.PLACES & frozenset(elements):
        asked |= {_FLAG}
    return asked


def _facts(permit: Permit, students: Sequence[int], *, by: User, hat: Role, on: dt.date) -> dict[int, _Facts]:
    """Grade, birth date and the flag for a confidential address, as far as this approval and schedule ask for them; each read has its entry.

    Where they ask for nothing, nothing is read.
    """
    asked = _asked(permit.approval, permit.elements)
    if not asked:
        return {}
    found: dict[int, _Facts] = {}
    for first in range(0, len(students), records.MOST_IN_ONE_ENTRY):
        some = students[first : first + records.MOST_IN_ONE_ENTRY]
        written = entries.append_ahead(
            Event.RELEASE_LIMITS_READ,
            by=by,
            students=some,
            elements=asked,
            data={"tool": str(permit.tool.public_id)},
            hat=hat,
            purpose=next(iter(sorted(permit.purposes))),
            basis=permit.approval.consent_basis or BASIS,
        )
        for student, opened in records.opened_by(written, students=some, elements=asked).items():
            found[student] = _Facts(
                opened.identity.get("grade"),
                opened.identity.get("birth_date"),
                any(each.value.strip().casefold() in _YES for each in opened.values.get(_FLAG, ())),
            )
    return found


def counted(decided: Decided) -> dict[str, int]:
    """How many children are withheld, by reason."""
    found: dict[str, int] = {}
    for because in decided.withheld.values():
        found[because] = found.get(because, 0) + 1
    return found


# -- A page for a tool's own system ------------------------------------------------------------------------------------------------


def page(
    delivery: Delivery, record_of: Release, students: Sequence[int], *, elements: Collection[str], permit: Permit, by: User, hat: Role
) -> Batch:
    """One page of a listing (at most BATCH children) for the tool's own system: as a batch of a release, decided at its own moment.

    Several pages of one release may be asked for at the same time, so its numbers are read again while the delivery is held. `permit` is
    what held at the beginning of the request (`check`). Raises Refused.
    """
    facts = _facts(permit, students, by=by, hat=hat, on=day_of(clock.now()))
    with transaction.atomic():
        stopped_at = Delivery.objects.select_for_update(of=("self",)).values_list("stopped_at", flat=True).get(pk=delivery.pk)
        at = clock.now()
        if stopped_at is not None:
            raise Refused("stopped")
        held = _permit(delivery.tool, delivery.purpose, at, elements, lock=True)
        if held.approval != permit.approval or not _asked(held.approval, held.elements) <= _asked(permit.approval, permit.elements):
            raise Refused("changed")
        record_of.refresh_from_db(fields=["disclosures", "elements", "children", "withheld"])
        decided = _decide(held, frozenset(elements) & CARRIED, delivery.purpose, students, facts, at)
        parts = _record(delivery, record_of, decided, by=by, hat=hat, way=Way.CONNECTION, at=at)
    return Batch(decided.elements, decided.given, parts)
