"""What follows from an export's steps: a worker is told to make it, and those who could be the second person that it waits. Ids alone."""

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from governance.exports.models import Export
from governance.people import queries as people
from governance.vocabulary import Role
from portal.base import clock, outbox

MAKE = "exports.make"
WAITING = "exports.waiting"


@outbox.handles(MAKE)
def have_it_made(body: dict) -> None:
    """Hand the export to a worker. A broker that is away makes the outbox try again."""
    from governance.exports.tasks import make_export

    make_export.apply_async([body["export"]], ignore_result=True, retry=False)


@outbox.handles(WAITING)
def tell_second_people(body: dict) -> None:
    """Tell the other compliance officers, the admins and the superintendent that an export waits for one of them."""
    export = Export.objects.get(public_id=body["export"])
    if export.state != Export.State.WAITING:
        return
    today = clock.today()
    told = people.key_holders(on=today) | people.people_with(Role.COMPLIANCE_OFFICER, on=today)
    for user in told.exclude(pk=export.asked_by_id).distinct():
        with translation.override(user.language):
            words = {
                "link": settings.BASE_URL.rstrip("/") + reverse("exports:detail", args=[export.public_id]),
                "district": people.district(),
                "until": export.lapses_on,
            }
            subject = render_to_string("notices/export_waiting/subject.txt", words).strip()
            send_mail(subject, render_to_string("notices/export_waiting/body.txt", words), None, [user.email])
