"""`make run` as a person lives through it: real processes, in a folder of the test's own, on a free port."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest

from tests.harness.services import RUN, TOP

PROGRAMS = ("postgres", "valkey", "web", "worker", "keeper", "beat")
linux = pytest.mark.skipif(sys.platform != "linux", reason="whose child a process is is told by /proc")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Portal:
    """One `python -m portal.run` at a time in one folder."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.port = free_port()
        self.process: subprocess.Popen | None = None
        self.said = ""

    def environment(self, **more: str) -> dict[str, str]:
        drop = ("PORTAL_", "DATABASE_URL", "REDIS_URL", "DJANGO_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(drop)}
        return kept | {"PORTAL_VAR": str(self.var), "PORT": str(self.port)} | more

    def run(self, **more: str) -> tuple[int, str]:
        """A start that is expected to end by itself: exit code and what it said."""
        done = subprocess.run(
            [sys.executable, "-m", "portal.run"],
            cwd=TOP,
            env=self.environment(**more),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done.returncode, done.stderr

    def start(self, **more: str) -> float:
        """Start it and wait for its welcome; the seconds that took."""
        began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "portal.run"],
            cwd=TOP,
            env=self.environment(**more),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.said = ""
        for line in self.process.stdout:
            self.said += line
            if line.startswith("Ctrl-C"):
                return time.monotonic() - began
        raise AssertionError(f"It ended: {self.said}")

    def stop(self) -> str:
        """One Ctrl-C, which a terminal sends to the whole process group."""
        os.killpg(self.process.pid, signal.SIGINT)
        said, _ = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, said
        self.process = None
        return said

    def status(self, path: str = "/healthz") -> int:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
                return answer.status
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code
        except OSError:
            return 0

    def processes(self) -> dict[int, dict[str, str]]:
        """The environment of every process of this portal."""
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    pairs = (entry / "environ").read_bytes().decode(errors="replace").split("\0")
                    environment = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
                    if environment.get("PORTAL_RUN_FOLDER") == str(self.var):
                        found[int(entry.name)] = environment
        return found

    def main_process_of(self, program: str) -> int:
        """The process that supervisor started last for `program`; 0 when it has ended."""
        spawned = re.findall(rf"spawned: '{program}' with pid (\d+)", (self.var / "log" / "supervisor.log").read_text())
        pid = int(spawned[-1]) if spawned else 0
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                return pid
        return 0

    def kill_and_wait_until_it_is_back(self, program: str) -> None:
        wait_until(lambda: self.main_process_of(program), what=f"{program} runs")
        killed = self.main_process_of(program)
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: self.main_process_of(program) not in {0, killed}, what=f"{program} is back")

    def secret(self, name: str) -> str:
        return (self.var / "secrets" / name).read_text().strip()


def wait_until(condition, seconds: float = 30, *, what: str):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.1)


@pytest.fixture
def portal(tmp_path):
    portal = Portal(tmp_path / "var")
    yield portal
    if portal.process:
        os.killpg(portal.process.pid, signal.SIGTERM)
        portal.process.communicate(timeout=60)


@linux
def test_a_district_without_demo_data_lives(portal):
    """Start, be refused a second time, lose one server after the other, stop, start again with the data kept."""
    portal.start(PORTAL_DEMO="0")
    assert f"http://localhost:{portal.port}" in portal.said
    assert "manage.py setup" in portal.said and "riverbend.example" not in portal.said

    owner = psycopg2.connect(portal.secret("PORTAL_OWNER_DATABASE_URL"))
    with owner, owner.cursor() as cursor:
        cursor.execute("INSERT INTO django_session VALUES ('kept', 'through', now())")
    owner.close()

    code, told = portal.run()
    assert code == 1 and "already runs" in told and f"localhost:{portal.port}" in told
    assert len(told.strip().splitlines()) == 1

    for environment in portal.processes().values():
        if environment.get("PORTAL_PROGRAM") in {"web", "worker", "beat"}:
            assert environment["PORTAL_LOGINS"] == "default"
        told = " ".join(environment.values())
        assert portal.secret("PORTAL_SECRET_KEY") not in told
        for name in ("PORTAL_OWNER_DATABASE_URL", "PORTAL_KEEPER_DATABASE_URL", "DATABASE_URL"):
            assert urlsplit(portal.secret(name)).password not in told

    for program in PROGRAMS:
        portal.kill_and_wait_until_it_is_back(program)
    wait_until(lambda: portal.status() == 200, what="the portal is well again")

    assert "Stopped." in portal.stop()
    assert portal.processes() == {}
    assert [program for program in PROGRAMS if portal.main_process_of(program)] == []

    again = portal.start()
    assert again < 20, "a later start is a short one, on a busy machine too"
    assert "Preparing" not in portal.said
    app = psycopg2.connect(portal.secret("DATABASE_URL"))
    with app, app.cursor() as cursor:
        cursor.execute("SELECT session_data FROM django_session WHERE session_key = 'kept'")
        assert cursor.fetchone() == ("through",)
    app.close()

    # Its owner and the supervisor are killed at once: nothing lives on for long, and the next start takes over.
    os.kill(int((portal.var / "run" / "supervisord.pid").read_text()), signal.SIGKILL)
    os.killpg(portal.process.pid, signal.SIGKILL)
    portal.process.communicate()
    portal.start()
    wait_until(lambda: portal.status() == 200, what="the portal is well again")
    portal.stop()
    assert portal.processes() == {}

    code, told = portal.run(PORTAL_DEMO="1")
    assert code == 1 and "made without demo data and stays so" in told


@linux
def test_a_server_given_by_its_owners_address(portal):
    """DATABASE_URL alone: the other logins and the database itself are made."""
    with RUN.private_cluster(empty=True) as cluster:
        address = cluster.addresses("school")["PORTAL_OWNER_DATABASE_URL"]
        url = "https://privacy.district.example"
        portal.start(PORTAL_DEMO="0", DATABASE_URL=address, PORTAL_BASE_URL=url, PORTAL_HOSTS="privacy.district.example,127.0.0.1")
        assert url in portal.said
        connection = http.client.HTTPConnection("127.0.0.1", portal.port, timeout=20)
        connection.request("GET", "/rights/")
        answer = connection.getresponse()
        assert (answer.status, answer.getheader("Location")) == (301, f"https://127.0.0.1:{portal.port}/rights/"), (
            "plain HTTP is led to TLS"
        )
        connection.close()
        assert not portal.main_process_of("postgres")
        app = psycopg2.connect(portal.secret("DATABASE_URL"))
        with app, app.cursor() as cursor:
            cursor.execute("SELECT session_user, current_database()")
            assert cursor.fetchone() == ("portal_app", "school")
        app.close()
        assert address not in json.dumps(portal.processes())
        portal.stop()


def test_a_port_in_use(portal):
    with socket.socket() as other:
        other.bind(("127.0.0.1", portal.port))
        other.listen()
        code, told = portal.run()
    assert (
        code == 1
        and told
        == f"Port {portal.port} is taken by another program. Stop that one, or choose another port: PORT={portal.port + 1} make run.\n"
    )


@pytest.mark.parametrize(("port", "words"), [("eighty", "say a number"), ("0", "say a number"), ("70000", "say a number")])
def test_a_port_that_is_none(portal, port, words):
    code, told = portal.run(PORT=port)
    assert code == 1 and words in told and len(told.splitlines()) == 1


def test_a_folder_that_cannot_be_one(portal):
    portal.var.write_text("a file")
    code, told = portal.run()
    assert code == 1 and "PORTAL_VAR" in told and len(told.splitlines()) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(portal):
    portal.var.mkdir(mode=0o500)
    code, told = portal.run()
    assert code == 1 and "cannot be written" in told and "PORTAL_VAR" in told


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="mounting a small disk takes root")
def test_a_full_disk(portal):
    portal.var.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(portal.var)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("this machine lets no disk be mounted")
    try:
        code, told = portal.run()
    finally:
        subprocess.run(["umount", "-l", str(portal.var)], check=True)
    assert code == 1 and "full" in told and "PORTAL_VAR" in told and len(told.splitlines()) == 1


def test_a_server_that_is_not_there(portal):
    code, told = portal.run(DATABASE_URL="postgresql://owner:x@127.0.0.1:1/portal")
    assert code == 1 and "cannot be reached" in told and "DATABASE_URL" in told and len(told.splitlines()) == 1
