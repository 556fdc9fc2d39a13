"""A trail with a month that is old enough to leave."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from governance.people.models import User
from governance.retention import actions
from governance.retention.models import RetentionRule
from governance.vocabulary import Role
from portal.base import clock

OLD = dt.date(2018, 3, 1)


@pytest.fixture
def people(database: Any) -> dict[str, User]:
    """A compliance officer, an admin and a superintendent."""
    from governance.people import accounts
    from governance.people.models import RoleAssignment

    made = {}
    for name, role in (("compliance", Role.COMPLIANCE_OFFICER), ("admin", Role.DISTRICT_ADMIN), ("leader", Role.LEADER)):
        user = accounts.make(email=f"{name}@example.org", name=name.title(), by=None, at=clock.now())
        RoleAssignment.objects.create(user=user, role=role, starts_on=dt.date(2020, 1, 1), given_at=clock.now())
        made[name] = user
    return made


@pytest.fixture
def adopt(people: dict[str, User]) -> Callable[[str, int], RetentionRule]:
    """Propose a rule and adopt it, with two keys."""

    def adopt_rule(subject: str, months: int) -> RetentionRule:
        rule = actions.propose(
            subject=subject,
            months=months,
            citation="Board resolution 2026-14",
            decided_on=clock.today(),
            by=people["compliance"],
            at=clock.now(),
        )
        return actions.decide(rule_id=rule.pk, adopt=True, by=people["leader"], at=clock.now())

    return adopt_rule


@pytest.fixture
def old_month(owner: Any) -> Callable[[int], list[int]]:
    """Puts entries into March 2018, as if the portal had run then, and months without a gap up to those there are. Answers their numbers."""

    def write(count: int) -> list[int]:
        with owner.cursor() as cursor:
            for number in range(93):
                cursor.execute("CALL trail.make_partition((%s::date + make_interval(months => %s))::date)", [OLD, number])
            cursor.execute(
                'INSERT INTO trail.entry("timestamp", action, kind, actor_id, purpose, elements, record_ids)'
                " SELECT timestamptz '2018-03-05 12:00+00' + n * interval '1 second', 3, 'records.student.opened', 7, 'classroom-instruction',"
                " '{name}', ARRAY[mod(n, 7) + 1] FROM generate_series(1, %s) n RETURNING id",
                [count],
            )
            return [row[0] for row in cursor.fetchall()]

    return write
