"""Every committed entry is sealed once and only once, whatever else goes on."""

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance.trail.seals import keys, memory, notes, sealer, verify
from tests.harness.databases import Clone
from tests.harness.sealing import ORIGIN


def sealed_ids(owner: Any, after: int) -> list[int]:
    """Numbers of the sealed entries in the order of their leaves, from leaf `after` on."""
    with owner.cursor() as cursor:
        cursor.execute("SELECT unnest(ids) FROM seal.batch ORDER BY number")
        return [row[0] for row in cursor.fetchall()][after:]


def test_entries_are_sealed_and_verify(write: Callable, seal: Callable, start: int, owner: Any, key: Ed25519PrivateKey) -> None:
    written = write(20)
    done = seal()
    assert done.entries == 20
    assert sorted(sealed_ids(owner, start)) == sorted(written)
    report = verify.verify()
    assert report.holds, report.findings
    assert (report.entries, report.size, report.unsealed) == (start + 20, start + 20, 0)
    with owner.cursor() as cursor:
        cursor.execute("SELECT note FROM seal.checkpoint ORDER BY number DESC LIMIT 1")
        checkpoint, seen_at = notes.check(cursor.fetchone()[0], notes.public_bytes(key))
    assert (checkpoint.origin, checkpoint.size) == (ORIGIN, start + 20)
    assert seen_at is not None


def test_nothing_new_makes_no_batch_and_an_hour_makes_a_checkpoint(
    write: Callable, seal: Callable, start: int, owner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(3)
    seal()
    assert seal().note is None
    monkeypatch.setattr(sealer, "QUIET", sealer.dt.timedelta(0))
    again = sealer.seal(key=keys.load(), origin=ORIGIN)
    assert (again.entries, again.size) == (0, start + 3)
    assert again.note is not None
    assert verify.verify().holds


def test_a_backlog_is_taken_in_bites(write: Callable, seal: Callable, start: int, owner: Any) -> None:
    write(600)
    seal(at_most=150)
    with owner.cursor() as cursor:
        cursor.execute("SELECT count(*), max(cardinality(ids)) FROM seal.batch")
        batches, largest = cursor.fetchone()
    assert batches >= 4
    assert largest == 200, "a bite ends on the border of a transaction"
    assert verify.verify().holds


def test_a_long_transaction_stalls_nobody_and_is_sealed_when_it_commits(
    write: Callable, seal: Callable, start: int, database: Clone, owner: Any
) -> None:
    slow = database.connect()
    with slow.cursor() as cursor:
        cursor.execute("INSERT INTO trail.entry(action, kind) VALUES (0, 'people.role.given') RETURNING id")
        held = cursor.fetchone()[0]
    written = write(10)
    assert seal().entries == 10
    slow.commit()
    slow.close()
    assert seal().entries == 1
    assert sealed_ids(owner, start) == [*written, held]
    assert verify.verify().holds


def test_racing_writers_lose_nothing(seal: Callable, start: int, database: Clone, owner: Any) -> None:
    """Eight writers with savepoints, rollbacks and pauses, while two sealers seal all the time."""
    written: list[int] = []
    lock = threading.Lock()
    stop = time.monotonic() + 4
    failures: list[BaseException] = []

    def writer(number: int) -> None:
        choice, mine = random.Random(number), []
        connection = database.connect()
        cursor = connection.cursor()
        while time.monotonic() < stop:
            fresh = []
            for _ in range(choice.choice((1, 1, 3))):
                cursor.execute("INSERT INTO trail.entry(action, kind) VALUES (0, 'people.role.given') RETURNING id")
                fresh.append(cursor.fetchone()[0])
                if choice.random() < 0.3:
                    cursor.execute("SAVEPOINT a")
                    cursor.execute("INSERT INTO trail.entry(action, kind) VALUES (0, 'people.role.given') RETURNING id")
                    inner = cursor.fetchone()[0]
                    if choice.random() < 0.5:
                        cursor.execute("ROLLBACK TO a")
                    else:
                        fresh.append(inner)
            if choice.random() < 0.2:
                time.sleep(choice.random() * 0.1)
            if choice.random() < 0.1:
                connection.rollback()
            else:
                connection.commit()
                mine += fresh
        connection.close()
        with lock:
            written.extend(mine)

    def sealing() -> None:
        from django.db import connections

        try:
            while time.monotonic() < stop:
                try:
                    sealer.seal(key=keys.load(), origin=ORIGIN, at_most=200)
                except sealer.ClockWentBack:  # two sealers within one microsecond of the clock
                    continue
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)
        finally:
            connections["sealer"].close()

    seal()
    threads = [threading.Thread(target=writer, args=(number,)) for number in range(8)] + [
        threading.Thread(target=sealing) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seal()
    assert not failures
    found = sealed_ids(owner, start)
    assert len(written) > 500
    assert len(found) == len(set(found))
    assert set(found) == set(written)
    assert verify.verify().holds


@pytest.mark.parametrize(
    "where", ["INSERT INTO seal.batch", "INSERT INTO seal.checkpoint", "INSERT INTO seal.root", "INSERT INTO seal.edge"]
)
def test_a_sealer_that_dies_half_way_leaves_the_last_seal_whole(
    write: Callable, seal: Callable, start: int, owner: Any, where: str
) -> None:
    from django.db import connections

    write(300)
    seal()
    write(300)

    class Killed(BaseException):
        pass

    def dying(execute: Callable, sql: str, params: Any, many: bool, context: dict) -> Any:
        if sql.startswith(where):
            raise Killed
        return execute(sql, params, many, context)

    with connections["sealer"].execute_wrapper(dying), pytest.raises(Killed):
        sealer.seal(key=keys.load(), origin=ORIGIN)
    connections["sealer"].close()
    with owner.cursor() as cursor:
        cursor.execute("SELECT max(size), (SELECT max(size) FROM seal.root) FROM seal.checkpoint")
        assert cursor.fetchone() == (start + 300, start + 300)
    seal()
    report = verify.verify()
    assert report.holds, report.findings
    assert report.size == start + 600


def test_a_crash_between_the_commit_and_the_memory_goes_on(
    write: Callable, seal: Callable, start: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(5)
    seal()
    write(5)
    with monkeypatch.context() as patch:
        patch.setattr(memory, "remember", lambda note, **_: None)
        sealer.seal(key=keys.load(), origin=ORIGIN)
    remembered = memory.recall()
    assert remembered is not None
    assert remembered.size == start + 5
    write(1)
    assert seal().size == start + 11
    assert verify.verify().holds


def test_it_refuses_when_the_clock_went_back(write: Callable, seal: Callable, start: int, owner: Any) -> None:
    write(2)
    seal()
    with owner.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE seal.checkpoint DISABLE TRIGGER append_only; UPDATE seal.checkpoint SET made_at = now() + interval '1 hour'; ALTER TABLE seal.checkpoint ENABLE TRIGGER append_only"
        )
    write(2)
    with pytest.raises(sealer.ClockWentBack):
        sealer.seal(key=keys.load(), origin=ORIGIN)


def test_it_refuses_behind_a_size_that_it_remembers(write: Callable, seal: Callable, start: int, owner: Any) -> None:
    """An older copy of the database was put back."""
    write(5)
    seal()
    with owner.cursor() as cursor:
        cursor.execute("CREATE TABLE public.kept AS SELECT * FROM seal.edge")
        cursor.execute("SELECT count(*) FROM seal.batch")
        before = cursor.fetchone()[0]
    write(5)
    seal()
    with owner.cursor() as cursor:
        for table, condition in (("checkpoint", f"size > {start + 5}"), ("batch", f"number > {before}"), ("root", f"size > {start + 5}")):
            cursor.execute(
                f"ALTER TABLE seal.{table} DISABLE TRIGGER ALL; DELETE FROM seal.{table} WHERE {condition}; ALTER TABLE seal.{table} ENABLE TRIGGER ALL"
            )
        cursor.execute("DELETE FROM seal.edge; INSERT INTO seal.edge SELECT * FROM public.kept")
    with pytest.raises(sealer.StateWentBack):
        sealer.seal(key=keys.load(), origin=ORIGIN)


def test_it_refuses_in_another_cluster(write: Callable, seal: Callable, start: int, owner: Any) -> None:
    write(1)
    seal()
    with owner.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE seal.epoch DISABLE TRIGGER ALL; UPDATE seal.epoch SET cluster = '1'; ALTER TABLE seal.epoch ENABLE TRIGGER ALL"
        )
    with pytest.raises(sealer.AnotherCluster):
        sealer.seal(key=keys.load(), origin=ORIGIN)


def test_the_key_is_readable_by_its_owner_alone(key: Ed25519PrivateKey) -> None:
    file = keys.folder() / "key"
    assert file.stat().st_mode & 0o077 == 0
    assert notes.public_bytes(keys.load()) == notes.public_bytes(key)


def test_the_application_cannot_write_seals(database: Clone) -> None:
    thief = database.connect()
    for table in ("turn", "root", "batch", "tile", "edge", "checkpoint", "epoch", "public_key"):
        for sql in (f"DELETE FROM seal.{table}", f"INSERT INTO seal.{table} DEFAULT VALUES", f"LOCK TABLE seal.{table} IN EXCLUSIVE MODE"):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege), thief.cursor() as cursor:
                cursor.execute(sql)
            thief.rollback()
    thief.close()


def test_the_key_folder_follows_the_environment(key: Ed25519PrivateKey, tmp_path: Path) -> None:
    assert keys.folder() == tmp_path / "seal"
