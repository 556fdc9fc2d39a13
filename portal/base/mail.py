"""Two ways for mail to leave, and which one it takes. Everything that sends asks Django for a connection; this is what Django then gives.

Where the district has a second mail server (PORTAL_SECOND_EMAIL_URL), `EMAIL_BACKEND` is `Chosen`: each connection is made by the way that
counts at that moment, so outbox, sign-in library and notices follow one switch. Who switches and why is kept by a room above, which
registers with `ask`.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

FIRST, SECOND = "first", "second"
# What a backend's constructor calls the settings that `portal.env.mail` gives.
_ARGUMENTS = {
    "EMAIL_FILE_PATH": "file_path",
    "EMAIL_HOST": "host",
    "EMAIL_PORT": "port",
    "EMAIL_HOST_USER": "username",
    "EMAIL_HOST_PASSWORD": "password",
    "EMAIL_USE_TLS": "use_tls",
    "EMAIL_USE_SSL": "use_ssl",
    "EMAIL_TIMEOUT": "timeout",
}
_asked: list[Callable[[], str]] = []


def ask(who_knows: Callable[[], str]) -> None:
    """Register the function that answers `FIRST` or `SECOND`. Called when an app starts."""
    _asked[:] = [who_knows]


def has_second() -> bool:
    """True where the district has a second mail server."""
    return bool(settings.SECOND_MAIL)


def path() -> str:
    """The way that mail takes now."""
    return _asked[0]() if _asked and has_second() else FIRST


def sender() -> str:
    """In whose name mail goes by the way it takes now; the second server may let another address through."""
    return _sender_by(path())


def connection(*, by: str | None = None, fail_silently: bool = False) -> Any:
    """A connection to the mail server of the way `by`; None for the one that counts now."""
    if by is None or not has_second():
        return get_connection(fail_silently=fail_silently)
    return _by(by, fail_silently)


def _by(chosen: str, fail_silently: bool) -> Any:
    given = settings.SECOND_MAIL if chosen == SECOND else settings.FIRST_MAIL
    arguments = {_ARGUMENTS[name]: value for name, value in given.items() if name in _ARGUMENTS}
    return get_connection(str(given["EMAIL_BACKEND"]), fail_silently=fail_silently, **arguments)


def _sender_by(chosen: str) -> str:
    other = settings.SECOND_FROM_EMAIL if chosen == SECOND else ""
    return other or settings.DEFAULT_FROM_EMAIL


class Chosen(BaseEmailBackend):
    """The backend of the way that counted when this connection was made."""

    def __init__(self, fail_silently: bool = False, **_more: Any):
        super().__init__(fail_silently=fail_silently)
        self._path = path()
        self._real = _by(self._path, fail_silently)

    @property
    def connection(self) -> Any:
        """The line to an SMTP server, for who speaks to it word by word; None where mail goes to files."""
        return getattr(self._real, "connection", None)

    def open(self) -> Any:
        return self._real.open()

    def close(self) -> None:
        self._real.close()

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            if message.from_email == settings.DEFAULT_FROM_EMAIL:
                message.from_email = _sender_by(self._path)
        return self._real.send_messages(email_messages) or 0
