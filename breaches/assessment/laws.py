"""The rows of the law as the rules take them, which elements count as personal, what a notice has to say, and the district's targets.

The one place that reads the reference data for breaches.
"""

import dataclasses
import functools
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from breaches.assessment.rules import ALSO, KINDS, LawRow
from breaches.clocks.rules import Length, Start
from governance.authority.models import Clock, Element
from governance.authority.reference import DATA

# Elements (ids of governance/data/data_elements.csv) that some states' breach laws count beside those of s. 134.98: a birth date with a
# name, health and insurance, government and student numbers, words that sign somebody in, and what a body is known by.
IN_SOME_STATES = frozenset(
    {
        "demographics-date-of-birth",
        "student-identifiers-local-district-id-number",
        "student-identifiers-state-id-number",
        "student-identifiers-app-username",
        "student-identifiers-app-passwords",
        "student-identifiers-passport-or-other-government-identifier",
        "student-identifiers-single-sign-on-or-device-identifier",
        "student-contact-information-email",
        "parent-guardian-contact-information-email",
        "biometric-voice-recording",
        "demographics-tribal-affiliation",
        "special-indicator-medical-alerts-health-data",
        "special-indicator-disability-information",
        "special-education-medicaid-billing-consent-and-service-log",
        "assessment-psychological-test-or-evaluation",
    }
)
HEALTH = "health-"

# Whom a row wants told, as notice_contents.json calls its audiences; read from the shape of the general rows' ids.
_BY_ENDING = {
    "-people": "family",
    "-regulator": "attorney_general",
    "-bureaus": "credit_bureaus",
    "-families": "family",
    "-parents": "family",
}
_IN_GENERAL = {"family": "family-model", "attorney_general": "ag-generic", "credit_bureaus": "bureaus-generic"}


def is_general(clock: Clock) -> bool:
    """True for a general breach law, which asks for "personal information" and not for student data."""
    return "-general-" in clock.id or clock.law_id == "wi-134-98"


def breach_clocks() -> list[Clock]:
    """The rows that a breach is held against, in the order of their ids. One query."""
    return [clock for clock in Clock.objects.order_by("jurisdiction", "pk") if clock.kind in KINDS or clock.id in ALSO]


def content_of(clock: Clock) -> str:
    """Hash of what a row says. A row that changed has another one, and needs another review."""
    said = [
        clock.id, clock.law_id, clock.jurisdiction, clock.kind, clock.trigger, clock.starts, clock.duration, clock.unit, clock.limit_type,
        clock.citation, {key: value for key, value in sorted(clock.facts.items()) if key not in {"source", "source_kind", "notes"}},
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def row_of(clock: Clock, reach: str | None) -> LawRow:
    """A row for the rules. `reach` is counsel's word on this very content, or None where there is none."""
    facts = clock.facts
    return LawRow(
        id=clock.id,
        jurisdiction=clock.jurisdiction,
        kind=clock.kind,
        starts=clock.starts,
        length=Length(clock.duration, clock.unit),
        who_owes=facts.get("who_owes", ""),
        who_is_told=facts.get("who_must_be_told", ""),
        threshold=facts.get("threshold", ""),
        delay_allowed=facts.get("delay_allowed", ""),
        reach=_reach_of(facts.get("applies_to_district", ""), reach),
        citation=clock.citation,
        general=is_general(clock),
        verified=clock.verified,
        reviewed=reach is not None,
    )


def _reach_of(said: str, reach: str | None) -> str:
    """The row's own word, unless counsel's is plainer. A row that the company owes stays one that the company owes."""
    if reach == "no":
        return "no"
    return "yes" if reach == "yes" and said != "provider" else said


def personal_elements() -> tuple[frozenset[str], frozenset[str]]:
    """Keys of the elements that breach laws count everywhere, and of those that some states count as well. One query."""
    everywhere, somewhere = set(), set()
    for element in Element.objects.all():
        if element.facts.get("wi_breach_data") == "yes":
            everywhere.add(element.key)
        elif element.reference in IN_SOME_STATES or element.reference.startswith(HEALTH):
            somewhere.add(element.key)
    return frozenset(everywhere), frozenset(somewhere)


# -- What a notice has to say ------------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Content:
    """What a notice for a law has to hold. `own` is False where it is the model for its audience and not the law's own list."""

    id: str
    title: str
    audience: str
    items: tuple[str, ...]
    must_not: tuple[str, ...]
    methods: tuple[str, ...]
    own: bool
    verified: bool


@functools.cache
def reference() -> Mapping[str, Any]:
    """notice_contents.json as it is: lists of contents, what never stands in a notice, bureaus."""
    found: Mapping[str, Any] = json.loads((DATA / "notice_contents.json").read_text(encoding="utf-8"))
    return found


@functools.cache
def _notices() -> Mapping[str, Mapping[str, Any]]:
    return {each["id"]: each for each in reference()["notices"]}


def audience_of(law: str) -> str:
    """Whom a row wants told, as notice_contents.json calls it; empty where it says so in words only."""
    for each in _notices().values():
        if law in each["deadline_ids"]:
            return str(each["audience"])
    return next((audience for ending, audience in _BY_ENDING.items() if law.endswith(ending)), "")


def content_for(law: str) -> Content | None:
    """What the notice for a row has to say: the law's own list, else the model for its audience, else None."""
    found = next((each for each in _notices().values() if law in each["deadline_ids"]), None)
    model = _notices().get(_IN_GENERAL.get(audience_of(law), ""))
    chosen = found or model
    if chosen is None:
        return None
    return Content(
        id=chosen["id"],
        title=chosen["title"],
        audience=chosen["audience"],
        items=tuple(item["text"] for item in chosen["required_elements"]),
        must_not=tuple(chosen["must_not_include"]),
        methods=tuple(chosen["methods"]),
        own=found is not None,
        verified=chosen["verified"] == "yes",
    )


# -- What the district's policy says -------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Target:
    """A target of the district's own. `until` names what ends it by itself; empty where somebody says that it is done."""

    id: str
    title: str
    start: Start
    length: Length
    until: str

    @property
    def key(self) -> str:
        """Its name beside the ids of laws."""
        return f"target:{self.id}"


@functools.cache
def targets() -> tuple[Target, ...]:
    """The district's targets (data/targets.json)."""
    said = json.loads((Path(__file__).parent / "data" / "targets.json").read_text(encoding="utf-8"))["targets"]
    return tuple(
        Target(each["id"], each["title"], Start(each["start"]), Length(each["number"], each["unit"]), each["until"]) for each in said
    )
