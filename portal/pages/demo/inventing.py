"""Makes the district up. The same seed, size and day give the same district."""

import datetime as dt
import random
import uuid
from collections import defaultdict
from collections.abc import Sequence

from portal.pages.demo import names
from portal.pages.demo.cast import FAMILIES, STAFF, CastFamily, CastStaff
from portal.pages.demo.plan import GRADES, Guardian, Household, Plan, School, Section, Staff, Student, Year, school_year

CLASS_SIZE = 28
SECTIONS_A_TEACHER = 5


def make(*, students: int, seed: int, today: dt.date) -> Plan:
    """Invent a district of `students` students. At least 40, so that the cast has classmates."""
    return _Maker(max(students, 40), seed, today).make()


class _Maker:
    def __init__(self, students: int, seed: int, today: dt.date):
        self.random = random.Random(f"riverbend {seed}")
        self.size = students
        self.today = today
        self.year = school_year(today)
        self.last_year = Year(dt.date(self.year.begins.year - 1, 9, 1), dt.date(self.year.begins.year, 6, 9))
        self.schools = [
            School(2, "elementary", "Pine Bend Elementary School", GRADES[:6], 0.42, ("Homeroom", "Music")),
            School(
                3,
                "middle",
                "Lincoln Middle School",
                GRADES[6:9],
                0.28,
                ("Science", "Math", "English", "Social Studies", "Physical Education", "Art"),
            ),
            School(
                4, "high", "Riverbend High School", GRADES[9:], 0.30, ("English", "Math", "Science", "History", "Spanish", "Technology")
            ),
        ]
        self.households: list[Household] = []
        self.students: list[Student] = []
        self.staff: list[Staff] = []
        self.sections: list[Section] = []
        self.guardian_count = 0
        self.used_names: dict[str, int] = defaultdict(int)

    def make(self) -> Plan:
        for school in self.schools:
            school.public_id = self._uuid()
        for member in STAFF:
            self._add_cast(member)
        places = self._places()
        for family in FAMILIES:
            self._cast_family(family, places)
        while places:
            self._family(places)
        self._send_some_away()
        for year in (self.last_year, self.year):
            self._classes(year)
        return Plan(self.today, self.year, self.last_year, self.schools, self.staff, self.households, self.students, self.sections)

    def _uuid(self) -> uuid.UUID:
        return uuid.UUID(int=self.random.getrandbits(128), version=4)

    # -- Staff -----------------------------------------------------------------------------------------------------
    def _add_cast(self, member: CastStaff) -> None:
        school = next((school for school in self.schools if school.key == member.school), None)
        self.staff.append(
            Staff(
                len(self.staff) + 1,
                member.name,
                member.title,
                f"{member.persona}@riverbend.example",
                member.roster_role,
                school,
                member.persona,
            )
        )

    def _teacher(self, subject: str, school: School) -> Staff:
        woman = self.random.random() < 0.66
        given = self.random.choice(names.ADULT_WOMEN if woman else names.ADULT_MEN)
        family = self.random.choice(self._origin().families)
        title = "Classroom teacher" if subject == "Homeroom" else f"{subject} teacher"
        teacher = Staff(
            len(self.staff) + 1, f"{given} {family}", title, self._address_of(given, family, "riverbend.example"), "teacher", school
        )
        self.staff.append(teacher)
        return teacher

    def _address_of(self, given: str, family: str, host: str) -> str:
        name = f"{given}.{family}".lower().replace(" ", "").replace("'", "")
        self.used_names[name + host] += 1
        count = self.used_names[name + host]
        return f"{name}{count if count > 1 else ''}@{host}"

    # -- Families --------------------------------------------------------------------------------------------------
    def _places(self) -> list[str]:
        """A grade for each student to come, mixed."""
        places: list[str] = []
        for school in self.schools:
            wanted = round(self.size * school.share) if school is not self.schools[-1] else self.size - len(places)
            places += [school.grades[index % len(school.grades)] for index in range(wanted)]
        self.random.shuffle(places)
        return places

    def _origin(self) -> names.Origin:
        return self.random.choices(names.ORIGINS, weights=[origin.share for origin in names.ORIGINS])[0]

    def _household(self, language: str) -> Household:
        street, number = self.random.choice(names.STREETS), self.random.randint(100, 2400)
        household = Household([], f"{number} {street} {self.random.choice(('Street', 'Avenue', 'Road'))}, Riverbend, WI 54000", language)
        self.households.append(household)
        return household

    def _guardian(self, household: Household, given: str, family: str, relation: str, *, persona: str | None = None) -> Guardian:
        self.guardian_count += 1
        reachable = persona is not None or self.random.random() < 0.93
        guardian = Guardian(
            id=self.guardian_count,
            given=given,
            family=family,
            email=f"{persona}@riverbend.example" if persona else self._address_of(given, family, "families.example") if reachable else None,
            phone=f"715-555-{self.random.randint(100, 199):04d}" if persona or self.random.random() < 0.97 else None,
            relation=relation,
            language=household.language,
            persona=persona,
            has_account=persona is None and reachable and self.random.random() < 0.08 and self.guardian_count < 600,
        )
        household.guardians.append(guardian)
        return guardian

    def _family(self, places: list[str]) -> None:
        origin = self._origin()
        language = origin.language if self.random.random() < origin.language_share else "English"
        family = self.random.choice(origin.families)
        if origin.language == "Spanish" and self.random.random() < 0.35:
            family = f"{family} {self.random.choice(origin.families)}"
        household = self._household(language)
        self._adults(household, origin, family)
        for _ in range(min(len(places), self.random.choices((1, 2, 3, 4), weights=(46, 36, 14, 4))[0])):
            girl = self.random.random() < 0.49
            given = self.random.choice(origin.girls if girl else origin.boys)
            self._student(household, given, family, "female" if girl else "male", places.pop(), origin.ethnicity)

    def _adults(self, household: Household, origin: names.Origin, family: str) -> None:
        kind = self.random.random()
        women = origin.girls if origin.share < 0.2 and self.random.random() < 0.6 else names.ADULT_WOMEN
        men = origin.boys if origin.share < 0.2 and self.random.random() < 0.6 else names.ADULT_MEN
        own = family.split()[0]
        if kind < 0.06:
            self._guardian(household, self.random.choice(women), self.random.choice(origin.families), "grandparent")
            return
        if kind < 0.92:
            self._guardian(household, self.random.choice(women), own if kind < 0.6 else self.random.choice(origin.families), "parent")
        if kind > 0.28:
            self._guardian(
                household, self.random.choice(men), own, "parent" if kind < 0.88 else "stepparent" if kind < 0.92 else "guardian"
            )

    def _cast_family(self, family: CastFamily, places: list[str]) -> None:
        household = self._household(family.language)
        for adult in family.adults:
            given, own = adult.name.rsplit(" ", 1)
            self._guardian(household, given, own, adult.relation, persona=adult.persona)
        for child in family.children:
            places.remove(child.grade)
            student = self._student(household, child.given, child.family, child.gender, child.grade, family.ethnicity)
            student.cast = child
            if child.age:
                student.birth = dt.date(self.year.begins.year - child.age, 8, 20)

    # -- Students --------------------------------------------------------------------------------------------------
    def _student(self, household: Household, given: str, family: str, gender: str, grade: str, ethnicity: str) -> Student:
        pick = self.random
        number = len(self.students) + 1
        index = GRADES.index(grade)
        oldest = dt.date(self.year.begins.year - 6 - index, 9, 2)  # five years old by September 1 of the kindergarten year
        username = f"{given}{family[0]}{number % 1000:03d}".lower().replace("-", "")
        student = Student(
            id=number,
            public_id=self._uuid(),
            given=given,
            family=family,
            gender="other" if pick.random() < 0.004 else gender,
            grade=grade,
            birth=oldest + dt.timedelta(days=pick.randrange(365)),
            school=next(school for school in self.schools if grade in school.grades),
            household=household,
            local_id=f"{100_000 + number * 7}",
            state_id=f"{1_000_000_000 + number * 1_013}",
            email=f"{username}@students.riverbend.example",
            username=username,
            ethnicity=[ethnicity] if pick.random() < 0.93 else [ethnicity, "white" if ethnicity != "white" else "blackOrAfricanAmerican"],
            since=dt.date(self.year.begins.year - pick.randint(0, index), 9, 1),
            middle=pick.choice(names.ORIGINS[0].girls if gender == "female" else names.ORIGINS[0].boys) if pick.random() < 0.6 else None,
        )
        if pick.random() < 0.06:
            student.preferred = given[:3] if len(given) > 4 else pick.choice(names.ORIGINS[0].girls)
        if pick.random() < 0.02:
            student.pronouns = pick.choice(("they/them", "she/her", "he/him"))
        household.students.append(student)
        self.students.append(student)
        return student

    def _send_some_away(self) -> None:
        """One in a hundred has left this fall; none of the cast."""
        span = max((self.today - self.year.begins).days - 5, 1)
        for student in self.students:
            if student.cast is None and self.random.random() < 0.01 and self.size > 200:
                student.left_on = self.year.begins + dt.timedelta(days=self.random.randrange(span))

    # -- Classes ---------------------------------------------------------------------------------------------------
    def _classes(self, year: Year) -> None:
        shift = self.year.begins.year - year.begins.year
        by_grade: dict[str, list[Student]] = defaultdict(list)
        for student in self.students:
            index = GRADES.index(student.grade) - shift
            if index >= 0 and student.since <= year.begins:
                by_grade[GRADES[index]].append(student)
        for school in self.schools:
            for subject in school.subjects:
                self._subject(year, school, subject, by_grade)

    def _subject(self, year: Year, school: School, subject: str, by_grade: dict[str, list[Student]]) -> None:
        groups: list[tuple[str, Sequence[Student]]] = []
        grades = school.grades if school.key != "middle" else ("07", "06", "08")  # teacher@ has seventh grade first
        for grade in grades:
            present = by_grade[grade]
            if not present:
                continue
            count = -(-len(present) // CLASS_SIZE)
            if school.key == "middle":
                count = max(count, 2)
            mixed = sorted(present, key=lambda student: student.cast is None)  # the cast sits together
            if subject != school.subjects[0]:
                self.random.shuffle(mixed)
            together = subject == school.subjects[0]
            groups += [(grade, _block(mixed, count, index) if together else mixed[index::count]) for index in range(count)]
        each = 1 if subject == "Homeroom" else SECTIONS_A_TEACHER
        teachers = self._teachers_of(school, subject, len(groups))
        for number, (grade, students) in enumerate(groups):
            teacher = teachers[_whose(number, len(groups), each)]
            title = _title(subject, grade, teacher, number)
            self.sections.append(
                Section(len(self.sections) + 1, self._uuid(), title, subject, grade, school, year, teacher, list(students))
            )

    def _teachers_of(self, school: School, subject: str, groups: int) -> list[Staff]:
        """Those who teach a subject at a school; the same people in both years, as many as are needed."""
        each = 1 if subject == "Homeroom" else SECTIONS_A_TEACHER
        title = "Classroom teacher" if subject == "Homeroom" else f"{subject} teacher"
        found = [staff for staff in self.staff if staff.school is school and staff.title == title]
        wanted = _whose(groups - 1, groups, each) + 1 if groups else 0
        while len(found) < wanted:
            found.append(self._teacher(subject, school))
        return found


def _title(subject: str, grade: str, teacher: Staff, number: int) -> str:
    """What a class is called: "Grade 3, Olson" for a homeroom, "Science 7, period 2" for others."""
    short = "K" if grade == "KG" else grade.lstrip("0")
    if subject == "Homeroom":
        return f"{'Kindergarten' if short == 'K' else f'Grade {short}'}, {teacher.name.split()[-1]}"
    return f"{subject} {short}, period {number % SECTIONS_A_TEACHER + 1}"


def _block(students: Sequence[Student], count: int, index: int) -> Sequence[Student]:
    """The `index`th of `count` blocks of nearly the same size."""
    return students[len(students) * index // count : len(students) * (index + 1) // count]


def _whose(number: int, groups: int, each: int) -> int:
    """Which teacher has the `number`th class; the last class goes to a second teacher where one alone would have all."""
    if each > 1 and 1 < groups <= each and number == groups - 1:
        return 1
    return number // each
