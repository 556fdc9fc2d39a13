"""The id of the request being answered: in every log line, in the trail, and in the answer's X-Request-ID."""

import contextvars
import uuid

_current: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")


def current() -> str:
    """The id of the request under way in this context; empty outside a request."""
    return _current.get()


def fresh() -> str:
    """A new id: random, says nothing about anyone."""
    return str(uuid.uuid4())


def enter(value: str) -> contextvars.Token[str]:
    """Make `value` the current id; give the token to `leave` afterwards."""
    return _current.set(value)


def leave(token: contextvars.Token[str]) -> None:
    """Back to what was before `enter`."""
    _current.reset(token)
