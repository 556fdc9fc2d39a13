"""What stays of a child's record and until when, in plain words for families."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from governance.retention.classes import CLASSES
from governance.retention.queries import KeptUntil

PLAIN: dict[str, str | Promise] = {
    "behavioral": gettext_lazy("Test scores, services, health, conduct, and how to reach the family"),
    "progress": gettext_lazy("The name, grades, courses, attendance and vaccinations"),
    "health": gettext_lazy("Mental health screenings"),
}


def length_words(months: int) -> str:
    """So many years, or months where they make no years."""
    if months % 12 == 0 and months:
        years = months // 12
        return ngettext("%(count)s year", "%(count)s years", years) % {"count": years}
    return ngettext("%(count)s month", "%(count)s months", months) % {"count": months}


def rows(kept: list[KeptUntil]) -> list[dict[str, Any]]:
    """A row a class: what it is, how long it stays, or until when, and the law."""
    found = []
    for one in kept:
        if one.held:
            words = _("Nothing is deleted now: the law or a request asks us to keep it.")
        elif one.months is None:
            words = _("We keep this for now. The school board has not set a time yet.")
        elif one.months == 0:
            words = _("Deleted when the student leaves.")
        else:
            words = _("Deleted %(time)s after the student leaves.") % {"time": length_words(one.months)}
        found.append(
            {"title": PLAIN[one.subject], "words": words, "until": None if one.held else one.until, "law": CLASSES[one.subject].citation}
        )
    return found
