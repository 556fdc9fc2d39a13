"""The roster of the demo district: who learns and teaches where, and what stands about each child behind the door."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from governance.records.models import Enrollment, Guardianship, OwnRecord, Section, StaffMember, Student, Teaching
from portal.base import clock
from portal.pages.demo import copy, values
from portal.pages.demo.plan import Plan


class Roster:
    """Writes the plan with COPY, on one connection of the owner of the database; `users` as `Accounts.ids`."""

    def __init__(self, plan: Plan, users: dict[str, int], cursor: Any, *, using: str):
        self.plan, self.users, self.cursor, self.using = plan, users, cursor, using

    def write(self) -> None:
        """Students, staff, classes, and who is in which."""
        self._copy(
            Student,
            ("id", "public_id", "school_id", "since", "left_on"),
            ((student.id, student.public_id, student.school.id, student.since, student.left_on) for student in self.plan.students),
        )
        self._copy(
            StaffMember,
            ("id", "sourced_id", "name", "email", "role", "school_id", "user_id", "active"),
            (
                (
                    staff.id,
                    staff.sourced_id,
                    staff.name,
                    staff.email,
                    staff.role,
                    staff.school.id if staff.school else 1,
                    self.users[f"staff {staff.id}"],
                    True,
                )
                for staff in self.plan.staff
            ),
        )
        sections = self.plan.sections
        self._copy(
            Section,
            ("id", "public_id", "sourced_id", "title", "school_id", "kind", "subjects", "begins", "ends", "active"),
            (
                (
                    one.id,
                    one.public_id,
                    one.sourced_id,
                    one.title,
                    one.school.id,
                    "homeroom" if one.subject == "Homeroom" else "scheduled",
                    [one.subject],
                    one.year.begins,
                    one.year.ends,
                    one.year is self.plan.year,
                )
                for one in sections
            ),
        )
        self._copy(
            Teaching,
            ("id", "sourced_id", "staff_member_id", "section_id", "begins", "ends"),
            ((one.id, f"teaching-{one.sourced_id}", one.teacher.id, one.id, one.year.begins, one.year.ends) for one in sections),
        )
        self._copy(
            Enrollment,
            ("sourced_id", "student_id", "section_id", "begins", "ends"),
            (
                (
                    f"{one.sourced_id}-{student.id}",
                    student.id,
                    one.id,
                    one.year.begins,
                    min(student.left_on or one.year.ends, one.year.ends),
                )
                for one in sections
                for student in one.students
            ),
        )

    def write_guarded(self, seed: int) -> int:
        """Names, guardians and values; the number of values.

        Written as the role that owns the door: row security holds the owner too, and COPY does not go through it.
        """
        self._copy_guarded(
            "records.identity",
            (
                "student_id",
                "sourced_id",
                "given_name",
                "middle_name",
                "family_name",
                "preferred_name",
                "pronouns",
                "local_id",
                "state_id",
                "email",
                "username",
                "grade",
                "birth_date",
                "gender",
                "ethnicity",
            ),
            (
                (
                    one.id,
                    f"student-{one.local_id}",
                    one.given,
                    one.middle,
                    one.family,
                    one.preferred,
                    one.pronouns,
                    one.local_id,
                    one.state_id,
                    one.email,
                    one.username,
                    one.grade,
                    one.birth,
                    one.gender,
                    one.ethnicity,
                )
                for one in self.plan.students
            ),
        )
        self._copy_guarded(
            "records.guardian",
            ("id", "sourced_id", "given_name", "family_name", "email", "phone", "language"),
            ((one.id, f"guardian-{one.id:05d}", one.given, one.family, one.email, one.phone, one.language) for one in self.plan.guardians),
            overriding="OVERRIDING SYSTEM VALUE",
        )
        return self._copy_guarded(
            "records.value", ("student_id", "element", "item", "value", "recorded_on", "source"), values.of_everybody(self.plan, seed)
        )

    def write_families(self) -> None:
        """Who may see which child's record: guardians with their rights and limits, and students their own."""
        set_at = clock.now() - dt.timedelta(days=120)
        rows = []
        for student in self.plan.students:
            for place, guardian in enumerate(student.household.guardians):
                limit = student.cast.limit if student.cast and place == 0 else ""
                kept = list(student.cast.limit_elements) if limit and student.cast else []
                order = set_at.date() if limit else None
                by, at = (self.users["secretary"], set_at) if limit else (None, None)
                inspects = guardian.relation != "stepparent"
                rows.append(
                    (
                        uuid.uuid5(student.public_id, str(guardian.id)),
                        student.id,
                        guardian.id,
                        self.users.get(f"guardian {guardian.id}"),
                        guardian.relation,
                        inspects,
                        inspects,
                        True,
                        limit,
                        kept,
                        order,
                        by,
                        at,
                    )
                )
        self._copy(
            Guardianship,
            (
                "public_id",
                "student_id",
                "guardian_id",
                "user_id",
                "relation",
                "may_inspect",
                "may_consent",
                "may_be_contacted",
                '"limit"',
                "limit_elements",
                "limit_order_on",
                "limit_set_by_id",
                "limit_set_at",
            ),
            rows,
        )
        self._limit_without_papers()
        for student in self.plan.students:
            if student.cast and student.cast.persona:
                adult = student.birth.replace(year=student.birth.year + 18)
                OwnRecord.objects.using(self.using).create(
                    user_id=self.users[student.cast.persona],
                    student_id=student.id,
                    eligible_since=adult if adult <= self.plan.today else None,
                )

    def _limit_without_papers(self) -> None:
        """One limit that the office set yesterday afternoon, with the order still to come."""
        school = self.plan.person("secretary").school
        child = next(
            one
            for one in self.plan.students
            if one.school is school and one.cast is None and len(one.household.guardians) > 1 and not one.left_on
        )
        set_at = clock.now() - dt.timedelta(hours=20)
        Guardianship.objects.using(self.using).filter(student_id=child.id, guardian_id=child.household.guardians[-1].id).update(
            limit=Guardianship.Limit.NO_CONTACT,
            limit_set_by_id=self.users["secretary"],
            limit_set_at=set_at,
            limit_papers_due_on=self.plan.today + dt.timedelta(days=2),
        )

    def _copy(self, model: Any, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
        return copy.rows(self.cursor, model._meta.db_table, columns, rows)

    def _copy_guarded(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, overriding: str = "") -> int:
        names = ", ".join(columns)
        self.cursor.execute(f"CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS SELECT {names} FROM {table} WITH NO DATA")  # nosec B608 - names of our own tables and columns
        count = copy.rows(self.cursor, "incoming", columns, rows)
        self.cursor.execute("GRANT SELECT ON incoming TO portal_door")
        self.cursor.execute("SET LOCAL ROLE portal_door")
        self.cursor.execute(f"INSERT INTO {table} ({names}) {overriding} SELECT {names} FROM incoming")  # nosec B608 - names of our own tables and columns
        self.cursor.execute("RESET ROLE")
        self.cursor.execute("DROP TABLE incoming")
        return count
