"""The pages of forms, tools, campaigns and papers, by the demo district's people."""

import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from governance.records import scope
from governance.records.models import Guardianship, OwnRecord, Student
from portal.base import clock
from tests.governance.situations import person, sections_of
from tests.vendors.consents.situations import another_guardian, campaign, child_of, form_for, paper_of, say
from tests.vendors.situations import day
from vendors.consents import afterwards
from vendors.consents.afterwards import Told
from vendors.consents.models import Answer, Campaign, Form, Policy, Standing

pytestmark = pytest.mark.usefixtures("district")


def client_of(persona: str) -> Client:
    client = Client()
    client.force_login(person(persona), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def words_of(answer: Any, code: int = 200) -> str:
    assert answer.status_code == code, answer.status_code
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def address(page: str, student: Student, *more: object) -> str:
    return reverse(f"consents-family:{page}", args=[student.public_id, *more])


def signs(client: Client, form: Form, said: str, student: Student, **more: Any) -> Any:
    wanted = {"key": str(uuid.uuid4()), "text": form.sha256, "sure": "on"}
    return client.post(address("answer", student, form.matter.public_id, said), wanted | more, follow=True)


def test_a_parent_reads_the_three_kinds_and_says_ok_no_and_takes_it_back() -> None:
    client, child = client_of("parent"), child_of()
    form = form_for()
    campaign(form)
    page = words_of(client.get(address("consents", child)))
    assert "We need your OK" in page and "If you do nothing:" in page and "Waits for your answer" in page
    confirm = words_of(client.get(address("answer", child, form.matter.public_id, "given")))
    assert "What happens then" in confirm and "This counts like my signature" in confirm
    assert "Mark this to say OK" in words_of(signs(client, form, "given", child, sure=""), 422)
    receipt = words_of(signs(client, form, "given", child))
    assert "Receipt" in receipt and "You said OK" in receipt and form.sha256 in receipt
    confirm = words_of(client.get(address("answer", child, form.matter.public_id, "withdrawn")))
    assert "No new data goes out from today." in confirm and "must delete what it has by" in confirm
    assert "You took your OK back" in words_of(signs(client, form, "withdrawn", child))
    assert "You took your OK back on" in words_of(client.get(address("consents", child)))


def test_it_stands_in_spanish_too_and_the_answer_keeps_the_language() -> None:
    client, child, form = client_of("parent"), child_of(), form_for()
    campaign(form)
    forms, answer = "/es" + address("consents", child), "/es" + address("answer", child, form.matter.public_id, "refused")
    assert form.texts["es"]["title"] in client.get(forms).content.decode()
    client.post(answer, {"key": str(uuid.uuid4()), "text": form.sha256})
    assert Answer.objects.get(form=form).language == "es"


def test_a_page_that_shows_an_old_text_is_told_so() -> None:
    client, child, form = client_of("parent"), child_of(), form_for()
    campaign(form)
    page = words_of(signs(client, form, "given", child, text="d" * 64))
    assert "not a text of ours" in page and Standing.objects.get(matter=form.matter, student=child).state == ""


def test_a_student_under_18_reads_and_cannot_answer() -> None:
    own = OwnRecord.objects.get(user=person("student"))
    form, client = form_for(), client_of("student")
    campaign(form)
    page = words_of(client.get(address("consents", own.student)))
    assert "until you are 18" in page and "Say OK" not in page
    assert "until you are 18" in words_of(client.get(address("answer", own.student, form.matter.public_id, "given"), follow=True))
    signs(client, form, "given", own.student)
    assert not Answer.objects.filter(form=form).exists()


def test_a_student_of_18_answers() -> None:
    own, form = OwnRecord.objects.get(user=person("eligible")), form_for()
    campaign(form)
    assert "You said OK" in words_of(signs(client_of("eligible"), form, "given", own.student))
    assert Standing.objects.get(matter=form.matter, student=own.student).state == "given"


def test_one_parents_no_is_not_told_to_the_other_as_theirs() -> None:
    child, form = child_of(), form_for()
    campaign(form)
    another_guardian(child)
    refused = say(form, "refused")
    page = words_of(client_of("other.parent").get(address("consents", child)))
    assert "Nothing is sent: a no counts" in page and person("parent").name not in page
    assert client_of("other.parent").get(address("receipt", child, refused.public_id)).status_code == 404


def test_the_tools_page_says_who_uses_what_and_what_became_of_the_data() -> None:
    client, child, form = client_of("parent"), child_of(), form_for()
    campaign(form)
    assert form.matter.tool is not None
    page = words_of(client.get(address("tools", child)))
    assert form.matter.tool.name in page and "Does not use it until you say OK" in page and "What it may get" in page
    say(form, "given")
    assert "No class uses it now" in words_of(client.get(address("tools", child)))
    say(form, "withdrawn")
    page = words_of(client.get(address("tools", child)))
    assert "Stopped: the OK was taken back on" in page and "No new data from this portal since then" in page and "must delete by" in page


def test_what_a_room_above_tells_stands_as_the_companys_statement(monkeypatch: pytest.MonkeyPatch) -> None:
    from portal.base.components import Status

    child, form = child_of(), form_for()
    campaign(form)
    assert form.matter.tool is not None
    tool_id = form.matter.tool.pk
    monkeypatch.setattr(afterwards, "_tellers", [lambda student, tools, on: {tool_id: Told(Status("info", "Deleted, the company says"))}])
    assert "Deleted, the company says" in words_of(client_of("parent").get(address("tools", child)))


def test_home_says_that_a_form_waits_until_somebody_answers() -> None:
    client, form = client_of("parent"), form_for()
    before = words_of(client.get("/home/"))
    campaign(form, sections=sections_of(person("teacher")))
    after = words_of(client.get("/home/"))
    assert re.search(r"\d+ forms? waits? for you", after) and after != before


# -- Staff ---------------------------------------------------------------------------------------------------------------------


def test_a_teacher_asks_and_sees_who_does_the_other_activity_but_never_who_said_no() -> None:
    form, client, child = form_for(), client_of("teacher"), child_of()
    assert form.matter.tool is not None
    sections = sections_of(person("teacher"))
    given = {
        "key": str(uuid.uuid4()),
        "sections": [str(pk) for pk in sections],
        "answer_by": day(20).isoformat(),
        "remind_1": day(5).isoformat(),
    }
    page = words_of(client.post(reverse("consents:ask", args=[form.matter.tool.slug]), given, follow=True))
    assert "The families are asked" in page
    assert client.post(reverse("consents:ask", args=[form.matter.tool.slug]), given).status_code == 302
    made = Campaign.objects.get(matter=form.matter)
    say(form, "refused")
    page = words_of(client.get(reverse("consents:campaign", args=[made.public_id])))
    assert "Use the other activity with these students" in page and "no, or no answer yet" in page
    in_class = {pk for section in sections_with(sections) for pk in scope.students_of(section, on=clock.today())}
    assert child.pk in in_class and page.count("refused") == 0
    assert "Paper form" in page
    assert "Name of the child" in words_of(client.get(reverse("consents:campaign-paper", args=[made.public_id])))
    assert "No more reminders" in words_of(client.post(reverse("consents:campaign-end", args=[made.public_id]), follow=True))


def sections_with(ids: list[int]) -> list:
    from governance.records.models import Section

    return list(Section.objects.filter(pk__in=ids))


def test_a_teacher_cannot_ask_another_teachers_classes_nor_with_four_reminders() -> None:
    form, client = form_for(), client_of("teacher")
    assert form.matter.tool is not None
    theirs = sections_of(person("colleague"))
    given = {"key": str(uuid.uuid4()), "sections": [str(pk) for pk in theirs], "answer_by": day(20).isoformat()}
    words_of(client.post(reverse("consents:ask", args=[form.matter.tool.slug]), given), 422)
    assert not Campaign.objects.filter(matter=form.matter).exists()


def test_the_office_registers_a_paper_and_prints_the_receipt() -> None:
    form, client = form_for(), client_of("secretary")
    school = client.get("/people/families/")
    assert school.status_code == 200
    from portal.pages.families.queries import desk_of

    desk = desk_of(person("secretary"), on=clock.today())
    link = Guardianship.objects.filter(
        student__school__in=desk.schools, student__left_on=None, ended_at=None, may_consent=True, limit=""
    ).first()
    assert link is not None
    where = reverse("consents:paper", args=[link.student.public_id])
    assert "Register a paper form" in words_of(client.get(where))
    given = {
        "key": str(uuid.uuid4()),
        "matter": str(form.matter.public_id),
        "number": "7",
        "link": str(link.public_id),
        "said": "given",
        "language": "en",
        "signed_on": day(-1).isoformat(),
    }
    assert "no text with this number" in words_of(client.post(where, given), 422)
    assert "Receipt" in words_of(client.post(where, given | {"number": "1"}))
    assert Standing.objects.get(matter=form.matter, student=link.student).state == "given"


def test_a_mistaken_paper_is_taken_back_by_a_button_and_the_family_reads_so() -> None:
    paper, secretary, steward = paper_of(form_for(), by=person("secretary")), client_of("secretary"), client_of("steward")
    where = reverse("consents:mistake", args=[paper.public_id])
    for client in (secretary, steward):
        assert where in client.get(reverse("consents:papers")).content.decode()
        assert reverse("consents:papers") in client.get(reverse("consents:overview")).content.decode()
    assert where not in client_of("teacher").get(reverse("consents:papers")).content.decode()
    assert "Was it registered by mistake?" in words_of(secretary.get(where))
    for given in ({}, {"why": "list"}, {"why": "x" * 10_000}):
        words_of(secretary.post(where, given), 422)
    assert Standing.objects.get(matter=paper.form.matter).state == "given"
    assert "Taken back" in words_of(secretary.post(where, {"why": "wrong_person"}, follow=True))
    assert "What went wrong?" not in words_of(steward.get(where))
    family = client_of("parent")
    assert "The school registered this by mistake" in words_of(family.get(address("consents", child_of())))
    assert "This does not count" in words_of(family.get(reverse("consents-family:receipt", args=[child_of().public_id, paper.public_id])))


def test_the_policy_on_children_under_13_is_the_admins_with_its_basis_and_families_read_it() -> None:
    client = client_of("admin")
    assert "parents are asked" in words_of(client.get("/consents/policy/"))
    words_of(client.post("/consents/policy/", {"coppa": "school", "basis": ""}), 422)
    words_of(client.post("/consents/policy/", {"coppa": "school", "basis": "Guidance of the FTC for schools"}, follow=True))
    assert Policy.objects.get().decided_by == person("admin")
    assert "Guidance of the FTC for schools" in words_of(client_of("parent").get(address("consents", child_of())))
    assert client_of("teacher").get("/consents/policy/").status_code == 403


def test_every_family_is_told_of_directory_information_with_its_days_to_say_no() -> None:
    client = client_of("steward")
    given = {"key": str(uuid.uuid4()), "answer_by": day(20).isoformat()}
    page = words_of(client.post(reverse("consents:ask-everybody", args=["directory"]), given, follow=True))
    assert "The families are asked" in page
    assert "You can say no until" in words_of(client_of("parent").get(address("consents", child_of())))
    assert client.get(reverse("consents:ask-everybody", args=["tool"])).status_code == 404
    assert client_of("teacher").get(reverse("consents:ask-everybody", args=["directory"])).status_code in {403, 404}


def test_lists_take_the_same_queries_however_long(django_assert_max_num_queries: Any) -> None:
    client, child = client_of("parent"), child_of()
    for _number in range(4):
        campaign(form_for())
    client.get(address("consents", child))
    with django_assert_max_num_queries(40):
        client.get(address("consents", child))
    with django_assert_max_num_queries(45):
        client.get(address("tools", child))
