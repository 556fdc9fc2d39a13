"""Letters as far along as a test needs them."""

from typing import Any

from breaches.letters import actions, codes
from breaches.letters.models import Code
from breaches.notices.models import Notice, Recipient
from governance.records.models import Guardianship, OwnRecord, Student
from portal.base import clock
from tests.breaches.notices.situations import listed, started
from tests.governance.situations import person


def child_of(name: str = "parent") -> Student:
    """A child whose guardian has that account, holds no limit, and whose rights have not passed."""
    grown = OwnRecord.objects.exclude(eligible_since=None).values("student")
    links = Guardianship.objects.filter(user=person(name), ended_at=None, limit="", may_inspect=True, may_be_contacted=True)
    return links.exclude(student__in=grown).select_related("student").order_by("pk")[0].student


def sent(*students: Student, words: dict[str, Any] | None = None) -> Notice:
    """A notice about these students, taken by the mail server, each letter with its code."""
    notice = started(listed(*students), words)
    rows = Recipient.objects.filter(notice=notice)
    actions.make_codes({row.pk: row.public_id for row in rows})
    rows.filter(state="waiting").update(state="sent", sent_at=clock.now())
    return notice


def letter_to(name: str, notice: Notice) -> Recipient:
    return Recipient.objects.get(notice=notice, guardianship__user=person(name))


def code_of(recipient: Recipient) -> str:
    code = codes.code_of(recipient.public_id)
    assert Code.objects.filter(recipient=recipient, hash=codes.hash_of(code)).exists()
    return code
