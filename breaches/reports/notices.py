"""Mail about reports. It says that one came in and where it stands; nothing of what was written, nothing of who wrote it."""

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from breaches.reports import queries
from breaches.reports.models import Report
from governance.alerts import queries as alerts
from governance.people import queries as people
from governance.people.models import User
from governance.vocabulary import Role
from portal.base import clock, outbox

RECEIVED = "reports.received"
ADDED = "reports.added"


@outbox.handles(RECEIVED)
def tell_of_report(body: dict) -> None:
    """Tell those who look after this sort: a worry about safety its contact first, at once; the rest the two who handle incidents."""
    report = Report.objects.get(public_id=body["report"])
    contact = queries.safety_contact()
    if report.closed_at is None:
        told = {(user.email, user.language) for user in _readers(report)}
        if report.apart and contact is not None:
            told.add((contact.email, settings.LANGUAGE_CODE))
        _send("safety_report_received" if report.apart else "report_received", told, report)


@outbox.handles(ADDED)
def tell_of_answer(body: dict) -> None:
    """Tell whoever took the report up that the reporter wrote."""
    report = Report.objects.select_related("taken_up_by").get(public_id=body["report"])
    if report.closed_at is None:
        readers = [report.taken_up_by] if report.taken_up_by is not None else _readers(report)
        _send("report_added", {(user.email, user.language) for user in readers}, report)


def _readers(report: Report) -> list[User]:
    roles = (Role.LEADER,) if report.apart else (Role.INCIDENT_LEAD, Role.COMPLIANCE_OFFICER)
    found = [user for role in roles for user in people.people_with(role, on=clock.today())]
    if report.alert is None:
        return found
    # The others were told of the alert itself; nobody is told of one about themselves.
    told = alerts.told_of(report.alert, on=clock.today())
    return [user for user in found if user not in told and user.pk != report.alert.actor_id]


def _send(kind: str, told: set[tuple[str, str]], report: Report) -> None:
    for email, language in sorted(told):
        with translation.override(language):
            link = settings.BASE_URL.rstrip("/") + reverse("reports:report", args=[report.public_id])
            words = {"link": link, "number": str(report), "received_at": report.received_at}
            subject = render_to_string(f"notices/{kind}/subject.txt", words).strip()
            send_mail(subject, render_to_string(f"notices/{kind}/body.txt", words), None, [email])
