"""PgBouncer in transaction mode before the cluster of a test, as a district would run it."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import psycopg2
import pytest

from portal.run.account import server_account
from tests.harness.databases import Clone


@contextmanager
def bouncer(clone: Clone) -> Iterator[str]:
    """The application's address of `clone` through PgBouncer with two server connections. Skips where PgBouncer is not installed."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        pytest.skip("pgbouncer is not installed (Debian package pgbouncer)")
    parts = urlsplit(clone.addresses["DATABASE_URL"])
    folder = Path(tempfile.mkdtemp(prefix="portal-bouncer-", dir="/tmp"))
    (folder / "users.txt").write_text(f'"{parts.username}" "{unquote(parts.password or "")}"\n')
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n{clone.name} = host={parse_qs(parts.query)['host'][0]} dbname={clone.name}\n"
        f"[pgbouncer]\nlisten_addr =\nlisten_port = 6432\nunix_socket_dir = {folder}\nauth_type = scram-sha-256\nauth_file = {folder}/users.txt\n"
        "pool_mode = transaction\ndefault_pool_size = 2\nmax_client_conn = 50\nlogfile =\npidfile =\n"
    )
    account = server_account()
    account.own(folder, *folder.iterdir())
    command = [program, *(["-u", account.name] if account.name else []), str(folder / "pgbouncer.ini")]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    address = f"postgresql://{parts.username}:{parts.password}@/{clone.name}?host={folder}&port=6432"
    try:
        for _ in range(100):
            try:
                psycopg2.connect(address).close()
                break
            except psycopg2.OperationalError:
                time.sleep(0.1)
        else:
            raise RuntimeError(f"PgBouncer does not answer: {process.stderr.read1() if process.stderr else ''!r}")
        yield address
    finally:
        process.terminate()
        process.wait(10)
        if process.stderr:
            process.stderr.close()
        shutil.rmtree(folder, ignore_errors=True)
