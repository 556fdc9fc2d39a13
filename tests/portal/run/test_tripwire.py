"""The tripwire itself: what it finds, and what it must not take for a student."""

import base64
import json
import os

import pytest
import redis

from tests.harness.tripwire import pattern_of, stored_under

SECRETS = {"100007", "1000001013", "student-100007", "Maya Rivera", "Zoë O'Hara", "maya@riverbend.example"}


@pytest.mark.parametrize(
    "text",
    ["100007", "id=100007,", "[100007]", "x 1000001013\n", "student-100007", "for Maya Rivera today", "Zoë O'Hara", 'b"100007"'],
)
def test_it_finds_a_value_wherever_it_stands(text: str) -> None:
    assert pattern_of(SECRETS).search(text)


@pytest.mark.parametrize(
    "text",
    [
        "9f100007ab",
        "2026-11-24T17:24:49.100007+00:00",
        "1795544123.1000071",
        "11000071",
        "c0ffee-100007a-4000",
        "127.0.0.1:100007",
        "0x100007",
    ],
)
def test_it_takes_no_hash_time_or_port_for_a_student(text: str) -> None:
    assert not pattern_of(SECRETS).search(text)


def test_it_reads_what_redis_keeps_and_what_a_task_is_given(database: object) -> None:
    """Long texts, which a dump compresses; numbers, which it packs; arguments, which Celery writes in base 64."""
    long = "nothing " * 500 + "Maya Rivera" + " nothing" * 500
    body = base64.b64encode(json.dumps([["Maya Rivera"], {}, {}]).encode()).decode()
    message = json.dumps({"body": body, "headers": {"id": "x"}})
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        client.set("trip:long", long)
        client.set("trip:number", 100007)
        client.rpush("trip:queue", message)
        client.hset("trip:unacked", "tag", json.dumps([json.loads(message), "", "portal"]))
        client.zadd("trip:sorted", {"Maya Rivera": 1})
        try:
            for key in (b"trip:long", b"trip:number", b"trip:queue", b"trip:unacked", b"trip:sorted"):
                assert pattern_of(SECRETS).search("\n".join(stored_under(client, key))), key
        finally:
            client.delete("trip:long", "trip:number", "trip:queue", "trip:unacked", "trip:sorted")
