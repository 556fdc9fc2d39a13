"""Letters as plain values for the pages of those who handle an incident: figures, printings, and whom to call."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _

from breaches.letters.desk_forms import OutcomeForm
from breaches.letters.models import Call, Printing, Sheet
from breaches.notices.models import Notice
from portal.base.languages import first_known

_NAMES = dict(settings.LANGUAGES)


def printing_rows(printings: Sequence[Any], *, today: dt.date) -> list[dict[str, Any]]:
    """Printings, as the page lists them; each bears `printed`, how many letters it holds."""
    return [
        {
            "public_id": str(one.public_id),
            "name": str(one),
            "asked_at": one.asked_at,
            "who": one.asked_by.name,
            "status": one.status,
            "at_work": one.at_work,
            "ready": one.state == Printing.State.READY,
            "done": one.done,
            "total": max(one.total, 1),
            "printed": one.printed,
            "size": filesizeformat(one.file_size) if one.file_size else "",
            "goes_at": one.goes_at,
            "posted_on": one.posted_on,
            "may_post": one.ready_at is not None and one.posted_on is None and one.printed > 0,
            "today": today,
        }
        for one in printings
    ]


def crumb_of(notice: Notice) -> dict[str, str]:
    """The step back to a notice's letters."""
    assert notice.version is not None
    return {"label": notice.version.texts["en"]["subject"], "href": reverse("letters:notice", args=[notice.public_id])}


def call_rows(
    rows: Sequence[Any], opened: Mapping[int, Any], last: Mapping[int, str], wrong: set[int], unprinted: Mapping[int, str]
) -> list[dict[str, Any]]:
    """Whom a caller has in hand; without `opened` nobody is named."""
    return [
        {
            "number": number,
            "public_id": str(row.public_id),
            "because": _because(row, wrong, unprinted),
            "tries": row.tries,
            "tried_at": row.tried_at,
            "last": str(Call.Outcome(last[row.pk]).label) if row.pk in last else "",
            "who": opened.get(row.pk),
            "language": language_name(opened[row.pk].language) if row.pk in opened else "",
            "form": OutcomeForm(prefix=str(row.public_id)),
        }
        for number, row in enumerate(rows, start=1)
    ]


def _because(row: Any, wrong: set[int], unprinted: Mapping[int, str]) -> str:
    if row.pk in wrong:
        return _("Said that the letter came to the wrong person")
    if row.pk in unprinted:
        return str(Sheet.Outcome(unprinted[row.pk]).label)
    return str(row.get_because_display()) or _("Asked for a call")


def language_name(code: str) -> str:
    """What a language of the roster is called; its code where it has no name here."""
    return str(_NAMES.get(first_known(code), code))


def notice_row(notice: Notice, figures: Any) -> dict[str, Any]:
    """One notice with the figures of its letters, for those who handle the incident."""
    assert notice.version is not None
    return {
        "public_id": str(notice.public_id),
        "subject": notice.version.texts["en"]["subject"],
        "started_at": notice.started_at,
        "drill": notice.drill,
        "figures": figures,
    }
