"""Notices as far along as a test needs them."""

from typing import Any

from breaches.affected import actions as affected
from breaches.affected.models import AffectedList
from breaches.incidents.models import Incident
from breaches.notices import actions
from breaches.notices.models import Notice
from breaches.notices.texts import PARTS
from governance.records.models import Student
from portal.base import clock, outbox
from tests.breaches.affected.test_lists import incident
from tests.governance.situations import person


def texts(**english: Any) -> dict[str, Any]:
    said = {"subject": "Notice of a data breach", "parts": {key: f"Words about {key}." for key in PARTS}}
    spanish = {"subject": "Aviso sobre datos", "parts": {key: f"Palabras sobre {key}." for key in PARTS}}
    return {"en": said | english, "es": spanish}


def listed(*students: Student, of: Incident | None = None) -> AffectedList:
    """A list of exactly these students, each added by two people."""
    made = affected.ask_by_hand(incident=(of or incident()).public_id, by=person("security"), at=clock.now())
    outbox.run()
    for student in students:
        added = affected.propose(
            affected=made.public_id, student=student.public_id, kind="add", elements={"name"}, reason="It was in the file.",
            by=person("security"), at=clock.now(),
        )  # fmt: skip
        affected.decide(correction=added.public_id, agreed=True, by=person("compliance"), at=clock.now())
    made.refresh_from_db()
    return made


def written(which: AffectedList, words: dict[str, Any] | None = None) -> Notice:
    made = actions.make(
        incident=which.incident.public_id, affected=which.public_id, with_could=False, by=person("security"), at=clock.now()
    )
    actions.write(notice=made.public_id, texts=words or texts(), by=person("security"), at=clock.now())
    return made


def approved(which: AffectedList, words: dict[str, Any] | None = None) -> Notice:
    made = written(which, words)
    version = made.versions.last()
    assert version is not None
    for name in ("compliance", "admin"):
        actions.approve(notice=made.public_id, sha256=version.sha256, by=person(name), at=clock.now())
    return made


def started(which: AffectedList, words: dict[str, Any] | None = None) -> Notice:
    return actions.start(notice=approved(which, words).public_id, by=person("security"), at=clock.now())
