"""The database logins as PostgreSQL holds them (docs/adr, "Database logins")."""

import psycopg2
import pytest
from django.core.management import call_command
from django.db import connections
from psycopg2 import errors

from portal.base import db_logins
from tests.harness.services import RUN


@pytest.fixture
def app(database):
    connection = database.connect("default")
    connection.autocommit = True
    yield connection.cursor()
    connection.close()


@pytest.fixture
def owner(database):
    connection = database.connect("owner")
    yield connection
    connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE public.mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql RETURN 1",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('trail', '9999', now())",
        "DELETE FROM django_migrations",
        "ALTER TABLE django_session ADD COLUMN extra int",
        "TRUNCATE django_session",
        "SET ROLE portal_owner",
        "SET ROLE portal_door",
        "SET ROLE portal_keeper",
        "SET SESSION AUTHORIZATION portal_owner",
        "SET session_replication_role = replica",
        "SET track_activities = on",
        "SET log_statement = 'all'",
        "SET log_min_error_statement = 'error'",
        "ALTER ROLE portal_app BYPASSRLS",
        "SELECT rolpassword FROM pg_authid",
        "COPY django_session TO '/tmp/sessions'",
        "COPY django_session TO PROGRAM 'cat'",
        "SELECT pg_read_file('postgresql.conf')",
        "SELECT * FROM portal_run.state",
    ],
)
def test_the_application_may_not(app, statement):
    with pytest.raises((errors.InsufficientPrivilege, errors.InvalidSchemaName, errors.UndefinedTable, errors.InvalidParameterValue)):
        app.execute(statement)


def test_the_application_may_use_ordinary_tables_and_read_which_migrations_ran(app):
    app.execute("INSERT INTO django_session VALUES ('a', 'b', now())")
    app.execute("SELECT count(*) FROM django_migrations")
    assert app.fetchone()[0] > 10


@pytest.mark.parametrize("setting", ["search_path", "role"])
def test_resetting_leads_nowhere(app, setting):
    app.execute(f"RESET {setting}")
    app.execute("SELECT session_user, current_user")
    assert app.fetchone() == ("portal_app", "portal_app")


@pytest.mark.parametrize("login", [login for login in db_logins.LOGINS if login.alias], ids=lambda login: login.name)
def test_each_login_has_its_settings(database, login):
    connection = database.connect(login.alias)
    with connection.cursor() as cursor:
        for name, value in login.settings.items():
            cursor.execute(f"SHOW {name}")
            assert cursor.fetchone() == (value,), name
    connection.close()


def test_the_door_cannot_sign_in(database):
    address = database.addresses["DATABASE_URL"].replace("//portal_app:", "//portal_door:")
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(address)


def test_a_new_function_is_nobodys_to_run_until_it_is_granted(app, owner):
    with owner, owner.cursor() as cursor:
        cursor.execute("CREATE FUNCTION public.fresh() RETURNS int LANGUAGE sql RETURN 1")
    with pytest.raises(errors.InsufficientPrivilege):
        app.execute("SELECT public.fresh()")


@pytest.mark.parametrize("alias", ["keeper", "sealer"])
def test_keeper_and_sealer_read_no_table_by_default(database, owner, alias):
    with owner, owner.cursor() as cursor:
        cursor.execute("CREATE TABLE public.fresh (id int)")
    connection = database.connect(alias)
    with pytest.raises(errors.InsufficientPrivilege), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM public.fresh")
    connection.close()


def test_the_statements_of_one_session_are_hidden_from_another(database, app):
    other = database.connect("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT 'Ada Planted'")
        app.execute(
            "SELECT coalesce(string_agg(query, ''), '') FROM pg_stat_activity WHERE usename = 'portal_app' AND pid <> pg_backend_pid()"
        )
        assert "Planted" not in app.fetchone()[0]
    other.close()


def test_migrate_signs_in_as_the_owner_and_waits_for_no_lock_long(database):
    call_command("migrate", verbosity=0)
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT session_user, current_setting('lock_timeout')")
        assert cursor.fetchone() == ("portal_owner", "5s")


def test_logins_can_be_made_again_and_keep_the_passwords(database):
    call_command("logins", verbosity=0)
    database.connect("default").close()


def test_a_role_that_is_too_strong_is_refused(own_cluster):
    owner = own_cluster.connect()
    with owner.cursor() as cursor:
        cursor.execute("ALTER ROLE portal_app BYPASSRLS")
    with pytest.raises(db_logins.CannotMakeLogins, match="portal_app is a superuser"):
        db_logins.make_roles(owner, {})
    owner.close()


def test_an_owner_without_the_right_is_told_what_is_missing(own_cluster):
    owner = own_cluster.connect()
    with owner.cursor() as cursor:
        cursor.execute("CREATE ROLE weak LOGIN PASSWORD 'weak'")
    owner.close()
    weak = psycopg2.connect(own_cluster.postgres.address("postgres", "weak", "weak"))
    with pytest.raises(db_logins.CannotMakeLogins, match="CREATEROLE"):
        db_logins.make_roles(weak, {})
    weak.close()


def test_an_owner_who_is_no_superuser_suffices(empty_cluster):
    """As with a database that somebody else runs: CREATEROLE, its own database, and the parameters granted once."""
    superuser = empty_cluster.connect()
    with superuser.cursor() as cursor:
        cursor.execute("CREATE ROLE modest LOGIN CREATEROLE PASSWORD 'modest'")
        for name in db_logins.APP.settings:
            if name not in {"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"}:
                cursor.execute(f"GRANT SET ON PARAMETER {name} TO modest")
        cursor.execute("CREATE DATABASE theirs OWNER modest")
    superuser.close()
    modest = psycopg2.connect(empty_cluster.postgres.address("theirs", "modest", "modest"))
    db_logins.make_roles(modest, {"portal_app": "secret"})
    db_logins.make_roles(modest, {"portal_app": "secret"})
    db_logins.prepare_database(modest, "theirs")
    db_logins.prepare_schema(modest)
    modest.close()
    app = psycopg2.connect(empty_cluster.postgres.address("theirs", "portal_app", "secret"))
    with pytest.raises(errors.InsufficientPrivilege), app.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE mine (id int)")
    app.close()


@pytest.fixture
def own_cluster():
    """A server of this test's own, since roles belong to the whole server."""
    with RUN.private_cluster() as cluster:
        yield cluster


@pytest.fixture
def empty_cluster():
    """A server of this test's own with no role of the portal's."""
    with RUN.private_cluster(empty=True) as cluster:
        yield cluster
