"""Waking a worker."""

import kombu.utils.functional as kombu
import pytest
from kombu.exceptions import OperationalError

from portal.celery import app


def test_a_broker_that_is_away_is_asked_once_and_not_waited_for(monkeypatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(kombu, "sleep", waited.append)
    with app.connection_for_write("redis://localhost:1/0") as connection, pytest.raises(OperationalError):
        connection.default_channel  # noqa: B018 - where a message of Celery begins
    assert waited == []
