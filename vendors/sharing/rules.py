"""What the gate decides about one child and one release. Knows no database."""

import dataclasses
import datetime as dt
from collections.abc import Collection

# Elements that tell where a child lives or waits: kept back where the address is confidential (Wis. Stat. 165.68, "Safe at Home").
PLACES = frozenset({"address", "bus", "bus-stop", "bus-card", "phone"})
GROWTH = 1.25  # a release may hold a quarter more children than the preview that was confirmed
SMALL = 10  # ... or so many more, whichever is more
MOST_A_DAY = 24


@dataclasses.dataclass(frozen=True)
class Limits:
    """Whom an approval covers. Empty grades: all of them; no age: no limit."""

    grades: frozenset[str]
    youngest: int | None
    oldest: int | None

    @property
    def elements(self) -> frozenset[str]:
        """What must be known of a child to say whether it is covered."""
        return frozenset(key for key, asked in (("grade", self.grades), ("birth-date", self.youngest or self.oldest)) if asked)


def outside(limits: Limits, *, grade: str | None, born: dt.date | None, on: dt.date) -> str:
    """Why a child is not covered: a word of words.REASONS; empty where it is. What is not known is not covered."""
    if limits.grades and (grade or "") not in limits.grades:
        return "grade"
    if limits.youngest or limits.oldest:
        if born is None:
            return "age_unknown"
        age = age_on(born, on)
        if (limits.youngest and age < limits.youngest) or (limits.oldest and age > limits.oldest):
            return "age"
    return ""


def age_on(born: dt.date, on: dt.date) -> int:
    """Full years of age. Who was born on February 29 becomes a year older on March 1 of other years."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def fits_preview(*, children: int, elements: Collection[str], seen_children: int, seen_elements: Collection[str]) -> bool:
    """Whether a release is still what somebody saw and confirmed: no further element, not many more children."""
    return set(elements) <= set(seen_elements) and children <= max(seen_children * GROWTH, seen_children + SMALL)
