"""The tests' own ground: what a database test may rely on."""

import socket
import threading

import pytest
from django.db import connection, connections
from django.db.utils import OperationalError
from django.utils import translation

from tests.harness.network import NetworkIsClosed


def test_it_signs_in_as_the_application(database):
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_user, current_database()")
        assert cursor.fetchone() == ("portal_app", database.name)


def test_each_login_reaches_the_same_clone(database):
    seen = set()
    for alias in ("default", "keeper", "sealer", "owner"):
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT session_user, current_database()")
            seen.add(cursor.fetchone())
    assert seen == {(login, database.name) for login in ("portal_app", "portal_keeper", "portal_sealer", "portal_owner")}


@pytest.mark.parametrize("round_", [1, 2])
def test_nothing_is_left_of_the_test_before(database, round_):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_session")
        assert cursor.fetchone() == (0,)
        cursor.execute("INSERT INTO django_session VALUES ('a', 'b', now())")


def test_another_threads_connection_does_not_hold_the_clone(database):
    connected, finish = threading.Event(), threading.Event()

    def stay_connected():
        connection.ensure_connection()
        connected.set()
        finish.wait(10)

    thread = threading.Thread(target=stay_connected, daemon=True)
    thread.start()
    assert connected.wait(10)
    finish.set()


@pytest.mark.django_db
def test_the_mark_gives_a_clone_too():
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_user")
        assert cursor.fetchone() == ("portal_app",)


def test_a_test_without_the_fixture_reaches_no_database(django_db_blocker):
    with pytest.raises(RuntimeError, match="Database access not allowed"):
        connection.ensure_connection()


def test_a_commit_is_a_commit(database):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_session VALUES ('a', 'b', now())")
    other = database.connect("owner")
    with other.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_session")
        assert cursor.fetchone() == (1,)
    other.close()


def test_the_network_is_closed():
    with pytest.raises(NetworkIsClosed), socket.socket() as outside:
        outside.connect(("192.0.2.1", 80))
    with pytest.raises(NetworkIsClosed):
        socket.getaddrinfo("example.org", 443)


def test_the_template_takes_no_connections(database):
    settings = connections["default"].settings_dict
    name = settings["NAME"]
    connections["default"].close()
    settings["NAME"] = "portal_template"
    try:
        with pytest.raises(OperationalError, match="not currently accepting connections"):
            connections["default"].ensure_connection()
    finally:
        settings["NAME"] = name


class TestBesideAModulesDatabase:
    """A database of one test's own does not take the module's away from the tests after it."""

    def test_before(self, database_module):
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_database()")
            assert cursor.fetchone() == (database_module.name,)

    def test_between(self, database_module, database):
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_database()")
            assert cursor.fetchone() == (database.name,) != (database_module.name,)

    def test_after(self, database_module):
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_database()")
            assert cursor.fetchone() == (database_module.name,)


@pytest.mark.parametrize("round_", [1, 2])
def test_a_language_does_not_outlive_its_test(round_):
    assert translation.get_language() == "en"
    translation.activate("es")
