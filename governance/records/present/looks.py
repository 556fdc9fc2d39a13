"""Looks at a record, in the words in which families read them."""

import dataclasses
import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from governance.records.plain_words import element_list, purpose_words
from governance.records.present.classes import people_count
from governance.records.queries import Decided
from governance.vocabulary import Event


@dataclasses.dataclass(frozen=True)
class OwnLine:
    """One of the reader's own looks, as the families read it."""

    at: dt.datetime
    what: str
    where: str
    url: str
    elements: str
    purpose: str
    decision: str
    refused: bool


def own_line(
    row: Mapping[str, Any],
    classes: Mapping[int, list[tuple[int, str]]],
    public_ids: Mapping[int, Any],
    decisions: Mapping[int, Decided],
    purposes: Mapping[str, str],
) -> OwnLine:
    """One row of `door.own_looks`. Students are told by their class and number: their names would be a look of its own."""
    ids = row["record_ids"]
    decided = decisions.get(row["grant_id"])
    return OwnLine(
        at=row["at"],
        what=what_words(row["kind"], len(ids)),
        where=", ".join(classes_that_hold(ids, classes)),
        url=reverse("records:student", args=[public_ids[ids[0]]]) if len(ids) == 1 and ids[0] in public_ids else "",
        elements=element_list(row["elements"] or ()),
        purpose=purpose_words(row["purpose"], purposes.get(row["purpose"], "")) if row["purpose"] else "",
        decision=f"R-{decided.number}" if decided and decided.number else "",
        refused=row["kind"] == Event.READ_REFUSED,
    )


def classes_that_hold(ids: Collection[int], classes: Mapping[int, list[tuple[int, str]]]) -> list[str]:
    """The reader's classes that all these students are in; where none holds them all, every class that holds one of them."""
    held: dict[tuple[int, str], int] = {}
    for pk in ids:
        for section in classes.get(pk, ()):
            held[section] = held.get(section, 0) + 1
    whole = [title for (_section, title), number in held.items() if number == len(set(ids))]
    return whole or [title for _section, title in held]


def what_words(kind: str, students: int, *, name: str = "") -> str:
    """What happened, in words for families: “Opened the class list (28 students)”. `name` is the child's, where it was opened."""
    if kind == Event.CLASS_LIST_OPENED:
        return gettext("Opened the class list (%(students)s)") % {"students": people_count(students)}
    if kind == Event.STUDENTS_FOUND:
        return gettext("Found in a search by name (%(students)s)") % {"students": people_count(students)}
    if kind in _WHAT_NAMED and name:
        return str(_WHAT_NAMED[kind]) % {"name": name}
    return str(_WHAT.get(kind) or dict(Event.choices).get(kind, _("Something else")))


_WHAT_NAMED: dict[str, str | Promise] = {
    Event.STUDENT_OPENED: _("Opened %(name)s’s record"),
    Event.READ_REFUSED: _("Tried to open %(name)s’s record. The portal refused."),
    Event.EMERGENCY_OPENED: _("Opened %(name)s’s record in an emergency"),
    Event.FAMILY_VIEWED: _("Opened %(name)s’s record"),
    Event.SELF_VIEWED: _("Opened %(name)s’s record"),
    Event.RECORD_DOWNLOADED: _("Downloaded %(name)s’s record"),
}
_WHAT: dict[str, str | Promise] = {
    Event.DISCLOSED: _("Gave facts to somebody outside the schools"),
    Event.DISCLOSURE_REFUSED: _("Somebody outside the schools asked for facts. Nothing was given."),
    Event.DISCLOSURE_MISTAKEN: _("Marked a line of “Who got information” as wrong"),
    Event.DISCLOSURES_VIEWED: _("Opened the list of who got information"),
    Event.DISCLOSURES_DOWNLOADED: _("Downloaded the list of who got information"),
    Event.STUDENT_OPENED: _("Opened the record"),
    Event.READ_REFUSED: _("Tried to open the record. The portal refused."),
    Event.EMERGENCY_OPENED: _("Opened the record in an emergency"),
    Event.FAMILY_VIEWED: _("Opened the record"),
    Event.SELF_VIEWED: _("Opened the record"),
    Event.RECORD_DOWNLOADED: _("Downloaded the record"),
    Event.LOOKS_VIEWED: _("Looked at who opened the record"),
    Event.IMPORT_CHECKED: _("Compared the record with a file from the school’s student system"),
    Event.VALUES_IMPORTED: _("Added or changed facts in the record"),
    Event.STUDENTS_CHANGED: _("Brought the record up to date from the school’s student system"),
    Event.ROSTER_IMPORTED: _("Brought the record up to date from the school’s student system"),
    Event.VALUE_CORRECTED: _("Corrected a fact in the record"),
    Event.TRAIL_SEARCHED: _("Checked who had opened the record"),
    Event.TRAIL_STUDENT_VIEWED: _("Checked who had opened the record"),
    Event.TRAIL_EXPORTED: _("Made a list of who had opened the record"),
    Event.TRAIL_NAMES_OPENED: _("Opened the name while checking who had opened the record"),
    Event.REQUEST_SUBMITTED: _("Asked to see more facts"),
    Event.REQUEST_APPROVED: _("Approved a request to see more facts"),
    Event.REQUEST_NARROWED: _("Approved a part of a request to see more facts"),
    Event.REQUEST_REFUSED: _("Refused a request to see more facts"),
    Event.GRANT_MADE: _("Gave permission to see more facts"),
    Event.GRANT_ENDED: _("Ended a permission to see more facts"),
}
