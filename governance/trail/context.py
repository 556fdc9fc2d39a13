"""Who is at work, in which hat, from where, in which request: what every entry of that request carries."""

import contextlib
import contextvars
import dataclasses
import secrets
from collections.abc import Callable, Iterator


@dataclasses.dataclass
class Context:
    """`actor` is asked only when an entry is written, so that pages without entries cost no query."""

    actor: Callable[[], int | None]
    address: str | None
    request_id: str


_current: contextvars.ContextVar[Context | None] = contextvars.ContextVar("trail_context", default=None)


def current() -> Context | None:
    """The running request's context; None outside a request."""
    return _current.get()


def request_id() -> str | None:
    """The running request's id, as django-auditlog asks for it."""
    context = _current.get()
    return context.request_id if context else None


def new_request_id() -> str:
    """A fresh random id: 16 letters and digits."""
    return secrets.token_hex(8)


@contextlib.contextmanager
def acting(*, actor_id: int | None, address: str | None = None, request_id: str | None = None) -> Iterator[Context]:
    """Everything written inside is written as this actor. For commands, tasks and tests."""
    context = Context(actor=lambda: actor_id, address=address, request_id=request_id or new_request_id())
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)


def set_current(context: Context | None) -> contextvars.Token:
    """Set the context of a request; give the token to `reset`."""
    return _current.set(context)


def reset(token: contextvars.Token) -> None:
    """Undo `set_current`."""
    _current.reset(token)
