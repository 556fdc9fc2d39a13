"""Mail servers for one test: each answers as a test needs it, in a thread of its own."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

SMTP = "django.core.mail.backends.smtp.EmailBackend"


@contextlib.contextmanager
def serving(at: Callable[[bytes], bytes | None]) -> Iterator[int]:
    """A server that takes everything but what `at` answers otherwise: it is asked with each command, and with b"." at the end of a body."""

    def talk(client: socket.socket) -> None:
        with client, client.makefile("rb") as lines:
            client.sendall(b"220 hello\r\n")
            body = False
            for line in lines:
                if body and line != b".\r\n":
                    continue
                answer = at(line.strip().upper())
                body = line.upper().startswith(b"DATA")
                client.sendall(answer or (b"354 go on\r\n" if body else b"250 fine\r\n"))

    def serve(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the test is over
            while True:
                talk(listener.accept()[0])

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]


class Last(bytes):
    """What a server says before it goes away."""


@contextlib.contextmanager
def scripted(answer: Callable[[bytes], bytes]) -> Iterator[tuple[int, list[bytes]]]:
    """A server of one connection that is asked with each packet as it comes, several commands in one. Gives its port and what it heard."""
    heard: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        client, _ = listener.accept()
        with client:
            client.sendall(b"220 hello\r\n")
            while data := client.recv(65536):
                heard.append(data)
                said = answer(data)
                client.sendall(said)
                if isinstance(said, Last):
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1], heard
