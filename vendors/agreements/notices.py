"""Telling the district that an agreement expires: 120, 90, 60 and 30 days ahead, each once, whatever beat and the relay do twice."""

import datetime as dt

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from governance.people import queries as people
from governance.people.models import RoleAssignment, User
from governance.people.permissions import HOLDERS
from governance.trail import entries
from governance.vocabulary import Action, Event, Permission
from portal.base import clock, outbox
from vendors import followers
from vendors.agreements import queries
from vendors.agreements.models import Agreement, ExpiryNotice, Version

EXPIRES = "vendors.agreement_expires"
DAYS_AHEAD = (120, 90, 60, 30)
OVER = 0  # the notice's number for "the last day has passed"


@transaction.atomic
def look_ahead(*, at: dt.datetime) -> int:
    """Put a message for every agreement that came within another of DAYS_AHEAD, and tell the followers of those whose last day has passed.

    Answers how many. Of days that were missed, because beat stood still, only the nearest is told.
    """
    told, on = 0, people.day_of(at)
    for held in queries.ending_within(max(DAYS_AHEAD), at=at):
        assert held.in_force is not None and held.standing.ends_on is not None
        left = (held.standing.ends_on - on).days
        due = min(days for days in DAYS_AHEAD if left <= days)
        last = _version_ending(held, held.standing.ends_on)
        if last.expiry_notices.filter(days__lte=due).exclude(days=OVER).exists():
            continue
        _notice, made = ExpiryNotice.objects.get_or_create(version=last, days=due, defaults={"told_at": at})
        if made:
            entries.append(Event.AGREEMENT_EXPIRY_TOLD, action=Action.UPDATE, by=None, about=held.agreement, data={"days": due})
            outbox.put(EXPIRES, at=at, version=str(last.public_id), days=due)
            told += 1
    return told + _tell_of_those_over(at)


def _version_ending(held: queries.Held, ends_on: dt.date) -> Version:
    """The signed version whose last day it is: a renewal counts for itself."""
    signed = [version for version in held.agreement.versions.all() if version.signed_at is not None and version.ends_on == ends_on]
    return max(signed, key=lambda version: version.number)


def _tell_of_those_over(at: dt.datetime) -> int:
    """An agreement that expired has ended like one that somebody ended: the followers hear it, once for each version."""
    on, told = people.day_of(at), 0
    expired = Agreement.objects.filter(ended_at=None, versions__signed_at__isnull=False, versions__ends_on__lt=on).distinct()
    for held in queries.with_standing(expired, at=at):
        if held.in_force is not None or held.standing.state.value != "ended":
            continue
        last = max(
            (version for version in held.agreement.versions.all() if version.signed_at is not None), key=lambda version: version.number
        )
        _notice, made = ExpiryNotice.objects.get_or_create(version=last, days=OVER, defaults={"told_at": at})
        if made:
            entries.append(
                Event.AGREEMENT_ENDED, action=Action.UPDATE, by=None, about=held.agreement, data={"expired": True, "version": last.number}
            )
            followers.tell(followers.AGREEMENT_ENDED, at=at, agreement=str(held.agreement.public_id))
            told += 1
    return told


@outbox.handles(EXPIRES)
def tell_of_expiry(body: dict) -> None:
    """Mail whoever keeps agreements, unless it was ended or renewed since."""
    version = Version.objects.select_related("agreement").get(public_id=body["version"])
    held = queries.find(version.agreement.public_id, at=clock.now())
    if held is None or held.in_force is None or held.standing.ends_on != version.ends_on:
        return
    keepers = RoleAssignment.objects.filter(people.in_force(clock.today()), role__in=HOLDERS[Permission.MANAGE_PROVIDERS]).values("user")
    for user in User.objects.filter(is_active=True, pk__in=keepers).order_by("pk"):
        with translation.override(user.language):
            link = settings.BASE_URL.rstrip("/") + reverse("agreements:detail", args=[version.agreement.public_id])
            words = {"link": link, "ends_on": version.ends_on, "days": body["days"], "title": version.agreement.title}
            subject = render_to_string("notices/agreement_expires/subject.txt", words).strip()
            send_mail(subject, render_to_string("notices/agreement_expires/body.txt", words), None, [user.email])
