"""A second step that failed leaves an entry: the password was right, so somebody may be trying."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed
from django.dispatch import receiver

from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Event


@receiver(authentication_failed, dispatch_uid="people.second_factor.failed")
def record_failed(*, user: User, authenticator: Authenticator | None = None, reauthentication: bool = False, **_: Any) -> None:
    """Write which kind of second step failed, for whose account; the code itself is kept nowhere."""
    kind = authenticator.type if authenticator is not None else "unknown"
    entries.refuse(Event.SIGN_IN_FAILED, by=None, about=user, data={"second_step": str(kind), "again": reauthentication})
