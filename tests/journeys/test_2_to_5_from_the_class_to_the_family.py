"""The true story: a teacher asks for more, the steward leaves one out, the teacher uses it, and the family reads who, what and why."""

import re
from collections.abc import Callable

import pytest
from django.db import connections

from governance.authority.models import Grant
from governance.records import scope
from governance.records.models import Guardianship, Section, Student
from governance.requests.models import DataRequest
from portal.base import clock
from portal.base.templatetags.portal import long_date
from tests.governance.records.readers import child_of, classes_of, name_of, own, person
from tests.journeys.reader import Reader

REASON = "The groups need to know who is learning English."


def class_of_maya() -> Section:
    """The class in which teacher@ teaches the child of parent@ today."""
    maya = child_of("parent").pk
    return next(section for section in classes_of("teacher") if maya in scope.students_of(section, on=clock.today()))


def asks_for_more(teacher: Reader, section: Section) -> None:
    teacher.goes_to("/requests/new/")
    teacher.ticks("Plan interventions and supports", role="radio")
    teacher.presses("Continue")
    teacher.writes("In a few words, what will you do with it?", "Reading groups for spring")
    teacher.ticks(section.title)
    for number, element in enumerate(("Date of birth", "English learner status")):
        teacher.ticks(element)
        teacher.page.locator(".asked-why:visible input").nth(number).fill("to form reading groups")
    teacher.presses("Save and check")


def test_a_class_list_opens_at_once_and_what_lies_beyond_is_asked_for(i_am: Callable[..., Reader]) -> None:
    teacher, section = i_am("teacher"), class_of_maya()
    teacher.goes_home()
    teacher.opens_from_menu("Students")
    teacher.finds_the_page_in_order()
    teacher.follows(section.title)
    students = scope.students_of(section, on=clock.today())
    teacher.sees(f"Families see that you opened this list ({len(students)} students).", name_of(child_of("parent")))
    teacher.finds_the_page_in_order()

    asks_for_more(teacher, section)
    teacher.sees("Beyond the classroom, a data steward decides", "Andrea Thao")
    teacher.finds_the_page_in_order()
    teacher.presses("Send request")
    teacher.page.get_by_text(re.compile(r"Sent: R-\d+\.")).wait_for()
    teacher.finds_the_page_in_order()


def test_from_the_request_to_the_familys_page(i_am: Callable[..., Reader]) -> None:
    section, student = class_of_maya(), child_of("parent")
    teacher = i_am("teacher")
    asks_for_more(teacher, section)
    teacher.presses("Send request")
    teacher.page.get_by_text(re.compile(r"Sent: R-\d+\.")).wait_for()
    request = DataRequest.objects.get(what_for="Reading groups for spring")

    # the steward reads what the rules say, leaves one out, gives a reason that families can read
    steward = i_am("steward")
    steward.goes_home()
    steward.opens_from_menu("Inbox")
    steward.follows("Reading groups for spring")
    steward.sees("Beyond the classroom, a data steward decides", "to form reading groups")
    steward.finds_the_page_in_order()
    steward.page.get_by_role("checkbox", name="Date of birth").uncheck()
    steward.page.locator(".asked-why:visible input").fill("The grade tells enough.")
    steward.writes("Reason (families can read this)", REASON)
    steward.presses("Approve what is ticked")
    steward.page.get_by_text("Approved with fewer items").first.wait_for()
    steward.finds_the_page_in_order()
    again = i_am("deputy")
    again.goes_to(f"/requests/{request.public_id}/decide/")
    again.does_not_see("Approve what is ticked")

    # the teacher opens a student: classroom and granted elements, the one left out named with its reason
    teacher.goes_to(f"/students/?class={section.public_id}")
    teacher.follows(name_of(student))
    teacher.sees(name_of(student), "Why you may see this", f"{request}, approved by Andrea Thao", "Left out", "The grade tells enough.")
    teacher.finds_the_page_in_order()
    teacher.goes_to("/students/my-looks/")
    teacher.sees("Opened the record", str(request), section.title)
    teacher.does_not_see(name_of(student))
    teacher.finds_the_page_in_order()

    # the family reads who, when, why, under which decision, and who decided
    parent = i_am("parent", language="en")
    parent.goes_to("/home/")
    parent.opens_from_menu("My children")
    parent.sees(name_of(student), "Who outside the school got your child’s data")
    parent.finds_the_page_in_order()
    parent.follows(name_of(student))
    parent.sees("What this page can’t show", "Paper, talks, phone calls")
    parent.finds_the_page_in_order()
    parent.follows("See who, when and why")
    parent.sees(
        "Ana Ortiz, Science teacher", "Opened Maya’s record: English learner status", "Why: To plan extra help", f"Decision {request}.",
        "Who decided: Andrea Thao", REASON,
    )  # fmt: skip
    parent.opens("Show as a table")
    parent.finds_the_page_in_order()
    parent.follows("What is in it")
    parent.sees("What is in Maya’s record", "Birth date")
    parent.finds_the_page_in_order()

    # the day after the end only the classroom elements are left
    Grant.objects.update(starts_on=clock.today().replace(year=2025), ends_on=clock.today().replace(year=2025))
    teacher.goes_to(f"/students/{student.public_id}/")
    teacher.sees(name_of(student))
    teacher.does_not_see("English learner status", str(request))


def test_another_teachers_student_is_not_found(i_am: Callable[..., Reader]) -> None:
    colleague, student = i_am("colleague"), child_of("parent")
    assert colleague.goes_to(f"/students/{student.public_id}/") == 404
    colleague.does_not_see(name_of(student))
    colleague.finds_the_page_in_order()


def test_another_family_is_told_nothing(i_am: Callable[..., Reader]) -> None:
    other, student = i_am("other.parent"), child_of("parent")
    for page in ("", "looks/", "data/"):
        assert other.goes_to(f"/family/{student.public_id}/{page}") == 404
        other.does_not_see(name_of(student), "Maya")
    other.finds_the_page_in_order()


def test_a_parent_under_an_order_sees_what_it_leaves_and_how_to_object(i_am: Callable[..., Reader]) -> None:
    parent = i_am("limited.parent")
    limited = Guardianship.objects.get(user=person("limited.parent"), limit="records_limited").student
    denied = Guardianship.objects.get(user=person("limited.parent"), limit="placement_denied").student
    parent.goes_to("/family/")
    parent.finds_the_page_in_order()
    parent.follows(name_of(limited))
    parent.sees("Some things are kept back here", "To ask why, to object")
    parent.finds_the_page_in_order()
    parent.follows("What is in it")
    parent.does_not_see("Home address", "period 1")
    parent.finds_the_page_in_order()
    parent.goes_to("/family/")
    parent.follows("A record the school can’t show you")
    parent.sees("The school can’t show you this page", "send a newer order", "715-555-0100")
    parent.does_not_see(name_of(denied).split()[0])
    parent.finds_the_page_in_order()


@pytest.mark.parametrize(
    ("persona", "sees", "does_not_see"), [("student", "Course grades", "Test scores"), ("eligible", "Test scores", "nothing at all")]
)
def test_a_student_sees_the_own_record(i_am: Callable[..., Reader], persona: str, sees: str, does_not_see: str) -> None:
    student = i_am(persona)
    student.goes_home()
    student.opens_from_menu("My record")
    student.finds_the_page_in_order()
    student.follows(name_of(own(persona)))
    student.follows("What is in it")
    for folded in student.page.locator("main summary").all():
        folded.click()
    student.sees("What is in your record", sees)
    student.does_not_see(does_not_see)
    student.finds_the_page_in_order()
    student.follows("Who opened it")
    student.sees("Who opened your record", "Why allowed: Works for the school.")
    student.finds_the_page_in_order()


def test_a_family_asks_about_a_line_and_reads_the_answer(i_am: Callable[..., Reader]) -> None:
    student = child_of("other.parent")
    teacher, parent = i_am("teacher"), i_am("other.parent")
    teacher.goes_to(f"/students/{student.public_id}/")
    parent.goes_to(f"/family/{student.public_id}/looks/")
    parent.follows("Ask about this")
    parent.sees("Asking is your right. It does not change grades", "715-555-0100")
    parent.finds_the_page_in_order()
    parent.writes("What would you like to know?", "Why today?")
    parent.presses("Send my question")
    parent.sees("Why today?", "Waiting for an answer")

    teacher.goes_to("/students/my-looks/")
    teacher.sees("Families have asked")
    teacher.finds_the_page_in_order()
    teacher.follows(f"About a look on {long_date(clock.today())}")
    teacher.sees("Why today?")
    teacher.finds_the_page_in_order()
    teacher.ticks("I was planning lessons or groups for my class.", role="radio")
    teacher.presses("Send the answer")

    parent.page.reload()
    parent.sees("I was planning lessons or groups for my class.")
    parent.finds_the_page_in_order()


def test_an_emergency_opens_a_record_at_once_and_others_learn_of_it(i_am: Callable[..., Reader]) -> None:
    student = child_of("other.parent")
    teacher = i_am("teacher")
    teacher.goes_to("/students/")
    teacher.follows("Emergency")
    teacher.finds_the_page_in_order()
    teacher.writes("First or last name", name_of(student).split()[1])
    teacher.presses("Find the student")
    teacher.ticks(re.compile(f"^{name_of(student)}"), role="radio")
    teacher.ticks("Allergic reaction", role="radio")
    teacher.finds_the_page_in_order()
    teacher.writes("What happened, in a sentence", "Stung by a bee at recess")
    teacher.presses("Open the record now")
    teacher.sees(name_of(student), "Mind this", "Call")
    teacher.finds_the_page_in_order()

    steward = i_am("health.steward")
    steward.goes_to("/students/emergency/reviews/")
    steward.sees("Stung by a bee at recess", "Ana Ortiz")
    steward.does_not_see(name_of(student))
    steward.finds_the_page_in_order()
    steward.presses("I have reviewed this")
    steward.sees("Reviewed")

    parent = i_am("other.parent")
    parent.goes_to(f"/family/{student.public_id}/looks/")
    parent.sees("in an emergency", "The danger: Allergic reaction")
    parent.does_not_see("recess")


def test_a_family_page_works_without_scripts_and_in_spanish(i_am: Callable[..., Reader]) -> None:
    student = child_of("parent")
    parent = i_am("parent", javascript=False)
    for page in ("", f"{student.public_id}/", f"{student.public_id}/looks/", f"{student.public_id}/data/"):
        assert parent.goes_to(f"/es/family/{page}") == 200
    parent.goes_to(f"/es/family/{student.public_id}/looks/")
    parent.sees("Quién abrió el registro de Maya")
    with parent.page.expect_download() as taken:
        parent.goes_to(f"/family/{student.public_id}/data/")
        parent.presses("For a spreadsheet")
    assert re.fullmatch(r"student-record-\d{4}-\d\d-\d\d\.csv", taken.value.suggested_filename)


def test_what_the_stories_read_is_really_there(district: object) -> None:
    """The cast stands as the stories say; else they would prove nothing."""
    student = child_of("parent")
    assert class_of_maya()
    assert own("student") != own("eligible")
    assert Student.objects.filter(guardianships__user=person("parent")).count() == 2
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM records.value WHERE student_id = %s AND element = 'address'", [student.pk])
        assert cursor.fetchone()[0] == 1
