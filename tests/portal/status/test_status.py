"""The status page says in words what is wrong, and what to do."""

import datetime as dt
from typing import Any

import pytest

from portal.base import clock, heartbeat
from portal.base.models import Message
from portal.pages.status import checks
from tests.governance.people.cast import signed_in

pytestmark = pytest.mark.usefixtures("district")


def check(what: str) -> checks.Check:
    return next(one for one in checks.all_checks(at=clock.now()) if one.what == what)


def message(**more: Any) -> Message:
    now = clock.now()
    return Message.objects.create(
        topic="people.invitation", created_at=now, **{"due_at": now, "give_up_at": now + dt.timedelta(hours=4)} | more
    )


def test_a_worker_that_falls_silent_shows() -> None:
    assert check("Worker for imports").kind == "warn"
    heartbeat.beat("keeper")
    assert check("Worker for imports").kind == "ok"
    found = next(one for one in checks.all_checks(at=clock.now() + dt.timedelta(minutes=5)) if one.what == "Worker for imports")
    assert (found.kind, found.words) == ("stop", "Silent for 5 minutes.")


def test_late_and_failed_messages_show() -> None:
    what = "Messages and follow-up work"
    Message.objects.update(done_at=clock.now())  # what the district began with may be late by now: no worker runs here
    assert check(what).kind == "ok"
    message(due_at=clock.now() - dt.timedelta(minutes=10))
    assert check(what).kind == "warn"
    message(failed_at=clock.now())
    assert check(what).kind == "stop"


def test_without_redis_it_still_answers(settings: Any) -> None:
    settings.CACHES = settings.CACHES | {"default": {"BACKEND": "portal.base.cache.Forgiving", "LOCATION": "redis://localhost:1/0"}}
    assert check("Cache and wake-ups").kind == "warn"


def test_the_trail_has_room_ahead() -> None:
    found = check("Trail")
    assert found.kind == "ok"


def test_the_page_counts_what_needs_somebody(settings: Any) -> None:
    settings.DEMO = True
    message(failed_at=clock.now())
    page = signed_in("admin").get("/status/").content.decode()
    assert "need you" in page or "needs you" in page
    assert "outbox run" in page
