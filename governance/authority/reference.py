"""Loads the reference data that the project ships (governance/data) into its tables. Can be run again: changes only what differs."""

import csv
import dataclasses
import datetime as dt
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.db import models, transaction
from django.utils.translation import override

from governance.authority import rules
from governance.authority.element_keys import held_in, key_of
from governance.authority.models import Basis, Clock, Element, Law, Purpose, Rule, RuleSet, RuleVersion
from governance.authority.plain_words import plain_words
from governance.trail import entries
from governance.vocabulary import Action, Event, Kind, Outcome, Role

DATA = Path(__file__).resolve().parent.parent / "data"

# Words for roles in purposes.csv that are a role of the portal under another name; the others stay as they are and admit nobody yet.
ROLES = {
    "parent": (Role.GUARDIAN,),
    "eligible_student": (Role.STUDENT,),
    "student_services": (Role.COUNSELOR, Role.NURSE),
    "psychologist": (Role.COUNSELOR,),
    "registrar": (Role.SECRETARY,),
    "attendance_office": (Role.SECRETARY,),
    "office": (Role.SECRETARY,),
}


@dataclasses.dataclass(frozen=True)
class Loaded:
    """How many rows of one table were new, changed, or already as they should be."""

    table: str
    added: int
    changed: int
    same: int


def load(*, using: str, at: dt.datetime) -> list[Loaded]:
    """Load everything in one transaction through the alias `using`. Leaves an entry in the trail if anything changed."""
    with transaction.atomic(using=using), override("en"):
        done = [
            _merge(Law, _laws(), using),
            _merge(Clock, _clocks(), using),
            _merge(Basis, _bases(), using),
            _merge(Element, _elements(), using),
            _merge(Purpose, _purposes(), using),
            _starter_rules(using, at),
        ]
        if any(each.added or each.changed for each in done):
            RuleSet.objects.using(using).filter(pk=1).update(version=models.F("version") + 1)
            entries.append(
                Event.MODEL_CHANGED,
                action=Action.UPDATE,
                by=None,
                data={"reference": {each.table: [each.added, each.changed] for each in done}},
                using=using,
            )
    return done


def _merge(model: type[models.Model], rows: Iterable[dict[str, Any]], using: str) -> Loaded:
    """Insert and update by primary key, in two statements at most; a row that the files dropped stays (ids are retired)."""
    key = model._meta.pk.name
    manager = model._base_manager.using(using)
    kept = {each.pk: each for each in manager.all()}
    new, changed, fields, same = [], [], [], 0
    for row in rows:
        fields = [name for name in row if name != key]
        found = kept.get(row[key])
        if found is None:
            new.append(model(**row))
        elif any(getattr(found, name) != row[name] for name in fields):
            for name in fields:
                setattr(found, name, row[name])
            changed.append(found)
        else:
            same += 1
    manager.bulk_create(new, batch_size=500)
    if changed:
        manager.bulk_update(changed, [name.removesuffix("_id") for name in fields], batch_size=500)
    return Loaded(model._meta.model_name or "", len(new), len(changed), same)


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _list(cell: str) -> list[str]:
    return [word.strip() for word in cell.split(";") if word.strip()]


def _rest(row: dict[str, str], *, but: set[str]) -> dict[str, str]:
    """What has no column of its own."""
    return {name: value for name, value in row.items() if value and name not in but}


def _laws() -> Iterator[dict[str, Any]]:
    for row in _rows("laws.csv"):
        yield {
            "id": row["id"],
            "jurisdiction": row["jurisdiction"],
            "citation": row["citation"],
            "short_title": row["short_title"],
            "what_it_requires": row["what_it_requires"],
            "url": row["url"],
            "verified": row["verified"] == "yes",
            "source": row["source"],
        }


def _clocks() -> Iterator[dict[str, Any]]:
    own = {"id", "law_id", "jurisdiction", "kind", "trigger", "clock_starts", "duration", "unit", "limit_type", "citation", "verified"}
    for row in _rows("deadlines.csv"):
        yield {
            "id": row["id"],
            "law_id": row["law_id"] or None,
            "jurisdiction": row["jurisdiction"],
            "kind": row["kind"],
            "trigger": row["trigger"],
            "starts": row["clock_starts"],
            "duration": int(row["duration"]) if row["duration"].isdecimal() else None,
            "unit": row["unit"],
            "limit_type": row["limit_type"],
            "citation": row["citation"],
            "verified": row["verified"] == "yes",
            # a date is no number of units: it stays with the other facts
            "facts": _rest(row, but=own) | ({} if row["duration"].isdecimal() or not row["duration"] else {"duration": row["duration"]}),
        }


def _bases() -> Iterator[dict[str, Any]]:
    own = {"id", "law_id", "jurisdiction", "citation", "title", "verified"}
    for row in _rows("disclosure_bases.csv"):
        yield {
            "id": row["id"],
            "law_id": row["law_id"] or None,
            "jurisdiction": row["jurisdiction"],
            "citation": row["citation"],
            "title": row["title"],
            "plain_words": plain_words(row["id"]),
            "verified": row["verified"] == "yes",
            "facts": _rest(row, but=own),
        }


def _elements() -> Iterator[dict[str, Any]]:
    own = {"id", "category", "element", "sensitivity_tier", "wi_class", "default_retention", "verified"}
    for row in _rows("data_elements.csv"):
        yield {
            "key": key_of(row["id"]),
            "reference": row["id"],
            "category": row["category"],
            "title": TITLES.get(key_of(row["id"]), row["element"]),
            "tier": row["sensitivity_tier"],
            "wi_class": row["wi_class"],
            "held_in": held_in(row["id"]),
            "retention": row["default_retention"],
            "verified": row["verified"] == "yes",
            "facts": _rest(row, but=own),
        }


# The standard form's words need their category beside them; these stand alone on a page.
TITLES = {
    "name": "Name",
    "guardian-name": "Parents' and guardians' names",
    "guardian-email": "Parents' and guardians' e-mail",
    "guardian-phone": "Parents' and guardians' phone",
    "guardian-address": "Parents' and guardians' address",
    "family-language": "Family's home language",
    "email": "Student e-mail",
    "phone": "Student phone",
    "address": "Student address",
    "local-id": "Student number",
    "state-id": "State ID number",
    "username": "App user name",
    "school": "School",
    "schedule": "Class schedule",
    "grade": "Grade level",
    "language": "Student's first language",
    "el-status": "English learner status",
    "iep-504": "Special education services (IEP or 504)",
    "reading-screener": "Reading screener result",
}


def _purposes() -> Iterator[dict[str, Any]]:
    own = {"id", "principle", "title", "plain_description", "capped_elements", "never_elements", "max_grant_days", "other_bases"}
    for row in _rows("purposes.csv"):
        mapped = [ROLES.get(word, (word,)) for word in _list(row["allowed_roles"])]
        yield {
            "id": row["id"],
            "principle": row["principle"],
            "title": row["title"],
            "plain_description": row["plain_description"],
            "aggregate": row["data_level_default"] == "aggregate",
            "capped_elements": [key_of(each) for each in _list(row["capped_elements"])],
            "never_elements": [key_of(each) for each in _list(row["never_elements"])],
            "max_days": int(row["max_grant_days"]),
            "automated_decision": row["automated_decision"] == "yes",
            "named_decider_required": row["named_decider_required"] == "yes",
            "bases": _list(row["other_bases"]),
            "facts": _rest(row, but=own) | {"roles": sorted({str(role) for roles in mapped for role in roles})},
        }


def _starter_rules(using: str, at: dt.datetime) -> Loaded:
    """The rules a district starts with, on the first load alone: afterwards they change by versions that people draft and approve."""
    starter = json.loads((DATA / "starter_rules.json").read_text(encoding="utf-8"))
    RuleSet.objects.using(using).get_or_create(pk=1)
    if Rule.objects.using(using).exists():
        return Loaded("rule", 0, 0, Rule.objects.using(using).count())
    begins = min(at, dt.datetime.fromisoformat(starter["in_force_from"]))
    for row in starter["rules"]:
        faults = rules.validate(row["when"], Kind(row["kind"]))
        if faults:
            raise rules.Invalid(faults)
    Rule.objects.using(using).bulk_create([Rule(key=row["key"], kind=row["kind"]) for row in starter["rules"]])
    RuleVersion.objects.using(using).bulk_create(
        [
            RuleVersion(
                rule_id=row["key"],
                number=1,
                title=row["title"],
                words=row["words"],
                outcome=Outcome(row["outcome"]),
                when=row["when"],
                elements=row["elements"],
                max_days=row["max_days"],
                citation=row["citation"],
                basis=row["basis"],
                drafted_at=at,
                approved_at=at,
                in_force_from=begins,
            )
            for row in starter["rules"]
        ]
    )
    return Loaded("rule", len(starter["rules"]), 0, 0)
