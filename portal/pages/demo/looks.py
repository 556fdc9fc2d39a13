"""A year of looks: who opened what, when, and why, as the portal would have written it. Ids and words from fixed lists alone."""

import dataclasses
import datetime as dt
import random
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from governance.vocabulary import Action, Event, Role
from portal.pages.demo.plan import Plan, Section, Staff, Student

CLASS_LIST = ("grade", "name", "preferred-name")
OWN_STUDENT = ("attendance", "course-grades", "email", "grade", "local-id", "name", "preferred-name", "schedule", "school", "username")
COUNSELOR = ("attendance", "counselor-notes", "course-grades", "grade", "name", "preferred-name", "school")
NURSE = ("allergy-plan", "grade", "health-alerts", "immunization", "name")
PRINCIPAL = ("attendance", "course-grades", "grade", "name", "school")
FAMILY = ("address", "attendance", "course-grades", "grade", "immunization", "name", "reading-screener", "school", "test-scores")

HOLIDAYS = ((11, 26), (11, 27), (12, 24), (12, 25), (12, 28), (12, 29), (12, 30), (12, 31), (1, 1), (3, 25), (3, 26), (3, 27), (5, 31))


@dataclasses.dataclass(slots=True)
class Look:
    """One entry to write. `actor` is the id of a user; `object_pk` the opaque id of what was changed."""

    at: dt.datetime
    event: Event
    actor: int | None
    hat: Role | None
    address: str | None
    request_id: str
    purpose: str | None = None
    basis: str | None = None
    elements: tuple[str, ...] | None = None
    students: list[int] | None = None
    places: list[int] | None = None
    grant: int | None = None
    rule: str | None = None
    action: int = int(Action.ACCESS)
    content_type: int | None = None
    object_pk: str = ""
    object_id: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Ground:
    """On what a role's ordinary looks rest: purpose, basis in law, the rule in force."""

    purpose: str
    basis: str
    rule: str


@dataclasses.dataclass(frozen=True, slots=True)
class Extra:
    """Elements that a grant adds to one teacher's looks at some classes, from a day to a day."""

    staff: Staff
    sections: frozenset[int]
    elements: tuple[str, ...]
    purpose: str
    basis: str
    rule: str
    grant: int
    begins: dt.date
    ends: dt.date


class YearOfLooks:
    """Writes the looks of the last twelve months, oldest first."""

    def __init__(
        self,
        plan: Plan,
        seed: int,
        zone: ZoneInfo,
        users: dict[str, int],
        grounds: dict[Role, Ground],
        extras: list[Extra],
        now: dt.datetime,
    ):
        self.plan = plan
        self.random = random.Random(f"looks {seed}")
        self.zone = zone
        self.users = users
        self.grounds = grounds
        self.extras = extras
        self.now = now
        teachers = {section.teacher.id: section.teacher for section in plan.sections if section.year is plan.year}
        self.teachers = list(teachers.values())
        self.sections: dict[tuple[int, int], list[Section]] = {}
        for section in plan.sections:
            self.sections.setdefault((section.teacher.id, section.year.begins.year), []).append(section)
        self.pace = min(1.0, len(plan.students) / 600) * min(1.0, 45 / max(len(self.teachers), 1))
        self.addresses = {staff.id: f"10.20.{staff.id % 200 + 10}.{staff.id % 240 + 5}" for staff in plan.staff}

    def write(self) -> list[Look]:
        """Every look, by time. The last one is older than an hour."""
        looks: list[Look] = []
        day = self.plan.today - dt.timedelta(days=360)
        while day <= self.plan.today:
            looks += self._day(day)
            day += dt.timedelta(days=1)
        latest = self.now - dt.timedelta(hours=1)
        return sorted((look for look in looks if look.at <= latest), key=lambda look: look.at)

    def _day(self, day: dt.date) -> Iterator[Look]:
        school_day = day.weekday() < 5 and (day.month, day.day) not in HOLIDAYS and not (6, 10) <= (day.month, day.day) < (9, 1)
        if school_day:
            for teacher in self.teachers:
                yield from self._teacher(day, teacher, self.pace if teacher.persona is None else max(self.pace, 0.6))
            yield from self._student_services(day)
        elif self.random.random() < 0.3:
            yield from self._weekend_grading(day)
        yield from self._families(day)
        yield from self._oversight(day, school_day)

    # -- Staff -----------------------------------------------------------------------------------------------------
    def _teacher(self, day: dt.date, teacher: Staff, pace: float) -> Iterator[Look]:
        sections = self._classes_of(teacher, day)
        if not sections or self.random.random() > 0.55 * pace:
            return
        first = True
        for section in self.random.sample(sections, k=min(len(sections), self.random.choice((1, 1, 2)))):
            at = self._moment(day, evening=self.random.random() < 0.08)
            if first:
                yield self._sign_in(at, teacher)
                first = False
            yield from self._class_list(at, teacher, section)
            if self.random.random() < 0.35:
                yield self._single(
                    at + dt.timedelta(minutes=self.random.randint(1, 20)),
                    teacher,
                    Role.TEACHER,
                    self.random.choice(section.students),
                    OWN_STUDENT,
                )

    def _weekend_grading(self, day: dt.date) -> Iterator[Look]:
        teacher = self.random.choice(self.teachers)
        if sections := self._classes_of(teacher, day):
            at = self._moment(day, evening=self.random.random() < 0.5)
            yield self._sign_in(at, teacher)
            yield from self._class_list(at, teacher, self.random.choice(sections))

    def _student_services(self, day: dt.date) -> Iterator[Look]:
        counselor, principal, nurse = (self.plan.person(persona) for persona in ("counselor", "principal", "nurse"))
        at_school = [student for student in self.plan.students if student.school is counselor.school]
        if self.random.random() < 0.7 * max(self.pace, 0.4):
            at = self._moment(day)
            found = self.random.sample(at_school, k=min(len(at_school), self.random.choice((1, 1, 2, 3))))
            yield self._sign_in(at, counselor)
            yield from self._search(at, counselor, Role.COUNSELOR, found)
            yield self._single(at + dt.timedelta(minutes=2), counselor, Role.COUNSELOR, found[0], COUNSELOR)
        if self.random.random() < 0.3 * max(self.pace, 0.4):
            at = self._moment(day)
            yield self._sign_in(at, principal)
            yield self._single(at, principal, Role.PRINCIPAL, self.random.choice(at_school), PRINCIPAL)
        if self.random.random() < 0.6 * max(self.pace, 0.4):
            at = self._moment(day)
            yield self._sign_in(at, nurse)
            yield self._single(at, nurse, Role.NURSE, self.random.choice(self.plan.students), NURSE)

    # -- Families and oversight ------------------------------------------------------------------------------------
    def _families(self, day: dt.date) -> Iterator[Look]:
        for household in self.plan.households:
            for guardian in household.guardians:
                if (guardian.persona or guardian.has_account) and self.random.random() < (0.06 if guardian.persona else 0.02):
                    seen = [student for student in household.students if not (student.cast and student.cast.limit)]
                    if seen and f"guardian {guardian.id}" in self.users:
                        yield from self._family(
                            self._moment(day, evening=self.random.random() < 0.6), guardian.id, self.random.choice(seen)
                        )
        for persona, event in (("student", Event.SELF_VIEWED), ("eligible", Event.SELF_VIEWED)):
            if self.random.random() < 0.04:
                child = next(student for student in self.plan.students if student.cast and student.cast.persona == persona)
                at = self._moment(day, evening=True)
                yield self._look(at, Event.SIGNED_IN, self.users[persona], Role.STUDENT, self._home(child.id))
                yield self._look(
                    at,
                    event,
                    self.users[persona],
                    Role.STUDENT,
                    self._home(child.id),
                    elements=("attendance", "course-grades", "name"),
                    students=[child.id],
                )

    def _family(self, at: dt.datetime, guardian: int, student: Student) -> Iterator[Look]:
        actor, home = self.users[f"guardian {guardian}"], self._home(guardian)
        yield self._look(at, Event.SIGNED_IN, actor, Role.GUARDIAN, home)
        yield self._look(at, Event.FAMILY_VIEWED, actor, Role.GUARDIAN, home, elements=FAMILY, students=[student.id])
        if self.random.random() < 0.4:
            yield self._look(
                at + dt.timedelta(minutes=1), Event.LOOKS_VIEWED, actor, Role.GUARDIAN, home, elements=("trail",), students=[student.id]
            )

    def _oversight(self, day: dt.date, school_day: bool) -> Iterator[Look]:
        if school_day and self.random.random() < 0.12:
            officer, at = self.plan.person("compliance"), self._moment(day)
            yield self._sign_in(at, officer)
            yield self._look(
                at,
                Event.TRAIL_SEARCHED,
                self.users["compliance"],
                Role.COMPLIANCE_OFFICER,
                self.addresses[officer.id],
                purpose="privacy-oversight",
                elements=("audit",),
            )
        if self.random.random() < 0.05:
            yield self._look(self._moment(day, evening=True), Event.SIGN_IN_FAILED, None, None, f"198.51.100.{self.random.randint(2, 250)}")

    # -- Parts -----------------------------------------------------------------------------------------------------
    def _classes_of(self, teacher: Staff, day: dt.date) -> list[Section]:
        year = self.plan.year if day >= self.plan.year.begins else self.plan.last_year
        return [section for section in self.sections.get((teacher.id, year.begins.year), []) if section.students]

    def _class_list(self, at: dt.datetime, teacher: Staff, section: Section) -> Iterator[Look]:
        """The list of a class; what a permission adds to it has an entry of its own, as at the door."""
        students = [student.id for student in section.students]
        yield self._staff_look(at, Event.CLASS_LIST_OPENED, teacher, Role.TEACHER, students, CLASS_LIST)
        for extra in self.extras:
            if extra.staff is teacher and section.id in extra.sections and extra.begins <= at.date() <= extra.ends:
                look = self._staff_look(
                    at + dt.timedelta(seconds=1), Event.CLASS_LIST_OPENED, teacher, Role.TEACHER, students, extra.elements
                )
                look.purpose, look.basis, look.grant, look.rule = extra.purpose, extra.basis, extra.grant, extra.rule
                yield look

    def _single(self, at: dt.datetime, staff: Staff, hat: Role, student: Student, elements: tuple[str, ...]) -> Look:
        return self._staff_look(at, Event.STUDENT_OPENED, staff, hat, [student.id], elements)

    def _search(self, at: dt.datetime, staff: Staff, hat: Role, found: list[Student]) -> Iterator[Look]:
        ground = self.grounds[hat]
        address, actor = self.addresses[staff.id], self._user(staff)
        places = [staff.school.id] if staff.school else [school.id for school in self.plan.schools]
        yield self._look(at, Event.STUDENTS_SEARCHED, actor, hat, address, purpose=ground.purpose, elements=("search",), places=places)
        yield self._staff_look(
            at + dt.timedelta(seconds=1), Event.STUDENTS_FOUND, staff, hat, [student.id for student in found], ("grade", "name")
        )

    def _staff_look(self, at: dt.datetime, event: Event, staff: Staff, hat: Role, students: list[int], elements: tuple[str, ...]) -> Look:
        ground = self.grounds[hat]
        look = self._look(
            at, event, self._user(staff), hat, self.addresses[staff.id], elements=elements, students=students, purpose=ground.purpose
        )
        look.basis, look.rule = ground.basis, ground.rule
        return look

    def _sign_in(self, at: dt.datetime, staff: Staff) -> Look:
        return self._look(
            at - dt.timedelta(minutes=self.random.randint(1, 9)), Event.SIGNED_IN, self._user(staff), None, self.addresses[staff.id]
        )

    def _look(self, at: dt.datetime, event: Event, actor: int | None, hat: Role | None, address: str, **more: Any) -> Look:
        if hat in (Role.GUARDIAN, Role.STUDENT) and more.get("students"):
            ground = self.grounds[hat]
            more |= {"purpose": ground.purpose, "basis": ground.basis, "rule": ground.rule}
        return Look(at, event, actor, hat, address, f"{self.random.getrandbits(64):016x}", **more)

    def _user(self, staff: Staff) -> int:
        return self.users[f"staff {staff.id}"]

    def _home(self, number: int) -> str:
        return f"203.0.113.{number % 250 + 2}"

    def _moment(self, day: dt.date, *, evening: bool = False) -> dt.datetime:
        hour = self.random.choice((19, 20, 20, 21, 22)) if evening else self.random.choice((7, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15, 16))
        return dt.datetime(day.year, day.month, day.day, hour, self.random.randrange(60), self.random.randrange(60), tzinfo=self.zone)
