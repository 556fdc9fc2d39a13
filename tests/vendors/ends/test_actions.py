"""Deletion orders: what opens one, what answers it, what is refused."""

import datetime as dt
import hashlib
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, connection, connections, transaction

from governance.authority.models import Clock
from governance.disclosures import door as disclosures
from governance.disclosures.words import Channel, PartyKind
from governance.people.models import User
from governance.records.models import Student
from governance.trail import entries
from governance.vocabulary import Role
from portal.base import clock, outbox
from portal.base.models import Message
from tests.governance.situations import person
from tests.vendors.situations import PDF, approved, contact_of, day, in_force, provider, tool, trail
from vendors import followers
from vendors.agreements import actions as agreements
from vendors.ends import actions, families, following, queries
from vendors.ends.models import Because, Certificate, Order
from vendors.ends.states import State
from vendors.providers import actions as catalogue
from vendors.providers.models import Provider, Tool

pytestmark = pytest.mark.usefixtures("district")
HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True  # no second factor, but where a test asks for it


@pytest.fixture
def of() -> Provider:
    return provider()


@pytest.fixture
def approved_tool(of: Provider) -> Tool:
    return approved(tool(of)).tool


def children(count: int = 2) -> list[Student]:
    return list(Student.objects.filter(left_on=None).order_by("pk")[:count])


def open_for(which: Tool, count: int = 2) -> Order:
    order = actions.order_for(tool=which, students=children(count), because=Because.CONSENT_WITHDRAWN, by=None, at=clock.now())
    assert order is not None
    return order


def sent(which: Tool) -> Order:
    return actions.send(order=open_for(which).public_id, at=clock.now())


def confirm(order: Order, by: User, **more: Any) -> Certificate:
    given: dict[str, Any] = {"order_sha256": order.sha256, "deleted_on": day(0), "by": by, "at": clock.now()}
    return actions.confirm(order=order.public_id, **(given | more))


def given_to(which: Tool, students: list[Student], reference: str) -> None:
    """The gate's line: these students' data went to the tool."""
    import uuid

    with transaction.atomic():
        disclosures.record(
            by=person("steward"),
            hat=Role.DATA_STEWARD,
            at=clock.now(),
            disclosure=disclosures.Disclosure(
                public_id=uuid.uuid4(),
                party=disclosures.Party(which.provider.name, PartyKind.PROVIDER),
                basis="ferpa-outsourced-official",
                required=True,
                channel=Channel.CONNECTION,
                happened_on=day(0),
                reference=reference,
            ),
            children=[disclosures.Child(student.pk, frozenset({"name", "grade"})) for student in students],
        )


# -- What opens one ---------------------------------------------------------------------------------------------------------------


def test_the_agreement_s_own_days_count_else_the_clock_of_the_model_agreement(of: Provider) -> None:
    with_days, without = tool(of), tool(of)
    made = in_force(with_days)
    order = open_for(with_days)
    assert (order.days, order.clock, order.agreement, order.due_on) == (60, "", made, day(60))
    Clock.objects.filter(pk="ndpa-disposal").update(duration=45)
    other = open_for(without)
    assert (other.days, other.clock, other.agreement, other.due_on) == (45, "ndpa-disposal", None, day(45))


def test_a_withdrawn_consent_opens_an_order_once_and_says_so_in_the_child_s_trail(approved_tool: Tool) -> None:
    child = children(1)[0]
    for _time in range(2):
        with transaction.atomic():
            followers.tell(
                followers.CONSENT_WITHDRAWN, at=clock.now(), student=str(child.public_id), tool=str(approved_tool.public_id), answer="x"
            )
        outbox.run()
    order = Order.objects.get(tool=approved_tool)
    assert not order.whole and order.students == 1 and order.because == "consent_withdrawn"
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT record_ids FROM trail.entry WHERE kind = 'vendors.deletion.ordered' AND object_pk = %s", [str(order.public_id)]
        )
        assert cursor.fetchall() == [([child.pk],)]


def test_what_arises_while_an_order_gathers_joins_it_and_what_comes_after_is_another(approved_tool: Tool) -> None:
    first, second, third = children(3)
    opened = [
        actions.order_for(tool=approved_tool, students=[child], because=Because.CONSENT_WITHDRAWN, by=None, at=clock.now())
        for child in (first, second)
    ]
    gathered = Order.objects.get(tool=approved_tool)
    assert opened == [gathered, gathered] and gathered.students == 2
    actions.send(order=gathered.public_id, at=clock.now())
    later = actions.order_for(tool=approved_tool, students=[third], because=Because.CONSENT_WITHDRAWN, by=None, at=clock.now())
    assert later is not None and later != opened[0]


def test_no_order_where_all_ways_lead_through_the_portal_and_nothing_was_sent(approved_tool: Tool) -> None:
    child, other = children(2)
    catalogue.open_channel(
        tool=approved_tool, kind="portal", name="", elements=["name"], switched_off_by="the office", by=person("admin"), at=clock.now()
    )
    assert not queries.may_hold(approved_tool, child)
    reference = str(approved_tool.services.get().version.public_id)
    given_to(approved_tool, [child], reference)
    assert queries.may_hold(approved_tool, child) and not queries.may_hold(approved_tool, other)


@pytest.mark.parametrize(
    ("ending", "because"),
    [("agreement", Because.AGREEMENT_ENDED), ("retired", Because.TOOL_RETIRED), ("approval", Because.APPROVAL_ENDED)],
)
def test_each_end_opens_an_order_for_everything_once(approved_tool: Tool, ending: str, because: str) -> None:
    if ending == "agreement":
        agreement = approved_tool.approvals.get().agreement
        assert agreement is not None
        agreements.end(agreement=agreement.public_id, because="over", by=person("admin"), at=clock.now())
        outbox.run()
    elif ending == "retired":
        catalogue.retire_tool(tool=approved_tool, because="not used", by=person("admin"), at=clock.now())
    else:
        from vendors.reviews import actions as reviews

        reviews.end_approval(approval=approved_tool.approvals.get(), because="safety", by=person("admin"), at=clock.now())
    for _time in range(2):
        following.look_round(at=clock.now())
    order = Order.objects.get(tool=approved_tool)
    assert order.whole and order.because == because


def test_an_agreement_that_another_one_replaces_opens_none(of: Provider) -> None:
    made = approved(tool(of))
    assert made.agreement is not None
    open_before = Order.objects.count()
    following.order_where_over([made.tool_id], at=clock.now())
    assert Order.objects.count() == open_before


def test_a_child_who_left_is_ordered_once_where_the_tool_received_something(approved_tool: Tool) -> None:
    gone, stays = children(2)
    given_to(approved_tool, [gone, stays], str(approved_tool.services.get().version.public_id))
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE records_student SET left_on = %s WHERE id = %s", [day(0), gone.pk])
    for _time in range(2):
        following.look_round(at=clock.now())
    order = Order.objects.get(tool=approved_tool)
    assert [row.student_id for row in order.ordered.all()] == [gone.pk] and order.because == "child_left"
    assert queries.to_be_deleted(approved_tool) == {gone.pk}


def test_an_order_for_everything_takes_over_the_one_that_gathers_with_its_clock(approved_tool: Tool) -> None:
    gathering = open_for(approved_tool)
    whole = actions.order_all(tool=approved_tool, because=Because.TOOL_RETIRED, by=None, at=clock.now())
    assert whole.pk == gathering.pk and whole.whole and whole.opened_at == gathering.opened_at and whole.students == 0


# -- Sending and reminding --------------------------------------------------------------------------------------------------------


def test_an_order_goes_out_when_it_has_gathered_and_the_mail_holds_no_student(approved_tool: Tool) -> None:
    contact = contact_of(approved_tool.provider)
    opened = clock.now() - HOUR
    order = actions.order_for(tool=approved_tool, students=children(2), because=Because.CONSENT_WITHDRAWN, by=None, at=opened)
    assert order is not None
    assert following.send_and_remind(at=opened + HOUR / 2) == 0
    assert following.send_and_remind(at=clock.now()) == 1
    outbox.run()
    order.refresh_from_db()
    assert order.sent_at is not None and order.sha256 == hashlib.sha256(order.text.encode()).hexdigest()
    (sent_mail,) = [each for each in mail.outbox if each.to == [contact.email] and "deleted by" in each.subject]
    assert f"/provider/deletions/{order.public_id}/" in sent_mail.body
    for child in children(2):
        assert str(child.public_id) not in sent_mail.body + order.text


def test_reminders_go_14_7_and_1_days_ahead_and_when_it_is_late_each_once(approved_tool: Tool) -> None:
    order = sent(approved_tool)
    told = []
    for ahead in (20, 14, 13, 7, 3, 1, 0, -1, -5):
        at = clock.now() + dt.timedelta(days=60 - ahead)
        for _time in range(2):
            following.send_and_remind(at=at)
        told.append((ahead, sorted(order.reminders.values_list("days", flat=True))))
    assert told == [
        (20, []),
        (14, [14]),
        (13, [14]),
        (7, [7, 14]),
        (3, [7, 14]),
        (1, [1, 7, 14]),
        (0, [1, 7, 14]),
        (-1, [0, 1, 7, 14]),
        (-5, [0, 1, 7, 14]),
    ]
    assert Message.objects.filter(topic=actions.LATE, body__order=str(order.public_id)).count() == 1


# -- The certificate --------------------------------------------------------------------------------------------------------------


def test_a_signed_statement_and_a_document_answer_an_order(approved_tool: Tool) -> None:
    contact = contact_of(approved_tool.provider)
    first = sent(approved_tool)
    made = confirm(first, contact)
    assert made.kind == "statement" and made.signed_by == contact and not made.registered
    second = sent(approved_tool)
    with_file = confirm(second, contact, content=PDF, content_sha256=hashlib.sha256(PDF).hexdigest().upper(), copies_until=day(30))
    assert with_file.kind == "document" and with_file.document is not None
    assert with_file.document.sha256 == hashlib.sha256(PDF).hexdigest()
    assert [entry["data"]["document"] for entry in trail("vendors.deletion.confirmed", second.public_id)] == [with_file.document.sha256]


@pytest.mark.parametrize(
    "forgery",
    [
        "other_order", "not_the_provider", "other_file", "before_order", "future_day", "may_not_sign", "confirmed", "called_off", "file_used",
        "copies_first", "no_document", "no_second_factor",
    ],
)  # fmt: skip
def test_a_forged_certificate_is_refused_with_words_and_recorded(approved_tool: Tool, forgery: str, settings: Any) -> None:
    contact = contact_of(approved_tool.provider, may_sign=forgery != "may_not_sign")
    order = sent(approved_tool)
    more: dict[str, Any] = {}
    if forgery == "other_order":
        more = {"order_sha256": sent(approved(tool(approved_tool.provider)).tool).sha256}
    elif forgery == "not_the_provider":
        contact = contact_of(provider())
    elif forgery == "other_file":
        more = {"content": PDF + b"\n%%EOF\n", "content_sha256": hashlib.sha256(PDF).hexdigest()}
    elif forgery == "before_order":
        more = {"deleted_on": day(-1)}
    elif forgery == "future_day":
        more = {"deleted_on": day(1)}
    elif forgery == "confirmed":
        confirm(order, contact)
    elif forgery == "called_off":
        actions.call_off(order=order.public_id, because="A mistake", by=person("admin"), at=clock.now())
    elif forgery == "file_used":
        confirm(sent(approved(tool(approved_tool.provider)).tool), contact, content=PDF)
        more = {"content": PDF}
    elif forgery == "copies_first":
        more = {"copies_until": day(-1)}
    elif forgery == "no_document":
        more = {"content_sha256": hashlib.sha256(PDF).hexdigest()}
    elif forgery == "no_second_factor":
        settings.DEMO = False
    certificates = Certificate.objects.count()
    with pytest.raises(actions.CannotConfirm) as refusal:
        confirm(order, contact, **more)
    assert refusal.value.code == forgery and refusal.value.what_to_do
    assert Certificate.objects.count() == certificates
    (entry,) = trail("vendors.deletion.not_accepted", order.public_id)
    assert entry["data"] == {"why": forgery} and entry["actor"] == contact.pk


def test_staff_register_what_came_on_paper_with_its_scan(approved_tool: Tool) -> None:
    order = sent(approved_tool)
    with pytest.raises(actions.CannotConfirm):
        confirm(order, person("admin"))
    with pytest.raises(actions.CannotConfirm):
        confirm(order, person("teacher"), content=PDF, name="Pat Roe")
    made = confirm(order, person("admin"), content=PDF, name="Pat Roe")
    assert made.registered and made.name == "Pat Roe"


def test_without_its_entry_no_certificate_stands(approved_tool: Tool, monkeypatch: Any) -> None:
    contact, order = contact_of(approved_tool.provider), sent(approved_tool)
    real = entries.append

    def fail_on_confirmation(event: Any, **more: Any) -> Any:
        if event == "vendors.deletion.confirmed":
            raise RuntimeError("no entry")
        return real(event, **more)

    monkeypatch.setattr(entries, "append", fail_on_confirmation)
    with pytest.raises(RuntimeError):
        confirm(order, contact)
    assert not Certificate.objects.filter(order=order).exists()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ends_order SET due_on = due_on + 30 WHERE id = {order}",
        "DELETE FROM ends_order WHERE id = {order}",
        "UPDATE ends_certificate SET deleted_on = deleted_on - 1 WHERE order_id = {order}",
        "DELETE FROM ends_certificate WHERE order_id = {order}",
        "INSERT INTO ends_ordered (order_id, student_id, because, since) VALUES ({order}, {student}, 'child_left', now())",
        "UPDATE ends_ordered SET student_id = {student} WHERE order_id = {order}",
    ],
)
def test_the_database_keeps_sent_orders_and_certificates(approved_tool: Tool, statement: str) -> None:
    order = sent(approved_tool)
    confirm(order, contact_of(approved_tool.provider))
    other = Student.objects.order_by("-pk").values_list("pk", flat=True)[0]
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(order=order.pk, student=other))


# -- What families read -----------------------------------------------------------------------------------------------------------


def test_families_read_the_company_s_statement_as_such_or_that_it_is_late(approved_tool: Tool) -> None:
    child, other = children(2)
    assert queries.deletion_state(child.pk, approved_tool, at=clock.now()) is None
    order = actions.order_for(tool=approved_tool, students=[child], because=Because.CONSENT_WITHDRAWN, by=None, at=clock.now())
    assert order is not None
    waiting = queries.deletion_state(child.pk, approved_tool, at=clock.now())
    assert waiting is not None and "must delete the data by" in families.sentence(waiting)
    assert queries.deletion_state(other.pk, approved_tool, at=clock.now()) is None
    order = actions.send(order=order.public_id, at=clock.now())
    late = queries.deletion_state(child.pk, approved_tool, at=clock.now() + dt.timedelta(days=61))
    assert late is not None and late.state is State.LATE and "has not said" in families.sentence(late)
    confirm(order, contact_of(approved_tool.provider))
    said = queries.deletion_state(child.pk, approved_tool, at=clock.now() + dt.timedelta(days=61))
    assert said is not None and said.state is State.CONFIRMED and families.sentence(said).startswith("The company says it deleted")


def test_many_tools_are_one_query(approved_tool: Tool, django_assert_num_queries: Any) -> None:
    open_for(approved_tool)
    child, tools = children(1)[0], list(Tool.objects.all())
    with django_assert_num_queries(1):
        assert approved_tool.pk in queries.deletion_states(child.pk, tools, at=clock.now())
