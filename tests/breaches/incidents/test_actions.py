"""What people do about incidents, and what is refused."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from breaches.clocks.rules import Start
from breaches.incidents import actions, queries
from breaches.incidents.models import Decision, Incident, Moment
from governance.trail.models import Entry
from portal.base import clock
from portal.base.errors import CannotDo
from tests.governance.situations import person

pytestmark = pytest.mark.usefixtures("district")
ENDED = {"found": "One look without need.", "done": "A talk.", "told": "The family was called.", "lessons": "Say so in training."}


@pytest.fixture(autouse=True)
def _no_rooms_above(monkeypatch: pytest.MonkeyPatch) -> None:
    """What keeps an incident open in the rooms above is tested there."""
    monkeypatch.setattr(actions, "_keepers", [])


def opened(**more: object) -> Incident:
    now = clock.now()
    given: dict = {
        "title": "Mail to the wrong list",
        "kind": "mis_sent",
        "severity": 2,
        "discovered_at": now - dt.timedelta(hours=3),
        "by": person("security"),
        "at": now,
    }
    return actions.open_incident(**given | more)


def entries_of(incident: Incident) -> list[str]:
    return list(Entry.objects.using("owner").filter(object_pk=str(incident.public_id)).order_by("id").values_list("kind", flat=True))


def code(refused: pytest.ExceptionInfo[CannotDo]) -> str:
    assert refused.value.what_to_do
    return refused.value.code


def test_opening_starts_the_clock_of_the_discovery() -> None:
    made = opened()
    assert queries.starts_of(made) == {Start.DISCOVERY: made.opened_at - dt.timedelta(hours=3)}
    assert entries_of(made) == ["breaches.incident.opened", "breaches.incident.moment_said"]
    assert opened().number == made.number + 1


def test_a_discovery_in_the_future_is_refused() -> None:
    with pytest.raises(CannotDo) as refused:
        opened(discovered_at=clock.now() + dt.timedelta(minutes=1))
    assert code(refused) == "in_the_future"


def test_nobody_opens_an_incident_about_themselves() -> None:
    with pytest.raises(CannotDo) as refused:
        opened(account=person("security"))
    assert code(refused) == "own_case"


def test_whom_it_is_about_does_nothing_in_it() -> None:
    made = opened(account=person("compliance"), kind="misuse")
    with pytest.raises(CannotDo) as refused:
        actions.decide(incident=made.public_id, words="Leave it", reason="It was nothing", by=person("compliance"), at=clock.now())
    assert code(refused) == "own_case"


def test_an_earlier_start_counts_at_once() -> None:
    made, earlier = opened(), clock.now() - dt.timedelta(days=2)
    actions.say_when(incident=made.public_id, start=Start.DISCOVERY, moment=earlier, reason="", by=person("security"), at=clock.now())
    assert queries.starts_of(made)[Start.DISCOVERY] == earlier


@pytest.fixture
def later() -> tuple[Incident, Moment, dt.datetime]:
    made, moment = opened(), clock.now() - dt.timedelta(hours=1)
    said = actions.say_when(
        incident=made.public_id,
        start=Start.DISCOVERY,
        moment=moment,
        reason="The mail was read at ten",
        by=person("security"),
        at=clock.now(),
    )
    return made, said, moment


def test_a_later_start_waits_for_a_second_person(later: tuple[Incident, Moment, dt.datetime]) -> None:
    made, said, moment = later
    assert queries.starts_of(made)[Start.DISCOVERY] < moment
    with pytest.raises(CannotDo) as refused:
        actions.decide_moment(moment=said.pk, agreed=True, by=person("security"), at=clock.now())
    assert code(refused) == "own"
    actions.decide_moment(moment=said.pk, agreed=True, by=person("admin"), at=clock.now())
    assert queries.starts_of(made)[Start.DISCOVERY] == moment
    assert entries_of(made)[-1] == "breaches.incident.moment_agreed"


def test_a_later_start_that_is_refused_never_counts(later: tuple[Incident, Moment, dt.datetime]) -> None:
    made, said, moment = later
    actions.decide_moment(moment=said.pk, agreed=False, by=person("admin"), at=clock.now())
    assert queries.starts_of(made)[Start.DISCOVERY] < moment
    with pytest.raises(CannotDo) as refused:
        actions.decide_moment(moment=said.pk, agreed=True, by=person("leader"), at=clock.now())
    assert code(refused) == "decided"


def test_a_later_start_without_a_reason_is_refused() -> None:
    with pytest.raises(CannotDo) as refused:
        actions.say_when(
            incident=opened().public_id, start=Start.DISCOVERY, moment=clock.now(), reason=" ", by=person("security"), at=clock.now()
        )
    assert code(refused) == "no_reason"


def test_the_database_holds_the_second_person_too(later: tuple[Incident, Moment, dt.datetime]) -> None:
    _, said, _ = later
    with pytest.raises(IntegrityError, match="moment_decided_by_another"), transaction.atomic():
        Moment.objects.filter(pk=said.pk).update(waits=False, decided_by=said.said_by, decided_at=clock.now())


def test_confirming_starts_the_clocks_of_the_confirmation() -> None:
    made, now = opened(), clock.now()
    found = actions.decide_breach(incident=made.public_id, is_breach=True, reason="The list had addresses", by=person("security"), at=now)
    assert found.about == Decision.About.CONFIRMED
    assert queries.starts_of(made)[Start.CONFIRMATION] == now
    with pytest.raises(CannotDo) as refused:
        actions.decide_breach(incident=made.public_id, is_breach=True, reason="Again", by=person("security"), at=clock.now())
    assert code(refused) == "decided"


def test_it_does_not_end_with_a_task_open() -> None:
    made, now = opened(), clock.now()
    task = actions.give_task(
        incident=made.public_id,
        title="Call the mail office",
        owner=person("admin"),
        due_at=now + dt.timedelta(hours=4),
        by=person("security"),
        at=now,
    )
    with pytest.raises(CannotDo) as refused:
        actions.close(incident=made.public_id, outcome="near_miss", by=person("security"), at=clock.now(), **ENDED)
    assert code(refused) == "something_left"
    assert entries_of(made)[-1] == "breaches.incident.end_refused"
    actions.finish_task(task=task.public_id, words="Called", dropped=False, by=person("admin"), at=clock.now())
    ended = actions.close(incident=made.public_id, outcome="near_miss", by=person("security"), at=clock.now(), **ENDED)
    assert ended.closed_at is not None
    with pytest.raises(CannotDo) as refused:
        actions.add_note(incident=made.public_id, words="Late", happened_at=now, privileged=False, by=person("security"), at=clock.now())
    assert code(refused) == "closed"


def test_a_room_above_can_keep_it_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "_keepers", [lambda incident, at: "A clock runs."])
    with pytest.raises(CannotDo, match="something_left") as refused:
        actions.close(incident=opened().public_id, outcome="near_miss", by=person("security"), at=clock.now(), **ENDED)
    assert refused.value.what_to_do == "A clock runs."


@pytest.mark.parametrize(
    ("outcome", "breach", "given", "why"),
    [
        ("breach", None, {}, "not_confirmed"),
        ("near_miss", True, {}, "confirmed"),
        ("misuse", False, {"told": " "}, "no_answer"),
        ("near_miss", None, {"found": ""}, "no_finding"),
        ("part", None, {}, "no_cause"),
    ],
)
def test_an_end_that_the_decisions_do_not_bear_is_refused(outcome: str, breach: bool | None, given: dict, why: str) -> None:
    made = opened(kind="misuse")
    if breach is not None:
        actions.decide_breach(incident=made.public_id, is_breach=breach, reason="Seen in the trail", by=person("security"), at=clock.now())
    with pytest.raises(CannotDo) as refused:
        actions.close(incident=made.public_id, outcome=outcome, by=person("security"), at=clock.now(), **ENDED | given)
    assert code(refused) == why


def test_several_incidents_share_a_cause_and_not_in_a_circle() -> None:
    first, second = opened(), opened()
    actions.share_cause(incident=second.public_id, cause=first.public_id, reason="Same account", by=person("security"), at=clock.now())
    with pytest.raises(CannotDo) as refused:
        actions.share_cause(incident=first.public_id, cause=second.public_id, reason="Same account", by=person("security"), at=clock.now())
    assert code(refused) == "circle"


def test_others_do_not_handle_incidents() -> None:
    with pytest.raises(CannotDo) as refused:
        actions.decide(incident=opened().public_id, words="Close it", reason="Enough", by=person("teacher"), at=clock.now())
    assert code(refused) == "not_allowed"
