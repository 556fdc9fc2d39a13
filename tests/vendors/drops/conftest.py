"""For all tests of the file drop: a folder of their own."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def place(settings: Any, tmp_path: Path) -> Path:
    """Where the drop is."""
    settings.DEMO = True  # no second factor, so that each persona stands at the page itself
    settings.DROP = tmp_path / "drop"
    return tmp_path / "drop"
