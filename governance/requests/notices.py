"""Mail about requests: to who may decide one that waits, and to who asked. It is composed when it goes, names no student and says nothing of the data."""

from collections.abc import Iterable

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from governance.people import queries as people
from governance.people.models import User
from governance.people.permissions import HOLDERS
from governance.requests import queries
from governance.requests.models import DataRequest
from governance.vocabulary import Permission
from portal.base import clock, outbox

WAITING = "governance.request_waiting"
ANSWERED = "governance.request_answered"


@outbox.handles(WAITING)
def tell_who_decides(body: dict) -> None:
    """Tell everybody who may decide the request now; nobody where it was decided meanwhile or waits for the asker's answer."""
    today = clock.today()
    held = next((each for each in queries.waiting_requests(today) if str(each.data_request.public_id) == body["request"]), None)
    if held is None or held.data_request.state != DataRequest.State.SUBMITTED:
        return
    able = {user.pk: user for role in HOLDERS[Permission.DECIDE_REQUESTS] for user in people.people_with(role, on=today)}
    told = [user for key, user in sorted(able.items()) if held.waiting.includes(key)]
    _send("request_waiting", told, "requests:decide", held.data_request)


@outbox.handles(ANSWERED)
def tell_who_asked(body: dict) -> None:
    """Tell the asker that there is an answer or a question; both stand on the page alone."""
    found = DataRequest.objects.select_related("asker").get(public_id=body["request"])
    _send("request_answered", [found.asker], "requests:detail", found)


def _send(kind: str, told: Iterable[User], page: str, found: DataRequest) -> None:
    for user in told:
        if not user.is_active:
            continue
        with translation.override(user.language):
            facts = {
                "link": settings.BASE_URL.rstrip("/") + reverse(page, args=[found.public_id]),
                "number": str(found),
                "due_on": found.due_on,
                "district": people.district(),
            }
            subject = render_to_string(f"notices/{kind}/subject.txt", facts).strip()
            send_mail(subject, render_to_string(f"notices/{kind}/body.txt", facts), None, [user.email])
