"""A parent takes the proof of one line, then all of a year for a lawyer, who checks them without the portal."""

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.governance.disclosures.written import write
from tests.governance.records.readers import child_of
from tests.journeys.reader import Reader

VERIFIER = Path(__file__).resolve().parents[2] / "docs" / "verify" / "verify_trail.py"


def holds(*arguments: object, where: Path) -> str:
    answer = subprocess.run([sys.executable, *map(str, arguments)], cwd=where, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def test_a_parent_takes_proofs(i_am: Callable[..., Reader], sealing: Callable[..., object], tmp_path: Path) -> None:
    student = child_of("parent")
    i_am("teacher").goes_to(f"/students/{student.public_id}/")
    sealing()

    parent = i_am("parent")
    parent.goes_to(f"/family/{student.public_id}/looks/")
    parent.opens("The law")
    with parent.page.expect_download() as taken:
        parent.follows("For experts: proof that this line was not changed")
    one = tmp_path / "one.tlog-proof"
    taken.value.save_as(one)
    assert taken.value.suggested_filename.endswith(".tlog-proof")
    assert "HOLDS" in holds(VERIFIER, one, where=tmp_path)

    parent.goes_to(f"/family/{student.public_id}/looks/")
    parent.opens("For experts")
    parent.follows("All proofs of a year")
    parent.finds_the_page_in_order()
    with parent.page.expect_download() as taken:
        parent.presses("Get the file")
    pack = tmp_path / "pack.zip"
    taken.value.save_as(pack)
    zipfile.ZipFile(pack).extractall(tmp_path / "pack")
    told = holds("verify_trail.py", "--key", "key.txt", ".", where=tmp_path / "pack")
    assert told.count("HOLDS") > 2


def test_a_parent_reads_who_got_information(i_am: Callable[..., Reader]) -> None:
    student = child_of("parent")
    write(student, interest="The student enrolls there.")
    parent = i_am("parent")
    parent.goes_to(f"/family/{student.public_id}/")
    parent.follows("Who got information")
    parent.sees("Northwoods High School", "The school where the student goes next.")
    parent.finds_the_page_in_order()


def test_the_office_writes_down_a_disclosure(i_am: Callable[..., Reader]) -> None:
    secretary = i_am("secretary")
    secretary.goes_home()
    secretary.opens_from_menu("Disclosures")
    secretary.finds_the_page_in_order()
    secretary.follows("Write down a disclosure")
    secretary.finds_the_page_in_order()
    secretary.writes("First letters of the first or last name", "Ma")
    secretary.presses("Find a student")
    secretary.page.locator("main fieldset").first.get_by_role("checkbox").first.check()
    secretary.ticks("It was given", role="radio")
    secretary.writes("Who received it or asked for it?", "Northwoods High School")
    secretary.page.get_by_label("What kind of party is it?").select_option("school")
    secretary.page.get_by_label("On which ground?").select_option("ferpa-transfer-school")
    secretary.writes("What do they need it for?", "The student enrolls there.")
    secretary.opens("What was it? Mark each kind of data")
    secretary.ticks("Grades and tests: Course grades")
    secretary.page.get_by_label("How did it leave?").select_option("paper")
    secretary.presses("Write it down")
    secretary.sees("Written down for 1 student.", "Northwoods High School", "Course grades")
    secretary.finds_the_page_in_order()
