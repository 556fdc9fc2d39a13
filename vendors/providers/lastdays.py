"""Accounts of providers' contacts end by themselves after their last day; both sides hear of it ahead. Everything may run twice."""

import datetime as dt
from typing import Any

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
from vendors.providers import actions
from vendors.providers.models import Contact, ContactReminder

TELL = "vendors.contact_told"
DAYS_AHEAD = (30, 7)
OVER = 0


def look_round(*, at: dt.datetime) -> int:
    """End the accounts whose last day has passed, and put the mail that is due. Answers how many were told of."""
    on, count = people.day_of(at), 0
    for contact in Contact.objects.filter(ended_at=None, ends_on__lte=on + dt.timedelta(days=max(DAYS_AHEAD))).order_by("pk"):
        assert contact.ends_on is not None
        left = (contact.ends_on - on).days
        due = OVER if left < 0 else min(days for days in DAYS_AHEAD if left <= days)
        with transaction.atomic():
            if due == OVER:
                actions.end_contact(contact=contact, by=None, at=at)
            count += _tell(contact, due, at=at)
    return count


def _tell(contact: Contact, days: int, *, at: dt.datetime) -> bool:
    assert contact.ends_on is not None
    _reminder, made = ContactReminder.objects.get_or_create(contact=contact, ends_on=contact.ends_on, days=days, defaults={"told_at": at})
    if made:
        entries.append(Event.PROVIDER_CONTACT_TOLD, action=Action.UPDATE, by=None, about=contact, data={"days": days})
        outbox.put(TELL, at=at, contact=str(contact.public_id), days=days)
    return made


@outbox.handles(TELL)
def tell_both_sides(body: dict) -> None:
    """Mail the contact and all who keep providers."""
    contact = Contact.objects.select_related("user", "provider").get(public_id=body["contact"])
    keepers = RoleAssignment.objects.filter(people.in_force(clock.today()), role__in=HOLDERS[Permission.MANAGE_PROVIDERS]).values("user")
    page = settings.BASE_URL.rstrip("/") + reverse("providers:provider", args=[contact.provider.public_id])
    for user in [contact.user, *User.objects.filter(is_active=True, pk__in=keepers).order_by("pk")]:
        with translation.override(user.language):
            words: dict[str, Any] = {
                "provider": contact.provider.name,
                "name": contact.user.name,
                "ends_on": contact.ends_on,
                "over": body["days"] == OVER,
                "link": "" if user == contact.user else page,
            }
            subject = render_to_string("notices/contact_ends/subject.txt", words).strip()
            send_mail(subject, render_to_string("notices/contact_ends/body.txt", words), None, [user.email])
