"""For all tests of earlier answers."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _demo(settings: Any, tmp_path: Path) -> None:
    settings.DEMO = True  # no second factor, so that each persona stands at the page itself
    settings.VAR = tmp_path  # a vault of its own
