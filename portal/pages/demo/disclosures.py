"""Who outside the schools of the demo got information: the state about everybody, and a few about the child of parent@."""

import dataclasses
import datetime as dt
import json
import uuid
from collections.abc import Sequence
from typing import Any

from governance.vocabulary import Action, Event, Role
from portal.pages.demo.looks import Look
from portal.pages.demo.plan import Plan

_MOST = 1000  # students in one entry
_HEADS = """INSERT INTO records.disclosure(public_id, outcome, party, party_kind, contact, interest, basis, required, channel, happened_on, reference,
    onward, children, recorded_at, recorded_by, hat)
  SELECT public_id, outcome, party, party_kind, contact, interest, basis, required, channel, happened_on, reference,
    onward, children, recorded_at, recorded_by, hat
  FROM jsonb_populate_recordset(NULL::records.disclosure, %s)"""
_ROWS = """INSERT INTO records.disclosed(student_id, disclosure_id, elements, entry_id, entry_at)
  SELECT s.student, d.id, e.elements, e.id, e."timestamp"
  FROM records.disclosure d JOIN trail.entry e ON e."timestamp" = d.recorded_at AND e.kind IN ('records.disclosure.made', 'records.disclosure.refused')
    CROSS JOIN LATERAL unnest(e.record_ids) s(student) WHERE d.public_id = ANY (%s::uuid[])"""


@dataclasses.dataclass(frozen=True)
class _Told:
    """One disclosure of the demo, so many days ago."""

    days: int
    party: str
    kind: str
    contact: str
    basis: str
    interest: str
    elements: tuple[str, ...]
    by: str = "secretary"
    everybody: bool = False
    required: bool = True
    outcome: str = "given"
    channel: str = "file"
    reference: str = ""
    onward: str = ""


_ALL = (
    _Told(
        53, "Wisconsin Department of Public Instruction", "state", "WISEdata help desk", "wi-118-125-2g-dpi", "The yearly count of all students.",
        ("attendance", "birth-date", "enrollment-dates", "ethnicity", "gender", "grade", "name", "school", "state-id"),
        by="admin", everybody=True, channel="connection", reference="Fall count", onward="The U.S. Department of Education, as totals.",
    ),
    _Told(
        34, "Riverbend County Health Department", "health", "immunizations, 715-555-0142", "wi-118-125-2h-immunization",
        "To check that students have their shots.", ("birth-date", "immunization", "name"),
    ),
    _Told(
        20, "Northland Yearbooks", "press", "photo desk, 715-555-0177", "wi-118-125-2j-directory", "Pictures for the yearbook.",
        ("grade", "name", "photograph"), required=False,
    ),
    _Told(
        6, "Riverbend Courier", "press", "", "wi-118-125-2j-directory", "An article about the science fair.", ("awards", "course-grades"),
        required=False, outcome="refused", channel="none",
    ),
)  # fmt: skip


class Disclosures:
    """The lines, and their entries among the looks of the year."""

    def __init__(self, plan: Plan, users: dict[str, int], now: dt.datetime):
        self._maya = plan.child("maya")
        here = [student.id for student in plan.students if student.left_on is None]
        self._told = [
            (
                told,
                (now - dt.timedelta(days=told.days)).replace(hour=16, minute=20, second=told.days, microsecond=0),
                here if told.everybody else [self._maya.id],
            )
            for told in _ALL
        ]
        self._users = users

    @property
    def looks(self) -> list[Look]:
        """One entry for each thousand children, at the moment at which the line was written down."""
        return [
            Look(
                at,
                Event.DISCLOSED if told.outcome == "given" else Event.DISCLOSURE_REFUSED,
                self._users[told.by],
                _hat(told),
                None,
                uuid.uuid5(self._maya.public_id, f"request {told.days}").hex[:16],
                action=int(Action.CREATE),
                basis=told.basis,
                elements=told.elements,
                students=students[first : first + _MOST],
            )
            for told, at, students in self._told
            for first in range(0, len(students), _MOST)
        ]

    def write(self, cursor: Any) -> None:
        """The lines, once their entries stand. As the role that owns the door: row security holds the owner too."""
        heads = [self._head(told, at, students) for told, at, students in self._told]
        cursor.execute("SET LOCAL ROLE portal_door")
        cursor.execute(_HEADS, [json.dumps(heads)])
        cursor.execute(_ROWS, [[head["public_id"] for head in heads]])
        cursor.execute("RESET ROLE")

    def _head(self, told: _Told, at: dt.datetime, students: Sequence[int]) -> dict[str, Any]:
        return {
            "public_id": str(uuid.uuid5(self._maya.public_id, f"disclosure {told.days}")),
            "outcome": told.outcome,
            "party": told.party,
            "party_kind": told.kind,
            "contact": told.contact,
            "interest": told.interest,
            "basis": told.basis,
            "required": told.required,
            "channel": told.channel,
            "happened_on": at.date().isoformat(),
            "reference": told.reference,
            "onward": told.onward,
            "children": len(students),
            "recorded_at": at.isoformat(),
            "recorded_by": self._users[told.by],
            "hat": str(_hat(told)),
        }


def _hat(told: _Told) -> Role:
    return Role.DISTRICT_ADMIN if told.by == "admin" else Role.SECRETARY
