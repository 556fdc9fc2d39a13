"""/limits/ promises no more than the portal does, and says what only the district can say, or that it has not."""

import html

import pytest

from governance.people.models import District


@pytest.fixture
def text(client):
    return lambda path="/limits/": html.unescape(client.get(path).content.decode())


def test_it_names_each_system_and_since_when(riverbend, text):
    page = text()
    assert "August 17, 2026" in page
    assert "Infinite Campus (class lists come from there)" in page
    assert page.count("Nothing is reported here yet") == 2


def test_it_says_how_many_people_can_reach_the_server(riverbend, text):
    assert "3 people can reach the server." in text()
    District.objects.update(server_access_count=1)
    assert "1 person can reach the server." in text()
    assert "1 persona puede llegar al servidor." in text("/es/limits/")


def test_what_the_district_has_not_said_is_said_to_be_missing(database, text):
    page = text()
    assert "The district has not yet set a date" in page
    assert "The district has not yet said how many people can reach the server." in page
    assert "Not yet reviewed by the district's lawyer" in page


def test_it_says_what_is_not_recorded_and_what_a_seal_needs(riverbend, text):
    page = text()
    for said in (
        "Screenshots",
        "phone calls",
        "Whoever kept a checkpoint from before can then find the change",
        "where nobody kept one, nobody can",
        "Backups still hold the data",
    ):
        assert said in page


def test_family_sign_in_is_offered_only_once_it_is_open(riverbend, text):
    assert "Sign-in for families is not open yet" in text("/")
    assert "Sign in as a family" not in text("/")
