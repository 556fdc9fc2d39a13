"""The embedded PostgreSQL and Valkey under the conditions that a laptop has in store."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg2
import pytest
import redis

from portal.run.account import server_account
from portal.run.faults import CannotStart
from portal.run.house import House
from portal.run.postgres import OWNER, Postgres
from portal.run.valkey import Valkey

FAST = {"fsync": "off"}


@pytest.fixture
def sockets():
    folder = Path(tempfile.mkdtemp(prefix="portal-sockets-", dir="/tmp"))
    server_account().own(folder)
    yield folder
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()


@pytest.fixture
def cluster(tmp_path, sockets):
    """A cluster under pytest's temporary folder, which is closed to other accounts: what a private home is."""
    postgres = Postgres(tmp_path / "postgres", sockets, FAST)
    postgres.create("secret")
    return postgres


def stop(process):
    process.send_signal(signal.SIGINT)
    process.wait(20)


def ask(postgres, statement):
    connection = psycopg2.connect(postgres.address("postgres", OWNER, "secret"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
        found = cursor.fetchone() if cursor.description else None
    connection.close()
    return found[0] if found else None


def test_it_serves_on_a_socket_only_with_checksums_and_password(cluster):
    process = cluster.start()
    cluster.wait("secret")
    assert ask(cluster, "SHOW listen_addresses") == ""
    assert ask(cluster, "SHOW data_checksums") == "on"
    assert ask(cluster, "SHOW jit") == "off"
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(cluster.address("postgres", OWNER, "wrong"))
    if os.geteuid() == 0:
        owner = Path(f"/proc/{process.pid}").stat().st_uid
        assert owner == server_account().uid != 0
    stop(process)


def test_after_kill_9_it_has_what_was_committed(cluster):
    process = cluster.start()
    cluster.wait("secret")
    ask(cluster, "CREATE TABLE kept AS SELECT 1 AS one")
    process.kill()
    process.wait()
    process = cluster.start()
    cluster.wait("secret")
    assert ask(cluster, "SELECT one FROM kept") == 1
    stop(process)


def test_a_stale_pid_file_with_a_number_in_use_does_not_stop_it(cluster):
    stranger = subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, user=server_account().uid if os.geteuid() == 0 else None)
    (cluster.data / "postmaster.pid").write_text(f"{stranger.pid}\n{cluster.data}\n")
    cluster.end_leftover()
    process = cluster.start()
    cluster.wait("secret")
    stop(process)
    assert stranger.poll() is None
    stranger.communicate()


@pytest.mark.skipif(sys.platform != "linux", reason="what runs in a folder is told by /proc")
def test_a_server_left_behind_is_ended(cluster):
    process = cluster.start()
    cluster.wait("secret")
    cluster.end_leftover()
    assert process.wait(1) == 0


def test_a_half_made_cluster_is_made_again(tmp_path, sockets):
    postgres = Postgres(tmp_path / "postgres", sockets, FAST)
    (tmp_path / "postgres" / "data.new" / "base").mkdir(parents=True)
    assert not postgres.exists
    postgres.create("secret")
    assert postgres.exists


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_it_does_not_outlive_its_parent(cluster):
    code = (
        "import sys, time; from pathlib import Path; from portal.run.postgres import Postgres; "
        f"p = Postgres(Path({str(cluster.folder)!r}), Path({str(cluster.sockets)!r})).start(); print(p.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    server = int(parent.stdout.readline())
    cluster.wait("secret")
    parent.kill()
    parent.communicate()
    end = time.monotonic() + 10
    while (cluster.data / "postmaster.pid").exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not (cluster.data / "postmaster.pid").exists(), f"process {server} went on"


def test_a_server_that_cannot_start_says_why(cluster):
    with pytest.raises(CannotStart, match=r"does not answer.*server\.log"):
        cluster.wait("secret", seconds=0.1)


def test_valkey_keeps_what_it_was_told_through_kill_9(tmp_path, sockets):
    valkey = Valkey(tmp_path / "valkey", sockets, {"appendfsync": "always"})
    for expected in (None, b"1"):
        valkey.prepare("secret")
        process = valkey.start()
        valkey.wait("secret")
        with redis.Redis.from_url(valkey.address("secret")) as client:
            assert client.get("told") == expected
            client.set("told", "1")
        with pytest.raises(redis.AuthenticationError), redis.Redis.from_url(valkey.address("wrong")) as client:
            client.ping()
        process.kill()
        process.wait()


def test_a_long_path_gets_its_sockets_elsewhere(tmp_path):
    house = House(tmp_path / ("long" * 20))
    house.make()
    sockets = house.sockets()
    assert len(str(sockets)) < 60
    assert sockets.stat().st_mode & 0o777 == 0o700
    assert house.sockets() == sockets
    sockets.rmdir()
