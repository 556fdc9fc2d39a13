"""What every test can ask for. The fixtures stand in tests/harness/."""

import pytest

from tests.harness.services import RUN

pytest_plugins = [
    "tests.harness.databases",
    "tests.harness.network",
    "tests.harness.browser",
    "tests.harness.tripwire",
    "tests.harness.sealing",
]


def pytest_sessionstart(session: pytest.Session) -> None:
    """With workers, the controller starts the servers for all of them; alone, the first test that needs one does."""
    if not RUN.is_joined and session.config.getoption("numprocesses", None) and not session.config.getoption("collectonly"):
        RUN.start_for_workers()


def pytest_unconfigure() -> None:
    RUN.end()
