"""From the bytes of an uploaded CSV to a header and rows of cells. Pure; whatever is odd is refused with the place and what to do."""

import csv
import io
import re

from django.utils.translation import gettext as _

from portal.base.errors import CannotDo

MOST_BYTES = 5 * 2**20
MOST_ROWS = 5_000
MOST_COLUMNS = 60
LONGEST_CELL = 2_000
_DELIMITERS = ",;\t|"
_FORMULA_AFTER = re.compile(r"^'(?=[=+\-@])")


class CannotRead(CannotDo):
    """The file was not taken."""


def read(content: bytes) -> tuple[list[str], list[list[str]]]:
    """(header, rows). Cells are trimmed; every row has as many as the header; rows without any text are left out, so that their numbers
    stay the file's: see `numbered`. Raises CannotRead.
    """
    if len(content) > MOST_BYTES:
        raise CannotRead(_("The file is larger than 5 MB. Split it into several."), code="too_large")
    if content[:4] in {b"PK\x03\x04", b"\xd0\xcf\x11\xe0"}:
        raise CannotRead(_("This is a workbook. In the spreadsheet program choose “Save as” and then “CSV”."), code="workbook")
    text = decode(content)
    delimiter = _delimiter(text)
    old = csv.field_size_limit(MOST_BYTES)
    try:
        found = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)]
    except csv.Error as error:
        raise CannotRead(_("The file cannot be read as a table. Save it again as CSV."), code="no_table") from error
    finally:
        csv.field_size_limit(old)
    if not found or not any(found[0]):
        raise CannotRead(_("The first row must hold the names of the columns."), code="no_header")
    header, rows = found[0], found[1:]
    _check_size(header, rows)
    width = len(header)
    for number, row in enumerate(rows, 2):
        if len(row) > width and any(row[width:]):
            raise CannotRead(
                _("Row %(row)d has more cells than the first row. Put cells that hold a comma into quotes.") % {"row": number},
                code="wide_row",
            )
        row[:] = [_FORMULA_AFTER.sub("", cell) for cell in row[:width]] + [""] * (width - len(row))
    return header, rows


def decode(content: bytes) -> str:
    """The text of a file as spreadsheet programs write it: UTF-8, UTF-16 with a mark, else Windows' own. Raises CannotRead."""
    try:
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            text = content.decode("utf-16")
        else:
            try:
                text = content.decode("utf-8-sig")
            except UnicodeDecodeError:
                text = content.decode("cp1252")
    except UnicodeDecodeError as error:
        raise CannotRead(_("The file's letters cannot be read. Save it as “CSV UTF-8”."), code="encoding") from error
    if "\x00" in text:
        raise CannotRead(_("The file is not a text. Save the table as “CSV UTF-8”."), code="not_text")
    return text


def _delimiter(text: str) -> str:
    first = text.split("\n", 1)[0]
    return max(_DELIMITERS, key=lambda each: (first.count(each), -_DELIMITERS.index(each)))


def _check_size(header: list[str], rows: list[list[str]]) -> None:
    if len(header) > MOST_COLUMNS:
        raise CannotRead(_("The table has more than 60 columns. Leave out those that are not needed."), code="too_wide")
    if len(rows) > MOST_ROWS:
        raise CannotRead(_("The table has more than 5,000 rows. Split it into several."), code="too_long")
    if not any(any(row) for row in rows):
        raise CannotRead(_("Below the first row there is nothing."), code="empty")
    for number, row in enumerate([header, *rows], 1):
        for column, cell in enumerate(row, 1):
            if len(cell) > LONGEST_CELL:
                raise CannotRead(
                    _("Row %(row)d, column %(column)d: this cell holds more than 2,000 letters. Shorten it.")
                    % {"row": number, "column": column},
                    code="long_cell",
                )
