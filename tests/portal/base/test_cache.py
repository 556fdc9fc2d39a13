"""The cache works with Redis, and without it everything is a miss."""

import time

import pytest
from django.core.cache import caches

from portal.base.cache import Forgiving


@pytest.fixture
def lost():
    return Forgiving("redis://localhost:1/0", {})  # nothing listens there


def test_with_redis_it_keeps(database):
    cache = caches["default"]
    assert cache.add("a", 1, 30) is True
    assert cache.add("a", 2, 30) is False
    assert cache.incr("a") == 2
    cache.set_many({"b": 1, "c": 2}, 30)
    assert cache.get_many(["a", "b", "c"]) == {"a": 2, "b": 1, "c": 2}
    assert cache.touch("a", 60) is True
    assert cache.delete("a") is True
    assert cache.get("a", "gone") == "gone"
    cache.delete_many(["b", "c"])
    assert cache.has_key("b") is False


def test_without_redis_every_question_is_a_miss(lost):
    lost.set("a", 1)
    assert lost.get("a", "none") == "none"
    assert lost.add("a", 1) is False
    assert lost.delete("a") is False
    assert lost.touch("a") is False
    assert lost.has_key("a") is False
    assert lost.get_many(["a"]) == {}
    assert lost.set_many({"a": 1}) == ["a"]
    assert lost.delete_many(["a"]) is None
    assert lost.clear() is False
    with pytest.raises(ValueError, match="unreachable"):
        lost.incr("a")


def test_a_silent_redis_is_not_asked_again_and_again(lost):
    lost.get("a")
    began = time.perf_counter()
    for _ in range(1000):
        lost.get("a")
    assert time.perf_counter() - began < 0.2


def test_it_comes_back_by_itself(database, monkeypatch, settings):
    monkeypatch.setattr("portal.base.cache.REST_SECONDS", 0.05)
    cache = Forgiving(settings.REDIS_URL, {})
    there = cache._servers
    cache._servers = ["redis://localhost:1/0"]
    assert cache.get("a", "none") == "none"
    cache._servers = there
    cache.__dict__.pop("_cache", None)
    time.sleep(0.06)
    cache.set("a", "back", 30)
    assert cache.get("a") == "back"
