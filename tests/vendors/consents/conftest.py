from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    """A demo district asks no second factor of who signs agreements."""
    settings.DEMO = True
