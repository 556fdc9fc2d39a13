"""OneRoster 1.2 CSV bundles: the agreed elements of the permitted children, their classes, and nothing else.

Ids of students are made for one tool, so that two companies cannot join what they hold. `givenName`, `familyName` and `username` are required by
the standard: where they are not agreed, a word and the opaque id stand there. Agreed elements without a column of their own stand in
`metadata.<element>`, items of one element after each other.
"""

import csv
import datetime as dt
import io
import uuid
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

from governance.authority import element_keys
from governance.people.models import School
from governance.people.queries import day_of
from governance.records.family.present import harmless
from governance.records.models import Section, Student, Teaching, Term
from governance.records.scope import open_on
from vendors.providers.models import Tool
from vendors.sharing.gate import Batch, Reach

_HEADS: dict[str, tuple[str, ...]] = {
    "orgs": ("sourcedId", "status", "dateLastModified", "name", "type", "identifier", "parentSourcedId"),
    "academicSessions": ("sourcedId", "status", "dateLastModified", "title", "type", "startDate", "endDate", "parentSourcedId", "schoolYear"),
    "courses": (
        "sourcedId", "status", "dateLastModified", "schoolYearSourcedId", "title", "courseCode", "grades", "orgSourcedId", "subjects", "subjectCodes",
    ),
    "classes": (
        "sourcedId", "status", "dateLastModified", "title", "grades", "courseSourcedId", "classCode", "classType", "location", "schoolSourcedId",
        "termSourcedIds", "subjects", "subjectCodes", "periods",
    ),
    "users": (
        "sourcedId", "status", "dateLastModified", "enabledUser", "username", "userIds", "givenName", "familyName", "middleName", "identifier", "email",
        "sms", "phone", "agentSourcedIds", "grades", "password", "userMasterIdentifier", "resourceSourcedIds", "preferredGivenName",
        "preferredMiddleName", "preferredFamilyName", "primaryOrgSourcedId", "pronouns",
    ),
    "roles": ("sourcedId", "status", "dateLastModified", "userSourcedId", "roleType", "role", "beginDate", "endDate", "orgSourcedId", "userProfileSourcedId"),
    "enrollments": (
        "sourcedId", "status", "dateLastModified", "classSourcedId", "schoolSourcedId", "userSourcedId", "role", "primary", "beginDate", "endDate",
    ),
    "demographics": (
        "sourcedId", "status", "dateLastModified", "birthDate", "sex", "americanIndianOrAlaskaNative", "asian", "blackOrAfricanAmerican",
        "nativeHawaiianOrOtherPacificIslander", "white", "demographicRaceTwoOrMoreRaces", "hispanicOrLatinoEthnicity", "countryOfBirthCode",
        "stateOfBirthAbbreviation", "cityOfBirth", "publicSchoolResidenceStatus",
    ),
}  # fmt: skip
_ALL_FILES = (
    "academicSessions", "categories", "classes", "classResources", "courses", "courseResources", "demographics", "enrollments", "lineItemLearningObjectiveIds",
    "lineItems", "lineItemScoreScales", "orgs", "resources", "resultLearningObjectiveIds", "results", "resultScoreScales", "roles", "scoreScales",
    "userProfiles", "userResources", "users",
)  # fmt: skip
_DEMOGRAPHIC = frozenset({"birth-date", "gender", "ethnicity", "birth-place"})
_SEXES = {
    "f": "female",
    "female": "female",
    "m": "male",
    "male": "male",
    "x": "other",
    "o": "other",
    "other": "other",
    "nonbinary": "other",
}
# As the roster's import words them (governance/records/migrations/sql/0005_roster.sql), in the order of the columns.
_RACES = (
    "American Indian or Alaska Native", "Asian", "Black or African American", "Native Hawaiian or Other Pacific Islander", "White", "Two or more races",
    "Hispanic or Latino",
)  # fmt: skip
_TERM_KINDS = {"gradingPeriod", "semester", "schoolYear", "term"}
_VALUES = frozenset(element_keys.VALUE.values())


def make(tool: Tool, reach: Reach, batches: Iterable[Batch], *, at: dt.datetime) -> bytes:
    """The zip. Takes the batches one after the other; children that none of them holds are in no file."""
    namespace, on = tool.public_id, day_of(at)
    people = _People(namespace)
    for batch in batches:
        people.add(batch)
    files = {"users": people.users(), "demographics": people.demographics(), **_places(reach, people, on=on)}
    files["users"] += people.teachers
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        target.writestr("manifest.csv", _manifest({name for name, rows in files.items() if rows}, tool))
        for name, rows in files.items():
            if rows:
                target.writestr(f"{name}.csv", _csv((*_HEADS[name], *(people.columns if name == "users" else ())), rows))
    return made.getvalue()


def id_of(namespace: uuid.UUID, thing: uuid.UUID) -> str:
    """The id of a student or a member of staff for one tool: another tool gets another one."""
    return str(uuid.uuid5(namespace, thing.hex))


class _People:
    """Rows of students as they arrive, and who they are."""

    def __init__(self, namespace: uuid.UUID):
        self.namespace = namespace
        self.ids: dict[int, str] = {}
        self.told: dict[int, frozenset[str]] = {}
        self.schools: dict[int, int | None] = {}
        self.teachers: list[Sequence[Any]] = []
        self._rows: list[tuple[int, dict[str, Any]]] = []
        self._extra: set[str] = set()

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns for agreed elements that the standard has none for."""
        return tuple(f"metadata.{key}" for key in sorted(self._extra))

    def add(self, batch: Batch) -> None:
        """Take what the gate let through."""
        self.told |= batch.given
        for pk, public_id, school in Student.objects.filter(pk__in=list(batch.given)).values_list("pk", "public_id", "school_id"):
            self.ids[pk], self.schools[pk] = id_of(self.namespace, public_id), school
        for elements in set(batch.given.values()):
            self._extra |= elements & (_VALUES | {"state-id"})
        names = batch.names
        self._rows += [(row[0], dict(zip(names, row, strict=True))) for row in batch.rows]

    def users(self) -> list[Sequence[Any]]:
        """users.csv"""
        schools = dict(School.objects.values_list("pk", "sourced_id"))
        extra = sorted(self._extra)
        made: list[Sequence[Any]] = []
        for pk, row in self._rows:
            own = self.ids[pk]
            primary = schools.get(self.schools[pk] or 0, "") if "school" in self.told[pk] else ""
            held: dict[str, list[str]] = {}
            for element, item, value in row["held"] or ():
                held.setdefault(element, []).append(f"{item}: {value}" if item else value)
            if row["state_id"]:
                held["state-id"] = [row["state_id"]]
            made.append(
                (
                    own,
                    "",
                    "",
                    "true",
                    row["username"] or own,
                    "",
                    row["given_name"] or "Student",
                    row["family_name"] or own[:8],
                    row["middle_name"] or "",
                    row["local_id"] or "",
                    row["email"] or "",
                    "",
                    row["phone"] or "",
                    "",
                    row["grade"] or "",
                    "",
                    "",
                    "",
                    row["preferred_name"] or "",
                    "",
                    "",
                    primary,
                    row["pronouns"] or "",
                    *("; ".join(held.get(key, ())) for key in extra),
                )
            )
        return made

    def demographics(self) -> list[Sequence[Any]]:
        """demographics.csv, of children of whom something in it is agreed."""
        made: list[Sequence[Any]] = []
        for pk, row in self._rows:
            told = self.told[pk]
            if not told & _DEMOGRAPHIC:
                continue
            races = set(row["ethnicity"] or ())
            known = "ethnicity" in told and row["ethnicity"] is not None
            made.append(
                (
                    self.ids[pk],
                    "",
                    "",
                    row["birth_date"].isoformat() if row["birth_date"] else "",
                    _SEXES.get((row["gender"] or "").casefold(), "unspecified") if "gender" in told else "",
                    *((("true" if name in races else "false") if known else "") for name in _RACES),
                    "",
                    "",
                    row["birth_place"] or "",
                    "",
                )
            )
        return made


def _places(reach: Reach, people: _People, *, on: dt.date) -> dict[str, list[Sequence[Any]]]:
    """Schools, terms, courses, classes, roles and enrollments around the children who are in it."""
    here = [(student, section) for student, section in reach.pairs if student in people.ids]
    of_schedule = [(student, section) for student, section in here if "schedule" in people.told[student]]
    sections = {
        each.pk: each for each in Section.objects.filter(pk__in={section for _student, section in of_schedule}).select_related("school")
    }
    told_schools = {people.schools[pk] for pk, told in people.told.items() if "school" in told}
    used = told_schools | {section.school_id for section in sections.values()}
    schools = {school.pk: school for school in School.objects.filter(pk__in=[pk for pk in used if pk])}
    roots = [school for school in School.objects.exclude(kind="school") if school.kind == "district"]
    root = roots[0].sourced_id if roots else ""
    terms = list(Term.objects.filter(begins__lte=on, ends__gte=on, active=True).order_by("begins", "pk")) if sections else []
    school_of = {pk: (schools[pk].sourced_id if pk in schools else "") for pk in {*schools}}
    orgs: list[Sequence[Any]] = [(one.sourced_id, "", "", one.name, "district", one.identifier, "") for one in roots[:1]]
    orgs += [(one.sourced_id, "", "", one.name, "school", one.identifier, root) for one in schools.values() if one.sourced_id != root]
    term_ids = ",".join(term.sourced_id for term in terms)
    classes = [
        (
            each.sourced_id, "", "", each.title, "", f"course-{each.sourced_id}", "", each.kind, "", school_of.get(each.school_id or 0, ""), term_ids,
            ",".join(each.subjects), "", "",
        )
        for each in sections.values()
    ]  # fmt: skip
    courses: list[Sequence[Any]] = [
        (f"course-{each.sourced_id}", "", "", "", each.title, "", "", school_of.get(each.school_id or 0, ""), ",".join(each.subjects), "")
        for each in sections.values()
    ]
    enrollments: list[Sequence[Any]] = [
        (
            f"{people.ids[student]}-{section}", "", "", sections[section].sourced_id, school_of.get(sections[section].school_id or 0, ""), people.ids[student],
            "student", "", "", "",
        )
        for student, section in of_schedule
    ]  # fmt: skip
    roles: list[Sequence[Any]] = [
        (f"role-{own}", "", "", own, "primary", "student", "", "", school_of.get(people.schools[pk] or 0, root), "")
        for pk, own in people.ids.items()
    ]
    _teachers(people, sections, school_of, enrollments, roles, on=on)
    return {
        "orgs": orgs,
        "academicSessions": [_term(term) for term in terms],
        "courses": courses,
        "classes": list(classes),
        "roles": roles,
        "enrollments": enrollments,
    }


def _teachers(
    people: _People,
    sections: dict[int, Section],
    school_of: dict[int, str],
    enrollments: list[Sequence[Any]],
    roles: list[Sequence[Any]],
    *,
    on: dt.date,
) -> None:
    """Who teaches these classes: names of staff are no data of a child, but stand there only where the schedule lists teachers' names."""
    if not any("teachers" in told for told in people.told.values()):
        return
    teachings = Teaching.objects.filter(open_on(on), section__in=sections, staff_member__active=True).select_related("staff_member")
    known: set[str] = set()
    for teaching in teachings.order_by("pk"):
        member, section = teaching.staff_member, sections[teaching.section_id]
        own = str(uuid.uuid5(people.namespace, member.sourced_id))
        school = school_of.get(section.school_id or 0, "")
        if own not in known:
            known.add(own)
            given, _space, family = member.name.rpartition(" ")
            people.teachers.append(
                (
                    own,
                    "",
                    "",
                    "true",
                    member.email or own,
                    "",
                    given or family,
                    family,
                    "",
                    "",
                    member.email,
                    "",
                    "",
                    "",
                    "",
                    "",
                    "",
                    "",
                    "",
                    "",
                    "",
                    school,
                    "",
                    *("" for _ in people.columns),
                )
            )
            roles.append((f"role-{own}", "", "", own, "primary", "teacher", "", "", school, ""))
        enrollments.append((f"{own}-{section.pk}", "", "", section.sourced_id, school, own, "teacher", "true", "", ""))


def _term(term: Term) -> Sequence[Any]:
    kind = term.kind if term.kind in _TERM_KINDS else "term"
    return (term.sourced_id, "", "", term.title, kind, term.begins.isoformat(), term.ends.isoformat(), "", str(term.ends.year))


def _manifest(names: set[str], tool: Tool) -> str:
    rows = [
        ("manifest.version", "1.0"),
        ("oneroster.version", "1.2"),
        *((f"file.{name}", "bulk" if name in names else "absent") for name in _ALL_FILES),
        ("source.systemName", "Student data governance portal"),
        ("source.systemCode", tool.slug),
    ]
    return _csv(("propertyName", "value"), rows)


def _csv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """RFC 4180. A cell that a spreadsheet would run as a formula is made harmless."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([harmless(cell) if cell and cell[0] in _FORMULA else cell for cell in row] for row in rows)
    return text.getvalue()


_FORMULA = frozenset("=+-@\t\r\n")
