"""The draw by hand: the same seed and the same entries give the same sample, in proportion."""

import hashlib

import pytest

from governance.auditors.rules import draw, shares_of, ticket_of


@pytest.mark.parametrize(
    ("counts", "size", "shares"),
    [
        ({"a": 100}, 10, {"a": 10}),
        ({"a": 3}, 10, {"a": 3}),
        ({"a": 90, "b": 10}, 10, {"a": 9, "b": 1}),
        ({"a": 990, "b": 5, "c": 5}, 10, {"a": 8, "b": 1, "c": 1}),
        ({"a": 50, "b": 50, "c": 0}, 5, {"a": 3, "b": 2, "c": 0}),
        ({"a": 9, "b": 8, "c": 7}, 2, {"a": 1, "b": 1, "c": 0}),
        ({"a": 2, "b": 2}, 4, {"a": 2, "b": 2}),
    ],
    ids=["one", "all", "proportion", "at-least-one", "tie-by-name", "fewer-than-strata", "everything"],
)
def test_shares_are_in_proportion_and_never_more_than_there_is(counts: dict[str, int], size: int, shares: dict[str, int]) -> None:
    assert shares_of(counts, size) == shares


@pytest.mark.parametrize("size", range(1, 60))
def test_shares_add_up(size: int) -> None:
    counts = {"a": 17, "b": 23, "c": 1, "d": 9}
    shares = shares_of(counts, size)
    assert sum(shares.values()) == min(size, 50)
    assert all(shares[name] <= counts[name] for name in counts)


def test_a_ticket_is_the_hash_of_seed_and_leaf() -> None:
    leaf = hashlib.sha256(b"\x00entry").digest()
    assert ticket_of("0123456789", leaf).hex() == hashlib.sha256(b"0123456789" + leaf).hexdigest()


def test_another_seed_draws_others() -> None:
    leaves = [("", hashlib.sha256(bytes([number])).digest()) for number in range(200)]
    assert draw("aaaaaaaa", leaves, 20) == draw("aaaaaaaa", leaves, 20)
    assert set(draw("aaaaaaaa", leaves, 20)) != set(draw("bbbbbbbb", leaves, 20))
