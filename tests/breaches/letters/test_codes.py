"""Codes: how they look, what a slip of the finger does, and that nothing but their hash is kept."""

import itertools
import re
from uuid import UUID

import pytest
from django.test import override_settings

from breaches.letters import codes

ONE, OTHER = UUID(int=1), UUID(int=2)


def test_a_code_is_the_same_each_time_and_another_for_each_recipient() -> None:
    assert codes.code_of(ONE) == codes.code_of(ONE) != codes.code_of(OTHER)
    assert re.fullmatch(r"([2-9B-DF-HJ-NP-TV-Z]{3}-){5}[2-9B-DF-HJ-NP-TV-Z]{3}", codes.code_of(ONE))


def test_it_cannot_be_told_without_the_key() -> None:
    with override_settings(SECRET_KEY="another key of the portal"):
        other = codes.code_of(ONE)
    assert other != codes.code_of(ONE)


def test_it_has_more_than_eighty_bits() -> None:
    assert len(codes.SIGNS) ** (codes.SIZE - 1) > 2**80
    seen = {codes.code_of(UUID(int=number)) for number in range(2000)}
    assert len(seen) == 2000 and {sign for code in seen for sign in codes.typed(code)} == set(codes.SIGNS)


def test_the_check_finds_every_wrong_sign_and_every_two_that_changed_places() -> None:
    signs = codes.typed(codes.code_of(ONE))
    assert codes.is_whole(signs)
    for place, sign in itertools.product(range(codes.SIZE), codes.SIGNS):
        wrong = signs[:place] + sign + signs[place + 1 :]
        assert codes.is_whole(wrong) == (wrong == signs)
    for one, two in itertools.combinations(range(codes.SIZE), 2):
        swapped = list(signs)
        swapped[one], swapped[two] = swapped[two], swapped[one]
        assert codes.is_whole("".join(swapped)) == ("".join(swapped) == signs)


@pytest.mark.parametrize(
    "change", [str.lower, lambda code: code.replace("-", " "), lambda code: f"  {code}\n", lambda code: code.replace("L", "1")]
)
def test_how_it_is_typed_does_not_matter(change: object) -> None:
    code = next(found for number in itertools.count() if "L" in (found := codes.code_of(UUID(int=number))))
    assert codes.hash_of(change(code)) == codes.hash_of(code)


@pytest.mark.parametrize("typed", ["", "-", "x" * 10_000, "\u202e\x00", "🙂" * 18, "'; DROP TABLE letters_code; --"])
def test_anything_can_be_typed(typed: str) -> None:
    assert not codes.is_whole(typed) and len(codes.hash_of(typed)) == 32
