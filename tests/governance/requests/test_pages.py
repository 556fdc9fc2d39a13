"""The pages of requests, through Django's client: who gets in, what they say, how many queries they take."""

import datetime as dt
import re
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance.requests import actions
from governance.requests.models import DataRequest
from portal.base import clock
from tests.governance.situations import READING, decided, draft, person, sections_of, sent, trail

pytestmark = pytest.mark.usefixtures("district")
State = DataRequest.State


@pytest.fixture(autouse=True)
def demo(settings) -> None:
    """The demo asks for no second factor."""
    settings.DEMO = True


def client_of(name: str) -> Client:
    client = Client()
    client.force_login(person(name), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def page(request: DataRequest, name: str = "detail") -> str:
    return reverse(f"requests:{name}", args=[request.public_id])


def text_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def filled(**more) -> dict:
    form = {
        "key": str(uuid.uuid4()),
        "what_for": "Reading groups",
        "sections": [str(sections_of(person("teacher"))[0])],
        "wanted_until": (clock.today() + dt.timedelta(days=60)).isoformat(),
    }
    for key, reason in READING.items():
        form |= {f"use-{key}": "on", f"why-{key}": reason}
    return form | more


NEW = "/requests/new/?purpose=intervention-support"


def test_a_teacher_asks_step_by_step() -> None:
    client = client_of("teacher")
    assert "Plan interventions and supports" in text_of(client.get("/requests/new/"))
    form_page = text_of(client.get(NEW))
    assert "English learner status" in form_page and "You have these already, without asking" in form_page
    assert "Social Security" not in form_page
    saved = client.post(NEW, filled())
    made = DataRequest.objects.get(state=State.DRAFT)
    assert saved.headers["Location"] == page(made, "check")
    check = text_of(client.get(page(made, "check")))
    for words in (
        "Beyond the classroom, a data steward decides",
        "118.125(2)(d)",
        person("steward").name,
        "Answer by",
        "Link to the students",
    ):
        assert words in check
    assert client.post(page(made, "send")).headers["Location"] == page(made)
    shown = text_of(client.get(page(made)))
    assert f"Sent: R-{made.number}." in shown and person("steward").name in shown
    assert client.post(page(made, "send")).headers["Location"] == page(made)
    assert "sent already" in text_of(client.get(page(made)))
    assert len(trail("governance.request.submitted", about=made.public_id)) == 1


WRONG = [
    ({"what_for": ""}, "This field is required"),
    ({"sections": []}, "This field is required"),
    ({"why-birth-date": " "}, "Say in one line why you need it."),
    ({"wanted_until": "2020-01-01"}, "This day is past"),
    ({"wanted_until": "2099-01-01"}, "This purpose allows at most"),
    ({"what_for": "x" * 201}, "at most 200 characters"),
    ({"what_for": "a\x00b"}, "Null characters are not allowed"),
    ({"sections": ["999999"]}, "not one of the available choices"),
    ({f"use-{key}": "" for key in READING}, "Choose at least one kind of data."),
]


def test_errors_are_told_and_what_was_typed_is_kept() -> None:
    client = client_of("teacher")
    for wrong, words in WRONG:
        form = filled(**wrong)
        answer = client.post(NEW, form)
        assert answer.status_code == 200 and words in text_of(answer), words
        kept = DataRequest.objects.get(idempotency_key=form["key"])
        assert kept.state == State.DRAFT
        if "what_for" not in wrong:
            assert kept.what_for == "Reading groups"
        assert client.get(page(kept, "edit")).status_code == 200
    assert client.post(NEW, filled(key="not-a-key")).status_code == 200


def test_a_steward_decides_on_the_page() -> None:
    request, client = sent(), client_of("steward")
    inbox = text_of(client.get("/inbox/"))
    assert f"R-{request.number}" in inbox and "wait on you" in inbox
    decide = text_of(client.get(page(request, "decide")))
    for words in (
        "Purpose allowed",
        "Role: Teacher",
        "to form reading groups",
        "Order of the superintendent",
        "Reason (families can read this)",
    ):
        assert words in decide
    form = {
        "act": "approve",
        "allow-el-status": "on",
        "allow-reading-screener": "on",
        "without-birth-date": "The grade tells enough.",
        "ends_on": (clock.today() + dt.timedelta(days=30)).isoformat(),
        "reason": "Needed to form groups.",
    }
    assert "This field is required" in text_of(client.post(page(request, "decide"), form | {"reason": ""}))
    assert client.post(page(request, "decide"), form).headers["Location"] == "/inbox/"
    request.refresh_from_db()
    assert request.state == State.NARROWED
    shown = text_of(client_of("teacher").get(page(request)))
    assert "You can use 2 of 3. Left out: Date of birth, because: The grade tells enough." in shown
    again = client.post(page(request, "decide"), form, follow=True)
    assert again.status_code == 200 and "decided already" in text_of(again)
    assert trail("governance.decision.refused", about=request.public_id)


def test_a_refusal_needs_a_reason_and_nothing_else() -> None:
    request, client = sent(), client_of("steward")
    assert "Give a reason" in text_of(client.post(page(request, "decide"), {"act": "refuse", "reason": ""}))
    client.post(page(request, "decide"), {"act": "refuse", "reason": "The screener is enough."})
    request.refresh_from_db()
    assert request.state == State.REFUSED
    assert "The screener is enough." in text_of(client_of("teacher").get(page(request)))


def test_question_and_answer_on_the_pages() -> None:
    request = sent()
    client_of("steward").post(page(request, "decide"), {"act": "ask", "text": "For which texts?"})
    teacher = client_of("teacher")
    assert "A question waits for your answer" in text_of(teacher.get(page(request)))
    teacher.post(page(request, "answer"), {"text": "For novels."})
    assert "For novels." in text_of(client_of("steward").get(page(request, "decide")))


def test_the_asker_who_is_a_steward_too_reads_why_it_is_not_theirs() -> None:
    request = sent("counselor", purpose="counseling-support", elements={"birth-date": "to plan"}, sections=[_homeroom()])
    admin = person("admin")
    DataRequest.objects.filter(pk=request.pk).update(asker=admin)
    answer = client_of("admin").post(page(request, "decide"), {"act": "refuse", "reason": "mine"}, follow=True)
    assert "This is your own request. Another person decides it." in text_of(answer)
    request.refresh_from_db()
    assert request.state == State.SUBMITTED
    assert trail("governance.decision.refused", about=request.public_id)[-1]["actor_id"] == admin.pk


def _homeroom() -> int:
    from governance.requests.queries import sections_to_choose

    return sections_to_choose(person("counselor"), on=clock.today())[0].pk


OUTSIDERS = ["colleague", "counselor", "health.steward"]
PAGES = ["detail", "edit", "check", "send", "answer", "withdraw", "grant-end", "decide"]


def test_a_foreign_request_and_a_missing_one_answer_alike() -> None:
    waiting, closed, unsent = sent(), decided(sent()), draft()
    for name in OUTSIDERS:
        client = client_of(name)
        for request in (waiting, closed, unsent):
            for view in PAGES:
                if (name == "health.steward" and view not in {"detail", "decide", "grant-end"}) or (
                    name in {"colleague", "counselor"} and view == "decide"
                ):
                    continue
                foreign, missing = (reverse(f"requests:{view}", args=[number]) for number in (request.public_id, uuid.uuid4()))
                for method in ("get", "post"):
                    answers = [getattr(client, method)(address) for address in (foreign, missing)]
                    assert answers[0].status_code == answers[1].status_code, (name, view, method)
                    assert answers[0].status_code in {404, 405}
                    assert str(request.public_id) not in answers[0].content.decode().replace(foreign, "")


def test_a_draft_is_nobody_elses_and_a_family_has_no_such_pages() -> None:
    unsent = draft()
    for name in ("steward", "admin", "deputy"):
        assert client_of(name).get(page(unsent)).status_code == 404
    for name in ("parent", "student", "provider"):
        assert client_of(name).get(page(unsent)).status_code == 404
        assert client_of(name).get("/inbox/").status_code == 403
    assert Client().get(page(unsent)).status_code == 302


def test_lists_take_as_many_queries_for_many_requests_as_for_few() -> None:
    def counted(name: str, address: str) -> int:
        client = client_of(name)
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    sent()
    few = counted("teacher", "/requests/"), counted("steward", "/inbox/"), counted("admin", "/inbox/?waits=all")
    for _ in range(6):
        sent()
        decided(sent())
    assert (counted("teacher", "/requests/"), counted("steward", "/inbox/"), counted("admin", "/inbox/?waits=all")) == few


def test_how_long_it_took_is_told_from_five_answers_on() -> None:
    client = client_of("teacher")

    def check() -> str:
        return text_of(client.get(page(draft(), "check")))

    while DataRequest.objects.filter(decided_at__isnull=False, decided_at__gt=clock.now() - dt.timedelta(days=365)).count() < 4:
        decided(sent())
    assert "Nine in ten" not in check()
    decided(sent())
    assert "Nine in ten requests were answered within" in check()


def test_a_renewal_is_offered_14_days_before_the_end_and_starts_from_what_was_allowed() -> None:
    near, far = (
        decided(sent(), ends_on=clock.today() + dt.timedelta(days=14)),
        decided(sent(), ends_on=clock.today() + dt.timedelta(days=15)),
    )
    client = client_of("teacher")
    shown = client.get("/requests/").content.decode()
    assert f"again={near.public_id}" in shown and f"again={far.public_id}" not in shown
    form = client.get(f"/requests/new/?again={near.public_id}").content.decode()
    assert re.search(r'name="use-el-status"[^>]*checked', form) and not re.search(r'name="use-birth-date"[^>]*checked', form)
    assert client_of("colleague").get(f"/requests/new/?again={near.public_id}").status_code == 404


def test_ending_and_taking_back_ask_once_more() -> None:
    waiting, open_ = sent(), decided(sent())
    client = client_of("teacher")
    assert "Take it back" in text_of(client.get(page(waiting, "withdraw")))
    client.post(page(waiting, "withdraw"))
    assert "End it now" in text_of(client.get(page(open_, "grant-end")))
    client.post(page(open_, "grant-end"))
    assert set(DataRequest.objects.filter(pk__in=[waiting.pk, open_.pk]).values_list("state", flat=True)) == {State.WITHDRAWN, State.ENDED}


def test_the_inbox_filters_and_says_when_nothing_fits() -> None:
    request, client = sent(what_for="Grouping by level"), client_of("steward")
    assert f"R-{request.number}" in text_of(client.get(f"/inbox/?q=R-{request.number}"))
    assert f"R-{request.number}" in text_of(client.get("/inbox/?q=grouping&purpose=intervention-support"))
    assert "Nothing fits this filter" in text_of(client.get("/inbox/?q=nothing-like-it"))
    decided(request)
    assert f"R-{request.number}" in text_of(client.get("/inbox/?waits=closed"))
    assert client.get("/inbox/?purpose=no-such&waits=no-such").status_code == 200


def test_someone_with_nothing_to_ask_for_reads_why() -> None:
    client = client_of("teacher")
    actions.withdraw(data_request=draft().public_id, by=person("teacher"), at=clock.now())
    person("teacher").staff_member.teachings.all().delete()
    assert "You have no classes today" in text_of(client.get(NEW))
    assert client.get("/requests/new/?purpose=no-such").status_code == 200
    assert client.get("/requests/new/?student=not-a-student").status_code == 404
    assert client.get(f"/requests/new/?student={uuid.uuid4()}").status_code == 404
