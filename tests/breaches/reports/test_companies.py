"""A company's notice of a breach arrives among the reports, once."""

import datetime as dt

import pytest

from breaches.reports.models import Report
from portal.base import clock, outbox
from tests.governance.situations import person
from vendors.company import actions, notices
from vendors.company.models import BreachNotice
from vendors.providers.models import Provider

pytestmark = pytest.mark.usefixtures("district")


def test_a_companys_notice_is_one_report_however_often_it_is_handed_on() -> None:
    company = Provider.objects.get(slug="reading-journey")
    now = clock.now()
    actions.tell_of_breach(
        tools=[], discovered_at=now - dt.timedelta(hours=2), happened="A backup lay open.", data="Names, grades", people_about=None,
        contained=True, measures="Closed it.", reach="Call our desk", by=person("provider"), at=now,
    )  # fmt: skip
    outbox.run()
    notice = BreachNotice.objects.get(provider=company)
    notices.hand_on({"notice": str(notice.public_id)})
    report = Report.objects.get(channel="provider")
    assert report.provider == company
    assert "A backup lay open." in report.words
    assert report.received_at == notice.received_at
