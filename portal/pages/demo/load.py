"""Puts the plan into the database, as the owner and in one transaction: a demo that was interrupted leaves nothing."""

import datetime as dt
import secrets
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.adapter import get_adapter as mfa_adapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission
from django.db import connections, transaction
from django.utils import timezone

from governance.authority.models import Element
from governance.people.models import District, RoleAssignment, School, SchoolPermission, User
from governance.people.permissions import SECOND_FACTOR_ROLES
from governance.people.queries import district as district_of
from governance.records.models import Enrollment, Guardianship, OwnRecord, Section, StaffMember, Student, Teaching, Term
from governance.vocabulary import Event, Role
from portal.base import clock
from portal.pages.demo import (
    alerts,
    audits,
    cast,
    consents,
    copy,
    decisions,
    disclosures,
    discovery,
    drills,
    ends,
    incidents,
    looks,
    notices,
    outside,
    plan,
    postings,
    questions,
    tools,
    travel,
    values,
)

OWNER = "owner"


class CannotMakeDemo(Exception):
    """The demo district was not made; the text says why and what to do."""


def make(*, students: int, seed: int, password: str, say: Callable[[str], None] = lambda _: None) -> bool:
    """Make the demo district. False where it is there already. Raises CannotMakeDemo in a database that holds anything else."""
    if OWNER not in connections:
        raise CannotMakeDemo("PORTAL_OWNER_DATABASE_URL is not set: the demo district is loaded with the login that owns the database.")
    found = district_of()
    if found is not None and found.demo:
        return False
    if found is not None or User.objects.exists() or Student.objects.exists():
        raise CannotMakeDemo(
            "This database holds a district that is not the demo. Demo data goes into a database of its own: "
            "choose another PORTAL_VAR or DATABASE_URL."
        )
    if not Element.objects.exists():
        raise CannotMakeDemo("The reference data is not loaded. Run `manage.py load_reference` first.")
    made = plan.make(students=students, seed=seed, today=clock.today())
    with transaction.atomic(using=OWNER):
        _Loader(made, seed, password, say).load()
    alerts.begin_watching(using=OWNER)
    audits.work(now=clock.now())
    incidents.work(now=clock.now())
    postings.work(now=clock.now())
    notices.work(now=clock.now())
    consents.work(now=clock.now())
    ends.work(now=clock.now())
    discovery.work(now=clock.now())
    drills.work(now=clock.now())
    travel.work(now=clock.now())
    with connections[OWNER].cursor() as cursor:
        cursor.execute("ANALYZE")
    return True


class _Loader:
    def __init__(self, made: plan.Plan, seed: int, password: str, say: Callable[[str], None]):
        self.plan = made
        self.seed = seed
        self.password = password
        self.say = say
        self.cursor = connections[OWNER].cursor()
        self.users: dict[str, int] = {}  # "teacher", "staff 7", "guardian 12" -> id of the account
        self.began = dt.datetime.combine(made.last_year.begins, dt.time(8), tzinfo=clock.now().tzinfo)

    def load(self) -> None:
        """Everything, in the order in which things point at each other."""
        self._district()
        self._accounts()
        self._roster()
        self._guarded()
        self._family_links()
        self._stamp()
        settled = decisions.make(self.plan, self.users, using=OWNER)
        odd = alerts.OddLooks(self.plan, self.users, decisions.grounds(using=OWNER), clock.now())
        told = disclosures.Disclosures(self.plan, self.users, clock.now())
        used = tools.make(self.plan, self.users, now=clock.now(), using=OWNER)
        self._looks(settled, odd, [*told.looks, *used])
        odd.write(self.cursor, using=OWNER)
        questions.make(self.plan, self.users, self.cursor, now=clock.now(), using=OWNER)
        told.write(self.cursor)
        outside.make(self.users, now=clock.now(), using=OWNER)
        audits.make(self.users, now=clock.now(), using=OWNER)
        self._sequences()

    # -- The district and its people ---------------------------------------------------------------------------------
    def _district(self) -> None:
        School.objects.using(OWNER).create(
            pk=1, public_id=uuid.UUID(int=1, version=4), sourced_id="riverbend", name="Riverbend School District", kind="district"
        )
        for school in self.plan.schools:
            School.objects.using(OWNER).create(
                pk=school.id, public_id=school.public_id, sourced_id=school.key, name=school.name, identifier=f"54{school.id:04d}"
            )
        Term.objects.using(OWNER).bulk_create(
            Term(
                sourced_id=f"year-{year.begins.year}",
                title=f"School year {year.title}",
                kind="schoolYear",
                begins=year.begins,
                ends=year.ends,
                active=year is self.plan.year,
            )
            for year in (self.plan.last_year, self.plan.year)
        )

    def _accounts(self) -> None:
        people: list[tuple[str, str, User]] = []
        for staff in self.plan.staff:
            user = User(email=staff.email, name=staff.name, title=staff.title, staff_number=staff.sourced_id)
            people.append((f"staff {staff.id}", staff.persona if staff.persona in cast.PERSONAS else "", user))
        languages = {"Spanish": "es", "Hmong": "hmn"}
        for guardian in self.plan.guardians:
            if guardian.email and (guardian.persona or guardian.has_account):
                language = languages.get(guardian.language, "en")
                user = User(email=guardian.email, name=f"{guardian.given} {guardian.family}", language=language)
                people.append((f"guardian {guardian.id}", guardian.persona or "", user))
        people += [
            (f"student {student.id}", student.cast.persona, User(email=f"{student.cast.persona}@riverbend.example"))
            for student in self.plan.students
            if student.cast and student.cast.persona
        ]
        persona, name, title = cast.PROVIDER
        people.append((persona, persona, User(email=f"{persona}@riverbend.example", name=name, title=title)))
        persona, name, title = audits.AUDITOR
        people.append((persona, persona, User(email=f"{persona}@riverbend.example", name=name, title=title)))
        past, name, title = audits.LAST_YEARS
        people.append((past, "", User(email="jo.underhill@audit.example", name=name, title=title)))
        # Hashing is slow on purpose. The personas share one printed password, so its hash too; the others' password nobody knows.
        shared, unknown = make_password(self.password), make_password(secrets.token_hex())
        for number, (key, persona, user) in enumerate(people, start=1):
            user.pk, user.joined_at = number, self.began
            user.public_id = uuid.uuid5(uuid.NAMESPACE_DNS, user.email)
            user.password = shared if persona else unknown
            self.users[key] = number
            if persona:
                self.users[persona] = number
        User.objects.using(OWNER).bulk_create(user for _, _, user in people)
        EmailAddress.objects.using(OWNER).bulk_create(
            EmailAddress(user_id=user.pk, email=user.email, verified=True, primary=True) for _, _, user in people
        )
        self._roles()

    def _roles(self) -> None:
        given: list[RoleAssignment] = []

        def give(user: int, role: Role, school: int | None = None) -> None:
            by = self.users["admin"] if user != self.users["admin"] else None
            given.append(
                RoleAssignment(user_id=user, role=role, school_id=school, starts_on=self.began.date(), given_by_id=by, given_at=self.began)
            )

        roles = {member.persona: member.role for member in cast.STAFF}
        for staff in self.plan.staff:
            role = roles[staff.persona] if staff.persona else Role.TEACHER
            give(self.users[f"staff {staff.id}"], role, staff.school.id if staff.school else None)
        for key, user in self.users.items():
            if key.startswith("guardian "):
                give(user, Role.GUARDIAN)
            elif key.startswith("student "):
                give(user, Role.STUDENT)
        give(self.users["provider"], Role.PROVIDER_CONTACT)
        RoleAssignment.objects.using(OWNER).bulk_create(given)
        act = Permission.objects.using(OWNER).get(codename="act_in_role", content_type__app_label="people")
        SchoolPermission.objects.using(OWNER).bulk_create(
            SchoolPermission(user_id=one.user_id, permission=act, content_object_id=one.school_id) for one in given if one.school_id
        )
        self._second_factors(given)

    def _second_factors(self, given: list[RoleAssignment]) -> None:
        """With PORTAL_DEMO_TOTP the powerful personas share one authenticator secret."""
        if not settings.PORTAL_DEMO_TOTP:
            return
        personas = {self.users[persona] for persona in cast.PERSONAS}
        for user in sorted({one.user_id for one in given if one.role in SECOND_FACTOR_ROLES} & personas):
            secret = mfa_adapter().encrypt(settings.PORTAL_DEMO_TOTP)
            Authenticator.objects.using(OWNER).create(user_id=user, type=Authenticator.Type.TOTP, data={"secret": secret})

    # -- The roster --------------------------------------------------------------------------------------------------
    def _roster(self) -> None:
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

    # -- Behind the door ---------------------------------------------------------------------------------------------
    def _guarded(self) -> None:
        """Written as the role that owns the door: row security holds the owner too, and COPY does not go through it."""
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
        count = self._copy_guarded(
            "records.value", ("student_id", "element", "item", "value", "recorded_on", "source"), values.of_everybody(self.plan, self.seed)
        )
        self.say(f"{count:,} values behind the door")

    def _family_links(self) -> None:
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
                OwnRecord.objects.using(OWNER).create(
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
        Guardianship.objects.using(OWNER).filter(student_id=child.id, guardian_id=child.household.guardians[-1].id).update(
            limit=Guardianship.Limit.NO_CONTACT,
            limit_set_by_id=self.users["secretary"],
            limit_set_at=set_at,
            limit_papers_due_on=self.plan.today + dt.timedelta(days=2),
        )

    def _stamp(self) -> None:
        """The district's facts, and the mark that this database is a demo."""
        today = self.plan.today
        District.objects.using(OWNER).create(
            demo=True,
            name="Riverbend School District",
            short_name="Riverbend Schools",
            code="4865",
            address="410 River Street\nRiverbend, WI 54000",
            website="https://riverbend.example/",
            contact_name="Sara Lindgren",
            contact_title="Technology and data director",
            contact_phone="715-555-0100",
            contact_email="privacy@riverbend.example",
            contact_checked_on=today - dt.timedelta(days=30),
            deputy_name="Priya Raman",
            office_hours="Monday to Friday, 7:30 am to 4 pm",
            superintendent="Ellen Brandt",
            board_clerk="Gerald Voss",
            languages=["en", "es", "hmn"],
            server_access_count=2,
            records_since=self.began.date(),
            legal_texts_reviewed_on=None,
            roster_source="OneRoster files from the student information system, every night",
            rules_adopted_on=today - dt.timedelta(days=80),
            limits_checked_at=clock.now() - dt.timedelta(days=85),
            limits_checked_by_id=self.users["admin"],
            changed_at=clock.now(),
        )

    # -- The past ----------------------------------------------------------------------------------------------------
    def _looks(self, settled: decisions.Settled, odd: alerts.OddLooks, told: list[looks.Look]) -> None:
        zone = timezone.get_default_timezone()
        year = looks.YearOfLooks(self.plan, self.seed, zone, self.users, decisions.grounds(using=OWNER), settled.extras, clock.now())
        entries = sorted([*year.write(), *settled.looks, *odd.looks, *told], key=lambda look: look.at)
        count = copy.rows(
            self.cursor,
            "trail.entry",
            (
                '"timestamp"',
                "action",
                "kind",
                "actor_id",
                "hat",
                "cid",
                "remote_addr",
                "purpose",
                "basis",
                "grant_id",
                "rule_version",
                "elements",
                "record_ids",
                "places",
                "content_type_id",
                "object_pk",
                "object_id",
            ),
            (
                (
                    one.at,
                    one.action,
                    one.event,
                    one.actor,
                    one.hat,
                    one.request_id,
                    one.address,
                    one.purpose,
                    one.basis,
                    one.grant,
                    one.rule,
                    sorted(one.elements) if one.elements else None,
                    one.students,
                    one.places,
                    one.content_type,
                    one.object_pk,
                    one.object_id,
                )
                for one in entries
            ),
        )
        last = {one.actor: one.at for one in entries if one.event == Event.SIGNED_IN and one.actor}
        User.objects.using(OWNER).bulk_update([User(pk=actor, last_login=at) for actor, at in last.items()], ["last_login"])
        self.say(f"{count:,} entries in the trail")

    # -- Means -------------------------------------------------------------------------------------------------------
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

    def _sequences(self) -> None:
        """The next row made by the application comes after those loaded with a number of their own."""
        tables = [model._meta.db_table for model in (School, User, Student, StaffMember, Section, Teaching)]
        for table in (*tables, "records.guardian"):
            self.cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")  # nosec B608 - names of our own tables and columns
