"""`python -m portal.run`, what `make run` does: the whole portal on one machine, until Ctrl-C."""

import contextlib
import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from portal.run import fence, fingerprint
from portal.run.account import Account
from portal.run.addresses import LOGIN_OF, OWNER_ADDRESS, Shelf, password_in, settle
from portal.run.faults import CannotStart, of_file_system, words_of
from portal.run.fingerprint import TOP
from portal.run.house import MARK, House
from portal.run.postgres import Postgres
from portal.run.state import State, connected, drop_database
from portal.run.supervise import Program, Supervisor, own_programs
from portal.run.valkey import Valkey
from portal.run.welcome import welcome

WEB_SECONDS = 60


class Stop(BaseException):
    """Somebody asked for the end: Ctrl-C, or SIGTERM."""


def main() -> int:
    """Run the portal. 0 after a wanted end, 1 when it could not start or could not go on (one line says why)."""
    var = Path(os.environ.get("PORTAL_VAR") or TOP / "var")
    os.umask(0o077)

    def stop(*_: Any) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # stopping is under way; a second Ctrl-C would leave things half stopped
        raise Stop

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        run(House(var))
    except Stop:
        say("Stopped.")
        return 0
    except CannotStart as fault:
        complain(str(fault))
    except OSError as error:
        complain(str(of_file_system(error, var)))
    return 1


def run(house: House) -> None:
    """Start everything, say where it is, and keep it alive until Stop."""
    began = time.monotonic()
    shelf = Shelf(house.secrets)
    host, port = where_to_listen(shelf)
    base_url = os.environ.get("PORTAL_BASE_URL") or f"http://localhost:{port}"
    house.make()
    house.take(base_url)
    house.end_leftovers()
    check_port(host, port)
    sockets = house.sockets()
    postgres = Postgres(house.var / "postgres", sockets)
    valkey = Valkey(house.var / "valkey", sockets)
    if not postgres.exists:
        say("First start: making the database.")
    services = settle(shelf, os.environ, postgres=postgres, valkey=valkey)
    os.environ |= {MARK: str(house.var), "PORTAL_VAR": str(house.var), "PORTAL_SECRETS": str(house.secrets)}
    servers = []
    if services.postgres:
        servers.append(Program("postgres", postgres.command(), stop_signal="INT", stop_seconds=60, is_server=True))
    if services.valkey:
        servers.append(Program("valkey", valkey.command(), is_server=True))
    own = own_programs(house, host=host, port=port)
    supervisor = Supervisor(house, sockets, [*servers, *own])
    try:
        supervisor.start()
        if services.postgres:
            wait_for_server(supervisor, servers[0], lambda: postgres.wait(password_in(shelf.get(OWNER_ADDRESS)), seconds=2))
        is_demo = prepare(house, shelf, may_drop=services.postgres is not None)
        shelf.put("PORTAL_BASE_URL", base_url)
        os.environ.pop("PORTAL_LOGINS", None)
        web, *others = own
        supervisor.start_program(web)
        wait_for_web(supervisor, web, host, port)
        for program in others:
            supervisor.start_program(program)
        password = shelf.get("PORTAL_DEMO_PASSWORD") if is_demo else ""
        if not fence.level():
            say(
                "This system cannot keep the portal's processes apart (Linux 5.13 with Landlock can): whoever takes over the web process could "
                "read the sealing key. docs/how-to/install.md says what to do."
            )
        say(welcome(base_url, seconds=time.monotonic() - began, demo_password=password, var=house.var))
        watch(supervisor)
    finally:
        supervisor.stop()


def where_to_listen(shelf: Shelf) -> tuple[str, int]:
    """Address and port. Another address than this machine's own only without demo data. Raises CannotStart."""
    given = os.environ.get("PORT", "8000")
    if not given.isdigit() or not 0 < int(given) < 65536:
        raise CannotStart(f"PORT is {given!r}; say a number from 1 to 65535, for example PORT=8001 make run.")
    host = os.environ.get("PORTAL_BIND", "127.0.0.1")
    if host != "127.0.0.1" and (os.environ.get("PORTAL_DEMO") or shelf.get("PORTAL_DEMO")) != "0":
        say("PORTAL_BIND is left aside: a demo answers on this machine only.")
        host = "127.0.0.1"
    return host, int(given)


def check_port(host: str, port: int) -> None:
    """Raises CannotStart where another program listens already."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError as error:
            raise CannotStart(f"Port {port} is kept for the system. Choose a higher one: PORT=8000 make run.") from error
        except OSError as error:
            other = port + 1 if port < 65535 else 8000
            raise CannotStart(
                f"Port {port} is taken by another program. Stop that one, or choose another port: PORT={other} make run."
            ) from error


def prepare(house: House, shelf: Shelf, *, may_drop: bool) -> bool:
    """Bring database and static files to the state of this code; what is already so is skipped. True for a demo. Raises CannotStart.

    A first start that was interrupted while the demo district was made leaves half of one, and nothing of anybody's: with `may_drop`
    that database is made afresh.
    """
    address = shelf.get(OWNER_ADDRESS)
    with connected(address) as connection:
        is_half_made = State(connection).get("demo_data") == "begun"
    if is_half_made and may_drop:
        say("The first start was interrupted: making the database afresh.")
        drop_database(address)
    elif is_half_made:
        raise CannotStart(
            "An earlier start was interrupted while it made the demo district. Empty the database, or name another in DATABASE_URL."
        )
    with connected(address) as connection:
        state = State(connection)
        is_demo = remember_demo(state)
        shelf.put("PORTAL_DEMO", "1" if is_demo else "0")
        password = shelf.keep("PORTAL_DEMO_PASSWORD", "", _readable_password()) if is_demo else ""
        marks = {
            "made_from": fingerprint.of(fingerprint.DATABASE, *(password_in(shelf.get(name)) for name in LOGIN_OF)),
            "demo_password": fingerprint.of((), password),
        }
        steps = [] if state.get("made_from") == marks["made_from"] else ["logins", "migrate", "reference"]
        if is_demo and state.get("demo_data") != "loaded":
            steps += ["demo"]
            state.put("demo_data", "begun")
        elif is_demo and state.get("demo_password") != marks["demo_password"]:
            steps += ["passwords"]
        static = fingerprint.of(fingerprint.STATIC)
        stamp = house.var / "static" / ".made-from"
        if not stamp.exists() or stamp.read_text() != static:
            steps += ["static"]
        if steps:
            run_steps(house, steps)
        for name, value in marks.items():
            state.put(name, value)
        if is_demo:
            state.put("demo_data", "loaded")
        stamp.parent.mkdir(exist_ok=True)
        stamp.write_text(static)
    return is_demo


def remember_demo(state: State) -> bool:
    """Whether this database is a demo: decided when it is made, and kept. Raises CannotStart where now the other is asked for."""
    asked, kept = os.environ.pop("PORTAL_DEMO", ""), state.get("demo")
    if asked not in {"", "0", "1"}:
        raise CannotStart(f"PORTAL_DEMO is {asked!r}; say 1 for the demo district or 0 for none.")
    if kept and asked and asked != kept:
        made, wanted = ("with the demo district", "without it") if kept == "1" else ("without demo data", "with the demo district")
        raise CannotStart(
            f"This database was made {made} and stays so. For one {wanted}, keep it in another folder: "
            f"PORTAL_VAR=var-{'demo' if asked == '1' else 'district'} PORTAL_DEMO={asked} make run."
        )
    if not kept:
        kept = asked or "1"
        state.put("demo", kept)
    return kept == "1"


def run_steps(house: House, steps: list[str]) -> None:
    """Do `steps` in a process of its own, with every login, and say each as it is done. Raises CannotStart with its last words."""
    say(f"Preparing: {', '.join(steps)}.")
    log = house.logs / "prepare.log"
    program = [sys.executable, "-m", "portal.run.prepare", *steps]
    command = Account(None, os.getuid(), os.getgid()).command(program, folder=TOP, parent_death="TERM")
    with log.open("wb") as errors:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True
        )
    with process, ending(process):
        assert process.stdout
        for line in process.stdout:
            say(f"  {line.strip()}")
        process.wait()
    if process.returncode:
        raise CannotStart(f"The database could not be prepared: {words_of(log.read_text(errors='replace'), 1)} (more in {log})")


@contextlib.contextmanager
def ending(process: subprocess.Popen[str]) -> Iterator[None]:
    """End `process` when something else ends this block first."""
    try:
        yield
    except BaseException:
        process.terminate()
        process.wait()
        raise


def wait_for_server(supervisor: Supervisor, program: Program, is_up: Callable[[], None], *, seconds: float = 60) -> None:
    """Return when `is_up` raises no CannotStart any more; raise it with the server's words when supervisor gave up or time is out."""
    end = time.monotonic() + seconds
    while True:
        try:
            return is_up()
        except CannotStart as error:
            if supervisor.state_of(program) == "FATAL" or time.monotonic() > end:
                raise CannotStart(f"{program.name} does not start: {supervisor.last_words(program)}") from error


def wait_for_web(supervisor: Supervisor, web: Program, host: str, port: int) -> None:
    """Return when the web process answers, whatever it says. Raises CannotStart with its last words when it does not."""
    end = time.monotonic() + WEB_SECONDS
    while True:
        connection = http.client.HTTPConnection(host, port, timeout=5)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
            connection.request("GET", "/healthz")
            connection.getresponse()
            return
        if supervisor.state_of(web) in {"BACKOFF", "FATAL"} or time.monotonic() > end:
            raise CannotStart(f"The web process does not start: {supervisor.last_words(web)}")
        time.sleep(0.05)


def watch(supervisor: Supervisor) -> None:
    """Until Stop. Raises CannotStart when the supervisor itself was killed."""
    while True:
        time.sleep(2)
        if not supervisor.is_running:
            raise CannotStart("The process supervisor was killed, so everything was stopped. Nothing is lost: start again with make run.")
        with contextlib.suppress(OSError):
            supervisor.revive()


def _readable_password() -> str:
    return "-".join("".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(5)) for _ in range(3))


def say(text: str) -> None:
    print(text, flush=True)


def complain(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
