"""Exactly the agreed elements of exactly the permitted children leave, after their lines stand; everything else is refused with words."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from django.db import connections, transaction

from governance.disclosures import door as disclosures
from governance.records.models import Student
from governance.trail import entries
from governance.vocabulary import Event, Role
from portal.base import clock, outbox
from tests.governance.disclosures.written import rows
from tests.governance.situations import person
from tests.governance.situations import trail as entries_of
from tests.vendors import situations
from tests.vendors.sharing.made import class_of_the_teacher, opened, seen, sent, used
from vendors.agreements import actions as agreements
from vendors.agreements.models import Agreement
from vendors.ends import actions as orders
from vendors.ends import following as ends
from vendors.ends.models import Order
from vendors.providers.models import Channel, Tool
from vendors.reviews import actions as reviews
from vendors.reviews.status import Permit
from vendors.sharing import actions, bundles, gate, queries, rules
from vendors.sharing.actions import CannotShare
from vendors.sharing.models import Delivery, Release, StopTask

pytestmark = pytest.mark.usefixtures("district")


def lines_of(release: Release) -> dict[int, set[str]]:
    """Elements by child, as the record of disclosures holds them."""
    found = rows(
        "SELECT c.student_id, c.elements FROM records.disclosed c JOIN records.disclosure d ON d.id = c.disclosure_id WHERE d.public_id = ANY(%s::uuid[])",
        [str(each) for each in release.disclosures],
    )
    return {student: set(elements) for student, elements in found}


def refused(code: str, delivery: Delivery) -> None:
    before = len(entries_of("records.disclosure.made"))
    with pytest.raises(CannotShare) as refusal:
        actions.send_bundle(delivery=delivery, by=person("admin"), at=clock.now())
    assert refusal.value.code == code and refusal.value.what_to_do
    release = Release.objects.filter(delivery=delivery).first()
    assert release is not None and (release.state, release.because, release.children) == (Release.State.REFUSED, code, 0)
    assert [entry["additional_data"] for entry in entries_of("vendors.release.refused", about=str(release.public_id))] == [
        f'{{"why": "{code}"}}'
    ]
    assert len(entries_of("records.disclosure.made")) == before


def end_agreement_of(tool: Tool) -> None:
    agreement = Agreement.objects.get(versions__services__tool=tool)
    agreements.end(agreement=agreement.public_id, because="Sold", by=person("admin"), at=clock.now())


def hidden(student: Student) -> None:
    """From now on the child's address is confidential."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SET ROLE portal_door")
        cursor.execute("INSERT INTO records.value(student_id, element, item, value) VALUES (%s, 'safe-at-home', '', 'yes')", [student.pk])
        cursor.execute("RESET ROLE")


# -- What leaves -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("elements", [("phone", "bus"), ("name", "phone")], ids=["places alone", "more than places"])
def test_a_child_with_a_confidential_address_is_given_or_withheld_and_recorded(elements: tuple[str, ...]) -> None:
    child, others = class_of_the_teacher()[0], {each.pk for each in class_of_the_teacher()[1:]}
    hidden(child)
    delivery = seen(elements=elements)
    release, _content = actions.send_bundle(delivery=delivery, by=person("admin"), at=clock.now())
    left, [*told] = set(elements) - rules.PLACES, entries_of("vendors.release.withheld", about=str(release.public_id))
    expected = {pk: set(elements) for pk in others} | ({child.pk: left} if left else {})
    assert lines_of(release) == expected
    assert release.children == len(expected) and release.withheld == ({} if left else {"nothing": 1})
    assert [(entry["record_ids"], entry["additional_data"]) for entry in told] == ([] if left else [([child.pk], '{"why": "nothing"}')])


def test_the_children_of_the_classes_that_use_it_with_the_agreed_elements() -> None:
    delivery = seen(elements=("name", "grade", "school", "schedule"))
    files = sent(delivery)
    children = class_of_the_teacher()
    students = [
        row for row in files["users"] if row["sourcedId"] in {bundles.id_of(delivery.tool.public_id, each.public_id) for each in children}
    ]
    assert len(files["users"]) == len(students) == len(children) > 1
    assert all(row["givenName"] and row["familyName"] and row["grades"] for row in students)
    assert not any(row["email"] or row["identifier"] or row["phone"] for row in students)
    assert all(row["username"] == row["sourcedId"] for row in students)
    assert {row["classSourcedId"] for row in files["enrollments"]} == {row["sourcedId"] for row in files["classes"]}
    assert len(files["enrollments"]) == len(children)
    assert "demographics" not in files


def test_each_child_has_its_line_with_the_elements_before_the_values_are_read() -> None:
    delivery = seen()
    sent(delivery)
    release = Release.objects.get(delivery=delivery, state=Release.State.MADE)
    lines = lines_of(release)
    assert lines.keys() == {each.pk for each in class_of_the_teacher()}
    assert all(elements == set(delivery.seen_elements) for elements in lines.values())
    entry = entries_of("records.disclosure.made")[-1]
    assert set(entry["record_ids"]) == lines.keys() and entry["purpose"] == situations.PURPOSE
    made = entries_of("vendors.release.made", about=str(release.public_id))
    assert len(made) == 1 and release.children == len(lines)


def test_two_tools_get_different_ids_for_one_child() -> None:
    one, other = (sent(seen(used()))["users"] for _ in range(2))
    assert not {row["sourcedId"] for row in one} & {row["sourcedId"] for row in other}


def test_what_families_said_keeps_a_child_out_and_nobody_learns_more() -> None:
    delivery = opened(used(consent="opt_in"))
    decided = actions.preview(delivery=delivery, by=person("admin"), at=clock.now())
    assert not decided.given and set(decided.withheld.values()) == {"family"}
    actions.confirm(delivery=delivery, children=0, by=person("admin"), at=clock.now())
    delivery.refresh_from_db()
    refused("nobody", delivery)
    entry = entries_of("vendors.release.withheld")[-1]
    assert set(entry["record_ids"]) == {each.pk for each in class_of_the_teacher()}
    assert entry["additional_data"] == '{"why": "family"}'


def test_grades_that_the_approval_does_not_cover_are_withheld() -> None:
    delivery = opened(used(grades=["KG"]))
    decided = actions.preview(delivery=delivery, by=person("admin"), at=clock.now())
    assert not decided.given and set(decided.withheld.values()) == {"grade"}
    entry = entries_of("vendors.release.limits_read")[-1]
    assert entry["elements"] == ["grade"] and set(entry["record_ids"]) == decided.withheld.keys()


def test_children_below_the_age_are_withheld() -> None:
    delivery = opened(used(youngest_age=21))
    decided = actions.preview(delivery=delivery, by=person("admin"), at=clock.now())
    assert not decided.given and set(decided.withheld.values()) <= {"age", "age_unknown"}


def test_an_approval_without_limits_reads_nothing_ahead() -> None:
    before = len(entries_of("vendors.release.limits_read"))
    seen()
    assert len(entries_of("vendors.release.limits_read")) == before


# -- What does not ----------------------------------------------------------------------------------------------------------------


def test_nothing_leaves_before_somebody_saw_the_preview() -> None:
    refused("not_seen", opened())


def test_an_ended_agreement_ends_it_at_that_moment() -> None:
    delivery = seen()
    end_agreement_of(delivery.tool)
    refused("not_approved", delivery)


def test_a_refused_tool_gets_nothing() -> None:
    delivery = seen()
    review = situations.review_of(delivery.tool)
    reviews.refuse(review=situations.checked(review).public_id, reason="It shows advertising.", by=person("steward"), at=clock.now())
    refused("not_approved", delivery)


def test_a_stopped_delivery_gets_nothing() -> None:
    delivery = seen()
    actions.stop_delivery(delivery=delivery, by=person("admin"), at=clock.now())
    delivery.refresh_from_db()
    refused("stopped", delivery)


def test_many_more_children_than_in_the_preview_are_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    delivery = seen()
    monkeypatch.setattr(rules, "SMALL", 0)
    Delivery.objects.filter(pk=delivery.pk).update(seen_children=1)
    delivery.refresh_from_db()
    refused("grown", delivery)


def test_an_element_outside_of_the_schedule_refuses_the_whole() -> None:
    delivery = seen()
    release = Release.objects.create(delivery=delivery, asked_at=clock.now(), asked_by=person("admin"))
    students = [each.pk for each in class_of_the_teacher()]
    with pytest.raises(gate.Refused) as refusal:
        list(gate.release(delivery, release, students, elements={"name", "birth-date"}, by=person("admin")))
    assert refusal.value.code == "element"
    assert lines_of(release) == {}


def test_a_purpose_that_was_not_agreed_is_refused() -> None:
    with pytest.raises(CannotShare) as refusal:
        actions.open_delivery(tool=used(), purpose="state-reporting", by=person("admin"), at=clock.now())
    assert refusal.value.code == "purpose"


def test_an_agreement_that_ends_in_the_middle_stops_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    delivery = seen()
    monkeypatch.setattr(gate, "BATCH", 1)
    release = Release.objects.create(delivery=delivery, asked_at=clock.now(), asked_by=person("admin"))
    students = [each.pk for each in class_of_the_teacher()]
    batches = gate.release(delivery, release, students, by=person("admin"))
    first = next(batches)
    end_agreement_of(delivery.tool)
    with pytest.raises(gate.Refused) as refusal:
        next(batches)
    assert refusal.value.code == "not_approved"
    assert lines_of(release).keys() == first.given.keys() == set(students[:1])


def test_a_bundle_cut_short_says_so_and_holds_only_what_was_let_through(monkeypatch: pytest.MonkeyPatch) -> None:
    delivery = seen()
    monkeypatch.setattr(gate, "BATCH", 1)
    whole = gate.release

    def ends_after_the_first(*args: Any, **more: Any) -> Iterator[gate.Batch]:
        batches = whole(*args, **more)
        yield next(batches)
        end_agreement_of(delivery.tool)
        yield from batches

    monkeypatch.setattr(gate, "release", ends_after_the_first)
    files = sent(delivery)
    release = Release.objects.get(delivery=delivery, state=Release.State.STOPPED)
    assert (release.children, release.because, len(files["users"])) == (1, "not_approved", 1)


def test_where_the_entry_fails_nothing_leaves_and_nothing_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    delivery = seen(used(consent="inform"))
    release = Release.objects.create(delivery=delivery, asked_at=clock.now(), asked_by=person("admin"))

    def fails(*_args: Any, **_more: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(gate, "_tell_withheld", fails)
    with pytest.raises(RuntimeError):
        list(gate.release(delivery, release, [each.pk for each in class_of_the_teacher()], by=person("admin")))
    release.refresh_from_db()
    assert release.disclosures == [] and release.children == 0


# -- A stolen login ----------------------------------------------------------------------------------------------------------------


def test_an_entry_without_lines_opens_nothing() -> None:
    student = class_of_the_teacher()[0]
    written = entries.append_ahead(
        Event.DISCLOSED,
        by=person("admin"),
        students=[student.pk],
        elements={"name"},
        hat=Role.DISTRICT_ADMIN,
        purpose=situations.PURPOSE,
    )
    assert entries.open_with(written, "SELECT * FROM door.released()")[1] == []


def test_lines_of_another_entry_are_not_opened_by_a_key_that_is_not_theirs() -> None:
    delivery = seen()
    sent(delivery)
    student = class_of_the_teacher()[0]
    written = entries.append_ahead(
        Event.STUDENT_OPENED,
        by=person("admin"),
        students=[student.pk],
        elements={"name"},
        hat=Role.DISTRICT_ADMIN,
        purpose=situations.PURPOSE,
    )
    assert entries.open_with(written, "SELECT * FROM door.released()")[1] == []


def test_before_the_commit_the_key_opens_nothing() -> None:
    student = class_of_the_teacher()[0]
    with transaction.atomic():
        [part] = disclosures.record(
            by=person("admin"),
            hat=Role.DISTRICT_ADMIN,
            disclosure=disclosures.Disclosure(
                public_id=uuid.uuid4(),
                party=disclosures.Party("Reading Journey", "provider"),
                basis=gate.BASIS,
                required=True,
                channel="file",
                happened_on=clock.today(),
                purpose=situations.PURPOSE,
            ),
            children=[disclosures.Child(student.pk, frozenset({"name"}))],
            at=clock.now(),
            opens=True,
        )
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT set_config('portal.key', %s, true)", [part.written.key])
            cursor.execute("SELECT * FROM door.released()")
            assert cursor.fetchall() == []
    assert len(entries.open_with(part.written, "SELECT * FROM door.released()")[1]) == 1


def test_keys_that_are_read_together_are_each_looked_at_by_itself() -> None:
    delivery = seen(elements=("name", "grade"))
    release = Release.objects.create(delivery=delivery, asked_at=clock.now(), asked_by=person("admin"))
    one, other = (each.pk for each in class_of_the_teacher()[:2])
    [batch] = gate.release(delivery, release, [one], by=person("admin"))
    made_up = entries.append_ahead(
        Event.DISCLOSED,
        by=person("admin"),
        students=[other],
        elements={"name", "grade"},
        hat=Role.DISTRICT_ADMIN,
        purpose=situations.PURPOSE,
        data={"disclosure": str(release.disclosures[0])},
    )

    def told(*keys: str) -> list[int]:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT student_id FROM door.released_together(%s, %s)", [list(keys), []])
            return [row[0] for row in cursor.fetchall()]

    real = batch.parts[0].written.key
    assert told(real, made_up.key) == told(made_up.key, real) == [one]
    assert told(made_up.key) == told(f"{real[:-1]}x") == []
    with transaction.atomic(), pytest.raises(entries.InsideTransaction):
        gate.opened(batch.parts)


def test_a_later_batch_holds_no_element_that_the_first_had_not(monkeypatch: pytest.MonkeyPatch) -> None:
    delivery = seen(elements=("name", "grade", "email"))
    monkeypatch.setattr(gate, "BATCH", 1)
    release = Release.objects.create(delivery=delivery, asked_at=clock.now(), asked_by=person("admin"))
    agreed, narrow = gate._permit, [True]

    def agreed_later(*args: Any, **more: Any) -> Permit:
        permit = agreed(*args, **more)
        return dataclasses.replace(permit, elements=permit.elements - {"email"}) if narrow else permit

    monkeypatch.setattr(gate, "_permit", agreed_later)
    batches = gate.release(delivery, release, [each.pk for each in class_of_the_teacher()[:2]], by=person("admin"))
    first = next(batches)
    narrow.clear()
    assert first.elements == next(batches).elements == {"name", "grade"}
    assert set().union(*lines_of(release).values()) == {"name", "grade"}


def test_without_a_key_there_is_nothing() -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT * FROM door.released()")
        assert cursor.fetchall() == []
    with pytest.raises(psycopg2.Error), connections["default"].cursor() as cursor:
        cursor.cursor.execute("SELECT * FROM records.disclosed")


# -- A spreadsheet -------------------------------------------------------------------------------------------------------------------


def test_a_name_that_a_spreadsheet_would_run_is_made_harmless() -> None:
    student = class_of_the_teacher()[0]
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET LOCAL ROLE portal_door")
        cursor.execute("UPDATE records.identity SET given_name = '=HYPERLINK(\"x\")' WHERE student_id = %s", [student.pk])
    names = {row["givenName"] for row in sent(seen())["users"]}
    assert '\'=HYPERLINK("x")' in names and not [name for name in names if name.startswith("=")]


# -- Other ways ------------------------------------------------------------------------------------------------------------------------


def channel(tool: Tool, kind: str = "sign_in", elements: tuple[str, ...] = ("name",)) -> Channel:
    return Channel.objects.create(
        tool=tool,
        kind=kind,
        name="School sign-in",
        elements=list(elements),
        switched_off_by="Technology office",
        opened_at=clock.now(),
        opened_by=person("admin"),
    )


def test_an_end_opens_a_task_with_a_clock_for_each_way_outside_the_portal() -> None:
    delivery = seen()
    outside = channel(delivery.tool)
    end_agreement_of(delivery.tool)
    outbox.run()
    outbox.run()
    task = StopTask.objects.get(channel__tool=delivery.tool)
    assert task.channel == outside and task.because == "agreement_ended"
    assert dt.timedelta(days=1) < task.due_at - task.opened_at <= dt.timedelta(days=6)
    states = {each.channel.kind: each for each in queries.channel_states(delivery.tool, clock.now())}
    assert states["portal"].flow is queries.Flow.STOPPED
    assert states["sign_in"].flow is queries.Flow.BEING_STOPPED and states["sign_in"].due_at == task.due_at
    with pytest.raises(CannotShare):
        actions.finish_stop(task=task.public_id, seen=" ", by=person("admin"), at=clock.now())
    actions.finish_stop(task=task.public_id, seen="The sign-in page answers “no such application”.", by=person("admin"), at=clock.now())
    assert {each.flow for each in queries.channel_states(delivery.tool, clock.now())} == {queries.Flow.STOPPED}
    assert len(situations.trail("vendors.stop_task.done", task.public_id)) == 1


def test_what_is_really_sent_beyond_the_agreement_is_said() -> None:
    delivery = seen()
    channel(delivery.tool, elements=("name", "birth-date"))
    states = {each.channel.kind: each for each in queries.channel_states(delivery.tool, clock.now())}
    assert states["sign_in"].beyond == {"birth-date"} and states["sign_in"].flow is queries.Flow.OPEN
    assert states["portal"].flow is queries.Flow.OPEN


def test_a_child_who_left_is_not_in_it() -> None:
    delivery = seen()
    gone = class_of_the_teacher()[0]
    Student.objects.filter(pk=gone.pk).update(left_on=clock.today())
    assert bundles.id_of(delivery.tool.public_id, gone.public_id) not in {row["sourcedId"] for row in sent(delivery)["users"]}


def test_whom_the_company_must_delete_is_named_by_its_own_id_alone() -> None:
    delivery = seen()
    first = sent(delivery)
    gone, *_others = class_of_the_teacher()
    own = bundles.id_of(delivery.tool.public_id, gone.public_id)
    assert own in {row["sourcedId"] for row in first["users"]} and "deletions" not in first
    Student.objects.filter(pk=gone.pk).update(left_on=clock.today())
    ends.look_round(at=clock.now())
    order = Order.objects.get(tool=delivery.tool)
    assert order.because == "child_left" and list(order.ordered.values_list("student", flat=True)) == [gone.pk]
    second = sent(delivery)
    assert second["deletions"] == [{"sourcedId": own, "status": "tobedeleted"}]
    assert not any(own in row.values() for name, rows in second.items() if name != "deletions" for row in rows)
    release = Release.objects.filter(delivery=delivery).first()
    assert release is not None
    [entry] = entries_of("vendors.release.deletions", about=str(release.public_id))
    assert entry["record_ids"] == [gone.pk]
    order = orders.send(order=order.public_id, at=clock.now())
    orders.confirm(
        order=order.public_id,
        order_sha256=order.sha256,
        deleted_on=clock.today(),
        by=situations.contact_of(delivery.tool.provider),
        at=clock.now(),
    )
    assert "deletions" not in sent(delivery)
