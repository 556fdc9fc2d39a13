"""What a database remembers of how it was prepared. It goes where the database goes, so that a start knows what is left to do."""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg2
from psycopg2.sql import SQL, Identifier

from portal.run.faults import CannotStart, words_of


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """A connection of the owner in autocommit; the database is made where the server has none of that name. Raises CannotStart."""
    name = unquote(urlsplit(address).path.lstrip("/"))
    try:
        try:
            connection = psycopg2.connect(address, connect_timeout=10)
        except psycopg2.OperationalError as error:
            if "does not exist" not in str(error):
                raise
            _make_database(address, name)
            connection = psycopg2.connect(address, connect_timeout=10)
    except psycopg2.Error as error:
        raise CannotStart(f"The database {name} cannot be reached: {words_of(str(error))}. Look at the address in DATABASE_URL.") from error
    connection.autocommit = True
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def _server_of(address: str) -> Iterator[Any]:
    server = psycopg2.connect(urlsplit(address)._replace(path="/postgres").geturl(), connect_timeout=10)
    server.autocommit = True
    try:
        yield server
    finally:
        server.close()


def _make_database(address: str, name: str) -> None:
    with _server_of(address) as server, server.cursor() as cursor, contextlib.suppress(psycopg2.errors.DuplicateDatabase):
        cursor.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))


class State:
    """Words kept in the database, in a schema of the owner's that nobody else may look into."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('portal_run.state') IS NOT NULL")
            if not cursor.fetchone()[0]:
                cursor.execute("CREATE SCHEMA IF NOT EXISTS portal_run")
                cursor.execute("CREATE TABLE IF NOT EXISTS portal_run.state (name text PRIMARY KEY, value text NOT NULL)")

    def get(self, name: str) -> str:
        """The word kept under `name`, or nothing."""
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT value FROM portal_run.state WHERE name = %s", [name])
            row = cursor.fetchone()
        return row[0] if row else ""

    def put(self, name: str, value: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO portal_run.state VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                [name, value],
            )


def drop_database(address: str) -> None:
    """Drop the database of `address`, with all that is in it."""
    name = unquote(urlsplit(address).path.lstrip("/"))
    with _server_of(address) as server, server.cursor() as cursor:
        cursor.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))
