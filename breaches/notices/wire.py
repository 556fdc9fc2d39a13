"""The line to the mail server, on which letters go one after the other.

Where the server offers PIPELINING (RFC 2920, as nearly all do), the next letter is announced together with the body of the one before, so that a
letter waits for one answer of the server and not for four. A letter that was announced has not been sent: without its body the server forgets it.
"""

import contextlib
import functools
import smtplib
from collections.abc import Callable
from email.utils import parseaddr
from typing import Any

from django.core.mail import EmailMessage

from breaches.notices.texts import Letter, Whom
from portal.base import mail

GO_ON = 354


class Unreachable(Exception):
    """The mail server does not answer; nothing was sent."""


class Broken(Exception):
    """The line to the mail server broke; with `body_began` the mail may have arrived."""

    def __init__(self, *, body_began: bool):
        super().__init__("broken")
        self.body_began = body_began


class Post:
    """One letter to one person who has an address; made when it is needed."""

    def __init__(self, letter: Letter, whom: Whom, message_id: str):
        self._letter, self._whom, self._message_id = letter, whom, message_id
        self.sender, self.to = envelope(letter.sender), whom.address

    @functools.cached_property
    def raw(self) -> bytes:
        """The mail as SMTP wants it: a dot more where a line begins with one, and the line with one dot that ends it."""
        return self._letter.raw(self._whom, self._message_id).replace(b"\r\n.", b"\r\n..") + b".\r\n"

    @property
    def message(self) -> EmailMessage:
        """The mail for whoever takes it in another way."""
        return self._letter.mail(self._whom, self._message_id)

    @property
    def commands(self) -> tuple[bytes, ...]:
        """What is said before the body."""
        return f"MAIL FROM:<{self.sender}>\r\n".encode(), f"RCPT TO:<{self.to}>\r\n".encode(), b"DATA\r\n"


class Wire:
    """One connection to the mail server, made when it is first needed. Other kinds of mail (files in the demo) go message by message."""

    def __init__(self) -> None:
        self._backend: Any = None
        self._announced: Post | None = None  # its commands are with the server, and their answers not read
        self._halfway = False  # the server waits for a body, or nobody knows what it waits for

    def send(self, post: Post, ahead: Callable[[], None], following: Post | None = None) -> None:
        """Send one. `ahead` is called just before the body leaves; `following` is announced together with it where the server lets us.

        Raises Unreachable where there is no server, Broken where the line broke, and what smtplib raises for a message that was refused.
        """
        server = self._server()
        if server is None:
            ahead()
            self._backend.send_messages([post.message])
            return
        body_began = False
        try:
            raw = post.raw
            server.ehlo_or_helo_if_needed()
            together = server.has_extn("pipelining")
            self._introduce(server, post, together=together)
            ahead()
            body_began = True
            self._announced = following if together else None
            server.send(b"".join((raw, *following.commands)) if self._announced and following else raw)
            code, words = server.getreply()
            self._halfway = False
            if code != 250:
                raise smtplib.SMTPDataError(code, words)
        except smtplib.SMTPServerDisconnected as error:
            self._halfway = True
            raise Broken(body_began=body_began) from error
        except smtplib.SMTPException:
            raise
        except OSError as error:
            self._halfway = True
            raise Broken(body_began=body_began) from error

    def close(self) -> None:
        """Let go of the server, politely where it still listens: in the middle of a letter a QUIT would be part of it."""
        backend, self._backend = self._backend, None
        if backend is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                if self._halfway or self._announced:
                    backend.connection.close()
                backend.close()
        self._announced, self._halfway = None, False

    def _server(self) -> Any:
        """The line to an SMTP server; None where mail goes another way."""
        if self._backend is None:
            backend = mail.connection()
            try:
                backend.open()
            except (OSError, smtplib.SMTPException) as error:
                raise Unreachable(type(error).__name__) from error
            self._backend = backend
        return getattr(self._backend, "connection", None)

    def _introduce(self, server: Any, post: Post, *, together: bool) -> None:
        """Have the server wait for the body of this letter. Raises what smtplib raises where it does not want it."""
        if together and self._announced is not post:
            server.send(b"".join(post.commands))
        self._announced, self._halfway = None, True
        said: list[tuple[int, bytes]] = []
        for command in post.commands:
            if not together:
                server.send(command)
            said.append(server.getreply())
            if not together and said[-1][0] >= 400:
                break
        sender, to, data = (*said, *said[-1:] * 3)[:3]
        if sender[0] == 250 and to[0] in (250, 251) and data[0] == GO_ON:
            return
        if data[0] == GO_ON:  # it waits for a body although it wants none of this
            server.send(b".\r\n")
            server.getreply()
        server.rset()
        self._halfway = False
        if sender[0] != 250:
            raise smtplib.SMTPSenderRefused(*sender, post.sender)
        if to[0] not in (250, 251):
            raise smtplib.SMTPRecipientsRefused({post.to: to})
        raise smtplib.SMTPDataError(*data)


@functools.lru_cache(maxsize=8)
def envelope(sender: str) -> str:
    """The bare address of "Name <address>"."""
    return parseaddr(sender)[1]
