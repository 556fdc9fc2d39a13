"""Asking many families: each once, with reminders that end, new children included, and mail that names nobody."""

import datetime as dt
import uuid

import pytest
from django.core import mail
from django.db import transaction

from governance.records.models import Enrollment, Student
from portal.base import clock
from tests.governance.situations import person, sections_of
from tests.vendors.consents.situations import campaign, child_of, form_for, say
from tests.vendors.situations import day, trail
from vendors.consents import campaigns, notices, queries
from vendors.consents.campaigns import CannotAsk
from vendors.consents.models import Asked, Campaign, Standing, Telling

pytestmark = pytest.mark.usefixtures("district")


def later(days: int) -> dt.datetime:
    return clock.now() + dt.timedelta(days=days)


@pytest.fixture(autouse=True)
def _nothing_else_waits(district: object) -> None:
    Telling.objects.filter(sent_at=None).update(sent_at=clock.now())


def test_a_campaign_asks_each_family_of_the_classes_once_with_one_mail_for_all_its_children() -> None:
    form, sections = form_for(), sections_of(person("teacher"))
    made = campaign(form, sections)
    on = clock.today()
    students = set(Enrollment.objects.filter(section__in=sections, student__left_on=None).values_list("student", flat=True))
    asked = set(made.asked.values_list("student_id", flat=True))
    assert asked and asked <= students and child_of().pk in asked
    assert Standing.objects.filter(matter=form.matter, told_at__isnull=False).count() == len(asked)
    users = list(made.tellings.values_list("user_id", flat=True))
    assert len(users) == len(set(users)) and person("parent").pk in users
    assert campaigns.ask(made, at=clock.now()) == 0
    (entry,) = trail("vendors.campaign.started", made.public_id)
    assert entry["data"]["students"] == len(asked) and on < made.answer_by


def test_a_page_sent_twice_starts_one_campaign() -> None:
    form, key = form_for(), uuid.uuid4()
    assert campaign(form, key=key) == campaign(form, key=key)
    with pytest.raises(CannotAsk):
        campaign(form, by="colleague", key=key)


def test_who_has_no_account_is_asked_on_paper() -> None:
    made = campaign(form_for())
    paper = set(made.asked.filter(on_paper=True).values_list("student_id", flat=True))
    assert paper and child_of().pk not in paper
    assert queries.progress_of([made])[made.pk].on_paper == len(paper)


@pytest.mark.parametrize(
    ("code", "facts"),
    [
        ("answer_by", {"days": 0}),
        ("answer_by", {"days": 200}),
        ("reminders", {"remind": (2, 4, 6, 8)}),
        ("reminders", {"remind": (30,)}),
    ],
    ids=["today", "too-far", "four-reminders", "after-the-end"],
)
def test_days_that_do_not_fit_are_refused(code: str, facts: dict) -> None:
    with pytest.raises(CannotAsk) as refusal:
        campaign(form_for(), **facts)
    assert refusal.value.code == code


def test_who_can_say_no_is_given_14_days_at_least_and_who_comes_late_has_them_too() -> None:
    form, child = form_for("opt_out"), child_of()
    with pytest.raises(CannotAsk):
        campaign(form, days=10)
    Student.objects.filter(pk=child.pk).update(left_on=day(-1))
    made = campaign(form, days=20)
    assert not made.asked.filter(student=child).exists()
    Student.objects.filter(pk=child.pk).update(left_on=None)
    campaigns.look_round(at=later(15))
    assert Standing.objects.get(matter=form.matter, student=child).closes_on == day(29)
    other = Standing.objects.filter(matter=form.matter).exclude(student=child).first()
    assert other is not None and other.closes_on == day(20)


def test_reminders_go_to_families_that_have_not_answered_each_once_and_end() -> None:
    form = form_for()
    made = campaign(form, sections_of(person("teacher")), remind=(5, 10))
    say(form, "refused")
    campaigns.look_round(at=later(1))
    assert not made.tellings.filter(round__gt=0).exists()
    for _again in range(2):
        campaigns.look_round(at=later(5))
    first = made.tellings.filter(round=1).count()
    assert 0 < first < made.tellings.filter(round=0).count()
    assert len(trail("vendors.campaign.reminded", made.public_id)) == 1
    campaigns.end(campaign=made.public_id, by=person("teacher"), at=clock.now())
    campaigns.look_round(at=later(10))
    assert not made.tellings.filter(round=2).exists()


def test_a_start_that_is_cut_off_leaves_nothing_and_the_next_one_asks_each_once() -> None:
    form, key = form_for(), uuid.uuid4()

    class Cut(Exception):
        pass

    with pytest.raises(Cut), transaction.atomic():
        campaign(form, key=key)
        raise Cut
    assert not Campaign.objects.filter(key=key).exists() and not Asked.objects.filter(campaign__matter=form.matter).exists()
    made = campaign(form, key=key)
    assert made.asked.count() == len(set(made.asked.values_list("student_id", flat=True))) > 0


def test_mail_goes_once_names_nobody_and_fails_without_being_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    form = form_for()
    made = campaign(form, sections_of(person("teacher")))
    waiting = made.tellings.count()

    def away(_self: object, **_more: object) -> int:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMessage.send", away)
        assert notices.send_waiting(limit=waiting) == 0
    before = len(mail.outbox)
    assert notices.send_waiting(limit=1000) == waiting
    assert notices.send_waiting(limit=1000) == 0
    sent = mail.outbox[before:]
    assert len(sent) == waiting and len({message.extra_headers["Message-ID"] for message in sent}) == waiting
    assert form.matter.tool is not None
    for message in sent:
        assert form.matter.tool.name not in message.body + message.subject
        assert str(child_of().public_id) not in message.body


def test_a_teacher_is_told_who_does_the_other_activity_and_not_which_of_them_said_no() -> None:
    form, child = form_for(), child_of()
    made = campaign(form, sections_of(person("teacher")))
    students = list(made.asked.values_list("student_id", flat=True))
    assert queries.without_permission(made, students, on=clock.today()) == students
    say(form, "given")
    assert set(students) - set(queries.without_permission(made, students, on=clock.today())) == {child.pk}
    say(form, "withdrawn")
    assert queries.without_permission(made, students, on=clock.today()) == students
