"""Log lines: one JSON object a line, with the request id and without personal data.

An exception is told by its type and the places it passed, never by its text: database errors quote values. Whatever looks
like an e-mail address in a message is masked, for the libraries' own messages.
"""

import re
import sys
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog

from portal.base import request_id

_EMAIL = re.compile(r"[^\s<>\"'(),;:=]+@[^\s<>\"'(),;:]+")
_DEEPEST_FRAMES = 30
_Event = MutableMapping[str, Any]
_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def mask(text: str) -> str:
    """The text with e-mail addresses taken out."""
    return _EMAIL.sub("[e-mail]", text)


def _with_request_id(_logger: Any, _name: str, event: _Event) -> _Event:
    if found := request_id.current():
        event["request_id"] = found
    return event


def _masked(_logger: Any, _name: str, event: _Event) -> _Event:
    return {key: mask(value) if isinstance(value, str) else value for key, value in event.items()}


def _where(info: _ExcInfo) -> dict[str, Any]:
    """What was raised and where, innermost last; the text of the exception is left out on purpose."""
    frames = []
    trace = info[2]
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    cause = info[1].__cause__ or info[1].__context__
    told = {"error": f"{info[0].__module__}.{info[0].__qualname__}", "at": frames[-_DEEPEST_FRAMES:]}
    return told | ({"after": type(cause).__qualname__} if cause else {})


def _without_exception_text(_logger: Any, _name: str, event: _Event) -> _Event:
    info = event.pop("exc_info", None)
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    elif info and not isinstance(info, tuple):
        info = sys.exc_info()
    if info and info[0]:
        event.update(_where(info))
    event.pop("stack_info", None)
    return event


_SHARED: list[structlog.typing.Processor] = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    _with_request_id,
]

structlog.configure(
    processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)


class JsonLines(structlog.stdlib.ProcessorFormatter):
    """The formatter that settings name: structlog's events and everybody else's records as one JSON object a line."""

    def __init__(self) -> None:
        super().__init__(
            foreign_pre_chain=_SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _without_exception_text,
                _masked,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=lambda value: mask(str(value))),
            ],
        )


def get(name: str) -> structlog.stdlib.BoundLogger:
    """A logger for our own code: `logs.get(__name__).info("roster.applied", rows=12)`."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
