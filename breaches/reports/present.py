"""Reports as plain values for the pages."""

import dataclasses
import datetime as dt
import re
from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from breaches.reports.models import Line, Report, Topic
from governance.alerts import present as alert_words
from governance.alerts.models import Detector
from portal.base.components import Status

# Marks that turn the direction of the text around them: they could make a line say something else than it does.
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f]")


def plain(text: str) -> str:
    """Somebody's words, with marks that turn the direction made visible."""
    return _TURNS.sub("\ufffd", text)


@dataclasses.dataclass(frozen=True)
class Row:
    """One report in a list."""

    number: str
    url: str
    topic: str
    source: str
    received_at: dt.datetime
    state: Status


@dataclasses.dataclass(frozen=True)
class Said:
    """One thing said under a report; `who` is empty for the reporter."""

    words: str
    at: dt.datetime
    who: str


def state_of(report: Report) -> Status:
    """How far it is, in the words of the public page."""
    if report.closed_at is not None:
        return Status("off", _("Closed"))
    if report.taken_up_at is not None:
        return Status("wait", _("We are checking"))
    return Status("info", _("We got it"))


def topic_of(report: Report) -> str:
    """What it is about, in the reporter's words; of what the portal's own watch found, what that was and no more."""
    return str(Detector(report.alert.detector).label if report.alert else Topic(report.topic).label)


def row(report: Report) -> Row:
    """One report for a list."""
    return Row(
        str(report),
        reverse("reports:report", args=[report.public_id]),
        topic_of(report),
        report.provider.name if report.provider else str(Report.Channel(report.channel).label),
        report.received_at,
        state_of(report),
    )


def rows(reports: Iterable[Report]) -> list[Row]:
    """Reports for a list."""
    return [row(report) for report in reports]


def said(lines: Iterable[Line]) -> list[Said]:
    """The talk under a report, the oldest first."""
    return [Said(plain(line.words), line.at, (line.by.name or line.by.email) if line.by else "") for line in lines]


def facts(report: Report) -> list[dict[str, str]]:
    """What is known of a report beside its words."""
    found = [
        {"term": _("About"), "value": topic_of(report)},
        {"term": _("Came by"), "value": report.provider.name if report.provider else str(Report.Channel(report.channel).label)},
        {"term": _("Language of the page"), "value": get_language_info(report.language)["name_local"]},
    ]
    if report.alert:
        found = [
            *found[:2],
            *alert_words.detail(report.alert).facts,
            {"term": _("Its number among the odd looks"), "value": str(report.alert)},
        ]
    if report.when:
        found.append({"term": _("When it was"), "value": plain(report.when)})
    if report.taken_up_by:
        found.append({"term": _("First opened by"), "value": report.taken_up_by.name or report.taken_up_by.email})
    return found


def public_talk(lines: Iterable[Line]) -> list[Said]:
    """The talk as the reporter reads it: the school's people are not named."""
    return [Said(plain(line.words), line.at, _("The school district") if line.by_id else "") for line in lines]


def outcome_of(report: Report) -> str:
    """How it ended."""
    return str(Report.Outcome(report.outcome).label) if report.outcome else ""
