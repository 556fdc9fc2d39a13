"""The words of letters on paper, of labels and of the list for a spreadsheet. Values in, plain data out."""

import csv
import dataclasses
import datetime as dt
import io
from collections.abc import Sequence
from typing import Any

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from breaches.letters.typesetting import bars_of
from breaches.notices.texts import PARTS, Texts, code_page, one_line, plain
from governance.people.models import District
from governance.records.family.present import harmless

LONGEST_NAME, LONGEST_LINE, MOST_LINES = 120, 60, 4


@dataclasses.dataclass(frozen=True)
class Addressed:
    """What one letter says of its recipient, read through the door for this moment alone."""

    reference: str
    name: str
    child: str
    lines: tuple[str, ...]
    language: str
    own: bool
    code: str

    @property
    def to(self) -> list[str]:
        """The address block."""
        return [one_line(self.name)[:LONGEST_NAME], *self.lines]


def lines_of(address: str) -> tuple[str, ...]:
    """An address as lines of a label: as it was written, or broken after the street where it is one line."""
    lines = [one_line(line) for line in plain(address).split("\n")]
    if len(lines) == 1:
        lines = [part.strip() for part in lines[0].split(",", 1)]
    return tuple(line[:LONGEST_LINE] for line in lines if line)[:MOST_LINES]


def letter(whom: Addressed, texts: Texts, district: District | None, on: dt.date) -> dict[str, Any]:
    """One letter for letter.typ: in the recipient's language where the text has it, the other languages attached."""
    first = whom.language if whom.language in texts else "en"
    order = [first, *sorted(language for language in texts if language != first)]
    said, codes = [], []
    for language in order:
        with translation.override(language):
            words = _("To read this letter online or to ask a question, go to %(page)s and type the code below.")
            codes.append([language, words % {"page": code_page(language)}])
            told = texts[language]["parts"]
            parts = [[str(title), paragraphs(told[key])] for key, title in PARTS.items() if key in told]
        said.append({"language": language, "subject": texts[language]["subject"], "parts": parts})
    with translation.override(first):
        child = one_line(whom.child)[:LONGEST_NAME]
        about = (
            _("This letter is about you and your school record.") if whom.own else _("This letter is about %(child)s.") % {"child": child}
        )
        return {
            "reference": whom.reference,
            "language": first,
            "sender": sender_of(district),
            "to": whom.to,
            "date": date_format(on, "DATE_FORMAT"),
            "hello": _("Dear %(name)s,") % {"name": one_line(whom.name)[:LONGEST_NAME]},
            "about": about,
            "texts": said,
            "code-words": codes,
            "code": whom.code,
            "closing": district.name if district else "",
        }


def paragraphs(words: str) -> list[list[str]]:
    """Words as paragraphs of lines."""
    return [lines for part in plain(words).split("\n\n") if (lines := [line for line in part.split("\n") if line.strip()])]


def sender_of(district: District | None) -> list[str]:
    """Who writes: the district's name, address and phone, line by line."""
    if district is None:
        return []
    return [line for line in (district.name, *plain(district.address).split("\n"), district.contact_phone) if line]


def label(whom: Addressed) -> dict[str, Any]:
    """One label for labels.typ."""
    return {"to": whom.to, "reference": whom.reference, "bars": bars_of(whom.reference)}


def labels_csv(addressed: Sequence[Addressed]) -> str:
    """The addresses for a spreadsheet, RFC 4180; a cell that a spreadsheet would run is made harmless."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["reference", "name", *(f"line_{number}" for number in range(1, MOST_LINES + 1))])
    for whom in addressed:
        cells = [whom.reference, *whom.to]
        writer.writerow([harmless(cell) for cell in cells + [""] * (MOST_LINES + 2 - len(cells))])
    return out.getvalue()


def left_csv(left: Sequence[tuple[str, str]]) -> str:
    """(reference, why) of what was not printed; it names nobody."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["reference", "why"])
    writer.writerows(left)
    return out.getvalue()
