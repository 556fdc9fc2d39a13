"""A district's first month: each tile red, amber or green for a reason, and the launch gate."""

import datetime as dt
from typing import Any

import pytest
from django.core.management import call_command

from governance.authority.models import Basis, Clock, Law
from governance.people.models import District
from governance.records.models import Guardianship
from governance.vocabulary import Event
from portal.base import clock
from portal.pages.setup import tiles
from tests.governance.people.cast import by_password, entries, person, signed_in
from tests.harness.databases import Clone


def colors() -> dict[str, str]:
    return {tile.key: tile.color for tile in tiles.all_tiles(at=clock.now())}


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


def test_an_empty_house_is_red(database: Clone) -> None:
    found = colors()
    assert {key for key, color in found.items() if color == "green"} == set()
    assert found["facts"] == found["admin"] == found["second-key"] == found["contact"] == found["import"] == found["families"] == "red"


def test_there_are_twelve_tiles_and_each_says_why(database: Clone) -> None:
    call_command("setup", district="Oak Hollow", admin_email="pat@oakhollow.example", admin_name="Pat Doe", no_input=True, verbosity=0)
    found = tiles.all_tiles(at=clock.now())
    assert len(found) == 12
    assert all(tile.why.endswith((".", "night")) and tile.title for tile in found)


def test_the_demo_district_is_nearly_done(district: Clone) -> None:
    found = colors()
    assert "red" not in found.values()
    assert found["facts"] == found["second-key"] == found["contact"] == found["stewards"] == found["rules"] == found["families"] == "green"


@pytest.mark.parametrize(
    ("change", "key", "color"),
    [
        ({"address": ""}, "facts", "amber"),
        ({"contact_name": ""}, "contact", "red"),
        ({"contact_checked_on": None}, "contact", "amber"),
        ({"roster_source": ""}, "source", "red"),
        ({"rules_adopted_on": None}, "rules", "amber"),
        ({"limits_checked_at": None, "limits_checked_by": None}, "families", "red"),
        ({"limits_checked_at": None, "limits_checked_by": None}, "limits", "red"),
        ({"legal_texts_reviewed_on": dt.date(2026, 9, 1), "legal_texts_reviewed_by": "Counsel"}, "legal", "green"),
    ],
)
def test_a_missing_fact_colors_its_tile(district: Clone, change: dict, key: str, color: str) -> None:
    District.objects.update(**change)
    assert colors()[key] == color


def test_what_nobody_compared_with_a_source_is_counted_and_leads_to_the_list(district: Clone) -> None:
    legal = next(tile for tile in tiles.all_tiles(at=clock.now()) if tile.key == "legal")
    unchecked = sum(model.objects.filter(jurisdiction__in=("US", "US-WI"), verified=False).count() for model in (Law, Clock, Basis))
    assert f"{unchecked} of " in legal.why and "check before relying" in legal.why
    assert legal.more in signed_in("leader").get("/setup/").content.decode(), "whoever only reads finds the list too"
    assert signed_in("leader").get(legal.more).status_code == 200


def test_papers_that_do_not_come_show(district: Clone) -> None:
    Guardianship.objects.exclude(limit="").update(limit_papers_due_on=clock.today() - dt.timedelta(days=1))
    assert colors()["limits"] == "amber"


def test_an_admin_fills_in_facts_and_the_trail_names_the_fields(district: Clone) -> None:
    client = signed_in("admin")
    answer = client.post(
        "/setup/facts/contact/",
        {"contact_name": "Jo Doe", "contact_phone": "715-555-0111", "contact_checked_on": clock.today().isoformat()},
    )
    assert answer.status_code == 302
    assert District.objects.get().contact_name == "Jo Doe"
    written = entries(district, Event.DISTRICT_CHANGED)[-1]
    assert "contact_name" in written["additional_data"]["fields"]
    assert "Jo Doe" not in str(written)


def test_a_form_changes_only_its_own_part(district: Clone) -> None:
    signed_in("admin").post("/setup/facts/roster/", {"roster_source": "Upload by hand", "name": "Hacked", "limits_checked_at": ""})
    found = District.objects.get()
    assert (found.roster_source, found.name) == ("Upload by hand", "Riverbend School District")


def test_the_leader_reads_and_does_not_change(district: Clone) -> None:
    client = signed_in("leader")
    assert client.get("/setup/").status_code == 200
    assert client.post("/setup/facts/roster/", {"roster_source": "x"}).status_code == 404
    assert "btn-outline-primary" not in client.get("/setup/").content.decode().split("<main")[-1].split("</main>")[0]


def test_family_sign_in_opens_by_attestation(district: Clone) -> None:
    District.objects.update(limits_checked_at=None, limits_checked_by=None)
    client = by_password("admin")
    client.post("/setup/families/", {"loaded": "on"})
    assert not District.objects.get().family_sign_in_open, "one statement is not enough"
    client.post("/setup/families/", {"loaded": "on", "checked": "on"})
    assert District.objects.get().limits_checked_by == person("admin")
    assert entries(district, Event.FAMILY_SIGN_IN_OPENED)[-1]["actor_id"] == person("admin").pk


def test_opening_asks_for_the_password_again(district: Clone) -> None:
    District.objects.update(limits_checked_at=None, limits_checked_by=None)
    signed_in("admin").post("/setup/families/", {"loaded": "on", "checked": "on"})
    assert not District.objects.get().family_sign_in_open
