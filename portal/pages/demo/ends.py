"""Deletion orders of the demo: one that the company answered, one that waits, one that is late. By the room's own actions."""

import datetime as dt

from governance.people.models import User
from governance.records.models import Student
from portal.base.models import Message
from vendors.ends import actions
from vendors.ends.models import Because
from vendors.providers.models import Tool

ANSWERED, WAITING, LATE = 48, 41, 75  # days since each was opened


def work(*, now: dt.datetime) -> None:
    """What ended in the last months: a student left, an agreement ended, a tool was given up."""
    tools = {
        tool.slug: tool
        for tool in Tool.objects.filter(slug__in=["reading-journey", "photo-diary", "field-notes"]).select_related("provider")
    }
    if len(tools) < 3:
        return
    left = list(Student.objects.filter(left_on__isnull=False).order_by("-left_on", "pk")[:2])
    if left:
        opened = now - dt.timedelta(days=ANSWERED)
        answered = actions.order_for(tool=tools["reading-journey"], students=left, because=Because.CHILD_LEFT, by=None, at=opened)
        assert answered is not None
        answered = actions.send(order=answered.public_id, at=opened + actions.GATHERS)
        done = now - dt.timedelta(days=20)
        actions.confirm(
            order=answered.public_id,
            order_sha256=answered.sha256,
            deleted_on=done.date(),
            copies_until=done.date() + dt.timedelta(days=30),
            by=User.objects.get(email="provider@riverbend.example"),
            at=done,
        )
    for slug, days, because in (("photo-diary", WAITING, Because.AGREEMENT_ENDED), ("field-notes", LATE, Because.TOOL_RETIRED)):
        opened = now - dt.timedelta(days=days)
        order = actions.order_all(tool=tools[slug], because=because, by=None, at=opened)
        actions.send(order=order.public_id, at=opened + actions.GATHERS)
        if order.due_on < now.date():
            actions.remind(order=order.public_id, days=actions.OVER, at=now - dt.timedelta(days=days - order.days - 1))
    # The demo writes to nobody.
    Message.objects.filter(topic__in=[actions.SENT, actions.LATE], done_at=None).update(done_at=now)
