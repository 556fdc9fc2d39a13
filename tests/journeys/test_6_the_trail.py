"""Compliance filters the trail by person, student, purpose and date, and takes it away as a CSV that opens safely in a spreadsheet."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

from governance.exports import making
from governance.exports.models import Export
from portal.base import clock
from tests.governance.records.readers import child_of, name_of
from tests.journeys.reader import Reader


def test_compliance_searches_and_exports(i_am: Callable[..., Reader], tmp_path: Path) -> None:
    student = child_of("parent")
    teacher = i_am("teacher")
    teacher.goes_to(f"/students/{student.public_id}/")

    compliance = i_am("compliance")
    compliance.goes_home()
    compliance.opens_from_menu("Audit")
    compliance.finds_the_page_in_order()
    if not compliance.page.get_by_label("Who did it").is_visible():
        compliance.opens("Search the trail")
    compliance.writes("Who did it", "Ana Ortiz")
    compliance.writes("Student", str(student.public_id))
    compliance.page.get_by_label("Purpose").select_option("classroom-instruction")
    compliance.writes("From", clock.today().isoformat())
    compliance.page.get_by_label("To", exact=True).fill(clock.today().isoformat())
    compliance.presses("Search")
    compliance.sees("Student record opened", "Ana Ortiz", "Searched for")
    compliance.does_not_see(name_of(student))
    compliance.finds_the_page_in_order()

    compliance.follows("Export")
    compliance.finds_the_page_in_order()
    compliance.sees("It is made at once", "Students they name 1")
    compliance.page.locator("main").get_by_role("radio").first.check()
    compliance.writes("Why, in your own words", "The family asked who opened it.")
    compliance.ticks("CSV, for spreadsheets", role="radio")
    compliance.presses("Make the file")
    compliance.sees("The file is being made")
    compliance.finds_the_page_in_order()
    making.make(Export.objects.get().public_id)
    compliance.page.reload()
    compliance.sees("Ready to download", "for you alone, until")
    compliance.finds_the_page_in_order()
    with compliance.page.expect_download() as taken:
        compliance.follows(re.compile("Download the file"))
    file = tmp_path / "trail.csv"
    taken.value.save_as(file)
    rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8"))))
    assert rows[0][0] == "entry"
    assert len(rows) > 1
    assert not [cell for row in rows for cell in row if cell[:1] in {"=", "+", "-", "@", "\t", "\r", "\n"}]
    assert name_of(student) not in file.read_text(encoding="utf-8")
