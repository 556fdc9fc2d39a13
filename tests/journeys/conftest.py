"""For all journeys: the demo district, in which nobody is asked for a second factor."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.journeys.reader import Reader


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


@pytest.fixture(params=["desk", "phone"])
def at_size(request: pytest.FixtureRequest) -> str:
    """Each story is told on a desk and on a phone."""
    return str(request.param)


@pytest.fixture
def i_am(district: Any, browser_page: Callable[..., Any], at_size: str) -> Callable[..., Reader]:
    """Sign a persona in at a browser of that size: `i_am("teacher")`; `i_am(None)` is nobody."""

    def become(persona: str | None, **more: Any) -> Reader:
        return Reader(browser_page(at_size, as_=persona, **more))

    return become
