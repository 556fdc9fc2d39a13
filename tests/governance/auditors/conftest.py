"""Auditors' tests run without the second factor, which the demo leaves out."""

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True
