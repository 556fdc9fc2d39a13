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
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import IO, Any

from django.db import connection

from governance.authority import element_keys
from governance.people.models import School
from governance.people.queries import day_of
from governance.records.family.present import harmless
from governance.records.models import Section, Student, Teaching, Term
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
_CUT = "chr(31)"  # SQL of what stands in a cell of its own between the files of one line
_TERM_KINDS = {"gradingPeriod", "semester", "schoolYear", "term"}
_VALUES = frozenset(element_keys.VALUE.values())
# Element, column of users.csv, column of VALUES.
_CELLS = (
    ("name", "middleName", "middle_name"), ("local-id", "identifier", "local_id"), ("email", "email", "email"), ("phone", "phone", "phone"),
    ("grade", "grades", "grade"), ("preferred-name", "preferredGivenName", "preferred_name"), ("pronouns", "pronouns", "pronouns"),
    ("state-id", "state-id", "state_id"),
)  # fmt: skip


def make(tool: Tool, reach: Reach, batches: Iterable[Batch], *, deleted: Collection[int] = (), at: dt.datetime) -> bytes:
    """The zip. Takes the batches one after the other; children that none of them holds are in no file.

    Of students in `deleted` whom no batch holds, the id under which the tool knows them stands in `deletions.csv`, and nothing else. A file of
    its own, since the standard lets no row of a whole list (`bulk`) say `tobedeleted`.
    """
    district = School.objects.filter(kind="district").first()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        people = _People(tool.public_id, district.sourced_id if district else "", _Stream(target, "users.csv"))
        for batch in batches:
            people.add(batch)
        files = {"demographics": people.demographics, **_places(reach, people, district, on=day_of(at))}
        names = {name for name, lines in files.items() if lines.pieces} | ({"users"} if people.users.close() else set())
        target.writestr("manifest.csv", _manifest(names, tool))
        for name, lines in files.items():
            if lines.pieces:
                target.writestr(f"{name}.csv", b"".join((_csv([_HEADS[name]]), *lines.pieces)))
        if gone := Student.objects.filter(pk__in=set(deleted) - people.told.keys()).order_by("pk").values_list("public_id", flat=True):
            rows = [("sourcedId", "status"), *((id_of(tool.public_id, each), "tobedeleted") for each in gone)]
            target.writestr("deletions.csv", _csv(rows))
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


def _cut(cell: str) -> str:
    """SQL of a text without the character that stands between the files of one line."""
    return f"translate({cell}, {_CUT}, '')"


class _Lines:
    """The lines of one file, without its head: from COPY, which writes them one by one, or made here."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def add(self, rows: Sequence[Sequence[Any]]) -> "_Lines":
        """Add rows that were made here."""
        if rows:
            self.pieces.append(_csv(rows))
        return self

    def write(self, line: bytes) -> None:
        """Add one line of COPY, ended as RFC 4180 has it."""
        self.pieces.append(line[:-1] + b"\r\n")


class _Stream(_Lines):
    """Lines that are compressed as they come, while the database works on the next ones. Nothing else goes into the zip before `close`."""

    TOGETHER = 500

    def __init__(self, target: zipfile.ZipFile, name: str):
        super().__init__()
        self._target, self._name = target, name
        self._file: IO[bytes] | None = None

    def begin(self, head: Sequence[str]) -> None:
        """The first line."""
        self._file = self._target.open(self._name, "w")
        self.add([head])

    def write(self, line: bytes) -> None:
        """Add one line of COPY."""
        super().write(line)
        if len(self.pieces) > self.TOGETHER:
            self._compress()

    def close(self) -> bool:
        """End the file. Answers whether there is one."""
        if self._file is None:
            return False
        self._compress()
        self._file.close()
        return True

    def _compress(self) -> None:
        assert self._file is not None
        self._file.write(b"".join(self.pieces))
        self.pieces.clear()


class _Files:
    """Takes lines of COPY that each hold one line of several files, one after the other with a cell between them, the most free one last."""

    def __init__(self, *files: _Lines):
        self.files = files

    def write(self, line: bytes) -> None:
        """One line of COPY, taken apart."""
        *before, last = line.split(b",\x1f,", len(self.files) - 1)
        for file, part in zip(self.files, before, strict=False):
            file.pieces.append(part + b"\r\n")
        self.files[-1].write(last)


def _copy(cells: Sequence[str], source: str, parameters: Mapping[str, Any], into: Any) -> None:
    """Have the database write these cells (SQL) of `source`."""
    with connection.cursor() as cursor:
        select = f"SELECT {', '.join(cells)} FROM {source}"  # nosec B608 - SQL of this module
        cursor.copy_expert(cursor.mogrify(f"COPY ({select}) TO STDOUT (FORMAT csv)", parameters).decode(), into)


def _in_order(head: Sequence[str], cells: Mapping[str, str]) -> list[str]:
    """SQL of the cells in the order of a file's columns; a column without one stays empty."""
    return [cells.get(name, "NULL") for name in head]


def sex_of(gender: str | None) -> str:
    """A word of the standard for what the roster says."""
    return _SEXES.get((gender or "").casefold(), "unspecified")


def races_of(named: Iterable[str]) -> dict[str, str]:
    """ "true" or "false" for each column of the standard."""
    known = set(named)
    return {column: "true" if race in known else "false" for column, race in _RACES.items()}


class _People:
    """Files of students as they arrive, and who they are. `root` is the id of the district's own organization."""

    def __init__(self, namespace: uuid.UUID, root: str, users: _Stream):
        self.namespace, self.root, self.users = namespace, root, users
        self.own = _own(namespace)
        self.told: dict[int, frozenset[str]] = {}
        self.columns: list[str] = []
        self.demographics, self.roles = _Lines(), _Lines()

    def add(self, batch: Batch) -> None:
        """Take what the gate let through. No batch has an element that the first one had not, so that one gives the columns."""
        if batch.given and not self.told:
            self.columns = sorted(batch.elements & (_VALUES | {"state-id"}))
            self.users.begin((*_HEADS["users"], *(f"metadata.{key}" for key in self.columns)))
        self.told |= batch.given
        asked = [key for key in self.columns if key in _VALUES]
        source = f"""(SELECT p.*, {self.own} AS own, o.sourced_id AS school FROM {VALUES} p
            JOIN records_student s ON s.id = p.student_id LEFT JOIN people_school o ON o.id = s.school_id OFFSET 0) p"""  # nosec B608 - our own words, and a UUID
        for elements, parts in batch.alike().items():
            cells, files = [*_in_order(_HEADS["roles"], self._role(elements)), f"{_CUT}"], [self.roles]
            if elements & _DEMOGRAPHIC:
                cells += [*_in_order(_HEADS["demographics"], self._demographic(elements)), f"{_CUT}"]
                files.append(self.demographics)
            cells += _in_order((*_HEADS["users"], *self.columns), self._user(elements, asked))
            _copy(cells, source, {**opened(parts, asked), "root": harmless(self.root)}, _Files(*files, self.users))

    def _role(self, elements: frozenset[str]) -> dict[str, str]:
        """Cells of roles.csv: at the child's school where that is agreed, else at the district."""
        school = _cut(f"coalesce({_safe('p.school')}, %(root)s)") if "school" in elements else "%(root)s"
        return {
            "sourcedId": "'role-' || p.own", "userSourcedId": "p.own", "roleType": "'primary'", "role": "'student'", "orgSourcedId": school,
        }  # fmt: skip

    def _user(self, elements: frozenset[str], asked: Sequence[str]) -> dict[str, str]:
        """Cells of users.csv, and of the elements that the standard has no column for."""
        cells = {
            "sourcedId": "p.own",
            "enabledUser": "'true'",
            "username": f"coalesce({_safe(_filled('p.username'))}, p.own)",
            "givenName": f"coalesce({_safe(_filled('p.given_name'))}, 'Student')",
            "familyName": f"coalesce({_safe(_filled('p.family_name'))}, left(p.own, 8))",
            **{column: _safe(f"p.{cell}") for element, column, cell in _CELLS if element in elements},
            **{key: _safe(f"p.said[{place}]") for place, key in enumerate(asked, 1)},
        }
        return {**cells, "primaryOrgSourcedId": _safe("p.school")} if "school" in elements else cells

    def _demographic(self, elements: frozenset[str]) -> dict[str, str]:
        """Cells of demographics.csv, for children of whom something in it is agreed."""
        cells = {
            "sourcedId": "p.own",
            "birthDate": "p.birth_date",
            "cityOfBirth": _cut(_safe("p.birth_place")),
        }
        if "ethnicity" in elements:
            cells |= {
                name: f"CASE '{race}' = ANY (p.ethnicity) WHEN true THEN 'true' WHEN false THEN 'false' END"
                for name, race in _RACES.items()
            }
        sexes = " ".join(f"WHEN '{said}' THEN '{sex}'" for said, sex in _SEXES.items())
        return {**cells, "sex": f"CASE lower(p.gender) {sexes} ELSE 'unspecified' END"} if "gender" in elements else cells


def _places(reach: Reach, people: _People, district: School | None, *, on: dt.date) -> dict[str, _Lines]:
    """Schools, terms, courses, classes, roles and enrollments around the children who are in it."""
    of_schedule = [(student, section) for student, section in reach.pairs if "schedule" in people.told.get(student, ())]
    sections = {
        each.pk: each for each in Section.objects.filter(pk__in={section for _student, section in of_schedule}).select_related("school")
    }
    of_school = [student for student, told in people.told.items() if "school" in told]
    used = _schools_of(of_school)
    used |= {section.school_id for section in sections.values()}
    schools = {school.pk: school for school in School.objects.filter(pk__in=[pk for pk in used if pk])}
    terms = list(Term.objects.filter(begins__lte=on, ends__gte=on, active=True).order_by("begins", "pk")) if sections else []
    school_of = {pk: school.sourced_id for pk, school in schools.items()}
    orgs: list[Sequence[Any]] = [(one.sourced_id, "", "", one.name, "district", one.identifier, "") for one in (district,) if one]
    orgs += [(one.sourced_id, "", "", one.name, "school", one.identifier, people.root) for one in schools.values() if one != district]
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
    enrolled = _teachers(people, sections, school_of, on=on)
    return {
        "orgs": _Lines().add(orgs),
        "academicSessions": _Lines().add([_term(term) for term in terms]),
        "courses": _Lines().add(courses),
        "classes": _Lines().add(classes),
        "roles": people.roles,
        "enrollments": _enrollments(people, of_schedule, enrolled),
    }


def _schools_of(students: Sequence[int]) -> set[int | None]:
    """The schools of these students."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT school_id FROM records_student WHERE id = ANY (%s::bigint[])", [array(students)])
        return {row[0] for row in cursor.fetchall()}


def _enrollments(people: _People, pairs: Sequence[tuple[int, int]], teachers: Sequence[Sequence[Any]]) -> _Lines:
    lines = _Lines().add(teachers)
    if pairs:
        students, sections = zip(*pairs, strict=True)
        cells = {
            "sourcedId": "i.own || '-' || c.id",
            "classSourcedId": _safe("c.sourced_id"),
            "schoolSourcedId": _safe("o.sourced_id"),
            "userSourcedId": "i.own",
            "role": "'student'",
        }
        source = f"""(SELECT {people.own} AS own, i.section FROM unnest(%(students)s::bigint[], %(sections)s::bigint[]) i(student, section)
            JOIN records_student s ON s.id = i.student OFFSET 0) i JOIN records_section c ON c.id = i.section LEFT JOIN people_school o ON o.id = c.school_id"""  # nosec B608 - as above
        _copy(_in_order(_HEADS["enrollments"], cells), source, {"students": array(students), "sections": array(sections)}, lines)
    return lines


def _teachers(people: _People, sections: dict[int, Section], school_of: dict[int, str], *, on: dt.date) -> list[Sequence[Any]]:
    """Who teaches these classes: names of staff are no data of a child, but stand there only where the schedule lists teachers' names.

    Adds them to the users and the roles; answers their rows of enrollments.
    """
    enrollments: list[Sequence[Any]] = []
    roles: list[Sequence[Any]] = []
    if not any("teachers" in told for told in people.told.values()):
        return enrollments
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
    people.users.add(list(users.values()))
    people.roles.add(roles)
    return enrollments


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
