"""What follows when a provider tells of a breach. The rooms above take the notice; this one knows none of them.

@on_breach_notice
def open_a_report(notice: BreachNotice) -> None: ...
"""

from collections.abc import Callable

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation

from governance.people import queries as people
from governance.people.models import RoleAssignment, User
from governance.people.permissions import HOLDERS
from governance.vocabulary import Permission
from portal.base import clock, outbox
from vendors.company import actions, queries
from vendors.company.models import BreachNotice

Taker = Callable[[BreachNotice], None]
_takers: list[Taker] = []


def on_breach_notice(function: Taker) -> Taker:
    """Register a function that takes a provider's notice. It runs in the relay's transaction and may run twice: it must be idempotent."""
    if function not in _takers:
        _takers.append(function)
    return function


@outbox.handles(actions.BREACH_TOLD)
def hand_on(body: dict) -> None:
    """Give the notice to whoever takes it, and mail those who handle incidents that one has come. What it says stands on the page alone."""
    notice = queries.breach_notice(body["notice"])
    for take in _takers:
        take(notice)
    handlers = RoleAssignment.objects.filter(people.in_force(clock.today()), role__in=HOLDERS[Permission.HANDLE_INCIDENTS]).values("user")
    for user in User.objects.filter(is_active=True, pk__in=handlers).order_by("pk"):
        with translation.override(user.language):
            words = {
                "link": f"{settings.BASE_URL.rstrip('/')}/announcements/breaches/{notice.public_id}/",
                "provider": notice.provider.name,
            }
            subject = render_to_string("notices/breach_told/subject.txt", words).strip()
            send_mail(subject, render_to_string("notices/breach_told/body.txt", words), None, [user.email])
