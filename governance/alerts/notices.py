"""Mail about alerts. It is composed when it goes; the outbox holds ids alone, and no mail names a student or whose looks were odd."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from governance.alerts import queries
from governance.alerts.models import Alert, Detector
from governance.people import queries as people
from governance.people.models import User
from portal.base import clock, outbox

ALERT = "alerts.alert"
ASKED = "alerts.asked"
ANSWERED = "alerts.answered"


@outbox.handles(ALERT)
def tell_of_alert(body: dict) -> None:
    """Tell everybody who handles alerts, two people at the least and never the one concerned; their home page says the same."""
    alert = Alert.objects.get(public_id=body["alert"])
    if alert.closed_at is None:
        facts = {"what": Detector(alert.detector).label, "raised_at": alert.raised_at}
        _send("alert_raised", queries.told_of(alert, on=clock.today()), "alerts:alert", [alert.public_id], facts)


@outbox.handles(ASKED)
def tell_who_is_asked(body: dict) -> None:
    """Tell the person concerned that somebody asks."""
    alert = Alert.objects.select_related("actor").get(public_id=body["alert"])
    if alert.closed_at is None and alert.answered_at is None and alert.actor is not None:
        _send("alert_asked", [alert.actor], "alerts:answer", [alert.public_id], {})


@outbox.handles(ANSWERED)
def tell_who_asked(body: dict) -> None:
    """Tell whoever asked that the answer can be read."""
    alert = Alert.objects.select_related("asked_by").get(public_id=body["alert"])
    if alert.closed_at is None and alert.asked_by is not None:
        _send("alert_answered", [alert.asked_by], "alerts:alert", [alert.public_id], {})


def _send(kind: str, told: Iterable[User], page: str, arguments: list, facts: dict[str, Any]) -> None:
    for user in told:
        with translation.override(user.language):
            words = {"link": settings.BASE_URL.rstrip("/") + reverse(page, args=arguments), "district": people.district(), **facts}
            subject = render_to_string(f"notices/{kind}/subject.txt", words).strip()
            send_mail(subject, render_to_string(f"notices/{kind}/body.txt", words), None, [user.email])
