"""Log lines are JSON, carry the request id, and no personal data."""

import json
import logging
import sys

import pytest

from portal.base import logs, request_id


def line_of(message, *args, exc_info=None, extra=None):
    record = logging.getLogger("somewhere").makeRecord("somewhere", logging.ERROR, __file__, 1, message, args, exc_info, extra=extra)
    return json.loads(logs.JsonLines().format(record))


def test_a_line_says_what_where_when():
    line = line_of("applied %s rows", 12)
    assert line["event"] == "applied 12 rows"
    assert (line["level"], line["logger"]) == ("error", "somewhere")
    assert line["time"].endswith("Z")


def test_it_carries_the_request_id():
    token = request_id.enter("abc-123")
    try:
        assert line_of("x")["request_id"] == "abc-123"
    finally:
        request_id.leave(token)
    assert "request_id" not in line_of("x")


def test_an_exception_is_told_without_its_text():
    """PostgreSQL quotes the value: Key (name)=(Maya Rivera) already exists."""
    try:
        raise ValueError("Key (name)=(Maya Rivera) already exists")
    except ValueError:
        line = line_of("failed", exc_info=sys.exc_info())
    assert "Maya" not in json.dumps(line)
    assert line["error"] == "builtins.ValueError"
    assert "test_an_exception_is_told_without_its_text" in line["at"][-1]


def test_an_address_in_a_library_s_message_is_masked():
    assert line_of("sent to %s", "maya.rivera@riverbend.example")["event"] == "sent to [e-mail]"


def test_our_own_events_come_out_the_same_way(caplog):
    with caplog.at_level(logging.INFO, logger="ours"):
        logs.get("ours").info("roster.applied", rows=12, by="maya@riverbend.example")
    line = json.loads(logs.JsonLines().format(caplog.records[-1]))
    assert (line["event"], line["rows"], line["by"], line["logger"]) == ("roster.applied", 12, "[e-mail]", "ours")


@pytest.mark.parametrize(
    ("given", "told"),
    [("a@b.example", "[e-mail]"), ("Key (email)=(a.b@c.example) x", "Key (email)=([e-mail]) x"), ("no address @ all", "no address @ all")],
)
def test_mask(given, told):
    assert logs.mask(given) == told
