"""A sample is announced with its seed before it is drawn, and can be redone from the entries alone."""

import datetime as dt
from typing import Any

import psycopg2
import pytest
from django.db import connections
from django.utils import timezone

from governance.auditors import queries, rules, sampling
from governance.auditors.models import Engagement, Sample, SampleItem
from governance.people.models import User
from governance.trail import entries as trail
from governance.vocabulary import Event
from portal.base import clock
from tests.governance.auditors.cast import admitted, school
from tests.governance.people.cast import entries
from tests.harness.databases import Clone

pytestmark = pytest.mark.usefixtures("district")
SEED = "20261124abcdef"


def days() -> tuple[dt.datetime, dt.datetime]:
    until = timezone.localtime(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    return until - dt.timedelta(days=60), until


def announced(engagement: Engagement, **given: Any) -> Sample:
    since, until = days()
    facts: dict[str, Any] = {
        "objective": "Purposes fit the roles",
        "since": since,
        "until": until,
        "only": {},
        "strata": "",
        "size": 12,
        "seed": SEED,
        "attributes": ["The purpose fits"],
    }
    return sampling.announce(engagement=engagement, **{**facts, **given}, by=engagement.user, at=clock.now())


def drawn(sample: Sample) -> list[SampleItem]:
    sampling.draw(sample_id=sample.pk, by=sample.engagement.user, at=clock.now())
    return list(SampleItem.objects.filter(sample=sample))


def by_hand(clone: Clone, sample: Sample, *, stratum: str = "''") -> list[tuple[int, str]]:
    """(number, ticket) of what the rules draw from the entries themselves, read by the owner."""
    owner = clone.connect("owner")
    with owner, owner.cursor() as cursor:
        cursor.execute(
            f"SELECT {stratum}, id, sha256('\\x00'::bytea || trail.canonical(e)) FROM trail.entry e"
            ' WHERE "timestamp" >= %s AND "timestamp" < %s',
            days(),
        )
        rows = [(name, number, bytes(leaf)) for name, number, leaf in cursor.fetchall()]
    owner.close()
    places = rules.draw(sample.seed, [(name, leaf) for name, _, leaf in rows], sample.size)
    return [(rows[place][1], rules.ticket_of(sample.seed, rows[place][2]).hex()) for place in places]


def test_seed_and_population_stand_in_the_trail_before_the_draw(district: Clone) -> None:
    sample = announced(admitted())
    told = entries(district, Event.SAMPLE_COMMITTED)[-1]
    assert told["id"] == sample.commitment_id
    assert told["additional_data"]["seed"] == SEED
    assert told["additional_data"]["population"] == sample.population > 100
    assert not SampleItem.objects.filter(sample=sample).exists()
    drawn(sample)
    assert entries(district, Event.SAMPLE_DRAWN)[-1]["id"] > told["id"]


def test_an_outsider_can_redo_the_draw(district: Clone) -> None:
    sample = announced(admitted())
    assert [(item.entry_id, item.ticket) for item in drawn(sample)] == by_hand(district, sample)


@pytest.mark.parametrize("strata", ["kind", "hat"])
def test_strata_are_drawn_in_proportion(strata: str, district: Clone) -> None:
    sample = announced(admitted(), strata=strata, size=25)
    items = drawn(sample)
    assert [(item.entry_id, item.ticket) for item in items] == by_hand(district, sample, stratum=f"coalesce({strata}, '')")
    found: dict[str, int] = {}
    for item in items:
        found[item.stratum] = found.get(item.stratum, 0) + 1
    assert found == {name: share for name, share in sample.counts["shares"].items() if share}


def test_drawing_twice_changes_nothing() -> None:
    sample = announced(admitted())
    first = [item.entry_id for item in drawn(sample)]
    assert [item.entry_id for item in drawn(sample)] == first


def test_a_seed_chosen_after_the_announcement_draws_nothing_else(district: Clone) -> None:
    """The door takes the seed from the announcement, whatever the application says."""
    sample = announced(admitted())
    owner = connections["owner"]
    with owner.cursor() as cursor:
        cursor.execute("UPDATE auditors_sample SET seed = 'ffffffffffff' WHERE id = %s", [sample.pk])
    tickets = [item.ticket for item in drawn(sample)]
    sample.seed = SEED
    assert tickets == [ticket for _, ticket in by_hand(district, sample)]


def test_the_application_cannot_change_a_seed_or_a_drawn_entry() -> None:
    sample = announced(admitted())
    item = drawn(sample)[0]
    for change in (lambda: Sample.objects.filter(pk=sample.pk).update(seed="0" * 10), lambda: item.delete()):
        with pytest.raises(Exception, match="permission denied"):
            change()


def test_a_draw_needs_an_announcement_of_the_same_person() -> None:
    sample = announced(admitted())
    other = admitted(email="second.auditor@example.org").user
    key = trail.append_ahead(
        Event.SAMPLE_DRAWN,
        by=other,
        students=None,
        elements={"audit"},
        data={"commitment": {"at": sample.committed_at.isoformat(), "id": sample.commitment_id}},
        purpose="privacy-oversight",
    )
    with pytest.raises(Exception, match="no sample was announced"):
        trail.open_with(key, "SELECT * FROM door.sample_draw()")


def test_a_period_that_is_not_over_and_an_empty_one_are_refused() -> None:
    engagement = admitted()
    since, until = days()
    with pytest.raises(sampling.CannotSample):
        announced(engagement, until=until + dt.timedelta(days=2))
    with pytest.raises(sampling.CannotSample):
        announced(engagement, since=since - dt.timedelta(days=9000), until=since - dt.timedelta(days=8000))


def test_the_scope_narrows_the_population(district: Clone) -> None:
    _since, until = days()
    whole = announced(admitted())
    narrow = announced(
        admitted(
            email="second.auditor@example.org",
            schools=[school("middle")],
            kinds=[str(Event.STUDENT_OPENED), str(Event.CLASS_LIST_OPENED)],
            entries_from=(until - dt.timedelta(days=30)).date(),
        )
    )
    owner = district.connect("owner")
    with owner, owner.cursor() as cursor:
        cursor.execute(
            'SELECT count(*) FROM trail.entry e WHERE "timestamp" >= %s AND "timestamp" < %s AND kind = ANY (%s)'
            " AND EXISTS (SELECT FROM records_student s WHERE s.id = ANY (e.record_ids) AND s.school_id = %s)",
            [until - dt.timedelta(days=30), until, [str(Event.STUDENT_OPENED), str(Event.CLASS_LIST_OPENED)], school("middle").pk],
        )
        assert cursor.fetchone()[0] == narrow.population
    owner.close()
    assert 0 < narrow.population < whole.population


def test_entries_outside_the_scope_do_not_open(district: Clone) -> None:
    engagement = admitted(kinds=[str(Event.STUDENT_OPENED)])
    opened, other = entries(district, Event.STUDENT_OPENED)[0], entries(district, Event.ROLE_GIVEN)[0]
    places = [(one["id"], dt.datetime.fromisoformat(one["timestamp"])) for one in (opened, other)]
    found = sampling.opened(places, engagement=engagement, by=engagement.user)
    assert [line.id for line in found.values()] == [opened["id"]]


def test_a_look_at_a_sample_names_its_entries(district: Clone) -> None:
    sample = announced(admitted())
    items = drawn(sample)
    lines = sampling.lines_of(items, engagement=sample.engagement, by=sample.engagement.user)
    assert {line.leaf for line in lines.values()} == {item.leaf for item in items}
    told = entries(district, Event.SAMPLE_OPENED)[-1]
    assert [number for number, _ in told["additional_data"]["entries"]] == [item.entry_id for item in items]


def test_a_filter_that_the_door_does_not_know_is_refused() -> None:
    user = admitted().user
    for filters in (
        {},
        {"from": "2026-01-01", "to": "2026-02-01", "everything": True},
        {"from": "2026-01-01", "to": "2026-02-01", "within": {"x": 1}},
    ):
        key = trail.append_ahead(
            Event.TRAIL_SEARCHED, by=user, students=None, elements={"audit"}, data={"filters": filters}, purpose="privacy-oversight"
        )
        with pytest.raises(Exception, match=r"not drawn by that|no scope"):
            trail.open_with(key, "SELECT * FROM door.sample_population()")


def test_another_logins_key_and_no_key_open_nothing(district: Clone) -> None:
    stranger = district.connect("keeper")
    with stranger, stranger.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cursor.execute("SELECT * FROM door.sample_population()")
    stranger.close()
    app = district.connect()
    with app, app.cursor() as cursor:
        for function in ("sample_population", "sample_draw", "audit_entries"):
            cursor.execute(f"SELECT * FROM door.{function}()")
            assert cursor.fetchall() == []
    app.close()


def test_a_test_is_noted_with_its_entry(district: Clone) -> None:
    sample = announced(admitted())
    drawn(sample)
    sampling.mark(sample_id=sample.pk, place=1, marks={"1": "no", "2": "?"}, note="Unclear", by=sample.engagement.user, at=clock.now())
    item = SampleItem.objects.get(sample=sample, place=1)
    assert (item.marks, item.note) == ({"1": "no"}, "Unclear")
    told = entries(district, Event.SAMPLE_TESTED)[-1]
    assert told["additional_data"] == {"place": 1, "marks": {"1": "no"}}


def test_a_changed_population_is_told(district: Clone) -> None:
    sample = announced(admitted())
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE trail.entry DISABLE TRIGGER USER")
        cursor.execute('SELECT id FROM trail.entry WHERE "timestamp" >= %s AND "timestamp" < %s LIMIT 1', days())
        number = cursor.fetchone()[0]
        cursor.execute("SET session_replication_role = replica; DELETE FROM trail.entry WHERE id = %s", [number])
        cursor.execute("SET session_replication_role = DEFAULT")
    with pytest.raises(sampling.CannotSample):
        drawn(sample)


def test_scope_of_is_one_query_for_an_auditor(django_assert_num_queries: Any) -> None:
    user = User.objects.get(pk=admitted().user_id)
    with django_assert_num_queries(2):  # the roles, the audit
        queries.scope_of(user)
