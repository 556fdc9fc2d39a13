"""A mail server for tests and benches, in a process of its own: it takes mail, writes down who got which, and says no when it is told to.

`python -m tests.harness.smtp_sink FOLDER [--refuse EVERY] [--keep] [--one-by-one]` listens on a free port of the loopback address and writes it to FOLDER/port. Each mail that
it took is a line in FOLDER/taken: Message-ID, a space, the recipient. With --keep the whole mail goes to FOLDER/mail-NUMBER. With
`--refuse 3` the first try of each third recipient is put off (451). A recipient that begins with `never` is refused for good (550).
With --one-by-one it offers no PIPELINING.
"""

import argparse
import asyncio
import contextlib
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]


class Sink(asyncio.Protocol):
    """One client: the commands of RFC 5321 that smtplib uses, one by one or several together (RFC 2920)."""

    def __init__(self, server: "Server"):
        self.server, self.buffer, self.in_data, self.to = server, b"", False, ""
        self.answers: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.say("220 sink")
        self.answer()

    def say(self, words: str) -> None:
        self.answers.append(words.encode() + b"\r\n")

    def answer(self) -> None:
        self.transport.write(b"".join(self.answers))
        self.answers.clear()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self.read()
        self.answer()

    def read(self) -> None:
        while True:
            end = b"\r\n.\r\n" if self.in_data else b"\r\n"
            one, found, rest = self.buffer.partition(end)
            if not found:
                return
            self.buffer = rest
            if self.in_data:
                self.in_data = False
                self.server.take(one, self.to)
                self.to = ""
                self.say("250 taken")
            else:
                self.command(one.decode("ascii", "replace"))

    def command(self, line: str) -> None:
        verb = line[:4].upper()
        if verb == "RCPT":
            to = line.partition("<")[2].partition(">")[0]
            answer = self.server.answer(to)
            self.to = to if answer.startswith("250") else ""
            self.say(answer)
        elif verb == "DATA" and not self.to:
            self.say("503 to whom?")
        elif verb == "DATA":
            self.in_data = True
            self.say("354 go on")
        elif verb == "EHLO":
            self.say("250-sink\r\n250 PIPELINING" if self.server.pipelines else "250 sink")
        elif verb == "QUIT":
            self.say("221 bye")
            self.answer()
            self.transport.close()
        else:
            self.say("250 sink")


class Server:
    """What the clients of one sink share."""

    def __init__(self, folder: Path, refuse: int, keep: bool, pipelines: bool):
        self.folder, self.refuse, self.keep, self.pipelines = folder, refuse, keep, pipelines
        self.seen: set[str] = set()
        self.number = 0
        self.log = (folder / "taken").open("a", buffering=1)

    def answer(self, to: str) -> str:
        if to.startswith("never"):
            return "550 no such person"
        if self.refuse and to not in self.seen:
            self.seen.add(to)
            if len(self.seen) % self.refuse == 0:
                return "451 come again"
        return "250 fine"

    def take(self, mail: bytes, to: str) -> None:
        found = re.search(rb"^message-id:\s*(\S+)", mail, re.IGNORECASE | re.MULTILINE)
        self.log.write(f"{found.group(1).decode() if found else '-'} {to}\n")
        if self.keep:
            self.number += 1
            (self.folder / f"mail-{self.number}").write_bytes(mail)


async def serve(folder: Path, refuse: int, keep: bool, pipelines: bool) -> None:
    """Listen until the process is ended."""
    shared = Server(folder, refuse, keep, pipelines)
    server = await asyncio.get_running_loop().create_server(lambda: Sink(shared), "127.0.0.1", 0)
    ready = folder / "port.new"
    ready.write_text(str(server.sockets[0].getsockname()[1]))
    ready.rename(folder / "port")
    await server.serve_forever()


@dataclass
class Running:
    """A sink in its own process."""

    folder: Path
    port: int

    def taken(self) -> list[tuple[str, str]]:
        """(Message-ID, recipient) of each mail it took, in order."""
        return [(line.split()[0], line.split()[1]) for line in (self.folder / "taken").read_text().splitlines()]

    def mails(self) -> list[bytes]:
        """The mails themselves, where it keeps them."""
        return [file.read_bytes() for file in sorted(self.folder.glob("mail-*"), key=lambda file: int(file.name[5:]))]


@contextlib.contextmanager
def running(folder: Path, *, refuse: int = 0, keep: bool = False, pipelines: bool = True) -> Iterator[Running]:
    """Start a sink; it ends with the block."""
    command = [
        sys.executable,
        "-m",
        "tests.harness.smtp_sink",
        str(folder),
        "--refuse",
        str(refuse),
        *(["--keep"] if keep else []),
        *([] if pipelines else ["--one-by-one"]),
    ]
    process = subprocess.Popen(command, cwd=TOP, stdin=subprocess.DEVNULL)
    try:
        for _ in range(200):
            if (folder / "port").exists():
                break
            time.sleep(0.05)
        yield Running(folder, int((folder / "port").read_text()))
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--refuse", type=int, default=0)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--one-by-one", action="store_true")
    given = parser.parse_args()
    asyncio.run(serve(given.folder, given.refuse, given.keep, not given.one_by_one))
