"""Who is told by mail, and that the mail says nothing of students or of the data."""

from typing import Any

import pytest

from governance.requests import actions
from governance.requests.models import DataRequest
from portal.base import clock, outbox
from tests.governance.people.cast import person

pytestmark = pytest.mark.usefixtures("district")


def waiting() -> DataRequest:
    return DataRequest.objects.filter(state="submitted", what_for="Writing workshop").get()


def told(mailoutbox: list) -> dict[str, Any]:
    outbox.run()
    return {address: mail for mail in mailoutbox for address in mail.to}


def test_the_asker_is_told_of_a_decision_and_reads_it_on_the_page(mailoutbox: list) -> None:
    found = waiting()
    actions.decide(data_request=found.public_id, by=person("steward"), allow=[], reason="Secret reason", at=clock.now())
    mails = told(mailoutbox)
    mail = mails[found.asker.email]
    assert mail.subject == "There is news on your data request"
    assert f"/requests/{found.public_id}/" in mail.body
    for word in ("Secret reason", "Writing workshop", *(asked.element.title for asked in found.requested.all())):
        assert word not in mail.subject + mail.body


def test_the_steward_is_told_of_an_answer_that_waits_and_others_are_not(mailoutbox: list) -> None:
    found = waiting()
    actions.ask_information(data_request=found.public_id, by=person("steward"), text="Which groups?", at=clock.now())
    assert set(told(mailoutbox)) == {found.asker.email}
    mailoutbox.clear()
    actions.give_information(data_request=found.public_id, by=found.asker, text="Two of them", at=clock.now())
    mails = told(mailoutbox)
    assert "steward@riverbend.example" in mails
    assert "health.steward@riverbend.example" not in mails
    assert mails["steward@riverbend.example"].subject == "A data request waits for your decision"
    assert f"/requests/{found.public_id}/decide/" in mails["steward@riverbend.example"].body
    assert "Two of them" not in str([mail.body for mail in mails.values()])


def test_nobody_is_told_of_what_was_decided_meanwhile(mailoutbox: list) -> None:
    found = waiting()
    actions.ask_information(data_request=found.public_id, by=person("steward"), text="Which?", at=clock.now())
    actions.give_information(data_request=found.public_id, by=found.asker, text="These", at=clock.now())
    actions.withdraw(data_request=found.public_id, by=found.asker, at=clock.now())
    assert "steward@riverbend.example" not in told(mailoutbox)
