"""A real server for attacks below HTTP's surface: granian as `make run` starts it, set up as a district's is, on a test's own database."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.harness.databases import Clone
from tests.harness.services import TOP

HOST = "privacy.district.example"


@dataclass(frozen=True)
class Answer:
    """One answer as it came over the wire."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def __getitem__(self, name: str) -> str:
        """The header, with several of one name joined by a line; empty where there is none."""
        return "\n".join(value for each, value in self.headers if each == name.lower())


@dataclass(frozen=True)
class Served:
    """The server of one test file."""

    port: int

    def raw(self, data: bytes) -> bytes:
        """Send bytes as they are; everything that comes back until the server ends or falls silent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as line:
            with contextlib.suppress(OSError):  # it may refuse before it has everything
                line.sendall(data)
            line.settimeout(3)
            found = b""
            with contextlib.suppress(OSError):
                while got := line.recv(65536):
                    found += got
            return found

    def ask(self, method: str, path: str, body: bytes = b"", *, secure: bool = True, host: str = HOST, **headers: str) -> Answer:
        """One request, as the proxy hands it on."""
        given = {"Host": host, "Connection": "close", "Content-Length": str(len(body))} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        if secure:
            given["X-Forwarded-Proto"] = "https"
        head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        return read(self.raw(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body))


def read(data: bytes) -> Answer:
    """The first answer in what came back."""
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    found = re.match(r"HTTP/1\.[01] (\d{3})", first)
    headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    return Answer(int(found[1]) if found else 0, headers, body)


@contextlib.contextmanager
def serving(clone: Clone) -> Iterator[Served]:
    """Granian on the clone, until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | clone.addresses | {
        "DJANGO_SETTINGS_MODULE": "portal.settings", "PORTAL_LOGINS": "default", "PORTAL_DEMO": "0", "PORTAL_BASE_URL": f"https://{HOST}",
        "PORTAL_HOSTS": HOST, "PORTAL_BEHIND_PROXY": "1", "DEBUG": "1", "DJANGO_DEBUG": "1",
    }  # fmt: skip
    command = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--workers",
        "1",
        "--no-ws",
    ]
    command += ["--blocking-threads", "2", "--log-level", "warning", "tests.harness.https_portal:application"]
    process = subprocess.Popen(
        command, cwd=TOP, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        served, end = Served(port), time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError):
                if served.ask("GET", "/healthz").status == 200:
                    break
            assert process.poll() is None and time.monotonic() < end, "granian did not come up"
            time.sleep(0.2)
        yield served
    finally:
        process.terminate()
        process.wait(20)
