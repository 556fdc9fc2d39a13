"""The invented district as plain data: schools, staff, classes, families, students. `inventing` makes it up."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterable

from portal.pages.demo.cast import CastChild

GRADES = ("KG", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12")
NOT_YET = uuid.UUID(int=0)


@dataclasses.dataclass(slots=True)
class School:
    """A school with the grades it holds, the share of all students that goes there, and the subjects of its classes."""

    id: int
    key: str
    name: str
    grades: tuple[str, ...]
    share: float
    subjects: tuple[str, ...]
    public_id: uuid.UUID = NOT_YET


@dataclasses.dataclass(slots=True)
class Year:
    """A school year: its first and last day."""

    begins: dt.date
    ends: dt.date

    @property
    def title(self) -> str:
        return f"{self.begins.year}-{(self.begins.year + 1) % 100:02d}"


@dataclasses.dataclass(slots=True)
class Student:
    """A child, with everything that the portal keeps behind the door."""

    id: int
    public_id: uuid.UUID
    given: str
    family: str
    gender: str
    grade: str
    birth: dt.date
    school: School
    household: "Household"
    local_id: str
    state_id: str
    email: str
    username: str
    ethnicity: list[str]
    since: dt.date
    middle: str | None = None
    preferred: str | None = None
    pronouns: str | None = None
    left_on: dt.date | None = None
    cast: CastChild | None = None


@dataclasses.dataclass(slots=True)
class Guardian:
    """A parent or guardian as the roster names them."""

    id: int
    given: str
    family: str
    email: str | None
    phone: str | None
    relation: str
    language: str
    persona: str | None = None
    has_account: bool = False


@dataclasses.dataclass(slots=True)
class Household:
    """A family: its adults, its children, where it lives, what is spoken there."""

    guardians: list[Guardian]
    address: str
    language: str
    students: list[Student] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(slots=True)
class Staff:
    """A member of staff; `persona` for those of the cast."""

    id: int
    name: str
    title: str
    email: str
    role: str
    school: School | None
    persona: str | None = None

    @property
    def sourced_id(self) -> str:
        return f"staff-{self.id:04d}"


@dataclasses.dataclass(slots=True)
class Section:
    """A class that meets, its teacher and its students, in one school year."""

    id: int
    public_id: uuid.UUID
    title: str
    subject: str
    grade: str
    school: School
    year: Year
    teacher: Staff
    students: list[Student]

    @property
    def sourced_id(self) -> str:
        return f"class-{self.year.begins.year}-{self.id:05d}"


@dataclasses.dataclass
class Plan:
    """The whole district."""

    today: dt.date
    year: Year
    last_year: Year
    schools: list[School]
    staff: list[Staff]
    households: list[Household]
    students: list[Student]
    sections: list[Section]

    @property
    def guardians(self) -> Iterable[Guardian]:
        return (guardian for household in self.households for guardian in household.guardians)

    def person(self, persona: str) -> Staff:
        """The member of staff who plays `persona`."""
        return next(staff for staff in self.staff if staff.persona == persona)

    def child(self, key: str) -> Student:
        """The student of the cast with that key."""
        return next(student for student in self.students if student.cast and student.cast.key == key)


def school_year(today: dt.date) -> Year:
    """The school year that `today` lies in: from September 1 to June 9; a summer day still belongs to the year before it."""
    first = today.year if today >= dt.date(today.year, 9, 1) else today.year - 1
    return Year(dt.date(first, 9, 1), max(dt.date(first + 1, 6, 9), today + dt.timedelta(days=14)))
