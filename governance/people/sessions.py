"""Sessions: rows of the database under a key that only the browser holds, sealed, over after an hour without a page and in any case after
twelve. Named by SESSION_ENGINE.

A key begins with a mark of the account, so that the account's sessions are found without opening everybody's; the rest is chance of its own.
Times are the machine's, as cookies' are: a demo's moved clock ends no session.
"""

import base64
import dataclasses
import datetime as dt
import hashlib
import hmac
import json
from typing import Any

from allauth.account.signals import authentication_step_completed
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.crypto import get_random_string

from governance.people.models import User
from portal.base import vault

IDLE = dt.timedelta(hours=1)
LONGEST = dt.timedelta(seconds=settings.SESSION_COOKIE_AGE)
_NOTED_AFTER = dt.timedelta(minutes=5)  # not every page writes that somebody is here
_SIGNS = "abcdefghijklmnopqrstuvwxyz0123456789"
_CHANCE = 28  # signs: 144 bits
_SEALED_AS = "people-session"
_BEGUN, _DEVICE = "begun", "device"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _mark(user_id: int) -> str:
    """Twelve signs that all keys of an account's sessions begin with; they tell nothing without the portal's secret key."""
    return hmac.new(settings.SECRET_KEY.encode(), f"people.sessions {user_id}".encode(), hashlib.sha256).hexdigest()[:12]


class SessionStore(db.SessionStore):
    """Django's sessions in the database, sealed, with both ends of time."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _get_new_session_key(self) -> str:
        user = self.get(SESSION_KEY)
        while True:
            key = (_mark(int(user)) if user else get_random_string(12, _SIGNS)) + get_random_string(_CHANCE, _SIGNS)
            if not self.exists(key):
                return key

    def load(self) -> dict[str, Any]:
        """What was kept, unless an end of time has come; a page that is opened moves the nearer one on."""
        row = self._get_session_from_db()  # type: ignore[attr-defined]  # the stubs leave it out
        if row is None:
            return {}
        found: dict[str, Any] = self.decode(row.session_data)
        until = _until(found)
        if until - row.expire_date > _NOTED_AFTER:
            Session.objects.filter(session_key=row.session_key).update(expire_date=until)
        return found

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        key = self._get_or_create_session_key()  # type: ignore[attr-defined]
        return Session(session_key=key, session_data=self.encode(data), expire_date=_until(data))

    def encode(self, session_dict: dict[str, Any]) -> str:
        return base64.b64encode(vault.seal(json.dumps(session_dict).encode(), _SEALED_AS)).decode()

    def decode(self, session_data: str | bytes) -> dict[str, Any]:
        """Nothing, where it was written under another secret key or changed."""
        try:
            found: dict[str, Any] = json.loads(vault.unseal(base64.b64decode(session_data), _SEALED_AS))
        except (vault.Damaged, ValueError):
            return {}
        return found


def _until(data: dict[str, Any]) -> dt.datetime:
    """When it ends if no page is opened any more."""
    now = _now()
    begun = dt.datetime.fromisoformat(data[_BEGUN]) if _BEGUN in data else now
    return min(now + IDLE, begun + LONGEST)


# -- One's own sessions ----------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Open:
    """A session that goes on: `name` stands for it on the page and opens nothing."""

    name: str
    device: str
    begun: dt.datetime | None
    seen: dt.datetime
    is_this_one: bool


def of(user: User, *, here: str | None) -> list[Open]:
    """The account's open sessions, the one with the key `here` first, then by when they were last seen (to five minutes)."""
    found = []
    for row in Session.objects.filter(session_key__startswith=_mark(user.pk), expire_date__gt=_now()):
        data = SessionStore().decode(row.session_data)
        if data.get(SESSION_KEY) != str(user.pk):
            continue
        begun = dt.datetime.fromisoformat(data[_BEGUN]) if _BEGUN in data else None
        found.append(Open(_name(row.session_key), data.get(_DEVICE, ""), begun, row.expire_date - IDLE, row.session_key == here))
    return sorted(found, key=lambda one: (not one.is_this_one, -one.seen.timestamp()))


def end(user: User, name: str) -> bool:
    """End one session of the account; False where there is none of that name."""
    for row in Session.objects.filter(session_key__startswith=_mark(user.pk)):
        if _name(row.session_key) == name:
            row.delete()
            return True
    return False


def _name(key: str) -> str:
    return hashlib.sha256(f"session {key}".encode()).hexdigest()[:16]


def sweep() -> None:
    """Remove sessions that are over."""
    SessionStore.clear_expired()


# -- What signing in and out does to them ----------------------------------------------------------------------------------


@receiver(user_logged_in, dispatch_uid="people.sessions.begin")
def begin(*, request: HttpRequest, user: User, **_: Any) -> None:
    """Twelve hours count from here, under a key that bears the account's mark."""
    request.session[_BEGUN] = _now().isoformat()
    request.session[_DEVICE] = device_of(request.headers.get("User-Agent", ""))
    request.session.cycle_key()


@receiver(authentication_step_completed, dispatch_uid="people.sessions.renew")
def renew(*, request: HttpRequest, reauthenticated: bool = False, **_: Any) -> None:
    """Whoever shows the password or the second step again goes on under a new key, as at every sign-in."""
    if reauthenticated:
        request.session.cycle_key()


@receiver(user_logged_out, dispatch_uid="people.sessions.over")
def over(*, request: HttpRequest | None, **_: Any) -> None:
    """The answer then tells the browser to forget what it kept (`middleware.Policies`)."""
    if request is not None:
        request.signed_out = True  # type: ignore[attr-defined]


def device_of(agent: str) -> str:
    """Browser and system in two words, for the person to recognize; what is not known stays empty."""
    browser = next((name for sign, name in _BROWSERS if sign in agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    return ", ".join(part for part in (browser, system) if part)


_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "Chromebook"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)
