"""A sealing process of one's own: a key and a memory in a temporary folder."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance.trail.seals import keys, sealer
from tests.harness.databases import Clone

ORIGIN = "riverbend.example/trail"
TABLES = ("checkpoint", "batch", "root", "tile", "edge", "epoch", "public_key", "declaration", "refusal")


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ed25519PrivateKey:
    monkeypatch.setenv("PORTAL_SEAL_FOLDER", str(tmp_path / "seal"))
    return keys.make()


@pytest.fixture
def write(database: Clone) -> Callable[[int], list[int]]:
    """Writes entries as the application's login does, in transactions of a hundred; answers their numbers."""

    def write_entries(count: int) -> list[int]:
        numbers: list[int] = []
        connection = database.connect()
        for low in range(0, count, 100):
            with connection, connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO trail.entry(action, kind, actor_id, purpose, basis, elements, record_ids)"
                    " SELECT 3, 'records.student.opened', 7, 'classroom-instruction', 'ferpa-school-official', '{name}', ARRAY[mod(n, 7) + 1]"
                    " FROM generate_series(%s, %s) n RETURNING id",
                    [low + 1, min(low + 100, count)],
                )
                numbers += [row[0] for row in cursor.fetchall()]
        connection.close()
        return numbers

    return write_entries


@pytest.fixture
def sealing(key: Ed25519PrivateKey) -> Callable[..., sealer.Sealed]:
    """Seals until nothing is left, in whatever database the test has."""
    sealer.announce_key(key=key, origin=ORIGIN, because="first")
    return lambda **options: sealer.seal_everything(key=key, origin=ORIGIN, **options)


@pytest.fixture
def seal(database: Clone, sealing: Callable[..., sealer.Sealed]) -> Callable[..., sealer.Sealed]:
    """The same on an empty database; what stood in the trail before the test is sealed already."""
    sealing()
    return sealing


@pytest.fixture
def start(seal: Callable[..., sealer.Sealed]) -> int:
    """How many entries were sealed before the test began."""
    return seal().size


@pytest.fixture
def owner(database: Clone) -> Any:
    connection = database.connect("owner")
    connection.autocommit = True
    yield connection
    connection.close()


@pytest.fixture
def backup(database: Clone, owner: Any) -> Callable[[], Callable[[], None]]:
    """Makes a backup of the trail and its seals; answers the function that restores it, whatever was written since."""

    def make() -> Callable[[], None]:
        with owner.cursor() as cursor:
            cursor.execute(
                "CREATE SCHEMA IF NOT EXISTS kept; DROP TABLE IF EXISTS kept.entry; CREATE TABLE kept.entry AS SELECT id FROM trail.entry"
            )
            for table in TABLES:
                cursor.execute(f"DROP TABLE IF EXISTS kept.{table}; CREATE TABLE kept.{table} AS SELECT * FROM seal.{table}")

        def restore() -> None:
            with owner.cursor() as cursor:
                cursor.execute("SET session_replication_role = replica")
                cursor.execute("DELETE FROM trail.entry WHERE id NOT IN (SELECT id FROM kept.entry)")
                for table in TABLES:
                    identity = "OVERRIDING SYSTEM VALUE" if table in ("checkpoint", "public_key", "declaration", "refusal") else ""
                    cursor.execute(f"DELETE FROM seal.{table}; INSERT INTO seal.{table} {identity} SELECT * FROM kept.{table}")
                cursor.execute("SET session_replication_role = origin")

        return restore

    return make
