"""What the portal's own watch over the trail finds becomes a report, beside those of everybody else, and ends with its alert."""

import datetime as dt

from django.utils import translation

from breaches.reports import actions
from breaches.reports.models import Report, Topic
from governance.alerts import inbox
from governance.alerts.models import FALSE_ALARMS, Alert, Detector, Reason
from governance.alerts.present import WHY


def take(alert: Alert, *, loud: bool, at: dt.datetime) -> None:
    """File an alert among the reports, in words that name nobody."""
    topic = Topic.ACCOUNT if alert.detector == Detector.SIGN_INS else Topic.LOOKED
    with translation.override("en"):
        words = str(WHY[Detector(alert.detector)])
    actions.from_alert(alert=alert, topic=topic, words=words, loud=loud, at=at)


def end(alert: Alert, *, at: dt.datetime) -> None:
    """End the report of an alert that was closed."""
    found = Reason(alert.reason)
    outcome = Report.Outcome.INCIDENT if found == Reason.MISUSE else Report.Outcome.ANSWERED
    actions.end_with(alert=alert, outcome=Report.Outcome.NO_PROBLEM if found in FALSE_ALARMS else outcome, at=at)


inbox.register(take, end=end)
