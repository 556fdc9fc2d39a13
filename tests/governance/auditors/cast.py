"""An outside auditor of the demo district."""

import datetime as dt
from typing import Any

from django.test import Client

from governance.auditors import actions
from governance.auditors.models import Engagement
from governance.people.models import School, User
from portal.base import clock
from tests.governance.people.cast import person

EMAIL = "outside.auditor@example.org"


def proposed(*, by: str = "compliance", email: str = EMAIL, **given: Any) -> Engagement:
    """An audit that waits for its second key: the whole trail, for a month, unless `given` says otherwise."""
    today = clock.today()
    facts: dict[str, Any] = {
        "name": "Ada Auditor",
        "email": email,
        "organization": "State audit bureau",
        "reason": "Yearly review of access to records",
        "starts_on": today,
        "ends_on": today + dt.timedelta(days=30),
        "entries_from": None,
        "entries_to": None,
        "schools": (),
        "kinds": (),
        "may_export": False,
        "may_see_names": False,
    }
    return actions.propose(**{**facts, **given}, by=person(by), at=clock.now())


def admitted(**given: Any) -> Engagement:
    """An audit that runs."""
    return actions.admit(engagement_id=proposed(**given).pk, by=person("leader"), at=clock.now())


def client_of(user: User) -> Client:
    """A client with the auditor's session."""
    client = Client()
    client.force_login(User.objects.get(pk=user.pk), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def school(sourced_id: str) -> School:
    """A school of the demo district."""
    return School.objects.get(sourced_id=sourced_id)
