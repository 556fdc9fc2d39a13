"""Reads of notices: counts and rows without names."""

import datetime as dt

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from breaches.incidents.models import Incident
from breaches.notices.models import Notice, Recipient

_OPEN = (Recipient.State.WAITING, Recipient.State.PAPER, Recipient.State.CALL)


def figures_of(notice: Notice) -> dict[str, int]:
    """How many recipients stand where, and `twice`: how many may have been sent two copies. One query."""
    found = dict.fromkeys(Recipient.State.values, 0)
    for state, number in Recipient.objects.filter(notice=notice).values_list("state").annotate(Count("pk")).order_by():
        found[state] = number
    found["twice"] = Recipient.objects.filter(notice=notice, doubts__gt=0, sent_at__isnull=False).count()
    return found


def what_is_not_out(incident: Incident, at: dt.datetime) -> str | None:
    """Why an incident cannot end yet: a notice that was begun and not sent, or recipients whom nothing reached. None where all is done."""
    running = Q(started_at=None) | Q(recipients__state__in=_OPEN)
    if not incident.drill and Notice.objects.filter(running, incident=incident, stopped_at=None).exists():
        return _("A notice is not out yet, or somebody has not been reached. Send it, stop it, or settle who is left.")
    return None
