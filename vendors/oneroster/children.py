"""What a tool is told of children: objects made of what the gate let through, and of nothing else."""

import dataclasses
import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

from governance.authority import element_keys
from governance.people.models import User
from governance.records import door as records
from governance.records.models import Student
from vendors.oneroster import census, standard
from vendors.oneroster.census import Holds
from vendors.oneroster.queries import DEMOGRAPHIC
from vendors.oneroster.roster import Body, Roster, moment, ref
from vendors.sharing import bundles, gate, rules
from vendors.sharing.models import Release

VALUES = frozenset(element_keys.VALUE.values())
# What stands in which kind of object; the rest of a schedule travels with the user.
ABOUT_USERS = gate.CARRIED - DEMOGRAPHIC - {"schedule", "teachers"}
ROLES = [{"roleType": "primary", "role": "student"}]


@dataclasses.dataclass(frozen=True)
class Seated:
    """A child as lists hold it before the gate: ids and a time."""

    student: int
    sourced_id: str
    changed: str


def elements_for(
    kind: standard.Kind, agreed: Collection[str], fields: frozenset[str] | None, *, also: Collection[str] = ()
) -> frozenset[str]:
    """Which agreed elements leave in objects of this kind, with these fields alone. Whoever is listed has a line of at least one element."""
    whole = {"user": ABOUT_USERS, "enrollment": frozenset({"schedule"}), "demographics": DEMOGRAPHIC}[kind.one]
    told = whole & frozenset(agreed)
    if fields is not None:
        wanted = {kind.by_name[name].element for name in fields} - {""}
        if "metadata" in fields:
            wanted |= VALUES | {"state-id"}
        told = told & wanted or told
    return told | (frozenset(also) & frozenset(agreed))


def fetch(
    now: Holds, release: Release, seated: Sequence[Seated], kind: standard.Kind, elements: frozenset[str], roster: Roster, *, by: User
) -> dict[int, Body]:
    """Objects of the children whom the gate lets through at this moment, by the child's id; each has its line before it is read.

    Raises gate.Refused.
    """
    batch = gate.page(now.delivery, release, [each.student for each in seated], elements=elements, permit=now.permit, by=by, hat=census.HAT)
    rows = {}
    if kind is not standard.ENROLLMENT:  # which tells that a child sits in a class, and no value
        rows = {row[0]: dict(zip(batch.names, row, strict=True)) for row in batch.rows}
    schools: dict[int, int | None] = {}
    if any("school" in told for told in batch.given.values()):
        schools = dict(Student.objects.filter(pk__in=list(batch.given)).values_list("pk", "school_id"))
    made = {}
    for each in seated:
        if each.student in batch.given:
            told, row = batch.given[each.student], rows.get(each.student, {})
            head = {"sourcedId": each.sourced_id, "status": "active", "dateLastModified": each.changed}
            if kind is standard.DEMOGRAPHIC:
                made[each.student] = head | demographics(row, told)
            else:
                made[each.student] = head | user(each.sourced_id, row, told, _org(roster, schools.get(each.student), told))
    return made


def _org(roster: Roster, school: int | None, told: Collection[str]) -> str:
    return roster.school_id(school) if "school" in told else roster.root_id


def skeleton(each: Seated) -> Body:
    """What is told of every student who is listed, before anything is read."""
    return {
        "sourcedId": each.sourced_id, "status": "active", "dateLastModified": each.changed, "enabledUser": "true", "roles": ROLES,
    }  # fmt: skip


def mark(own: str, since: dt.datetime) -> Body:
    """All that is told of a child who may not be named any more: that the tool must delete what it has under this id."""
    return {"sourcedId": own, "status": standard.GONE, "dateLastModified": moment(since)}


def user(own: str, row: dict[str, Any], told: Collection[str], org: str) -> Body:
    """A student. Where the name is not agreed a word and the id stand for it, since the standard asks for one."""
    body: Body = {
        "enabledUser": "true",
        "username": row.get("username") or own,
        "givenName": row.get("given_name") or "Student",
        "familyName": row.get("family_name") or own[:8],
        "roles": [{"roleType": "primary", "role": "student", "org": ref("org", org)}],
    }
    for name, column in (
        ("middleName", "middle_name"),
        ("preferredFirstName", "preferred_name"),
        ("pronouns", "pronouns"),
        ("identifier", "local_id"),
        ("email", "email"),
        ("phone", "phone"),
    ):
        if row.get(column):
            body[name] = row[column]
    if row.get("grade"):
        body["grades"] = [row["grade"]]
    if "school" in told:
        body["primaryOrg"] = ref("org", org)
    more: dict[str, list[str]] = {}
    for element, item, value in row.get("held") or ():
        more.setdefault(element, []).append(f"{item}: {value}" if item else value)
    if row.get("state_id"):
        more["state-id"] = [row["state_id"]]
    if more:
        body["metadata"] = {key: "; ".join(values) for key, values in sorted(more.items())}
    return body


def demographics(row: dict[str, Any], told: Collection[str]) -> Body:
    """Demographics, of which only what is agreed and known stands there."""
    body: Body = {}
    if row.get("birth_date"):
        body["birthDate"] = row["birth_date"].isoformat()
    if "gender" in told:
        body["sex"] = bundles.sex_of(row.get("gender"))
    if "ethnicity" in told and row.get("ethnicity") is not None:
        body |= bundles.races_of(row["ethnicity"])
    if row.get("birth_place"):
        body["cityOfBirth"] = row["birth_place"]
    return body


def known_of(now: Holds, seated: Sequence[Seated], elements: frozenset[str], *, by: User) -> dict[int, Body]:
    """What a filter or sort must know of children, read with an entry of its own; nothing of it leaves. Never places: whose address is
    confidential is not told by a filter either."""
    elements = elements - rules.PLACES
    found: dict[int, Body] = {}
    schools: dict[int, str] = {}
    if "school" in elements:
        roster = Roster(now)
        ids = [each.student for each in seated]
        schools = {pk: roster.school_id(school) for pk, school in Student.objects.filter(pk__in=ids).values_list("pk", "school_id")}
    for first in range(0, len(seated), records.MOST_IN_ONE_ENTRY):
        some = seated[first : first + records.MOST_IN_ONE_ENTRY]
        written = census.compared(now.delivery, now.permit, [each.student for each in some], elements, by=by)
        opened = records.opened_by(written, students=[each.student for each in some], elements=elements)
        for each in some:
            identity = opened[each.student].identity
            body = user(each.sourced_id, identity, elements, schools.get(each.student, ""))
            found[each.student] = skeleton(each) | {key: value for key, value in body.items() if key != "roles"}
    return found


def seated_of(now: Holds, rows: Any) -> list[Seated]:
    """Rows of (student, id, when it changed) as lists hold them."""
    floor = now.permit.approval.decided_at
    return [Seated(student, own, moment(max(changed, floor))) for student, own, changed in rows]
