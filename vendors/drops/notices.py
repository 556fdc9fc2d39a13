"""Mail that a scheduled delivery did not happen. It names the tool; why stands on the page."""

from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from governance.people import queries as people
from governance.people.models import RoleAssignment, User
from governance.people.permissions import HOLDERS
from governance.vocabulary import Permission
from portal.base import clock, outbox
from vendors.drops import actions
from vendors.drops.models import Dropped


@outbox.handles(actions.FAILED)
def tell_of_a_failure(body: dict) -> None:
    """Mail all who keep providers: what runs by itself must not fail by itself."""
    found = Dropped.objects.select_related("drop__delivery__tool").filter(public_id=body["file"]).first()
    if found is None:
        return
    delivery = found.drop.delivery
    holders = RoleAssignment.objects.filter(people.in_force(clock.today()), role__in=HOLDERS[Permission.MANAGE_PROVIDERS]).values("user")
    for user in User.objects.filter(is_active=True, pk__in=holders).order_by("pk"):
        with translation.override(user.language):
            link = settings.BASE_URL.rstrip("/") + reverse("drops:drop", args=[delivery.public_id])
            words: dict[str, Any] = {"link": link, "tool": delivery.tool.name}
            subject = render_to_string("notices/drop_failed/subject.txt", words).strip()
            send_mail(subject, render_to_string("notices/drop_failed/body.txt", words), None, [user.email])
