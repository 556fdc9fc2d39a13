"""People who are ready for the day of a breach."""

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator

from breaches.readiness import actions
from breaches.readiness.models import Holder
from portal.base import clock
from tests.governance.situations import person

SECRET = "JBSWY3DPEHPK3PXP"


def with_second_step(name: str) -> None:
    """The persona has an app for the second step."""
    Authenticator.objects.create(user=person(name), type=Authenticator.Type.TOTP, data={"secret": get_adapter().encrypt(SECRET)})


def code_now() -> str:
    """What that app shows at this moment."""
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    return format_hotp_value(hotp_value(SECRET, next(iter(yield_hotp_counters_from_time()))))


def named(name: str = "security", *, by: str = "admin", confirmed_by: str = "leader") -> Holder:
    """A persona whom two others named. Who was named before is ended, so that there is room."""
    for holder in Holder.objects.filter(ended_at=None):
        actions.end(holder=holder.public_id, by=person(by), at=clock.now())
    if not Authenticator.objects.filter(user=person(name)).exists():
        with_second_step(name)
    made = actions.name(user=person(name), phone="(608) 555-0190", by=person(by), at=clock.now())
    return actions.confirm(holder=made.public_id, by=person(confirmed_by), at=clock.now())
