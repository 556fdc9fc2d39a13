"""Mail about accounts and roles. What goes out is composed when it goes; the outbox holds ids alone, and no subject names anybody."""

import hashlib
import secrets

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from governance.people import queries
from governance.people.models import Invitation, RoleProposal, SecondStepReset, User
from portal.base import clock, outbox

INVITATION = "people.invitation"
ONE_KEY_NOTICE = "people.one_key"
SECOND_STEP_RESET = "people.second_step_reset"


def hash_of(secret: str) -> bytes:
    """How a link's or a code's secret is kept."""
    return hashlib.sha256(secret.encode()).digest()


def address_of(token: str, user: User) -> str:
    """The full address of an invitation's link, in the language of who is invited."""
    with translation.override(user.language):
        return settings.BASE_URL.rstrip("/") + reverse("people:invitation-link", args=[token])


@outbox.handles(INVITATION)
def send_invitation(body: dict) -> None:
    """Make the link of an invitation and mail it. Run twice, the second mail's link is the one that works."""
    with transaction.atomic():
        invitation = Invitation.objects.select_for_update(of=("self",)).select_related("user").get(public_id=body["invitation"])
        if invitation.used_at is not None or invitation.expires_at <= clock.now():
            return
        token = secrets.token_urlsafe(32)
        invitation.token_hash = hash_of(token)
        invitation.save(update_fields=["token_hash"])
        _send("invitation", invitation.user, {"link": address_of(token, invitation.user)})


@outbox.handles(ONE_KEY_NOTICE)
def tell_key_holders(body: dict) -> None:
    """Tell every other key holder that a powerful role is about to be given by one person alone."""
    proposal = RoleProposal.objects.get(public_id=body["proposal"])
    if proposal.state != RoleProposal.State.WAITING:
        return
    link = settings.BASE_URL.rstrip("/") + reverse("people:proposals")
    for holder in queries.key_holders(on=clock.today()).exclude(pk__in=[proposal.proposed_by_id, proposal.user_id]):
        _send("one_key", holder, {"link": link})


@outbox.handles(SECOND_STEP_RESET)
def tell_of_reset(body: dict) -> None:
    """Tell the person that the second step of their sign-in was taken away, and what to do if they did not ask."""
    reset = SecondStepReset.objects.select_related("user").get(public_id=body["reset"])
    _send("second_step_reset", reset.user, {"link": settings.BASE_URL.rstrip("/") + reverse("account_login")})


def _send(kind: str, user: User, facts: dict) -> None:
    with translation.override(user.language):
        facts = {"district": queries.district(), "base_url": settings.BASE_URL, **facts}
        subject = render_to_string(f"notices/{kind}/subject.txt", facts).strip()
        send_mail(subject, render_to_string(f"notices/{kind}/body.txt", facts), None, [user.email])
