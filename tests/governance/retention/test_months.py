"""A month leaves by an adopted rule, with its entry; what was proven stays proven, and a month that somebody took is found."""

import datetime as dt
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg2
import pytest
from django.core.management import call_command
from django.db import connections

from governance.people.models import User
from governance.retention import actions, queries, runs
from governance.retention.models import Hold, Receipt, RetentionRule
from governance.trail.seals import notes, verify
from governance.trail.seals import queries as seals
from portal.base import clock
from tests.governance.retention.conftest import OLD
from tests.harness.databases import Clone

Adopt = Callable[[str, int], RetentionRule]
Old = Callable[[int], list[int]]


def is_attached(owner: Any) -> bool:
    with owner.cursor() as cursor:
        cursor.execute("SELECT to_regclass('trail_parts.p201803') IS NOT NULL")
        return bool(cursor.fetchone()[0])


def hold(people: dict[str, User], **given: Any) -> Hold:
    facts: dict[str, Any] = {
        "kind": Hold.Kind.LITIGATION,
        "reason": "Case 24-CV-1",
        "reference": "24-CV-1",
        "holds_trail": True,
        "holds_values": False,
        "trail_from": None,
        "trail_to": None,
        "students": (),
    }
    return actions.place(**{**facts, **given}, by=people["compliance"], at=clock.now())


def test_nothing_leaves_without_an_adopted_rule(old_month: Old, sealing: Any, owner: Any) -> None:
    old_month(300)
    sealing()
    assert runs.run(now=clock.now()).months == {}
    assert is_attached(owner)


def test_a_month_leaves_and_verify_says_so(old_month: Old, sealing: Any, owner: Any, adopt: Adopt) -> None:
    numbers = old_month(700)
    sealing()
    rule = adopt("trail", 84)
    done = runs.run(now=clock.now())
    assert done.months[OLD] == 700
    assert not is_attached(owner)
    sealing()
    report = verify.verify()
    assert report.findings == []
    left = next(departure for departure in report.departures if departure.month == OLD)
    assert (left.entries, left.first_id, left.last_id, left.rule) == (700, numbers[0], numbers[-1], str(rule.public_id))
    receipt = Receipt.objects.get(month=OLD)
    assert (receipt.entries, receipt.rule) == (700, rule)
    with owner.cursor() as cursor:
        cursor.execute(
            "SELECT login, additional_data ->> 'month', additional_data ->> 'entries' FROM trail.entry WHERE id = %s", [receipt.entry_id]
        )
        assert cursor.fetchone() == ("portal_keeper", "2018-03", "700")


def test_an_old_proof_still_holds(old_month: Old, sealing: Any, owner: Any, adopt: Adopt) -> None:
    number = old_month(300)[41]
    sealing()
    with owner.cursor() as cursor:
        cursor.execute('SELECT trail.canonical(e), e."timestamp" FROM trail.entry e WHERE id = %s', [number])
        canonical, at = cursor.fetchone()
    leaf, checkpoint = seals.leaf_of(number, at), seals.latest_checkpoint()
    assert leaf is not None
    assert checkpoint is not None
    kept = checkpoint.note
    adopt("trail", 84)
    runs.run(now=clock.now())
    sealing()
    assert not is_attached(owner)
    newer = seals.latest_checkpoint()
    assert newer is not None
    proof = notes.proof_file(canonical=bytes(canonical), index=leaf, path=seals.tiles().inclusion(leaf, newer.size), note=newer.note)
    assert proof
    assert seals.tiles().consistency(checkpoint.size, newer.size) is not None
    assert verify.verify(kept=[kept]).findings == []


@pytest.mark.parametrize("how", ["detached", "dropped"])
def test_a_month_that_somebody_took_is_found(how: str, old_month: Old, sealing: Any, owner: Any, adopt: Adopt) -> None:
    old_month(300)
    sealing()
    adopt("trail", 84)
    with owner.cursor() as cursor:
        cursor.execute("ALTER TABLE trail.entry DETACH PARTITION trail_parts.p201803")
        if how == "dropped":
            cursor.execute("DROP TABLE trail_parts.p201803")
    assert any("is gone" in finding.what for finding in verify.verify().findings)


def test_a_departure_that_the_trail_does_not_tell_is_found(old_month: Old, sealing: Any, owner: Any) -> None:
    """The owner writes the row by hand and drops the month: no entry tells it."""
    old_month(300)
    sealing()
    with owner.cursor() as cursor:
        cursor.execute(
            "INSERT INTO retention.departed VALUES ('2018-03-01', 300, 1, 300, '{[0,100000)}', gen_random_uuid(), 84, now(), 1, now())"
        )
        cursor.execute("DROP TABLE trail_parts.p201803")
    what = [finding.what for finding in verify.verify().findings]
    assert any("no entry of the trail tells it" in one for one in what)
    assert any("is gone" in one for one in what)


def test_a_departure_that_takes_more_than_it_tells_is_found(old_month: Old, sealing: Any, owner: Any, adopt: Adopt) -> None:
    old_month(300)
    sealing()
    adopt("trail", 84)
    runs.run(now=clock.now())
    sealing()
    with owner.cursor() as cursor:
        cursor.execute("ALTER TABLE retention.departed DISABLE TRIGGER USER")
        cursor.execute("UPDATE retention.departed SET leaves = '{[0,100000)}' WHERE month = '2018-03-01'")
        cursor.execute("ALTER TABLE retention.departed ENABLE TRIGGER USER")
    assert any("says something else" in finding.what for finding in verify.verify().findings)


def test_a_hash_kept_of_a_departed_entry_cannot_be_changed(old_month: Old, sealing: Any, owner: Any, adopt: Adopt) -> None:
    old_month(700)
    sealing()
    adopt("trail", 84)
    runs.run(now=clock.now())
    sealing()
    with owner.cursor() as cursor:
        cursor.execute("ALTER TABLE seal.tile DISABLE TRIGGER USER")
        cursor.execute("UPDATE seal.tile SET hashes = set_byte(hashes, 40, (get_byte(hashes, 40) + 1) % 256) WHERE level = 0 AND index = 1")
        cursor.execute("ALTER TABLE seal.tile ENABLE TRIGGER USER")
    assert not verify.verify().holds


@pytest.mark.parametrize(
    ("first", "last", "stays"),
    [(None, None, True), (dt.date(2018, 3, 31), dt.date(2018, 4, 2), True), (dt.date(2018, 4, 1), None, False)],
    ids=["all", "touches-the-month", "after-it"],
)
def test_a_hold_is_respected(
    first: dt.date | None,
    last: dt.date | None,
    stays: bool,
    old_month: Old,
    sealing: Any,
    owner: Any,
    adopt: Adopt,
    people: dict[str, User],
) -> None:
    old_month(100)
    sealing()
    adopt("trail", 84)
    hold(people, trail_from=first, trail_to=last)
    runs.run(now=clock.now())
    assert is_attached(owner) is stays


def test_the_procedure_itself_respects_a_hold(old_month: Old, sealing: Any, adopt: Adopt, people: dict[str, User]) -> None:
    old_month(100)
    sealing()
    adopt("trail", 84)
    hold(people)
    with pytest.raises(Exception, match="a hold keeps this month"), connections["keeper"].cursor() as cursor:
        cursor.execute("SELECT retention.let_month_leave(%s, NULL, 'x')", [OLD])


def test_two_people_end_a_hold(old_month: Old, sealing: Any, owner: Any, adopt: Adopt, people: dict[str, User]) -> None:
    old_month(100)
    sealing()
    adopt("trail", 84)
    placed = hold(people)
    with pytest.raises(actions.CannotChange):
        actions.end(hold_id=placed.pk, agree=True, by=people["leader"], at=clock.now())
    actions.ask_to_end(hold_id=placed.pk, by=people["admin"], at=clock.now())
    for who in ("admin", "compliance"):
        with pytest.raises(actions.CannotChange):
            actions.end(hold_id=placed.pk, agree=True, by=people[who], at=clock.now())
    runs.run(now=clock.now())
    assert is_attached(owner)
    actions.end(hold_id=placed.pk, agree=True, by=people["leader"], at=clock.now())
    runs.run(now=clock.now())
    assert not is_attached(owner)


def test_a_month_that_is_not_sealed_waits(old_month: Old, owner: Any, adopt: Adopt) -> None:
    old_month(10)
    adopt("trail", 84)
    done = runs.run(now=clock.now())
    assert OLD not in done.months
    assert any("not wholly sealed" in one for one in done.waiting)
    assert is_attached(owner)


def test_a_longer_schedule_keeps_longer(old_month: Old, sealing: Any, owner: Any, adopt: Adopt) -> None:
    old_month(10)
    sealing()
    adopt("trail", 240)
    assert runs.run(now=clock.now()).months == {}
    assert is_attached(owner)


def test_no_rule_is_shorter_than_seven_years(people: dict[str, User], owner: Any) -> None:
    with pytest.raises(actions.CannotChange):
        actions.propose(subject="trail", months=60, citation="x", decided_on=clock.today(), by=people["compliance"], at=clock.now())
    with pytest.raises(psycopg2.errors.CheckViolation), owner.cursor() as cursor:
        cursor.execute(
            "INSERT INTO retention_retentionrule(public_id, subject, months, elements, citation, decided_on, state, proposed_by_id, proposed_at)"
            " VALUES (gen_random_uuid(), 'trail', 12, '{}', '', now(), 'waiting', %s, now())",
            [people["admin"].pk],
        )


def test_one_person_adopts_nothing(people: dict[str, User]) -> None:
    rule = actions.propose(subject="trail", months=84, citation="x", decided_on=clock.today(), by=people["admin"], at=clock.now())
    for who in ("admin", "compliance"):
        with pytest.raises(actions.CannotChange):
            actions.decide(rule_id=rule.pk, adopt=True, by=people[who], at=clock.now())
    assert queries.in_force() == {}


@pytest.mark.parametrize("login", ["default", "sealer"])
def test_other_logins_let_nothing_go(login: str, old_month: Old, sealing: Any, adopt: Adopt, owner: Any, database: Clone) -> None:
    old_month(10)
    sealing()
    adopt("trail", 84)
    stranger = database.connect(login)
    stranger.autocommit = True
    for statement in (
        "SELECT retention.let_month_leave('2018-03-01', NULL, 'x')",
        "ALTER TABLE trail.entry DETACH PARTITION trail_parts.p201803",
        "DROP TABLE trail_parts.p201803",
        "INSERT INTO retention.departed VALUES ('2018-03-01', 0, 0, 0, '{}', gen_random_uuid(), 84, now(), 1, now())",
        "DELETE FROM retention.departed",
        "UPDATE retention_receipt SET entries = 0",
    ):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege), stranger.cursor() as cursor:
            cursor.execute(statement)
    stranger.close()
    assert is_attached(owner)


def test_the_keeper_cannot_take_a_young_month(adopt: Adopt) -> None:
    adopt("trail", 84)
    young = (clock.today().replace(day=1) - dt.timedelta(days=40)).replace(day=1)
    with pytest.raises(Exception, match="too young"), connections["keeper"].cursor() as cursor:
        cursor.execute("SELECT retention.let_month_leave(%s, NULL, 'x')", [young])


def test_two_runs_at_once_let_it_go_once(old_month: Old, sealing: Any, adopt: Adopt, owner: Any) -> None:
    old_month(500)
    sealing()
    adopt("trail", 84)

    def one(_number: int) -> int:
        try:
            return sum(count or 0 for count in runs.run(now=clock.now()).months.values())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(one, range(2))) == 500
    assert Receipt.objects.filter(month=OLD).count() == 1
    sealing()
    assert verify.verify().findings == []


# Where a kill may come: after each statement of the procedure, the transaction is rolled back by the server when the connection is lost.
STEPS = (
    "INSERT INTO trail.entry",
    "INSERT INTO retention.departed",
    "INSERT INTO public.retention_receipt",
    "ALTER TABLE",
    "DROP TABLE",
    "RETURN n",
)


@pytest.mark.parametrize("step", STEPS, ids=[step.replace(" ", "-").lower() for step in STEPS])
def test_a_kill_in_the_middle_leaves_the_month_whole(step: str, old_month: Old, sealing: Any, adopt: Adopt, owner: Any) -> None:
    old_month(50)
    sealing()
    adopt("trail", 84)
    with owner.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('retention.let_month_leave(date, bigint, text)'::regprocedure)")
        text = cursor.fetchone()[0]
        at = text.rindex(step)
        broken = text[:at] + "PERFORM pg_terminate_backend(pg_backend_pid()), pg_sleep(5); " + text[at:]
        if step in {"ALTER TABLE", "DROP TABLE"}:
            at = text.rindex("EXECUTE format('" + step)
            broken = text[:at] + "PERFORM pg_terminate_backend(pg_backend_pid()), pg_sleep(5); " + text[at:]
        cursor.execute(broken)
    assert OLD not in runs.run(now=clock.now(), values=False).months
    connections["keeper"].close()
    assert is_attached(owner)
    assert queries.departures() == []
    assert not Receipt.objects.exists()
    with owner.cursor() as cursor:
        cursor.execute(text)
    assert runs.run(now=clock.now()).months[OLD] == 50
    sealing()
    assert verify.verify().findings == []


def test_the_command_says_first_and_does_then(old_month: Old, sealing: Any, adopt: Adopt, owner: Any, capsys: Any) -> None:
    old_month(20)
    sealing()
    adopt("trail", 84)
    call_command("retention", "run", "--dry-run", "--json")
    assert "2018-03" in json.loads(capsys.readouterr().out)["months"]
    assert is_attached(owner)
    call_command("retention", "run")
    assert "2018-03 left: 20 entries." in capsys.readouterr().out
    call_command("retention", "run")
    assert "Nothing is due." in capsys.readouterr().out
