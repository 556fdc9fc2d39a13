"""Mail about clocks. It is composed when it goes; the outbox holds ids alone. The home page of the same people says it too."""

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from breaches.clocks import registry, runner
from breaches.clocks.models import Reached
from governance.people import queries as people
from governance.people.models import User
from portal.base import clock, outbox


@outbox.handles(runner.POINT)
def tell_of_point(body: dict) -> None:
    """Tell the people named of one point, each in their language, unless the clock has stopped since or ends at another time."""
    reached = Reached.objects.get(pk=body["reached"])
    source = next((source for source in registry.sources() if source.name == reached.source), None)
    running = source.running(clock.now()) if source else ()
    found = next((each for each in running if each.key == reached.key and each.due_at == reached.due_at), None)
    if found is None:
        return
    for user in User.objects.filter(public_id__in=body["people"], is_active=True):
        with translation.override(user.language):
            words = {
                "about": found.about,
                "point": reached.get_point_display(),
                "overdue": reached.point == Reached.Point.OVERDUE,
                "due_at": found.due_at,
                "drill": found.drill,
                "link": settings.BASE_URL.rstrip("/") + (found.url or reverse("clocks:clocks")),
                "district": people.district(),
            }
            subject = " ".join(render_to_string("notices/clock_point/subject.txt", words).split())
            send_mail(subject, render_to_string("notices/clock_point/body.txt", words), None, [user.email])
