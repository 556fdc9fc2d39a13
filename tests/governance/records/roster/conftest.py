"""The import as the command runs it."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from governance.records.models import ImportRun
from governance.records.roster import runs
from governance.records.roster.delivery import Report
from portal.base import clock
from tests.governance.records.roster.bundles import Bundle

Import = Callable[..., Report]


@pytest.fixture
def load(tmp_path: Path) -> Import:
    """Import a bundle as a folder; answers the report. Changes to single files go by name."""
    count = 0

    def run(bundle: Bundle, *, dry_run: bool = False, on: dt.date | None = None, **changes: str | bytes | None) -> Report:
        nonlocal count
        count += 1
        path = bundle.folder(tmp_path / f"bundle{count}", **changes)
        report, _ = runs.import_path(path, dry_run=dry_run, at=clock.now(), today=on or clock.today())
        return report

    return run


@pytest.fixture
def last_run() -> Callable[[], ImportRun]:
    """The newest run."""
    return lambda: ImportRun.objects.order_by("-pk")[0]
