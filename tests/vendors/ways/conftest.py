"""For all tests of ways of data."""

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True  # no second factor, so that each persona stands at the page itself
