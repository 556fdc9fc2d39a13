"""Puts the plan into the database, as the owner and in one transaction: a demo that was interrupted leaves nothing."""

import datetime as dt
import uuid
from collections.abc import Callable

from django.db import connections, transaction
from django.utils import timezone

from governance.authority.models import Element
from governance.people.models import District, School, User
from governance.people.queries import district as district_of
from governance.records.models import Section, StaffMember, Student, Teaching, Term
from governance.vocabulary import Event
from portal.base import clock
from portal.pages.demo import (
    accounts,
    alerts,
    audits,
    connection,
    consents,
    copy,
    decisions,
    disclosures,
    discovery,
    drills,
    ends,
    incidents,
    inventing,
    looks,
    notices,
    outside,
    plan,
    postings,
    questions,
    roster,
    tools,
    travel,
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
    made = inventing.make(students=students, seed=seed, today=clock.today())
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
    connection.work(now=clock.now())
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
        self.began = dt.datetime.combine(made.last_year.begins, dt.time(8), tzinfo=clock.now().tzinfo)
        self.accounts = accounts.Accounts(made, self.began, using=OWNER)
        self.users = self.accounts.ids

    def load(self) -> None:
        """Everything, in the order in which things point at each other."""
        self._district()
        self.accounts.write(self.password)
        rows = roster.Roster(self.plan, self.users, self.cursor, using=OWNER)
        rows.write()
        self.say(f"{rows.write_guarded(self.seed):,} values behind the door")
        rows.write_families()
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

    def _sequences(self) -> None:
        """The next row made by the application comes after those loaded with a number of their own."""
        tables = [model._meta.db_table for model in (School, User, Student, StaffMember, Section, Teaching)]
        for table in (*tables, "records.guardian"):
            self.cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")  # nosec B608 - names of our own tables and columns
