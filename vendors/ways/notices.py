"""Mail about ways to be switched off. It names tool and way; which children it is about stands on the page alone."""

from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from governance.people import queries as people
from governance.people.models import RoleAssignment, User
from governance.people.queries import day_of
from governance.vocabulary import Role
from portal.base import clock, outbox
from vendors.sharing import queries as shared
from vendors.sharing.models import StopTask
from vendors.sharing.present import way
from vendors.ways import actions, queries
from vendors.ways.models import ChildStop
from vendors.ways.rules import Step


@outbox.handles(actions.TELL)
def tell_of_a_task(body: dict) -> None:
    """Mail the owner that a way is to be switched off; all who keep providers where nobody owns it or it is late; the superintendent at last."""
    task = shared.find_task(body["task"]) if body["whole"] else queries.find_child_stop(body["task"])
    if task is None or task.done_at is not None or task.channel.closed_at is not None:
        return
    step = Step(body["step"])
    for user in _readers(task, step):
        with translation.override(user.language):
            words: dict[str, Any] = {
                "tool": task.channel.tool.name,
                "way": way(task.channel),
                "who": task.channel.switched_off_by,
                "due_on": day_of(task.due_at),
                "late": step is not Step.OPENED,
                "link": settings.BASE_URL.rstrip("/")
                + reverse("sharing:task" if body["whole"] else "ways:children", args=[task.public_id]),
            }
            subject = render_to_string("notices/way_to_stop/subject.txt", words).strip()
            send_mail(subject, render_to_string("notices/way_to_stop/body.txt", words), None, [user.email])


def _readers(task: StopTask | ChildStop, step: Step) -> list[User]:
    on = clock.today()
    keeper = getattr(task.channel, "keeper", None)
    readers = queries.who_may_keep(on=on)
    if step is Step.OPENED and keeper is not None and keeper.user in readers:
        return [keeper.user]
    if step is Step.LEADERS:
        leaders = RoleAssignment.objects.filter(people.in_force(on), role=Role.LEADER).values("user")
        readers += User.objects.filter(is_active=True, pk__in=leaders).exclude(pk__in=[each.pk for each in readers]).order_by("pk")
    return readers
