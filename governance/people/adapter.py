"""How allauth behaves here: nobody signs up by themselves, and families come in once the district opened the door."""

import logging
from smtplib import SMTPException
from typing import Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation

from governance.people import permissions, queries
from governance.people.models import User
from governance.trail import entries
from governance.trail.middleware import client_address
from governance.vocabulary import Action, Event
from portal.base import clock, vault

log = logging.getLogger(__name__)
PREVIOUS_SIGN_IN = "previous_sign_in"
_SECOND_STEP = "people-second-step"


class AccountAdapter(DefaultAccountAdapter):
    """Closed sign-up; every sign-in and every failed one is in the trail, which never tells whether an account exists."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Stop a family's sign-in while court limits are not attested (people.md A1)."""
        roles = queries.roles_of(user, on=clock.today())
        if roles and roles <= permissions.FAMILY_ROLES and not queries.families_may_sign_in():
            return render(request, "account/family_sign_in_closed.html", {"district": queries.district()}, status=403)
        return super().pre_login(request, user, **kwargs)

    def login(self, request: HttpRequest, user: User) -> None:
        """Remember when this person signed in before, so that the account page can show it."""
        before = user.last_login
        super().login(request, user)
        request.session[PREVIOUS_SIGN_IN] = before.isoformat() if before else None

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        ways = sorted({record["method"] for record in get_authentication_records(request, user)})
        with transaction.atomic():
            entries.append(Event.SIGNED_IN, action=Action.ACCESS, by=user, about=user, data={"by": ways})
        return super().post_login(request, user, **kwargs)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The home page in the language of the sign-in page; where that is the first language, in the person's own."""
        chosen = translation.get_language()
        own = cast(User, request.user).language
        with translation.override(chosen if chosen != settings.LANGUAGE_CODE else own):
            return reverse("home")

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """The same entry for a wrong password and for an unknown address."""
        entries.refuse(Event.SIGN_IN_FAILED, by=None)

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that the rate limits count by."""
        return client_address(request) or super().get_client_ip(request)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link of a reset mail leads to the portal's own address, whatever host the request named."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return settings.BASE_URL.rstrip("/") + path.replace("UID-KEY", key)

    def send_mail(self, template_prefix: str, email: str, context: dict) -> None:
        """A mail server that is away must not tell, by an error page, which addresses have an account."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException) as error:
            log.error("account.mail_not_sent kind=%s %s", template_prefix.rsplit("/", 1)[-1], type(error).__name__)


class SecondStepAdapter(DefaultMFAAdapter):
    """The secrets of second steps lie sealed in the database, under a key that it does not hold."""

    def encrypt(self, text: str) -> str:
        return vault.seal(text.encode(), _SECOND_STEP).hex()

    def decrypt(self, encrypted_text: str) -> str:
        """Where it was sealed under another secret key: a secret that nobody has, so that no code fits."""
        try:
            return vault.unseal(bytes.fromhex(encrypted_text), _SECOND_STEP).decode()
        except (vault.Damaged, ValueError):
            return generate_totp_secret()
