"""A login may switch off synchronous commit and then kill the server: whatever it read must still stand in the trail afterwards."""

import hashlib
import os
import secrets
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from portal.base import db_logins
from portal.run.account import server_account
from portal.run.postgres import OWNER, Postgres
from tests.harness.services import ADDRESSES, TEMPLATES, copy_cluster, passwords, snapshot

# Nothing reaches the disk by itself for a long while, so that only the door's own flush can save an entry.
SLOW_TO_DISK = {"fsync": "on", "wal_writer_delay": "10s", "wal_writer_flush_after": "1GB", "checkpoint_timeout": "1h", "autovacuum": "off"}
ENTER = """SELECT id, at FROM door.enter('records.student.opened', 7, NULL, 'classroom-instruction', NULL, NULL, NULL, NULL, NULL,
  '{name}', '{1}', NULL, NULL, %s)"""


class Server:
    """A server of its own, which can be killed without warning."""

    def __init__(self, folder: Path):
        self.words = passwords()
        self.postgres = Postgres(folder / "cluster", folder, SLOW_TO_DISK)
        self.process: Any = None

    def start(self) -> None:
        self.process = self.postgres.start()
        self.postgres.wait(self.words[OWNER])

    def kill(self) -> None:
        """SIGKILL to the whole tree, as a power cut would: the postmaster first, so that it cleans up nothing."""
        pid = int((self.postgres.data / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGKILL)
        self.process.wait(10)
        self.postgres.end_leftover()
        time.sleep(0.5)

    def connect(self, login: str, database: str = "crash") -> Any:
        connection = psycopg2.connect(self.postgres.address(database, login, self.words[login]))
        connection.autocommit = True
        return connection


@pytest.fixture
def server() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="portal-crash-", dir="/tmp"))
    server_account().own(folder)
    server = Server(folder)
    copy_cluster(snapshot("base"), server.postgres.folder)
    server.start()
    try:
        owner = server.connect(OWNER, "postgres")
        with owner.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE crash TEMPLATE "{TEMPLATES["base"]}"')
        db_logins.prepare_database(owner, "crash")
        owner.close()
        with server.connect(OWNER) as owner, owner.cursor() as cursor:
            cursor.execute(
                "INSERT INTO records.identity(student_id, sourced_id, given_name, family_name) VALUES (1, 'x', 'Maya', 'Ruiz'); CHECKPOINT"
            )
        owner.close()
        yield server
    finally:
        if server.process.poll() is None:
            server.kill()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("reads", [True, False], ids=["after a read", "control: without a read"])
def test_what_was_read_stands_in_the_trail_after_a_crash(server: Server, reads: bool) -> None:
    token = secrets.token_hex(16)
    thief = server.connect(ADDRESSES["default"][1])
    with thief.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        cursor.execute(ENTER, [hashlib.sha256(token.encode()).digest()])
        entry_id, at = cursor.fetchone()
        if reads:
            cursor.execute(
                "SELECT set_config('portal.key', %s, true); SELECT family_name FROM door.identity", [f"{entry_id} {at.isoformat()} {token}"]
            )
            assert cursor.fetchall() == [("Ruiz",)]
    server.kill()
    thief.close()
    server.start()
    owner = server.connect(OWNER)
    with owner.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM trail.entry WHERE id = %s AND record_ids = '{1}'", [entry_id])
        found = cursor.fetchone()[0]
    owner.close()
    # The control shows that the crash does lose an entry that nobody read behind: without the door's flush the first case would fail too.
    assert found == (1 if reads else 0)
