"""How data travels in the demo: one delivery by file, one way to be stopped that is late, one child to be taken off a way. By the rooms' own actions."""

import datetime as dt

from django.utils import timezone

from governance.people.models import User
from governance.records.models import Student
from portal.base.models import Message
from vendors.consents.models import Standing
from vendors.drops import actions as drops
from vendors.providers.models import Channel, Tool
from vendors.sharing import actions as sharing
from vendors.ways import actions as ways

PURPOSE = "online-learning-tool"
LATE = 6  # days since the agreement's end was to be followed by switching a way off
OFFICE = "Technology office, 715-555-0150"


def work(*, now: dt.datetime) -> None:
    """The reading tool's sign-in waits for one child; a roster of a tool whose agreement ended is late; the tool for exit tickets fetches a file."""
    tools = {
        tool.slug: tool
        for tool in Tool.objects.filter(slug__in=["reading-journey", "photo-diary", "check-in-cards"]).select_related("provider")
    }
    if len(tools) < 3:
        return
    admin, steward = (User.objects.get(email=f"{name}@riverbend.example") for name in ("admin", "steward"))
    for channel in Channel.objects.filter(tool__slug__in=["reading-journey", "class-chimes"]).exclude(kind=Channel.Kind.PORTAL):
        ways.name_keeper(channel=channel, user=steward, by=admin, at=now)
    _one_child(tools["reading-journey"], now)
    _late(tools["photo-diary"], admin, now)
    _by_file(tools["check-in-cards"], admin, now)
    # The demo writes to nobody.
    Message.objects.filter(topic__in=[ways.TELL, drops.FAILED], done_at=None).update(done_at=now)


def _one_child(tool: Tool, now: dt.datetime) -> None:
    said_no = Standing.objects.filter(matter__tool=tool, state=Standing.State.WITHDRAWN).values("student")
    students = list(Student.objects.filter(pk__in=said_no).order_by("pk"))
    ways.stop_for_children(tool=tool, students=students, because="withdrawn", by=None, at=now)


def _late(tool: Tool, admin: User, now: dt.datetime) -> None:
    began = now - dt.timedelta(days=LATE)
    Channel.objects.create(
        tool=tool,
        kind=Channel.Kind.ROSTER_SERVICE,
        name="Nightly roster",
        elements=["grade", "name"],
        switched_off_by=OFFICE,
        opened_at=now - dt.timedelta(days=200),
        opened_by=admin,
    )
    sharing.stop_ways(tool=tool, because="agreement_ended", by=None, at=began)


def _by_file(tool: Tool, admin: User, now: dt.datetime) -> None:
    """Begun yesterday, so that the file of this hour is due."""
    began = now - dt.timedelta(days=1)
    delivery = sharing.open_delivery(tool=tool, purpose=PURPOSE, by=admin, at=began)
    decided = sharing.preview(delivery=delivery, by=admin, at=began)
    delivery = sharing.confirm(delivery=delivery, children=len(decided.given), by=admin, at=began)
    drop = drops.start(delivery=delivery, every="day", hour=timezone.localtime(now).hour, keep_days=7, by=admin, at=began)
    drops.deliver(drop=drop, at=now)
