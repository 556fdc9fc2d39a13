"""What has to work on the day of a breach: two people sign in, mail takes the other way, the card is printed, families are counted."""

import datetime as dt
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.core.mail import send_mail
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from breaches.notices import engine
from breaches.readiness import actions, queries, uses
from breaches.readiness.models import Holder, MailSwitch, Use
from governance.people.models import School, User
from governance.records.models import Guardianship, Student
from portal import env
from portal.base import clock, mail
from portal.base.errors import CannotDo
from portal.pages.status import checks
from tests.breaches.notices.situations import listed, started
from tests.breaches.notices.test_engine import with_guardians
from tests.breaches.readiness.cast import code_now, named, with_second_step
from tests.governance.audit.cast import client_of, text_of
from tests.governance.people.cast import PASSWORD
from tests.governance.situations import person, trail
from tests.harness import smtp_sink

pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture(autouse=True)
def _nobody_named(settings: Any) -> None:
    settings.DEMO = False
    for holder in Holder.objects.filter(ended_at=None):
        actions.end(holder=holder.public_id, by=person("admin"), at=clock.now())
    cache.delete("readiness:reach")


def now() -> dt.datetime:
    return clock.now()


def nowhere() -> int:
    """A port at which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


def server(monkeypatch: pytest.MonkeyPatch, port: int) -> dict[str, object]:
    monkeypatch.setenv("A_MAIL_SERVER", f"smtp+plain://127.0.0.1:{port}")
    return env.mail("A_MAIL_SERVER")


@pytest.fixture
def second(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[smtp_sink.Running]:
    """The first mail server is down; the second one takes mail."""
    with smtp_sink.running(tmp_path, keep=True) as found:
        settings.FIRST_MAIL, settings.SECOND_MAIL = server(monkeypatch, nowhere()), server(monkeypatch, found.port)
        settings.EMAIL_BACKEND = "portal.base.mail.Chosen"
        settings.SECOND_FROM_EMAIL = "breach@elsewhere.example"
        yield found


class TestNamedPeople:
    def test_two_people_name_somebody_who_can_sign_in_alone(self) -> None:
        before = [len(trail(f"breaches.readiness.{kind}")) for kind in ("named", "confirmed")]
        with pytest.raises(CannotDo, match="not_ready"):
            actions.name(user=person("security"), phone="555", by=person("admin"), at=now())
        with_second_step("security")
        made = actions.name(user=person("security"), phone="555", by=person("admin"), at=now())
        for name in ("admin", "security"):
            with pytest.raises(CannotDo, match="own"):
                actions.confirm(holder=made.public_id, by=person(name), at=now())
        assert not queries.is_named(person("security"))
        actions.confirm(holder=made.public_id, by=person("leader"), at=now())
        assert queries.is_named(person("security"))
        assert [len(trail(f"breaches.readiness.{kind}")) for kind in ("named", "confirmed")] == [number + 1 for number in before]

    def test_the_table_holds_that_another_confirms(self) -> None:
        made = named()
        with pytest.raises(DatabaseError), transaction.atomic():
            Holder.objects.filter(pk=made.pk).update(confirmed_by=made.proposed_by)
        with pytest.raises(DatabaseError), transaction.atomic():
            Holder.objects.filter(pk=made.pk).update(confirmed_by=made.user)

    def test_there_are_never_three_and_a_teacher_names_nobody(self) -> None:
        for name in ("security", "compliance", "admin"):
            with_second_step(name)
        actions.name(user=person("security"), phone="555", by=person("admin"), at=now())
        actions.name(user=person("compliance"), phone="555", by=person("admin"), at=now())
        with pytest.raises(CannotDo, match="two_already"):
            actions.name(user=person("admin"), phone="555", by=person("leader"), at=now())
        with pytest.raises(CannotDo, match="not_allowed"):
            actions.name(user=person("admin"), phone="555", by=person("teacher"), at=now())

    def test_they_sign_in_while_mail_is_down_and_each_time_stands_there(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        settings.FIRST_MAIL = server(monkeypatch, nowhere())
        for key, value in settings.FIRST_MAIL.items():
            setattr(settings, key, value)
        named("security")
        before = Use.objects.count()
        client = Client()
        client.post(reverse("account_login"), {"login": "security@riverbend.example", "password": PASSWORD})
        assert Use.objects.count() == before, "the password alone is not through yet"
        client.post(reverse("mfa_authenticate"), {"code": code_now()})
        assert client.get("/breach-day/").status_code == 200
        use = Use.objects.latest("pk")
        assert Use.objects.count() == before + 1
        assert (use.second_step, use.ways) == (True, ["mfa", "password"])
        assert "with a second step" in text_of(client.get("/breach-day/"))
        assert len(trail("breaches.readiness.signed_in")) == before + 1

    def test_nobody_else_leaves_a_use_and_single_sign_on_is_none(self) -> None:
        named("security")
        before = Use.objects.count()
        assert uses.record(user=person("compliance"), ways={"password", "mfa"}, at=clock.now()) is None
        Client().post(reverse("account_login"), {"login": "teacher@riverbend.example", "password": PASSWORD})
        assert Use.objects.count() == before and "socialaccount" not in uses.OWN_WAYS

    def test_a_use_is_added_never_changed(self) -> None:
        named("security")
        made = uses.record(user=person("security"), ways={"password"}, at=clock.now())
        assert made is not None and queries.last_tested(made.holder) is None, "the password alone is no test"
        with pytest.raises(DatabaseError), transaction.atomic():
            Use.objects.filter(pk=made.pk).update(second_step=True)
        with pytest.raises(DatabaseError), transaction.atomic():
            Use.objects.filter(pk=made.pk).delete()

    def test_the_status_page_and_home_say_what_is_missing(self, settings: Any) -> None:
        def state() -> str:
            return next(one.kind for one in checks.all_checks(at=now()) if one.what == "Sign-in on the day of a breach")

        assert state() == "warn"
        named("security")
        with_second_step("compliance")
        made = actions.name(user=person("compliance"), phone="555", by=person("admin"), at=now())
        settings.DEMO = True
        assert "a second person confirms who can sign in" in text_of(client_of("leader").get("/home/"))
        settings.DEMO = False
        actions.confirm(holder=made.public_id, by=person("leader"), at=now())
        assert state() == "warn", "named, and never tried"
        for name in ("security", "compliance"):
            uses.record(user=person(name), ways={"password", "mfa"}, at=clock.now())
        assert state() == "ok"
        Authenticator.objects.filter(user=person("security")).delete()
        assert state() == "stop"


class TestMail:
    def test_a_named_person_switches_with_a_reason_and_all_mail_follows(self, second: smtp_sink.Running) -> None:
        named("security")
        with pytest.raises(OSError):
            send_mail("Before", "Words", None, ["a@families.example"])
        students = with_guardians(2)
        notice = started(listed(*students))
        assert engine.drain() == 0, "the first server is down"
        for by, reason, code in (("compliance", "It is broken into.", "not_named"), ("security", " ", "no_reason")):
            with pytest.raises(CannotDo, match=code):
                actions.switch_mail(path="second", reason=reason, by=person(by), at=now())
        actions.switch_mail(path="second", reason="The first one is broken into.", by=person("security"), at=now())
        send_mail("After", "Words", None, ["a@families.example"])
        notice.recipients.update(due_at=now())
        assert engine.drain() == notice.recipients.count() > 0
        assert {to for _, to in second.taken()} > {"a@families.example"}
        assert all(b"breach@elsewhere.example" in mail for mail in second.mails())
        assert [json.loads(one["additional_data"]) for one in trail("breaches.readiness.mail_switched")] == [{"path": "second"}]

    def test_it_shows_on_every_staff_page_and_on_the_status_page(self, second: smtp_sink.Running, settings: Any) -> None:
        named("security")
        actions.switch_mail(path="second", reason="Broken into on Friday.", by=person("security"), at=now())
        settings.DEMO = True
        assert "Broken into on Friday." in text_of(client_of("teacher").get("/home/"))
        assert "Broken into on Friday." not in text_of(client_of("parent").get("/home/"))
        found = next(one for one in checks.all_checks(at=now()) if one.what == "Second mail server")
        assert found.kind == "warn" and "Broken into on Friday." in found.words

    def test_it_does_not_switch_to_a_server_that_does_not_answer(
        self, second: smtp_sink.Running, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        named("security")
        settings.SECOND_MAIL = server(monkeypatch, nowhere())
        with pytest.raises(CannotDo, match="no_answer"):
            actions.switch_mail(path="second", reason="Try.", by=person("security"), at=now())
        assert mail.path() == "first" and not MailSwitch.objects.exists()

    def test_without_a_second_server_nothing_switches_and_nothing_is_asked(self, django_assert_num_queries: Any, settings: Any) -> None:
        named("security")
        with pytest.raises(CannotDo, match="no_second"):
            actions.switch_mail(path="second", reason="Try.", by=person("security"), at=now())
        with django_assert_num_queries(0):
            assert mail.path() == "first" and queries.second_path_since() is None

    def test_a_switch_is_added_never_changed(self, second: smtp_sink.Running) -> None:
        named("security")
        actions.switch_mail(path="second", reason="Broken into.", by=person("security"), at=now())
        with pytest.raises(DatabaseError), transaction.atomic():
            MailSwitch.objects.update(reason="Nothing happened")


class TestReach:
    def test_it_counts_children_with_a_confirmed_address_by_school(self) -> None:
        found = queries.count_reach(at=now())
        assert found.children == Student.objects.filter(left_on=None).count()
        links = Guardianship.objects.filter(user__isnull=False, ended_at=None, limit="", may_be_contacted=True, student__left_on=None)
        child = links.order_by("pk")[0].student
        users = Guardianship.objects.filter(student=child, user__isnull=False).values("user")
        EmailAddress.objects.filter(user__in=users).update(verified=False)
        siblings = set(links.filter(user__in=users).values_list("student", flat=True))
        after = queries.count_reach(at=now())
        assert 0 < found.reached - after.reached <= len(siblings)
        assert sum(row.reached for row in after.schools) == after.reached

    def test_a_barred_parents_address_is_no_way_to_the_child(self) -> None:
        before = queries.count_reach(at=now()).reached
        reached_by = Guardianship.objects.filter(user__isnull=False, ended_at=None, limit="", may_be_contacted=True)
        only = next(
            link for link in reached_by.order_by("pk")
            if reached_by.filter(student=link.student).count() == 1 and not hasattr(link.student, "own_account")
        )  # fmt: skip
        Guardianship.objects.filter(pk=only.pk).update(limit="no_contact", limit_set_at=now())
        assert queries.count_reach(at=now()).reached == before - 1

    def test_it_is_worked_out_with_two_statements_and_schools_and_kept(self, django_assert_max_num_queries: Any) -> None:
        with django_assert_max_num_queries(3):
            first = queries.reach()
        assert queries.reach() == first and first.at <= now()

    def test_who_is_missing_opens_with_an_entry_and_only_for_those_who_handle_incidents(self, settings: Any) -> None:
        settings.DEMO = True
        school = School.objects.filter(students__isnull=False).order_by("pk")[0]
        missing = list(queries.without_address(school, on=clock.today())[:30])
        page = client_of("security").get(f"/breach-day/reach/{school.public_id}/")
        assert page.status_code == 200 and "no-store" in page["Cache-Control"]
        written = trail("breaches.readiness.missing_opened")[-1]
        assert set(written["record_ids"]) == {student.pk for student in missing}
        assert set(written["elements"]) == {"grade", "name"}
        assert client_of("teacher").get(f"/breach-day/reach/{school.public_id}/").status_code == 404
        assert client_of("security").get(f"/breach-day/reach/{school.public_id}/?after=1e9").status_code == 200

    def test_the_number_stands_on_the_first_page_of_those_who_handle_incidents(self, settings: Any) -> None:
        settings.DEMO = True
        assert "children have at least one confirmed address" in text_of(client_of("security").get("/home/"))
        assert "confirmed address" not in text_of(client_of("teacher").get("/home/"))


class TestTheCard:
    def test_it_says_who_and_what_and_is_a_pdf_too(self, settings: Any) -> None:
        settings.DEMO = True
        named("security")
        actions.add_number(title="Cyber insurer", name="Night desk", phone="(800) 555-0199", by=person("security"), at=now())
        page = text_of(client_of("security").get("/breach-card/"))
        for words in (
            "(608) 555-0190",
            "Night desk (800) 555-0199",
            "When the portal itself is down",
            "First five steps",
            settings.BASE_URL,
        ):
            assert words in page
        pdf = client_of("security").get("/breach-card/pdf/")
        assert pdf.content.startswith(b"%PDF") and b"pdfuaid" in pdf.content
        assert client_of("teacher").get("/breach-card/").status_code == 403

    def test_a_number_comes_off_by_the_page_and_bad_input_loses_nothing(self, settings: Any) -> None:
        settings.DEMO = True
        client = client_of("security")
        answer = client.post("/breach-day/", {"act": "number", "number-title": "Police", "number-phone": ""})
        assert answer.status_code == 422 and 'value="Police"' in answer.content.decode()
        made = actions.add_number(title="Police", name="", phone="911 is not it", by=person("security"), at=now())
        client.post("/breach-day/", {"act": "remove", "number": made.pk})
        assert not queries.numbers().filter(pk=made.pk).exists()
        assert client.post("/breach-day/", {"act": "remove", "number": "9" * 30}).status_code == 404
        assert client.post("/breach-day/", {"act": "other"}).status_code == 404


def test_suspended_and_roleless_people_are_not_ready() -> None:
    named("security")
    User.objects.filter(pk=person("security").pk).update(is_active=False)
    assert "suspended" in queries.what_is_missing(person("security"), on=clock.today())
