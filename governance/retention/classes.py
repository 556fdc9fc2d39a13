"""Classes of what is kept: what the law says of each, and which elements belong to it (governance/data/data_elements.csv, `default_retention`).

A rule gives a class its number of months. The bounds stand in the database too (migrations/sql/0002_retention.sql): no rule is shorter or
longer than the law lets it be.
"""

import dataclasses

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TRAIL = "trail"
YEARS_OF_TRAIL = 7


@dataclasses.dataclass(frozen=True)
class KeptClass:
    """A class: `least` and `most` months, counted for the trail from the end of a month, for the others from the day a student left."""

    key: str
    title: str | Promise
    citation: str
    least: int = 0
    most: int | None = None


CLASSES = {
    found.key: found
    for found in (
        KeptClass(
            TRAIL,
            _("The trail: who opened and changed what"),
            "34 CFR 99.32; Wis. Stat. 19.21(6)",
            least=12 * YEARS_OF_TRAIL,
        ),
        KeptClass(
            "behavioral",
            _("Behavioral records (the law's word): tests, services, conduct, contact data"),
            "Wis. Stat. 118.125(3)",
            most=12,
        ),
        KeptClass(
            "progress",
            _("Progress records and the name: grades, courses, attendance, immunizations"),
            "Wis. Stat. 118.125(3)",
            least=60,
        ),
        KeptClass(
            "health",
            _("Records kept like a patient's health care records"),
            "Wis. Stat. 146.81 to 146.84",
            least=12,
        ),
    )
}


def class_of(retention: str, wi_class: str) -> str:
    """The class of an element: a key of CLASSES, `permanent` or `choices` (both are kept). What is no progress record in law is behavioral."""
    if retention.startswith("permanent"):
        return "permanent"
    if retention.startswith("until changed"):
        return "choices"
    if retention.startswith("as patient health care record"):
        return "health"
    return "progress" if retention.startswith("5 years") or wi_class in {"progress", "directory"} else "behavioral"
