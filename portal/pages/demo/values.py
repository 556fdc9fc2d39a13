"""What the portal holds of a student beyond the roster: one row an element and item, invented but of a plausible frequency."""

import datetime as dt
import random
from collections.abc import Iterator

from portal.pages.demo.plan import GRADES, Plan, Section, Student

Value = tuple[int, str, str, str, dt.date, str]  # student, element, item, value, recorded on, source

_SIS, _HEALTH, _TESTS, _OFFICE = "Student information system", "Health office", "Assessment office", "School office"
_LETTERS = ("A", "A-", "B+", "B", "B-", "C+", "C", "C-", "D", "F")
_LETTER_WEIGHTS = (18, 14, 14, 14, 10, 9, 8, 6, 4, 3)
_SPOKEN = ("1, entering", "2, emerging", "3, developing", "4, expanding", "5, bridging")
_ALERTS = (
    "Asthma: inhaler in the office",
    "Type 1 diabetes: see the care plan",
    "Seizures: see the care plan",
    "Wears hearing aids",
    "Migraine: may rest in the office",
    "Bee sting allergy: epinephrine in the office",
)
_ALLERGIES = ("Peanut and tree nut plan", "Dairy plan", "Egg plan", "Bee sting plan", "Latex plan")
_CONDUCT = (
    "Late to class, talked with the student",
    "Disruption in class, call home",
    "Phone use, warning",
    "Pushing in the hallway, restorative talk",
)
_DISABILITIES = ("Specific learning disability", "Speech or language impairment", "Autism", "Other health impairment", "Hearing impairment")
_NOTES = (
    "Checked in about friendships",
    "Talked about stress before tests",
    "Met with student about goals",
    "Helped settle a disagreement",
)
_VACCINES = (("DTaP", 5, 4), ("Polio", 4, 4), ("MMR", 2, 4), ("Hepatitis B", 3, 1), ("Varicella", 2, 4))


def of_everybody(plan: Plan, seed: int) -> Iterator[Value]:
    """Every value of every student, students in order."""
    classes: dict[int, list[Section]] = {}
    for section in plan.sections:
        if section.year is plan.year:
            for student in section.students:
                classes.setdefault(student.id, []).append(section)
    for student in plan.students:
        yield from _Writer(plan, student, random.Random(f"values {seed} {student.id}")).write(classes.get(student.id, []))


class _Writer:
    def __init__(self, plan: Plan, student: Student, pick: random.Random):
        self.plan = plan
        self.student = student
        self.pick = pick
        self.index = GRADES.index(student.grade)

    def write(self, classes: list[Section]) -> Iterator[Value]:
        yield from self._daily_life(classes)
        yield from self._learning()
        yield from self._needs()
        yield from self._health()
        yield from self._rare()
        yield from self._cast()

    def _row(self, element: str, value: str, source: str, item: str = "", *, days_ago: int = 20) -> Value:
        return (self.student.id, element, item, value, self.plan.today - dt.timedelta(days=days_ago), source)

    def _daily_life(self, classes: list[Section]) -> Iterator[Value]:
        pick = self.pick
        yield self._row("address", self.student.household.address, _SIS, days_ago=80)
        days = max(_school_days(self.plan.year.begins, self.plan.today), 1)
        missed = min(int(pick.expovariate(1 / 2.2)), days)
        late = min(int(pick.expovariate(1 / 1.5)), days)
        yield self._row("attendance", f"Present {days - missed} of {days} days", _SIS, self.plan.year.title, days_ago=1)
        for section in classes:
            if section.subject in ("Homeroom", "Music") and self.index < 6:
                continue
            letter = pick.choices(_LETTERS, weights=_LETTER_WEIGHTS)[0]
            yield self._row("course-grades", letter, _SIS, f"{section.subject} {section.grade.lstrip('0')}", days_ago=12)
            if section.subject in ("Math", "English", "Science"):
                yield self._row(
                    "class-attendance",
                    ("Never late", "Late once")[late] if late < 2 else f"Late {late} times",
                    _SIS,
                    section.subject,
                    days_ago=1,
                )

    def _learning(self) -> Iterator[Value]:
        pick, year = self.pick, self.plan.year.begins.year
        if self.index <= 9:
            score = pick.gauss(0, 1)
            words = (
                "Well below benchmark"
                if score < -1.2
                else "Below benchmark"
                if score < -0.4
                else "At benchmark"
                if score < 1
                else "Above benchmark"
            )
            yield self._row(
                "reading-screener", f"{words} ({round(400 + self.index * 22 + score * 45)})", _TESTS, f"Fall {year}", days_ago=50
            )
        if 4 <= self.index <= 9:
            for subject in ("English language arts", "Mathematics"):
                score = pick.gauss(0, 1)
                words = "Developing" if score < -0.8 else "Approaching" if score < 0 else "Meeting" if score < 1 else "Advanced"
                yield self._row(
                    "test-scores",
                    f"{words} ({round(1500 + self.index * 18 + score * 60)})",
                    _TESTS,
                    f"Forward Exam {year}, {subject}",
                    days_ago=170,
                )
        if self.index >= 11:
            yield self._row("test-scores", f"Composite {min(36, max(11, round(pick.gauss(20, 5))))}", _TESTS, f"ACT {year}", days_ago=230)

    def _needs(self) -> Iterator[Value]:
        pick, language = self.pick, self.student.household.language
        yield self._row("family-language", language, _SIS, days_ago=80)
        yield self._row("language", language if pick.random() < 0.8 else "English", _SIS, days_ago=80)
        if language != "English" and pick.random() < 0.5:
            yield self._row("el-status", f"English learner, level {pick.choice(_SPOKEN)}", _TESTS, days_ago=200)
        if pick.random() < 0.36:
            yield self._row("low-income", "Qualifies for free or reduced-price meals", _OFFICE, days_ago=60)
        if pick.random() < 0.13:
            yield self._row("disability", pick.choice(_DISABILITIES), _OFFICE, days_ago=300)
            yield self._row("iep-504", "Individualized education program", _OFFICE, days_ago=90)
        elif pick.random() < 0.04:
            yield self._row("iep-504", "Section 504 plan", _OFFICE, days_ago=120)
        if pick.random() < 0.012:
            yield self._row(
                "living-situation",
                pick.choice(("Staying with another family for now", "Foster care", "Motel or shelter")),
                _OFFICE,
                days_ago=40,
            )

    def _health(self) -> Iterator[Value]:
        pick = self.pick
        for name, doses, at_age in _VACCINES:
            if pick.random() < 0.97:
                last = self.student.birth + dt.timedelta(days=365 * at_age + pick.randrange(300))
                yield (self.student.id, "immunization", name, f"{doses} doses, last on {last:%B} {last.day}, {last.year}", last, _HEALTH)
            elif pick.random() < 0.5:
                yield self._row("immunization", "Waiver on file", _HEALTH, name, days_ago=400)
        if pick.random() < 0.12:
            yield self._row("health-alerts", pick.choice(_ALERTS), _HEALTH, days_ago=75)
        if pick.random() < 0.05:
            yield self._row("allergy-plan", f"{pick.choice(_ALLERGIES)}, reviewed in {self.plan.year.begins.year}", _HEALTH, days_ago=70)

    def _rare(self) -> Iterator[Value]:
        pick = self.pick
        if self.index > 2 and pick.random() < 0.08:
            yield self._row("conduct", pick.choice(_CONDUCT), _OFFICE, "October", days_ago=35)
        if self.index > 5 and pick.random() < 0.015:
            yield self._row("suspension", "In school, 1 day", _OFFICE, "October", days_ago=33)
        if pick.random() < 0.05:
            yield self._row("counselor-notes", pick.choice(_NOTES), "Counselor", days_ago=25)
        if self.index > 5 and pick.random() < 0.04:
            yield self._row("mental-health-screening", "Asked for a talk", "Counselor", f"Fall {self.plan.year.begins.year}", days_ago=28)

    def _cast(self) -> Iterator[Value]:
        if self.student.cast is not None and self.student.cast.limit:
            yield self._row("custody-order", "Order of the county circuit court on file", _OFFICE, days_ago=120)
            yield self._row("safe-at-home", "Address is kept confidential", _OFFICE, days_ago=120)


def _school_days(first: dt.date, last: dt.date) -> int:
    return sum((first + dt.timedelta(days=index)).weekday() < 5 for index in range((last - first).days))
