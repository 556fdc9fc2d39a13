"""OneRoster 1.2 CSV bundles: the agreed elements of the permitted children, their classes, and nothing else.

Ids of students are made for one tool, so that two companies cannot join what they hold. `givenName`, `familyName` and `username` are required by
the standard: where they are not agreed, a word and the opaque id stand there. Agreed elements without a column of their own stand in
`metadata.<element>`, items of one element after each other.
"""

import csv
import datetime as dt
import hashlib
import io
import uuid
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection

from governance.authority import element_keys
from governance.people.models import School
from governance.people.queries import day_of
from governance.records.family.present import harmless
from governance.records.models import Section, Teaching, Term
from governance.records.scope import open_on
from portal.base.sql import array
from vendors.providers.models import Tool
from vendors.sharing.gate import VALUES, Batch, Reach, opened

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
# As the roster's import words them (governance/records/migrations/sql/0005_roster.sql), by their columns.
_RACES = {
    "americanIndianOrAlaskaNative": "American Indian or Alaska Native",
    "asian": "Asian",
    "blackOrAfricanAmerican": "Black or African American",
    "nativeHawaiianOrOtherPacificIslander": "Native Hawaiian or Other Pacific Islander",
    "white": "White",
    "demographicRaceTwoOrMoreRaces": "Two or more races",
    "hispanicOrLatinoEthnicity": "Hispanic or Latino",
}
_TERM_KINDS = {"gradingPeriod", "semester", "schoolYear", "term"}
_VALUES = frozenset(element_keys.VALUE.values())


def make(tool: Tool, reach: Reach, batches: Iterable[Batch], *, at: dt.datetime) -> bytes:
    """The zip. Takes the batches one after the other; children that none of them holds are in no file."""
    people = _People(tool.public_id)
    for batch in batches:
        people.add(batch)
    files = {"users": people.users, "demographics": people.demographics, **_places(reach, people, on=day_of(at))}
    heads = {**_HEADS, "users": (*_HEADS["users"], *(f"metadata.{key}" for key in people.columns))}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        target.writestr("manifest.csv", _manifest({name for name, lines in files.items() if lines.pieces}, tool))
        for name, lines in files.items():
            if lines.pieces:
                target.writestr(f"{name}.csv", b"".join((_csv([heads[name]]), *lines.pieces)))
    return made.getvalue()


def id_of(namespace: uuid.UUID, thing: uuid.UUID) -> str:
    """The id of a student for one tool: another tool gets another one. `_own` is the same for the database."""
    return str(uuid.UUID(bytes=hashlib.sha256(namespace.bytes + thing.bytes).digest()[:16]))


def _own(namespace: uuid.UUID) -> str:
    """`id_of` the student `s`, as SQL."""
    return f"encode(substr(sha256(uuid_send('{namespace}'::uuid) || uuid_send(s.public_id)), 1, 16), 'hex')::uuid::text"


def _safe(cell: str) -> str:
    """SQL of a text, harmless in a spreadsheet (records.family.present.harmless). All characters that begin a formula stand before "A"."""
    return rf"""CASE WHEN {cell} < 'A' COLLATE "C" AND {cell} ~ '^[-=+@\t\r\n]' THEN '''' || {cell} ELSE {cell} END"""


def _filled(cell: str) -> str:
    """SQL of a text that is NULL where it is empty: a required column has a word of its own then."""
    return f"nullif({cell}, '')"


class _Lines:
    """The lines of one file, without its head: from COPY, which writes them one by one, or made here."""

    def __init__(self, rows: Sequence[Sequence[Any]] = ()):
        self.pieces = [_csv(rows)] if rows else []

    def write(self, line: bytes) -> None:
        """One line of COPY, ended as RFC 4180 has it."""
        self.pieces.append(line[:-1] + b"\r\n")

    def copy(self, cells: Mapping[str, str], head: Sequence[str], source: str, parameters: Mapping[str, Any]) -> None:
        """Add what the database makes of `source`: SQL of the cells by their column; a column without one stays empty."""
        with connection.cursor() as cursor:
            select = f"SELECT {', '.join(cells.get(name, 'NULL') for name in head)} FROM {source}"  # nosec B608 - SQL of this module
            cursor.copy_expert(cursor.mogrify(f"COPY ({select}) TO STDOUT (FORMAT csv)", parameters).decode(), self)


class _People:
    """Files of students as they arrive, and who they are."""

    def __init__(self, namespace: uuid.UUID):
        self.namespace = namespace
        self.own = _own(namespace)
        self.told: dict[int, frozenset[str]] = {}
        self.columns: list[str] = []
        self.users, self.demographics = _Lines(), _Lines()

    def add(self, batch: Batch) -> None:
        """Take what the gate let through. No batch has an element that the first one had not, so that one gives the columns."""
        if not self.told:
            self.columns = sorted(batch.elements & (_VALUES | {"state-id"}))
        self.told |= batch.given
        asked = [key for key in self.columns if key in _VALUES]
        for elements, parts in batch.alike().items():
            source = f"{VALUES} p JOIN records_student s ON s.id = p.student_id LEFT JOIN people_school o ON o.id = s.school_id"
            self.users.copy(self._user(elements, asked), (*_HEADS["users"], *self.columns), source, opened(parts, asked))
            if elements & _DEMOGRAPHIC:
                self.demographics.copy(self._demographic(elements), _HEADS["demographics"], source, opened(parts))

    def _user(self, elements: frozenset[str], asked: Sequence[str]) -> dict[str, str]:
        """Cells of users.csv, and of the elements that the standard has no column for."""
        cells = {
            "sourcedId": self.own,
            "enabledUser": "'true'",
            "username": f"coalesce({_safe(_filled('p.username'))}, {self.own})",
            "givenName": f"coalesce({_safe(_filled('p.given_name'))}, 'Student')",
            "familyName": f"coalesce({_safe(_filled('p.family_name'))}, left({self.own}, 8))",
            "middleName": _safe("p.middle_name"),
            "identifier": _safe("p.local_id"),
            "email": _safe("p.email"),
            "phone": _safe("p.phone"),
            "grades": _safe("p.grade"),
            "preferredGivenName": _safe("p.preferred_name"),
            "pronouns": _safe("p.pronouns"),
            "state-id": _safe("p.state_id"),
            **{key: _safe(f"p.said[{place}]") for place, key in enumerate(asked, 1)},
        }
        return {**cells, "primaryOrgSourcedId": _safe("o.sourced_id")} if "school" in elements else cells

    def _demographic(self, elements: frozenset[str]) -> dict[str, str]:
        """Cells of demographics.csv, for children of whom something in it is agreed."""
        cells = {
            "sourcedId": self.own,
            "birthDate": "p.birth_date",
            "cityOfBirth": _safe("p.birth_place"),
            **{
                column: f"CASE '{race}' = ANY (p.ethnicity) WHEN true THEN 'true' WHEN false THEN 'false' END"
                for column, race in _RACES.items()
            },
        }
        sexes = " ".join(f"WHEN '{said}' THEN '{sex}'" for said, sex in _SEXES.items())
        return {**cells, "sex": f"CASE lower(p.gender) {sexes} ELSE 'unspecified' END"} if "gender" in elements else cells


def _places(reach: Reach, people: _People, *, on: dt.date) -> dict[str, _Lines]:
    """Schools, terms, courses, classes, roles and enrollments around the children who are in it."""
    of_schedule = [(student, section) for student, section in reach.pairs if "schedule" in people.told.get(student, ())]
    sections = {
        each.pk: each for each in Section.objects.filter(pk__in={section for _student, section in of_schedule}).select_related("school")
    }
    of_school = [student for student, told in people.told.items() if "school" in told]
    used = _schools_of(of_school)
    used |= {section.school_id for section in sections.values()}
    schools = {school.pk: school for school in School.objects.filter(pk__in=[pk for pk in used if pk])}
    roots = [school for school in School.objects.exclude(kind="school") if school.kind == "district"]
    root = roots[0].sourced_id if roots else ""
    terms = list(Term.objects.filter(begins__lte=on, ends__gte=on, active=True).order_by("begins", "pk")) if sections else []
    school_of = {pk: school.sourced_id for pk, school in schools.items()}
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
    enrolled, having = _teachers(people, sections, school_of, on=on)
    return {
        "orgs": _Lines(orgs),
        "academicSessions": _Lines([_term(term) for term in terms]),
        "courses": _Lines(courses),
        "classes": _Lines(classes),
        "roles": _roles(people, list(schools), root, having),
        "enrollments": _enrollments(people, of_schedule, enrolled),
    }


def _schools_of(students: Sequence[int]) -> set[int | None]:
    """The schools of these students."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT school_id FROM records_student WHERE id = ANY (%s::bigint[])", [array(students)])
        return {row[0] for row in cursor.fetchall()}


def _roles(people: _People, schools: Sequence[int], root: str, teachers: Sequence[Sequence[Any]]) -> _Lines:
    lines = _Lines(teachers)
    if people.told:
        cells = {
            "sourcedId": f"'role-' || {people.own}",
            "userSourcedId": people.own,
            "roleType": "'primary'",
            "role": "'student'",
            "orgSourcedId": f"coalesce({_safe('o.sourced_id')}, %(root)s)",
        }
        source = "records_student s LEFT JOIN people_school o ON o.id = s.school_id AND o.id = ANY (%(schools)s::bigint[]) WHERE s.id = ANY (%(students)s::bigint[])"
        lines.copy(cells, _HEADS["roles"], source, {"students": array(people.told), "schools": array(schools), "root": harmless(root)})
    return lines


def _enrollments(people: _People, pairs: Sequence[tuple[int, int]], teachers: Sequence[Sequence[Any]]) -> _Lines:
    lines = _Lines(teachers)
    if pairs:
        students, sections = zip(*pairs, strict=True)
        cells = {
            "sourcedId": f"{people.own} || '-' || c.id",
            "classSourcedId": _safe("c.sourced_id"),
            "schoolSourcedId": _safe("o.sourced_id"),
            "userSourcedId": people.own,
            "role": "'student'",
        }
        source = """unnest(%(students)s::bigint[], %(sections)s::bigint[]) i(student, section) JOIN records_student s ON s.id = i.student
            JOIN records_section c ON c.id = i.section LEFT JOIN people_school o ON o.id = c.school_id"""
        lines.copy(cells, _HEADS["enrollments"], source, {"students": array(students), "sections": array(sections)})
    return lines


def _teachers(
    people: _People, sections: dict[int, Section], school_of: dict[int, str], *, on: dt.date
) -> tuple[list[Sequence[Any]], list[Sequence[Any]]]:
    """Who teaches these classes: names of staff are no data of a child, but stand there only where the schedule lists teachers' names.

    Adds them to the users; answers their rows of enrollments and of roles.
    """
    enrollments: list[Sequence[Any]] = []
    roles: list[Sequence[Any]] = []
    if not any("teachers" in told for told in people.told.values()):
        return enrollments, roles
    teachings = Teaching.objects.filter(open_on(on), section__in=sections, staff_member__active=True).select_related("staff_member")
    users: dict[str, Sequence[Any]] = {}
    for teaching in teachings.order_by("pk"):
        member, section = teaching.staff_member, sections[teaching.section_id]
        own = str(uuid.uuid5(people.namespace, member.sourced_id))
        school = school_of.get(section.school_id or 0, "")
        if own not in users:
            given, _space, family = member.name.rpartition(" ")
            known = {
                "sourcedId": own, "enabledUser": "true", "username": member.email or own, "givenName": given or family, "familyName": family,
                "email": member.email, "primaryOrgSourcedId": school,
            }  # fmt: skip
            users[own] = [known.get(name, "") for name in (*_HEADS["users"], *people.columns)]
            roles.append((f"role-{own}", "", "", own, "primary", "teacher", "", "", school, ""))
        enrollments.append((f"{own}-{section.pk}", "", "", section.sourced_id, school, own, "teacher", "true", "", ""))
    people.users.pieces += _Lines(list(users.values())).pieces
    return enrollments, roles


def _term(term: Term) -> Sequence[Any]:
    kind = term.kind if term.kind in _TERM_KINDS else "term"
    return (term.sourced_id, "", "", term.title, kind, term.begins.isoformat(), term.ends.isoformat(), "", str(term.ends.year))


def _manifest(names: set[str], tool: Tool) -> bytes:
    rows = [
        ("manifest.version", "1.0"),
        ("oneroster.version", "1.2"),
        *((f"file.{name}", "bulk" if name in names else "absent") for name in _ALL_FILES),
        ("source.systemName", "Student data governance portal"),
        ("source.systemCode", tool.slug),
    ]
    return _csv([("propertyName", "value"), *rows])


def _csv(rows: Iterable[Sequence[Any]]) -> bytes:
    """RFC 4180. A cell that a spreadsheet would run as a formula is made harmless."""
    text = io.StringIO()
    csv.writer(text).writerows([harmless(cell) if cell and cell[0] in _FORMULA else cell for cell in row] for row in rows)
    return text.getvalue().encode()


_FORMULA = frozenset("=+-@\t\r\n")
