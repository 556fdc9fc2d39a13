"""Anyone, signed out, reads the rights: in English and Spanish in full, in Hmong where somebody wrote it, and on paper."""

import re
from collections.abc import Callable

import pytest

from tests.journeys.reader import Reader


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/rights/", re.compile("rights", re.IGNORECASE)),
        ("/es/rights/", re.compile("derechos", re.IGNORECASE)),
        ("/hmn/rights/", re.compile(".")),
    ],
)
def test_anyone_reads_the_rights(i_am: Callable[..., Reader], path: str, title: re.Pattern[str]) -> None:
    anyone = i_am(None)
    assert anyone.goes_to(path) == 200
    anyone.sees(title, "34 CFR", "118.125", "Sara Lindgren")
    anyone.finds_the_page_in_order()


def test_they_are_reached_from_the_start_page_without_an_account(i_am: Callable[..., Reader]) -> None:
    anyone = i_am(None)
    anyone.goes_to("/")
    anyone.finds_the_page_in_order()
    anyone.follows(re.compile("rights", re.IGNORECASE), within="body")
    anyone.sees("34 CFR")


def test_they_print(i_am: Callable[..., Reader], at_size: str) -> None:
    anyone = i_am(None)
    anyone.goes_to("/rights/")
    anyone.page.emulate_media(media="print")
    assert not anyone.page.locator(".languages:visible, .tabs-row:visible, .menu:visible").count()
    anyone.sees("34 CFR", "Sara Lindgren")
    if at_size == "desk":
        assert len(anyone.page.pdf()) > 20_000
