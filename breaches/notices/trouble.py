"""What follows when the mail server did not take a notice for four hours, or will never take it: an entry, a task, and mail to who handles it.

The task is made by a message of its own: it needs no mail server, which may be what is broken.
"""

import contextlib
import datetime as dt

from django.utils import translation
from django.utils.translation import gettext as _

from breaches.incidents import actions as incidents
from breaches.notices.mail import TROUBLE
from breaches.notices.models import Addressee, Notice
from governance.trail import entries
from governance.vocabulary import Action, Event
from portal.base import clock, outbox
from portal.base.errors import CannotDo

TASK = "notices.trouble_task"
TIME_TO_DO = dt.timedelta(days=1)


def tell(notice: Notice, *, at: dt.datetime, addressee: Addressee | None = None) -> None:
    """Record that families, or one addressee, were given up, and have a person told, in the open transaction."""
    whom = str(addressee.public_id) if addressee is not None else None
    entries.append(Event.NOTICE_TROUBLE, action=Action.UPDATE, by=None, about=notice, data={"addressee": whom} if whom else None)
    for topic in (TASK, TROUBLE):
        outbox.put(topic, at=at, notice=str(notice.public_id), addressee=whom)


@outbox.handles(TASK)
def give_task(body: dict) -> None:
    """A task for the incident's lead, or whoever started the notice. An incident that ended meanwhile needs none."""
    notice = Notice.objects.select_related("incident__lead", "started_by").get(public_id=body["notice"])
    owner, at = notice.incident.lead or notice.started_by, clock.now()
    assert owner is not None and notice.started_by is not None
    with translation.override(owner.language):
        title = _("The mail server did not take some letters: print those that need paper")
        if body["addressee"]:
            name = Addressee.objects.values_list("name", flat=True).get(public_id=body["addressee"])
            title = _("The mail server did not take a notice: hand it in another way to %(name)s") % {"name": name[:100]}
    with contextlib.suppress(CannotDo):
        incidents.give_task(
            incident=notice.incident.public_id, title=title, owner=owner, due_at=at + TIME_TO_DO, by=notice.started_by, at=at
        )
