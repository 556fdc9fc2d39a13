"""An account of a provider's contact ends by itself after its last day, and both sides hear of it ahead, once."""

import datetime as dt

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from portal.base import clock, outbox
from tests.governance.situations import person, trail
from tests.vendors.situations import contact_of, day, provider
from vendors.providers import actions, lastdays, queries
from vendors.providers.actions import CannotList
from vendors.providers.models import Contact

pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture(autouse=True)
def _demo(settings: object) -> None:
    settings.DEMO = True


def contact() -> Contact:
    return Contact.objects.get(user=contact_of(provider()))


def until(found: Contact, ends_on: dt.date) -> list[str]:
    """Who is mailed on a round, once the last day is that one."""
    Contact.objects.filter(pk=found.pk).update(ends_on=ends_on)
    mail.outbox.clear()
    lastdays.look_round(at=clock.now())
    outbox.run()
    return sorted(each.to[0] for each in mail.outbox if found.user.name in each.body)


def test_it_is_told_thirty_and_seven_days_ahead_and_ends_after_the_last_day() -> None:
    found = contact()
    both = {found.user.email, person("admin").email, person("steward").email}
    assert until(found, day(31)) == []
    assert both <= set(until(found, day(30))) and until(found, day(30)) == []
    assert both <= set(until(found, day(6)))
    assert queries.provider_of(found.user, at=clock.now()) == found.provider
    until(found, day(0))
    assert queries.provider_of(found.user, at=clock.now()) == found.provider  # the last day is one of them
    Contact.objects.filter(pk=found.pk).update(ends_on=day(-1))
    assert queries.provider_of(found.user, at=clock.now()) is None  # at midnight, whether beat runs or not
    assert both <= set(until(found, day(-1)))
    found.refresh_from_db()
    assert found.ended_at is not None and found.ended_by is None
    assert len(trail("vendors.contact.ended", about=found.public_id)) == 1 and until(found, day(-1)) == []


def test_the_day_is_set_on_the_page_and_one_that_has_passed_is_refused() -> None:
    found, client = contact(), Client()
    client.force_login(person("admin"), backend="allauth.account.auth_backends.AuthenticationBackend")
    page = reverse("providers:provider", args=[found.provider.public_id])
    address = reverse("providers:contact-last-day", args=[found.provider.public_id, found.public_id])
    assert client.post(address, {"ends_on": str(day(90))})["Location"] == page
    found.refresh_from_db()
    assert found.ends_on == day(90)
    assert "The last day has passed" in client.post(address, {"ends_on": str(day(-1))}, follow=True).content.decode()
    found.refresh_from_db()
    assert found.ends_on == day(90)
    with pytest.raises(CannotList):
        actions.invite_contact(
            provider=found.provider,
            email="new@company.example",
            name="New",
            may_sign=False,
            ends_on=day(-1),
            by=person("admin"),
            at=clock.now(),
        )
