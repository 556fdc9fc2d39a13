"""Clocks that run: who is told, once, and what stands on pages. The district's calendar."""

import datetime as dt

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from breaches.assessment import actions as assessment
from breaches.assessment import running
from breaches.clocks import actions, points, queries, registry, runner
from breaches.clocks.models import Reached
from breaches.incidents import actions as incidents
from breaches.incidents.models import Incident
from governance.trail.models import Entry
from portal.base import clock, outbox
from portal.base.errors import CannotDo
from tests.breaches.situations import opened, said
from tests.governance.situations import person, sent

pytestmark = pytest.mark.usefixtures("district")
DAY = dt.timedelta(days=1)


def of(incident: Incident) -> dict[str, registry.Running]:
    """The running clocks of one incident, by what follows its id."""
    prefix = f"{incident.public_id}:"
    return {each.key.removeprefix(prefix): each for _source, each in queries.running(clock.now()) if each.key.startswith(prefix)}


def reached(incident: Incident) -> set[tuple[str, str]]:
    prefix = f"{incident.public_id}:"
    return {(each.key.removeprefix(prefix), each.point) for each in Reached.objects.filter(key__startswith=prefix)}


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (0, []),
        (23, []),
        (24, ["half", "day_before"]),
        (36, ["half", "day_before"]),
        (48, ["half", "day_before"]),
        (49, ["half", "day_before", "overdue"]),
    ],
)
def test_points_of_two_days(hours: int, expected: list[str]) -> None:
    began = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)
    assert points.reached(began, began + 2 * DAY, began + dt.timedelta(hours=hours)) == expected


def test_a_short_clock_has_no_day_before() -> None:
    began = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)
    assert points.reached(began, began + DAY / 2, began + DAY) == ["half", "overdue"]


def test_several_clocks_run_and_the_figure_is_the_computed_one() -> None:
    made = opened()
    assert set(of(made)) == {"target:facts", "target:board", "target:insurer", "target:affected"}
    said(made)
    found = of(made)
    assert "target:facts" not in found
    assert {"wi-breach-people", "target:insurer"} <= set(found)
    assert found["target:insurer"].due_at == made.opened_at - dt.timedelta(hours=3) + 3 * DAY
    assessment.meet(
        incident=made.public_id, key="wi-breach-people", met_at=clock.now(), words="Letters.", by=person("security"), at=clock.now()
    )
    assert "wi-breach-people" not in of(made)


def test_no_clock_runs_where_it_was_no_breach() -> None:
    made = opened()
    said(made)
    incidents.decide_breach(incident=made.public_id, is_breach=False, reason="Unread.", by=person("security"), at=clock.now())
    assert of(made) == {}


def test_two_people_are_told_once_of_each_point() -> None:
    made = opened(discovered_at=clock.now() - DAY - dt.timedelta(hours=1))
    now = clock.now()
    runner.run(at=now)
    first = reached(made)
    assert {("target:board", "half"), ("target:board", "overdue"), ("target:facts", "half")} <= first
    assert ("target:facts", "overdue") not in first
    count = Entry.objects.using("owner").filter(kind="breaches.clock.point_reached").count()
    assert runner.run(at=now) == 0
    assert Entry.objects.using("owner").filter(kind="breaches.clock.point_reached").count() == count
    board = Reached.objects.get(key=f"{made.public_id}:target:board", point="overdue")
    assert board.told >= 2


def test_they_are_told_by_mail_and_no_mail_says_what_it_is_about() -> None:
    made = opened(title="A title nobody mails", discovered_at=clock.now() - DAY - dt.timedelta(hours=1))
    runner.run(at=clock.now())
    mail.outbox.clear()
    outbox.run()
    about = [letter for letter in mail.outbox if str(made) in letter.subject]
    assert {letter.to[0] for letter in about} >= {"security@riverbend.example", "leader@riverbend.example"}
    assert all("A title nobody mails" not in letter.subject + letter.body for letter in about)
    assert any("overdue" in letter.subject for letter in about)


def test_a_clock_that_stopped_meanwhile_is_mailed_to_nobody() -> None:
    made = opened(discovered_at=clock.now() - DAY - dt.timedelta(hours=1))
    runner.run(at=clock.now())
    incidents.decide_breach(incident=made.public_id, is_breach=False, reason="Unread.", by=person("security"), at=clock.now())
    mail.outbox.clear()
    outbox.run()
    assert not [letter for letter in mail.outbox if str(made) in letter.subject]


def test_whom_it_is_about_is_not_told() -> None:
    made = opened(account=person("leader"), kind="misuse")
    some = next(iter(of(made).values()))
    told = running.told(some, True, clock.today())
    assert person("leader") not in told
    assert len(told) >= 2


def test_the_command_runs_once(capsys: pytest.CaptureFixture[str]) -> None:
    opened(discovered_at=clock.now() - 2 * DAY)
    call_command("clocks", "run")
    assert "told of" in capsys.readouterr().out
    call_command("clocks", "run")
    assert capsys.readouterr().out.startswith("0 clocks")


def test_clocks_of_other_rooms_are_listed() -> None:
    asked = sent()
    assert str(asked) in {each.about for source, each in queries.running(clock.now()) if source.name == "requests"}


def workday() -> dt.date:
    day = clock.today() + 7 * DAY
    while not queries.workdays_by()(clock.now())(day):
        day += DAY
    return day


def test_a_closed_day_counts_for_what_begins_after_it() -> None:
    before = opened()
    day = workday()
    actions.close_day(day=day, title="Snow", by=person("admin"), at=clock.now())
    as_of = queries.workdays_by()
    assert as_of(before.opened_at)(day)
    assert not as_of(clock.now())(day)
    actions.open_day(day=day, by=person("admin"), at=clock.now())
    assert queries.workdays_by()(clock.now())(day)


@pytest.mark.parametrize(
    ("persona", "ahead", "code"),
    [("admin", -7, "in_the_past"), ("security", 0, "not_allowed"), ("admin", 0, "same")],
)
def test_a_day_that_cannot_be_closed(persona: str, ahead: int, code: str) -> None:
    day = workday()
    actions.close_day(day=day, title="Snow", by=person("admin"), at=clock.now())
    with pytest.raises(CannotDo) as refused:
        actions.close_day(day=day + ahead * DAY * 2, title="Snow", by=person(persona), at=clock.now())
    assert refused.value.code == code


def test_the_list_has_a_fixed_number_of_queries() -> None:
    opened()
    with CaptureQueriesContext(connection) as one:
        queries.running(clock.now())
    for _ in range(4):
        said(opened())
    with CaptureQueriesContext(connection) as many:
        queries.running(clock.now())
    assert len(many) == len(one)
