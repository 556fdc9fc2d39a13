"""Mail about deletion orders. It names the tool and the day; what is ordered stands on the page alone."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation

from governance.people import queries as people
from governance.people.models import RoleAssignment, User
from governance.people.permissions import HOLDERS
from governance.vocabulary import Permission
from portal.base import clock, outbox
from vendors.ends import actions, queries
from vendors.ends.models import Order
from vendors.providers import queries as catalogue

# The provider's pages belong to a room above this one: their address is written and not looked up.
_AT_THE_PROVIDER = "/provider/deletions/{id}/"
_AT_THE_DISTRICT = "/deletions/{id}/"


@outbox.handles(actions.SENT)
def tell_the_provider(body: dict) -> None:
    """Mail whoever acts for the provider that an order waits."""
    order = _waiting(body)
    if order is not None:
        _mail("deletion_ordered", _contacts(order), order, _AT_THE_PROVIDER)


@outbox.handles(actions.DUE)
def tell_what_is_left(body: dict) -> None:
    """Mail whoever acts for the provider that the last day is near."""
    order = _waiting(body)
    if order is not None:
        _mail("deletion_due", _contacts(order), order, _AT_THE_PROVIDER)


@outbox.handles(actions.LATE)
def tell_of_lateness(body: dict) -> None:
    """Mail both sides that the last day has passed."""
    order = _waiting(body)
    if order is not None:
        _mail("deletion_due", _contacts(order), order, _AT_THE_PROVIDER)
        keepers = RoleAssignment.objects.filter(people.in_force(clock.today()), role__in=HOLDERS[Permission.MANAGE_PROVIDERS]).values(
            "user"
        )
        _mail("deletion_late", User.objects.filter(is_active=True, pk__in=keepers).order_by("pk"), order, _AT_THE_DISTRICT)


def _waiting(body: dict) -> Order | None:
    return queries.waiting().filter(public_id=body["order"]).first()


def _contacts(order: Order) -> list[User]:
    open_ones = catalogue.open_contacts(clock.now()).filter(provider=order.tool.provider_id)
    return [contact.user for contact in open_ones.select_related("user").order_by("pk")]


def _mail(notice: str, readers: Iterable[User], order: Order, place: str) -> None:
    for user in readers:
        with translation.override(user.language):
            link = settings.BASE_URL.rstrip("/") + place.format(id=order.public_id)
            words: dict[str, Any] = {"link": link, "tool": order.tool.name, "due_on": order.due_on, "provider": order.tool.provider.name}
            subject = render_to_string(f"notices/{notice}/subject.txt", words).strip()
            send_mail(subject, render_to_string(f"notices/{notice}/body.txt", words), None, [user.email])
