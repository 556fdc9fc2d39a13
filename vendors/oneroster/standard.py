"""What the portal serves of OneRoster 1.2 Rostering, declared once: kinds of objects with their fields, and addresses. The views serve from it,
the filter language asks it, and the OpenAPI document is written from it, so none of them can differ.
"""

import dataclasses
from collections.abc import Mapping

from vendors.oneroster.words import CORE, DEMOGRAPHICS, ROSTER

BASE = "/ims/oneroster/rostering/v1p2/"
DEFAULT_LIMIT = 100
MOST_ROWS = 1000

GONE = "tobedeleted"
TRUE_FALSE = ("true", "false")
ORG_TYPES = ("department", "school", "district", "local", "state", "national")
SESSION_TYPES = ("term", "gradingPeriod", "schoolYear", "semester")
CLASS_TYPES = ("homeroom", "scheduled")
SEXES = ("male", "female", "unspecified", "other")
RACES = (
    "americanIndianOrAlaskaNative", "asian", "blackOrAfricanAmerican", "nativeHawaiianOrOtherPacificIslander", "white", "demographicRaceTwoOrMoreRaces",
    "hispanicOrLatinoEthnicity",
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Field:
    """One property. `sort`: text, date, moment, ref, refs, texts, roles or more. `element`: what of a child's record stands in it, so that it is
    there only where that is agreed, and read only through the gate. `asked`: a filter or sort may name it."""

    name: str
    sort: str = "text"
    required: bool = False
    values: tuple[str, ...] = ()
    element: str = ""
    to: str = ""
    asked: bool = True


_HEAD = (
    Field("sourcedId", required=True),
    Field("status", required=True, values=("active", GONE)),
    Field("dateLastModified", "moment", required=True),
)


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of object: `one` and `many` are its keys in an answer, `ref` the word in a reference to it."""

    name: str
    one: str
    many: str
    ref: str
    fields: tuple[Field, ...]

    @property
    def by_name(self) -> Mapping[str, Field]:
        """The fields by their names."""
        return {field.name: field for field in self.fields}


ORG = Kind(
    "Org", "org", "orgs", "org",
    (*_HEAD, Field("name", required=True), Field("type", required=True, values=ORG_TYPES), Field("identifier", required=True),
     Field("parent", "ref", to="org"), Field("children", "refs", to="org")),
)  # fmt: skip
SESSION = Kind(
    "AcademicSession", "academicSession", "academicSessions", "academicSession",
    (*_HEAD, Field("title", required=True), Field("startDate", "date", required=True), Field("endDate", "date", required=True),
     Field("type", required=True, values=SESSION_TYPES), Field("schoolYear", required=True)),
)  # fmt: skip
COURSE = Kind(
    "Course", "course", "courses", "course",
    (*_HEAD, Field("title", required=True), Field("courseCode", required=True), Field("subjects", "texts"), Field("org", "ref", to="org")),
)  # fmt: skip
CLASS = Kind(
    "Class", "class", "classes", "class",
    (*_HEAD, Field("title", required=True), Field("classType", values=CLASS_TYPES), Field("subjects", "texts"), Field("course", "ref", required=True, to="course"),
     Field("school", "ref", required=True, to="org"), Field("terms", "refs", required=True, to="academicSession")),
)  # fmt: skip
USER = Kind(
    "User", "user", "users", "user",
    (*_HEAD, Field("enabledUser", required=True, values=TRUE_FALSE), Field("givenName", required=True, element="name"),
     Field("familyName", required=True, element="name"), Field("middleName", element="name"), Field("preferredFirstName", element="preferred-name"),
     Field("pronouns", element="pronouns"), Field("username", element="username"), Field("identifier", element="local-id"), Field("email", element="email"),
     Field("phone", element="phone", asked=False), Field("grades", "texts", element="grade"), Field("roles", "roles", required=True, element="school"),
     Field("primaryOrg", "ref", to="org", element="school"), Field("metadata", "more", asked=False)),
)  # fmt: skip
ENROLLMENT = Kind(
    "Enrollment", "enrollment", "enrollments", "enrollment",
    (*_HEAD, Field("user", "ref", required=True, to="user"), Field("class", "ref", required=True, to="class"), Field("school", "ref", required=True, to="org"),
     Field("role", required=True, values=("student", "teacher")), Field("primary", values=TRUE_FALSE)),
)  # fmt: skip
DEMOGRAPHIC = Kind(
    "Demographics", "demographics", "demographics", "demographics",
    (*_HEAD, Field("birthDate", "date", element="birth-date", asked=False), Field("sex", values=SEXES, element="gender", asked=False),
     *(Field(race, values=TRUE_FALSE, element="ethnicity", asked=False) for race in RACES), Field("cityOfBirth", element="birth-place", asked=False)),
)  # fmt: skip
KINDS = (ORG, SESSION, COURSE, CLASS, USER, ENROLLMENT, DEMOGRAPHIC)
# Which kinds of objects are told of children who may not be named any more; their enrollments go with them.
OF_CHILDREN = (USER, DEMOGRAPHIC)
# Paths that a filter or sort may name beside the fields themselves.
INSIDE = {
    "user": ("roles.role", "roles.roleType", "primaryOrg.sourcedId", "role"),
    "enrollment": ("user.sourcedId", "class.sourcedId", "school.sourcedId"),
    "class": ("course.sourcedId", "school.sourcedId", "terms.sourcedId"),
    "course": ("org.sourcedId",),
    "org": ("parent.sourcedId",),
}


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """One address below BASE. `parts` are the names of ids in it, in order; with `single` the last one names the object itself. `only` narrows what is listed:
    a role of users, a type of orgs or types of sessions."""

    path: str
    operation: str
    kind: Kind
    about: str
    single: bool = False
    only: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the ids in the path."""
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("{"))

    @property
    def scopes(self) -> tuple[str, ...]:
        """One of these is needed."""
        return (DEMOGRAPHICS,) if self.kind is DEMOGRAPHIC else (CORE, ROSTER)


def _both(plural: str, one: str, kind: Kind, only: tuple[str, ...] = ()) -> tuple[Endpoint, Endpoint]:
    name = plural[0].upper() + plural[1:]
    single = one[0].upper() + one[1:]
    return (
        Endpoint(plural, f"getAll{name}", kind, f"All {plural}", only=only),
        Endpoint(f"{plural}/{{{one}SourcedId}}", f"get{single}", kind, f"One of the {plural}", single=True, only=only),
    )


def _of(path: str, operation: str, kind: Kind, about: str, only: tuple[str, ...] = ()) -> Endpoint:
    return Endpoint(path, operation, kind, about, only=only)


TERMS, PERIODS = ("term", "semester"), ("gradingPeriod",)
ENDPOINTS = (
    *_both("orgs", "org", ORG),
    *_both("schools", "school", ORG, ("school",)),
    *_both("academicSessions", "academicSession", SESSION),
    *_both("terms", "term", SESSION, TERMS),
    *_both("gradingPeriods", "gradingPeriod", SESSION, PERIODS),
    *_both("courses", "course", COURSE),
    *_both("classes", "class", CLASS),
    *_both("users", "user", USER),
    *_both("students", "student", USER, ("student",)),
    *_both("teachers", "teacher", USER, ("teacher",)),
    *_both("enrollments", "enrollment", ENROLLMENT),
    Endpoint("demographics", "getAllDemographics", DEMOGRAPHIC, "All demographics"),
    Endpoint("demographics/{demographicsSourcedId}", "getDemographics", DEMOGRAPHIC, "The demographics of one student", single=True),
    _of("classes/{classSourcedId}/students", "getStudentsForClass", USER, "Students of a class", ("student",)),
    _of("classes/{classSourcedId}/teachers", "getTeachersForClass", USER, "Teachers of a class", ("teacher",)),
    _of("courses/{courseSourcedId}/classes", "getClassesForCourse", CLASS, "Classes of a course"),
    _of("schools/{schoolSourcedId}/classes", "getClassesForSchool", CLASS, "Classes of a school"),
    _of("schools/{schoolSourcedId}/courses", "getCoursesForSchool", COURSE, "Courses of a school"),
    _of("schools/{schoolSourcedId}/enrollments", "getEnrollmentsForSchool", ENROLLMENT, "Enrollments in classes of a school"),
    _of("schools/{schoolSourcedId}/students", "getStudentsForSchool", USER, "Students in classes of a school", ("student",)),
    _of("schools/{schoolSourcedId}/teachers", "getTeachersForSchool", USER, "Teachers of classes of a school", ("teacher",)),
    _of("schools/{schoolSourcedId}/terms", "getTermsForSchool", SESSION, "Terms of a school", TERMS),
    _of("schools/{schoolSourcedId}/classes/{classSourcedId}/enrollments", "getEnrollmentsForClassInSchool", ENROLLMENT, "Enrollments in a class of a school"),
    _of("schools/{schoolSourcedId}/classes/{classSourcedId}/students", "getStudentsForClassInSchool", USER, "Students of a class of a school", ("student",)),
    _of("schools/{schoolSourcedId}/classes/{classSourcedId}/teachers", "getTeachersForClassInSchool", USER, "Teachers of a class of a school", ("teacher",)),
    _of("students/{studentSourcedId}/classes", "getClassesForStudent", CLASS, "Classes of a student"),
    _of("teachers/{teacherSourcedId}/classes", "getClassesForTeacher", CLASS, "Classes of a teacher"),
    _of("users/{userSourcedId}/classes", "getClassesForUser", CLASS, "Classes of a student or a teacher"),
    _of("terms/{termSourcedId}/classes", "getClassesForTerm", CLASS, "Classes of a term"),
    _of("terms/{termSourcedId}/gradingPeriods", "getGradingPeriodsForTerm", SESSION, "Grading periods within a term", PERIODS),
)  # fmt: skip
