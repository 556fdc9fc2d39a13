"""The table as an Excel workbook: no formula, no link, numbers as numbers. Rows go to disk as they come."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import xlsxwriter

ROWS_OF_A_SHEET = 1_048_576
MOST_ROWS = 5 * (ROWS_OF_A_SHEET - 1)
LONGEST_CELL = 32_767
_NUMBERS = frozenset({"entry", "students"})
_WIDTHS = {
    "entry": 12,
    "time": 28,
    "local_time": 20,
    "event": 28,
    "person": 24,
    "purpose": 24,
    "elements": 40,
    "student": 38,
    "person_id": 38,
}

csv.field_size_limit(2**24)


class TooManyRows(ValueError):
    """More rows than a workbook can be opened with."""


def write(lines: TextIO, target: Path, *, folder: Path, sheet: str) -> Iterator[int]:
    """Write what the CSV `lines` hold into `target`; answers after every 1,000 rows how many there are. `folder` takes what waits meanwhile.

    A new sheet begins where one is full, each with the heading. Raises TooManyRows.
    """
    book = xlsxwriter.Workbook(
        str(target),
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "tmpdir": str(folder),
        },
    )
    try:
        bold = book.add_format({"bold": True})
        reader = csv.reader(lines)
        heading = next(reader)
        numbers = [name in _NUMBERS for name in heading]
        count, row, page = 0, ROWS_OF_A_SHEET, None
        for cells in reader:
            if row == ROWS_OF_A_SHEET:
                if count >= MOST_ROWS:
                    raise TooManyRows(count)
                page, row = _new_page(book, heading, f"{sheet} {1 + count // (ROWS_OF_A_SHEET - 1)}", bold), 1
            for column, cell in enumerate(cells):
                _write_cell(page, row, column, cell, numbers[column])
            row, count = row + 1, count + 1
            if not count % 1000:
                yield count
        if page is None:
            _new_page(book, heading, f"{sheet} 1", bold)
    finally:
        book.close()
    yield count


def _new_page(book: Any, heading: list[str], name: str, bold: Any) -> Any:
    page = book.add_worksheet(name)
    for column, title in enumerate(heading):
        page.set_column(column, column, _WIDTHS.get(title, 16))
    page.freeze_panes(1, 0)
    for column, title in enumerate(heading):
        page.write_string(0, column, title, bold)
    return page


def _write_cell(page: Any, row: int, column: int, cell: str, is_number: bool) -> None:
    if not cell:
        return
    if is_number and cell.isdigit() and len(cell) <= 15:  # Excel keeps fifteen digits
        page.write_number(row, column, int(cell))
    else:
        page.write_string(row, column, cell if len(cell) <= LONGEST_CELL else f"{cell[: LONGEST_CELL - 1]}…")
