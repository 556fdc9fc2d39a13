"""The pages of deliveries, from the preview to the file and to the way that has to be switched off."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.base import clock
from tests.governance.situations import person
from tests.vendors import situations
from tests.vendors.sharing.made import class_of_the_teacher, opened, seen, unpacked, used
from vendors.agreements import actions as agreements
from vendors.agreements.models import Agreement
from vendors.providers.models import Channel
from vendors.sharing import actions
from vendors.sharing.models import Delivery, Release, StopTask

pytestmark = pytest.mark.usefixtures("district")


def client_of(persona: str) -> Client:
    client = Client()
    client.force_login(person(persona), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def words(answer: Any, code: int = 200) -> str:
    assert answer.status_code == code, answer.status_code
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_from_the_preview_to_the_file() -> None:
    tool, client = used(), client_of("admin")
    answer = client.post(reverse("sharing:new"), {"tool": tool.slug, "purpose": situations.PURPOSE})
    delivery = Delivery.objects.get(tool=tool)
    page = reverse("sharing:delivery", args=[delivery.public_id])
    assert answer["Location"] == page
    assert "Look at the preview first" in words(client.get(page))
    children = len(class_of_the_teacher())
    preview = reverse("sharing:preview", args=[delivery.public_id])
    shown = words(client.get(preview))
    assert f"{children} children · 7 elements · 0 withheld" in shown
    assert client.post(preview, {"children": children + 1})["Location"] == preview  # another preview than the one that stands now
    assert client.post(preview, {"children": children})["Location"] == page
    answer = client.post(reverse("sharing:send", args=[delivery.public_id]))
    assert answer.status_code == 200 and answer["Content-Type"] == "application/zip" and "no-store" in answer["Cache-Control"]
    assert "attachment" in answer["Content-Disposition"]
    assert len(unpacked(answer.content)["users"]) == children
    assert "Sent" in words(client.get(page))
    listed = words(client.get(reverse("sharing:list")))
    assert tool.name in listed and "Open" in listed


def test_withheld_children_are_counted_with_the_reason_and_no_names() -> None:
    delivery = opened(used(consent="opt_in"))
    shown = words(client_of("admin").get(reverse("sharing:preview", args=[delivery.public_id])))
    assert f"0 children · 7 elements · {len(class_of_the_teacher())} withheld" in shown
    assert "families said no, or have not said yes" in shown


def test_a_refusal_says_what_is_wrong_and_sends_nothing() -> None:
    delivery, client = seen(), client_of("admin")
    agreement = Agreement.objects.get(versions__services__tool=delivery.tool)
    agreements.end(agreement=agreement.public_id, because="Sold", by=person("admin"), at=clock.now())
    answer = client.post(reverse("sharing:send", args=[delivery.public_id]), follow=True)
    shown = words(answer)
    assert "not approved, or its agreement is not in force" in shown and "The gate is closed" in shown
    assert Release.objects.get(delivery=delivery).state == Release.State.REFUSED
    assert "Nothing can leave" in words(client.get(reverse("sharing:preview", args=[delivery.public_id])))


def test_stopping_asks_first() -> None:
    delivery, client = seen(), client_of("admin")
    address = reverse("sharing:stop", args=[delivery.public_id])
    assert "Stop it now?" in words(client.get(address))
    delivery.refresh_from_db()
    assert delivery.stopped_at is None
    client.post(address)
    delivery.refresh_from_db()
    assert delivery.stopped_at is not None and delivery.stopped_by == person("admin")
    assert len(situations.trail("vendors.delivery.stopped", delivery.public_id)) == 1


def test_a_way_outside_the_portal_is_switched_off_by_a_person() -> None:
    tool, client = used(), client_of("admin")
    Channel.objects.create(
        tool=tool,
        kind="roster_service",
        name="Nightly roster",
        elements=["name"],
        switched_off_by="Technology office",
        opened_at=clock.now(),
    )
    actions.stop_ways(tool=tool, because="asked", by=person("admin"), at=clock.now())
    shown = words(client.get(reverse("sharing:list")))
    assert "Nightly roster" in shown and "Technology office" in shown
    task = StopTask.objects.get(channel__tool=tool)
    address = reverse("sharing:task", args=[task.public_id])
    assert "Who can switch it off" in words(client.get(address))
    assert "This field is required" in words(client.post(address, {"seen": ""}), 422)
    assert client.post(address, {"seen": "The roster of tonight no longer names it."}).status_code == 302
    assert "The roster of tonight" in words(client.get(address))


def test_the_list_takes_a_fixed_number_of_queries(django_assert_max_num_queries: Any) -> None:
    client = client_of("admin")
    for _number in range(3):
        opened()
    client.get(reverse("sharing:list"))
    with django_assert_max_num_queries(60):
        client.get(reverse("sharing:list"))


@pytest.mark.parametrize("persona", ["teacher", "parent", "student", "provider", "leader"])
def test_others_have_no_business_here(persona: str) -> None:
    delivery = seen()
    client = client_of(persona)
    assert client.get(reverse("sharing:list")).status_code == 403
    assert client.post(reverse("sharing:send", args=[delivery.public_id])).status_code == 404
    assert not Release.objects.filter(delivery=delivery).exists()
