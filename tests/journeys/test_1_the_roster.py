"""An admin brings a roster: what it would change, every fault, apply; the same again changes nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from governance.records import tasks
from governance.records.models import ImportRun, Student
from tests.governance.records.roster.bundles import Bundle, small
from tests.journeys.reader import Reader


@pytest.fixture
def delivery(tmp_path: Path) -> Callable[[Bundle, str], Path]:
    """Write a bundle as the zip that an admin has on disk."""

    def write(bundle: Bundle, name: str) -> Path:
        file = tmp_path / name
        file.write_bytes(bundle.zip())
        return file

    return write


def sends(admin: Reader, file: Path) -> None:
    admin.opens_from_menu("Roster")
    admin.follows("Import a roster")
    admin.page.locator("input[type=file]").set_input_files(str(file))
    admin.presses("Check this file")


def the_worker_works(admin: Reader) -> None:
    tasks.run_imports()
    admin.page.reload()


def test_an_admin_brings_a_roster(i_am: Callable[..., Reader], delivery: Callable[[Bundle, str], Path]) -> None:
    admin = i_am("admin")
    admin.goes_home()
    students = Student.objects.count()

    # a file with a fault is refused, by file, line and column
    broken = small()
    broken.row("users", "u2").update(familyName="")
    sends(admin, delivery(broken, "broken.zip"))
    the_worker_works(admin)
    admin.sees("Refused: nothing was changed", "users.csv", "familyName")
    admin.finds_the_page_in_order()
    assert Student.objects.count() == students

    # a good one says what it would do, and does it when it is told to
    good = delivery(small(), "roster.zip")
    sends(admin, good)
    the_worker_works(admin)
    admin.sees("What it would change", "Students")
    admin.finds_the_page_in_order()
    assert Student.objects.count() == students
    admin.presses("Apply")
    the_worker_works(admin)
    admin.sees("What it changed")
    admin.finds_the_page_in_order()
    assert Student.objects.count() == students + 4

    # the same bundle again changes nothing
    runs = ImportRun.objects.count()
    sends(admin, good)
    admin.page.locator("body").get_by_text("It changes nothing.").wait_for()
    admin.finds_the_page_in_order()
    assert (Student.objects.count(), ImportRun.objects.count()) == (students + 4, runs)
