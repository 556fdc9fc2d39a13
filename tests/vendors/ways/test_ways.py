"""What travels outside the portal is compared with what was agreed, and stops by tasks that nobody has to remember."""

import datetime as dt
import re
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance.records import scope
from governance.records.models import Student
from portal.base import clock, outbox, workdays
from tests.governance.situations import person, sections_of, trail
from tests.vendors import situations
from tests.vendors.consents.situations import child_of, form_for, say
from tests.vendors.situations import PDF
from vendors.providers import actions as catalogue
from vendors.providers.models import Channel, Tool
from vendors.sharing.models import StopTask
from vendors.tool_requests import actions as uses
from vendors.ways import actions, families, following, queries
from vendors.ways.actions import CannotStop
from vendors.ways.models import ChildStop, Told

pytestmark = pytest.mark.usefixtures("district")
WAYS = ("roster_service", "sign_in", "typed")


def client_of(persona: str) -> Client:
    client = Client()
    client.force_login(person(persona), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def words(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def with_ways(tool: Tool, *kinds: str, elements: tuple[str, ...] = ("name",)) -> list[Channel]:
    return [
        catalogue.open_channel(
            tool=tool, kind=kind, name="", elements=elements, switched_off_by="Technology office", by=person("admin"), at=clock.now()
        )
        for kind in kinds or WAYS
    ]


def withdrawn() -> tuple[Tool, Student]:
    """A tool with three ways outside the portal, and a family that took its OK back."""
    form = form_for()
    tool = form.matter.tool
    assert tool is not None
    with_ways(tool)
    say(form, "given")
    say(form, "withdrawn")
    outbox.run()
    return tool, child_of()


def family_page(child: Student, persona: str = "parent") -> str:
    return words(client_of(persona).get(reverse("consents-family:tools", args=[child.public_id])))


def look() -> None:
    following.look_round(at=clock.now())
    outbox.run()


# -- Single children -------------------------------------------------------------------------------------------------------------


def test_a_withdrawal_opens_a_task_for_each_way_with_a_clock_and_the_family_reads_it() -> None:
    tool, child = withdrawn()
    tasks = list(ChildStop.objects.filter(channel__tool=tool))
    assert {task.channel.kind for task in tasks} == set(WAYS)
    assert all(list(task.children.values_list("student", flat=True)) == [child.pk] for task in tasks)
    assert {task.due_at.date() for task in tasks} == {workdays.after(clock.today(), 2)}
    told = trail("vendors.child_stop.opened", about=tasks[0].public_id)
    assert [each["record_ids"] for each in told] == [[child.pk]]
    shown = family_page(child)
    assert "Being stopped" in shown and "The service that sends class lists: being stopped since November 24, 2026." in shown
    assert "The company must delete the data by" in shown
    assert Channel.objects.filter(tool=tool, closed_at=None).count() == 3  # the way itself stays open for the others


def test_the_same_message_twice_changes_nothing() -> None:
    tool, child = withdrawn()
    following.take_the_child_off({"tool": str(tool.public_id), "student": str(child.public_id)})
    assert ChildStop.objects.filter(channel__tool=tool).count() == 3
    assert not ChildStop.objects.filter(channel__tool=tool).exclude(count=1).exists()


def test_whom_it_is_about_is_opened_with_an_entry_and_done_needs_what_was_seen() -> None:
    tool, child = withdrawn()
    task = ChildStop.objects.filter(channel__tool=tool).first()
    assert task is not None
    page, client = reverse("ways:children", args=[task.public_id]), client_of("admin")
    before = words(client.get(page))
    assert "1 child" in before and not trail("vendors.child_stop.read")
    names = words(client.post(page, {"act": "whom"}))
    [entry] = trail("vendors.child_stop.read")
    assert entry["record_ids"] == [child.pk] and sorted(entry["elements"]) == ["local-id", "name"]
    [(name, number)] = actions.whom(task=task, by=person("admin"), at=clock.now())
    assert name in names and number in names and name not in before
    assert "This field is required" in words(client.post(page, {"act": "done", "seen": ""}))
    assert client.post(page, {"act": "done", "seen": "Not in the roster of tonight."}).status_code == 302
    assert trail("vendors.child_stop.done", about=task.public_id)[0]["record_ids"] == [child.pk]
    assert "stopped on November 24, 2026." in family_page(child)
    with pytest.raises(CannotStop):
        actions.whom(task=task, by=person("teacher"), at=clock.now())


def test_an_ok_that_comes_later_takes_the_lines_away() -> None:
    tool, child = withdrawn()
    say(tool.consent_matter.forms.get(), "given")
    assert families.of_other_ways(child.pk, [tool], clock.today()) == {}


def test_who_left_the_district_is_taken_off_every_way_of_the_tools_of_their_classes() -> None:
    tool = situations.approved().tool
    with_ways(tool, "roster_service", "sign_in")
    section = sections_of(person("teacher"))[0]
    uses.begin_use(tool=tool, sections=[section], by=person("teacher"), at=clock.now())
    leaver = Student.objects.filter(pk__in=scope.enrolled_in([section], on=clock.today()).values("student")).order_by("pk")[0]
    look()
    assert not ChildStop.objects.filter(channel__tool=tool).exists()
    Student.objects.filter(pk=leaver.pk).update(left_on=clock.today())
    for _time in range(2):
        look()
    tasks = ChildStop.objects.filter(channel__tool=tool)
    assert sorted(tasks.values_list("channel__kind", "because", "count")) == [("roster_service", "left", 1), ("sign_in", "left", 1)]


# -- Late ------------------------------------------------------------------------------------------------------------------------


def test_the_owner_hears_first_then_all_then_the_superintendent_each_once() -> None:
    tool, child = withdrawn()
    for channel in Channel.objects.filter(tool=tool):
        actions.name_keeper(channel=channel, user=person("steward"), by=person("admin"), at=clock.now())
    task = ChildStop.objects.filter(channel__tool=tool).order_by("pk")[0]

    def readers(days_late: int) -> set[str]:
        ChildStop.objects.filter(pk=task.pk).update(due_at=clock.now() - dt.timedelta(days=days_late))
        mail.outbox.clear()
        look()
        assert not any(tool.name in each.subject for each in mail.outbox)
        return {each.to[0].split("@")[0] for each in mail.outbox if str(task.public_id) in each.body}

    assert readers(-2) == {"steward"}
    assert readers(-2) == set()
    first = readers(1)
    assert {"admin", "steward"} <= first and "leader" not in first
    assert readers(1) == set()
    assert "leader" in readers(9)
    assert set(Told.objects.filter(children=task).values_list("step", flat=True)) == {"opened", "late", "leaders"}
    told = families.of_other_ways(child.pk, [tool], clock.today())[tool.pk]
    assert told.status.kind == "stop" and "is late." in told.text


# -- Whole ways --------------------------------------------------------------------------------------------------------------------


def test_a_tool_that_is_given_up_has_a_task_for_each_way() -> None:
    tool = situations.approved().tool
    with_ways(tool)
    catalogue.retire_tool(tool=tool, because="Too dear", by=person("admin"), at=clock.now())
    for _time in range(2):
        look()
    assert sorted(StopTask.objects.filter(channel__tool=tool).values_list("channel__kind", "because")) == [
        (kind, "retired") for kind in WAYS
    ]
    shown = words(client_of("admin").get(reverse("ways:list")))
    assert "The tool was taken out of use" in shown and "Being stopped" in shown


def test_agreed_is_set_against_really_sent() -> None:
    tool = situations.approved().tool  # name, grade, local-id
    [channel] = with_ways(tool, "sign_in", elements=("name", "birth-date"))
    client = client_of("admin")
    page = reverse("ways:way", args=[channel.public_id])
    [found] = [each for each in queries.ways(clock.now()) if each.channel == channel]
    assert found.beyond == {"birth-date"} and found.not_seen == {"grade", "local-id"}
    shown = words(client.get(reverse("ways:list"), {"look": "1"}))
    assert tool.name in shown and "1 element beyond" in shown
    answer = client.post(
        page, {"act": "check", "elements": ["name", "grade"], "checked_on": str(clock.today() + dt.timedelta(days=1)), "note": "Seen"}
    )
    assert answer.status_code == 422 and "The day is in the future" in words(answer)
    given = {"act": "check", "elements": ["name", "grade"], "checked_on": str(clock.today()), "note": "The settings of today"}
    assert client.post(page, given | {"document": SimpleUploadedFile("seen.pdf", PDF, "application/pdf")}).status_code == 302
    channel.refresh_from_db()
    assert channel.elements == ["grade", "name"] and channel.evidence is not None
    shown = words(client.get(page))
    assert "As agreed" in shown and "The settings of today" in shown
    assert tool.name not in words(client.get(reverse("ways:list"), {"look": "1"}))


def test_only_who_keeps_providers_can_own_a_way() -> None:
    [channel] = with_ways(situations.approved().tool, "sign_in")
    with pytest.raises(CannotStop):
        actions.name_keeper(channel=channel, user=person("teacher"), by=person("admin"), at=clock.now())
    client = client_of("admin")
    page = reverse("ways:way", args=[channel.public_id])
    assert client.post(page, {"act": "keeper", "user": str(person("teacher").pk)}).status_code == 422
    assert client.post(page, {"act": "keeper", "user": str(person("steward").pk)}).status_code == 302
    assert person("steward").name in words(client.get(page))
    assert client_of("teacher").get(reverse("ways:list")).status_code == 403


def test_the_list_takes_a_fixed_number_of_queries(django_assert_num_queries: Any) -> None:
    client = client_of("admin")
    with_ways(situations.approved().tool)
    client.get(reverse("ways:list"))
    with CaptureQueriesContext(connection) as before:
        client.get(reverse("ways:list"))
    for _number in range(3):
        with_ways(situations.approved().tool)
    with django_assert_num_queries(len(before)):
        client.get(reverse("ways:list"))
