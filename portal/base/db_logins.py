"""The database logins: who may sign in to PostgreSQL, and what each may do before any migration grants it more.

A hole in the application must not be a hole in its promises, so web and worker sign in as `portal_app`, which owns nothing.
Roles belong to the whole server, rights on a database to that database alone: `CREATE DATABASE … TEMPLATE` does not copy the latter.
Every step can be run again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from psycopg2 import errors, extensions
from psycopg2.sql import SQL, Identifier, Literal

# Nothing of a statement may be seen by another session or stand in the server's log: psycopg2 writes parameters into its text.
_SILENT = {
    "track_activities": "off",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",  # no DETAIL and no CONTEXT: they quote the key that was there twice, the row that COPY could not read
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


@dataclass(frozen=True)
class Login:
    """One role. `alias` is its name among Django's databases; None for a role that cannot sign in. `settings` hold for its sessions."""

    name: str
    alias: str | None
    settings: Mapping[str, str] = field(default_factory=dict)


APP = Login(
    "portal_app",
    "default",
    MappingProxyType(_SILENT | {"statement_timeout": "15s", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "1min"}),
)
KEEPER = Login(
    "portal_keeper",
    "keeper",
    MappingProxyType(_SILENT | {"statement_timeout": "2h", "lock_timeout": "1min", "idle_in_transaction_session_timeout": "30min"}),
)
SEALER = Login(
    "portal_sealer",
    "sealer",
    MappingProxyType(_SILENT | {"statement_timeout": "10min", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "5min"}),
)
DOOR = Login("portal_door", None)  # owns the functions between the application and the values
LOGINS = (APP, KEEPER, SEALER, DOOR)


class CannotMakeLogins(Exception):
    """The owner's own login lacks a right. The message says which and what to do."""


def make_roles(owner: extensions.connection, passwords: Mapping[str, str]) -> None:
    """Make every role of LOGINS on the server, or bring it back to what it should be.

    `passwords` maps a login's name to its password; a login that is not in it keeps its own. The server is sent only the scram
    verifier, so no password stands in a statement. Raises CannotMakeLogins.
    """
    try:
        with owner, owner.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('portal logins'))")  # two starts at once; only the owner takes this one
            for login in LOGINS:
                role = Identifier(login.name)
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [login.name])
                if not cursor.fetchone():
                    cursor.execute(SQL("CREATE ROLE {}").format(role))
                can = SQL("LOGIN" if login.alias else "NOLOGIN")
                cursor.execute(SQL("ALTER ROLE {} {} INHERIT").format(role, can))
                _refuse_strength(cursor, login)
                if login.name in passwords:
                    verifier = extensions.encrypt_password(passwords[login.name], login.name, owner, "scram-sha-256")
                    cursor.execute(SQL("ALTER ROLE {} PASSWORD {}").format(role, Literal(verifier)))
                for name, value in login.settings.items():
                    cursor.execute(SQL("ALTER ROLE {} SET {} = {}").format(role, Identifier(name), Literal(value)))
            cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
            if not cursor.fetchone()[0]:
                cursor.execute(SQL("GRANT {} TO CURRENT_USER WITH INHERIT TRUE, SET TRUE").format(Identifier(DOOR.name)))
    except errors.InsufficientPrivilege as error:
        raise CannotMakeLogins(
            f"{error.diag.message_primary}. Making the portal's logins takes a superuser, or a login with CREATEROLE to which a superuser "
            f"granted SET ON PARAMETER {', '.join(_SILENT)}. See docs/how-to/install.md."
        ) from error


def _refuse_strength(cursor: Any, login: Login) -> None:
    """A role of this name that can do more than the portal gives it would be a way around every promise. Raises CannotMakeLogins."""
    cursor.execute(
        "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls"
        " OR EXISTS (SELECT FROM pg_auth_members WHERE member = oid) FROM pg_roles WHERE rolname = %s",
        [login.name],
    )
    if cursor.fetchone()[0]:
        raise CannotMakeLogins(
            f"The role {login.name} is a superuser, may make roles or databases, replicate, bypass row security, "
            "or is a member of another role. "
            "Take that away, or drop the role, and run this again."
        )


def prepare_database(owner: extensions.connection, name: str) -> None:
    """Rights on the database `name` itself: the portal's logins may connect, nobody may make schemas or temporary tables.

    A temporary table left on a pooled connection shadows a real one. To be called for each copy of a template too.
    """
    database = Identifier(name)
    with owner, owner.cursor() as cursor:
        cursor.execute(SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
        for login in LOGINS:
            if login.alias:
                cursor.execute(SQL("REVOKE ALL ON DATABASE {} FROM {}").format(database, Identifier(login.name)))
                cursor.execute(SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, Identifier(login.name)))


def prepare_schema(owner: extensions.connection) -> None:
    """Rights inside the database that `owner` is connected to: what the owner makes in `public` from now on is the application's to use.

    Keeper and sealer get nothing by default: migrations grant it. A function can be run only by whom it was granted to.
    """
    app = Identifier(APP.name)
    with owner, owner.cursor() as cursor:
        cursor.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        cursor.execute(SQL("GRANT USAGE ON SCHEMA public TO {}").format(SQL(", ").join(Identifier(login.name) for login in LOGINS)))
        cursor.execute("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC")
        cursor.execute(SQL("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {}").format(app))
        cursor.execute(SQL("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {}").format(app))
    protect_migration_record(owner)


def protect_migration_record(owner: extensions.connection) -> None:
    """The application may read which migrations ran, not claim that one did."""
    with owner, owner.cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.django_migrations') IS NOT NULL")
        if cursor.fetchone()[0]:
            cursor.execute(SQL("REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {}").format(Identifier(APP.name)))
