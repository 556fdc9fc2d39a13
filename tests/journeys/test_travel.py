"""How data travels and stops: an approved tool, what would leave, a delivery, a parent's no, the next preview, what the family reads."""

import csv
import io
import re
import uuid
import zipfile
from collections.abc import Callable

from governance.records import scope
from governance.records.models import Section, Student
from portal.base import clock, outbox
from tests.governance.records.readers import child_of, classes_of, name_of, person
from tests.journeys.reader import Reader
from tests.vendors import situations
from vendors.consents import actions as consents
from vendors.consents.models import Answer, Form, Standing
from vendors.ends import actions as orders
from vendors.ends.models import Order
from vendors.providers import actions as catalogue
from vendors.providers.models import Tool
from vendors.sharing.models import Release
from vendors.tool_requests import actions as uses

FIVE = ("name", "grade", "local-id", "school", "schedule")
NAME = "Story Harbor"


def approved_for(sections: list[Section]) -> tuple[Tool, Form]:
    """Approved with the families' OK, used by the classes of Maya's teacher; a sign-in lies outside of the portal."""
    tool = situations.tool(name=NAME, elements=FIVE)
    situations.in_force(tool, elements=FIVE)
    situations.approve(situations.checked(situations.review_of(tool)), elements=FIVE, consent="opt_in")
    uses.begin_use(tool=tool, sections=[section.pk for section in sections], by=person("teacher"), at=clock.now())
    catalogue.open_channel(
        tool=tool,
        kind="sign_in",
        name="School sign-in",
        elements=["name", "email"],
        switched_off_by="Technology office",
        by=person("admin"),
        at=clock.now(),
    )
    return tool, consents.publish_for_tool(tool=tool, by=person("steward"), at=clock.now())


def all_but_two_say_ok(form: Form, students: list[Student]) -> None:
    """By the standing alone: their guardians have no accounts."""
    for student in students:
        Standing.objects.update_or_create(
            student=student,
            matter=form.matter,
            defaults={"state": "given", "form": form, "changed_at": clock.now(), "told_at": clock.now()},
        )


def says(form: Form, said: str) -> None:
    consents.answer(
        matter=form.matter,
        student=child_of("parent"),
        said=said,
        text_sha256=form.sha256,
        language="en",
        key=uuid.uuid4(),
        by=person("parent"),
        at=clock.now(),
    )


def users_of(content: bytes) -> list[dict[str, str]]:
    with zipfile.ZipFile(io.BytesIO(content)) as bundle:
        return list(csv.DictReader(io.StringIO(bundle.read("users.csv").decode(), newline="")))


def test_from_the_preview_to_the_companys_statement(i_am: Callable[..., Reader]) -> None:
    sections, maya = classes_of("teacher"), child_of("parent")
    tool, form = approved_for(sections)
    students = list(
        Student.objects.filter(pk__in={pk for each in sections for pk in scope.students_of(each, on=clock.today())}).order_by("pk")
    )
    assert maya in students and len(students) > 4
    silent = [student for student in students if student != maya][:2]
    all_but_two_say_ok(form, [student for student in students if student not in silent and student != maya])
    says(form, Answer.Said.GIVEN)
    children = len(students) - 2

    # the office opens the way and sees whom and what it would hold, before anything leaves
    admin = i_am("admin")
    admin.goes_home()
    admin.opens_from_menu("Sharing")
    admin.finds_the_page_in_order()
    admin.follows("New delivery")
    admin.page.get_by_label("Tool").select_option(label=f"{NAME} ({tool.provider.name})")
    admin.presses("Go on to the preview")
    admin.follows("See the preview")
    admin.sees(f"{children} children · 5 elements · 2 withheld", "2: families said no, or have not said yes")
    admin.finds_the_page_in_order()
    admin.presses("I have seen this, and it is right")
    with admin.page.expect_download() as waiting:
        admin.page.get_by_role("button", name="Make the file").click()
    sent = users_of(waiting.value.path().read_bytes())
    assert len(sent) == children and any(row["givenName"] == name_of(maya).split()[0] for row in sent)
    assert Release.objects.get(delivery__tool=tool).children == children

    # the parent takes the OK back
    parent = i_am("parent", language="en")
    parent.goes_to(f"/family/{maya.public_id}/consents/")
    parent.follows(re.compile(f"Take my OK back.*{NAME}"))
    parent.sees("No new data goes out from today.")
    parent.presses("Take my OK back")
    parent.finds_the_page_in_order()
    outbox.run()
    parent.goes_to(f"/family/{maya.public_id}/tools/")
    parent.sees(
        "the OK was taken back on November 24, 2026",
        "No new data from this portal since then.",
        "What goes along when your child signs in: being stopped since November 24, 2026.",
        "The company must delete the data by",
    )
    parent.finds_the_page_in_order()

    # the next preview is without the child; the way outside the portal waits for a person
    admin.goes_to("/sharing/")
    admin.follows(NAME)
    admin.follows("See the preview again")
    admin.sees(f"{children - 1} children · 5 elements · 3 withheld")
    admin.opens_from_menu("How data travels")
    admin.sees(NAME, "1 child", "Families said no, or took their OK back", "1 element beyond")
    admin.finds_the_page_in_order()
    admin.follows(NAME)
    admin.finds_the_page_in_order()
    admin.presses("Show whom it is about")
    admin.sees(name_of(maya))
    admin.writes("What did you see?", "Sign-in of this account is switched off.")
    admin.presses("They are off it")

    # the company says that it deleted; the family reads it as the company's word
    order = orders.send(order=Order.objects.get(tool=tool).public_id, at=clock.now())
    orders.confirm(
        order=order.public_id, order_sha256=order.sha256, deleted_on=clock.today(), by=situations.contact_of(tool.provider), at=clock.now()
    )
    parent.goes_to(f"/family/{maya.public_id}/tools/")
    parent.sees(
        "What goes along when your child signs in: stopped on November 24, 2026.",
        "The company says it deleted the data on November 24, 2026.",
    )
    parent.finds_the_page_in_order()

    # everybody reads when the portal last sent something, and of about how many
    nobody = i_am(None)
    nobody.goes_to(f"/register/{tool.slug}/")
    nobody.sees("Last sent from this portal", "November 2026")
    nobody.finds_the_page_in_order()
