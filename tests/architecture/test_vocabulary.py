"""Names that drive behavior are complete, and the door's Python and SQL speak of the same elements."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from governance.people.permissions import HOLDERS
from governance.records.door import IDENTITY_COLUMNS
from governance.trail.entries import COLUMNS
from governance.vocabulary import Event, Permission

SQL = Path(settings.BASE_DIR) / "governance" / "records" / "migrations" / "sql" / "0002_door.sql"


def test_every_permission_has_a_holder() -> None:
    assert set(HOLDERS) == set(Permission)
    assert all(HOLDERS.values())


@pytest.mark.parametrize("event", Event)
def test_events_are_dotted_and_in_the_past_tense(event: Event) -> None:
    assert re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", event)
    assert event.label


def test_the_door_blanks_every_identity_element_by_its_own_name() -> None:
    sql = SQL.read_text()
    assert set(re.findall(r"'([a-z-]+)' = ANY \(k\.elements\) AS", sql)) == set(IDENTITY_COLUMNS)


def test_the_application_may_insert_exactly_the_columns_that_entries_write() -> None:
    granted = re.search(
        r"GRANT INSERT \(([^)]*)\)", (Path(settings.BASE_DIR) / "governance/trail/migrations/sql/0001_trail.sql").read_text()
    )
    assert granted
    assert {column.strip() for column in granted.group(1).split(",")} == set(COLUMNS)
