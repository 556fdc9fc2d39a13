import datetime as dt
import os

import pytest

from governance.people.models import District

# Playwright's loop runs in the thread of the test, which Django takes for an asynchronous one.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture
def riverbend(database):
    """A district that has named its contact and has not yet had its texts reviewed."""
    return District.objects.create(
        name="Riverbend School District",
        short_name="Riverbend",
        address="100 Main Street, Riverbend, WI 54000",
        contact_name="Pa Nhia Vang",
        contact_title="Director of student services",
        contact_phone="(608) 555-0100",
        contact_email="privacy@riverbend.example",
        deputy_name="Tom Ellis",
        office_hours="Monday to Friday, 8 a.m. to 4 p.m.",
        server_access_count=3,
        records_since=dt.date(2026, 8, 17),
        roster_source="Infinite Campus",
    )
