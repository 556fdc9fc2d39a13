"""Work that may fail waits here: a row in the transaction of the change, a relay that claims it, a handler that may run twice.

A dead broker or worker loses nothing: the row stays and the next sweep takes it. Handlers are registered by topic when their
app starts; each must be idempotent, since a worker killed between the handler and the commit makes it run again.
"""

import datetime as dt
import logging
from collections.abc import Callable

from django.db import transaction

from portal.base import clock
from portal.base.models import Message

log = logging.getLogger("portal.outbox")
FIRST_WAIT = dt.timedelta(seconds=10)
LONGEST_WAIT = dt.timedelta(hours=1)
GIVE_UP = dt.timedelta(hours=4)

_handlers: dict[str, Callable[[dict], None]] = {}


def handles(topic: str) -> Callable[[Callable[[dict], None]], Callable[[dict], None]]:
    """Register the function below as the handler of `topic`; it gets the message's body."""

    def register(function: Callable[[dict], None]) -> Callable[[dict], None]:
        _handlers[topic] = function
        return function

    return register


def put(topic: str, *, at: dt.datetime, delay: dt.timedelta = dt.timedelta(), **body: object) -> Message:
    """Write one message in the open transaction and, once that commits, wake the relay."""
    if topic not in _handlers:
        raise LookupError(f"nobody handles {topic!r}")
    message = Message.objects.create(topic=topic, body=body, created_at=at, due_at=at + delay, give_up_at=at + delay + GIVE_UP)
    transaction.on_commit(wake)
    return message


def wake() -> None:
    """Tell a worker that something waits. A broker that is away changes nothing: the sweep finds the row."""
    from portal.base.tasks import relay

    try:
        relay.apply_async(ignore_result=True, retry=False)
    except Exception as error:  # noqa: BLE001 - whatever the broker raises, the sweep finds the row
        log.warning("outbox.wake_failed %s", type(error).__name__)


def run(limit: int = 500) -> int:
    """Handle what is due, a row and a transaction at a time. Answers how many; safe to run twice at the same time."""
    handled = 0
    while handled < limit and _handle_one():
        handled += 1
    return handled


def _handle_one() -> bool:
    now = clock.now()
    with transaction.atomic():
        waiting = Message.objects.filter(done_at=None, failed_at=None, due_at__lte=now).order_by("due_at")
        message = waiting.select_for_update(skip_locked=True).first()
        if message is None:
            return False
        message.attempts += 1
        try:
            with transaction.atomic():
                _handlers[message.topic](message.body)
            message.done_at = now
        except Exception as error:
            message.errors = [*message.errors, f"{now:%Y-%m-%d %H:%M} {type(error).__name__}"][-10:]
            if now >= message.give_up_at:
                message.failed_at = now
            else:
                message.due_at = now + min(LONGEST_WAIT, FIRST_WAIT * 2 ** (message.attempts - 1))
            log.exception("outbox.handler_failed topic=%s", message.topic)
        message.save()
    return True
