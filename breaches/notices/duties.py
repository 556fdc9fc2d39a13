"""Which duties of an incident a notice to an audience can meet: of laws, of agreements, and the district's own targets."""

import datetime as dt
from typing import Any

from breaches.assessment import laws
from breaches.assessment import present as words
from breaches.assessment import queries as assessment
from breaches.assessment.rules import Answer
from breaches.incidents.models import Incident
from breaches.notices.models import Audience

TARGETS = {
    Audience.FAMILY: "target:families",
    Audience.STATE_AGENCY: "target:state",
    Audience.PUBLIC: "target:posting",
    Audience.SCHOOL_BOARD: "target:board",
    Audience.INSURER: "target:insurer",
}


def by_audience(incident: Incident, *, at: dt.datetime) -> dict[str, list[dict[str, Any]]]:
    """What is asked here of each audience, as rows: key, label, note, due_at, state, whether counsel reviewed the row, and `met`."""
    found: dict[str, list[dict[str, Any]]] = {audience: [] for audience in Audience}
    assessed = assessment.assess(assessment.case_of(incident))
    for standing in assessed.laws:
        row = standing.law.row
        told = laws.audience_of(row.id)
        audience = Audience.PUBLIC if told == "public_posting" else told
        if audience in found and standing.answer is not Answer.NONE and not row.owed_by_provider:
            shown = words.standing(standing, incident=incident.public_id, at=at)
            note = f"{shown['place']}: {shown['to']}" if shown["to"] else shown["place"]
            found[audience].append(_row(row.id, shown["citation"], note, shown, reviewed=shown["reviewed"], is_law=True))
    for owed in assessed.agreements:
        if not owed.by_provider:
            shown = words.owed(owed, at=at)
            found[Audience.PROVIDER].append(_row(owed.key, shown["title"], shown["side"], shown, reviewed=True, is_law=False))
    for aimed in assessed.targets:
        for audience, key in TARGETS.items():
            if aimed.target.key == key:
                shown = words.aimed(aimed, at=at)
                found[audience].append(_row(key, shown["title"], "", shown, reviewed=True, is_law=False))
    return found


def _row(key: str, label: str, note: str, shown: dict[str, Any], *, reviewed: bool, is_law: bool) -> dict[str, Any]:
    return {
        "key": key,
        "label": label,
        "note": note,
        "due_at": shown["due_at"],
        "state": shown["state"],
        "reviewed": reviewed,
        "is_law": is_law,
        "met": shown["met"],
    }
