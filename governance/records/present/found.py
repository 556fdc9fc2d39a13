"""Students found by name."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse

from governance.records.door import Found, Opened, Reading
from governance.records.plain_words import element_heading
from governance.records.present.classes import ListRow, matches
from governance.records.present.values import grade_words


@dataclasses.dataclass(frozen=True)
class FoundList:
    """Students found by name."""

    rows: Sequence[ListRow]
    too_many: bool = False


def found_in_schools(found: Found, public_ids: Mapping[int, Any]) -> FoundList:
    """What a search through schools gave."""
    return FoundList([_found_row(opened, public_ids) for opened in found.students if opened.student_id in public_ids], found.too_many)


def found_among(readings: Sequence[Reading], public_ids: Mapping[int, Any], term: str) -> FoundList:
    """Of the opened students those of whose name a part begins with `term`."""
    opened = sorted((each for reading in readings for each in reading.students.values()), key=lambda each: each.sort_name)
    return FoundList([_found_row(each, public_ids) for each in opened if each.student_id in public_ids and matches(each, term)])


def _found_row(opened: Opened, public_ids: Mapping[int, Any]) -> ListRow:
    return ListRow(
        url=reverse("records:student", args=[public_ids[opened.student_id]]),
        name=opened.full_name,
        cells=[(element_heading("grade"), grade_words(opened.identity.get("grade")))],
    )
