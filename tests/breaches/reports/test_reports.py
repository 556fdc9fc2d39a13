"""Anybody can report; who did stays between two roles; what is about safety goes its own way."""

import datetime as dt
import json
import re
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client

from breaches.reports import actions, codes, forms, notices, reporters, slow
from breaches.reports.models import Report
from governance.trail import context
from governance.trail.models import Entry
from portal.base import clock
from portal.base.errors import CannotDo
from tests.breaches.reports.cast import reported
from tests.governance.audit.cast import client_of, text_of
from tests.governance.situations import person, trail

pytestmark = pytest.mark.usefixtures("district")
NAME = "Wilhelmina Quisenberry"


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True
    cache.clear()


def typed(**more: Any) -> dict[str, Any]:
    """What somebody sends who took a minute over it."""
    token = forms.fresh_token(at=clock.now() - dt.timedelta(minutes=1))
    return {"topic": "looked", "words": "She looked up my son.", "token": token} | more


def code_on(page: Any) -> str:
    found = re.search(r"\b(?:[0-9A-Z]{5}-){3}[0-9A-Z]{5}\b", text_of(page))
    assert found
    return found.group()


def entry_of(report: Report) -> Entry:
    return Entry.objects.using("owner").get(object_pk=str(report.public_id), kind="breaches.report.received")


class TestReporting:
    @pytest.mark.parametrize("path", ["/report/", "/es/report/", "/hmn/report/"])
    def test_anybody_can_and_reads_first_whom_to_call(self, path: str) -> None:
        page = Client().get(path)
        assert page.status_code == 200
        assert page["Cache-Control"] == "no-store"
        text = text_of(page)
        assert 0 < text.index("911") < text.index("988")

    def test_it_gives_a_code_that_opens_it_and_keeps_only_its_hash(self) -> None:
        code = code_on(Client().post("/report/", typed()))
        made = Report.objects.latest("pk")
        assert bytes(made.code_hash) == codes.hash_of(code)
        assert "We got it" in text_of(Client().post("/report/follow/", {"code": code.lower().replace("-", " ")}))

    def test_no_address_no_person_and_no_request_stand_anywhere(self) -> None:
        with_session = client_of("teacher")
        with_session.post("/report/", typed(), REMOTE_ADDR="203.0.113.9")
        made = Report.objects.latest("pk")
        entry = entry_of(made)
        assert (entry.remote_addr, entry.actor_id) == (None, None)
        assert entry.cid and len(entry.cid) == 16  # of its own, not the request's
        assert made.named is False
        assert not cache.get("reports:all") or "203.0.113.9" not in str(cache.get("reports:all"))

    def test_the_counter_of_an_address_does_not_hold_it(self) -> None:
        slow.count("203.0.113.9")
        key = slow._key("203.0.113.9")
        assert key is not None
        assert re.fullmatch(r"reports:[0-9a-f]{4}", key)
        cache.delete("reports:salt")
        assert slow._key("203.0.113.9") != key or slow._key("203.0.113.10") != key  # without the salt it leads nowhere

    def test_any_language_marks_and_length_come_through(self) -> None:
        words = "नमस्ते <script>alert(1)</script>\r\nBcc: x@y.example\n" + "w" * 9_000 + "\u202eevil"
        code_on(Client().post("/report/", typed(words=words)))
        made = Report.objects.latest("pk")
        page = client_of("security").get(f"/incidents/reports/{made.public_id}/").content.decode()
        assert "<script>alert(1)" not in page
        assert "\u202e" not in page
        assert "नमस्ते" in page

    def test_too_long_a_text_is_kept_on_the_page_with_what_to_do(self) -> None:
        page = Client().post("/report/", typed(words="w" * 10_001))
        assert page.status_code == 422
        assert "10000" in text_of(page)
        assert "w" * 10_001 in page.content.decode()

    def test_the_same_form_is_taken_once(self) -> None:
        given = typed()
        client = Client()
        assert client.post("/report/", given).status_code == 200
        again = client.post("/report/", given)
        assert again.status_code == 409
        assert "has reached us already" in text_of(again)
        assert Report.objects.filter(words=given["words"]).count() == 1


class TestMachines:
    def test_a_filled_trap_is_refused(self) -> None:
        assert Client().post("/report/", typed(website="https://buy.example")).status_code == 422

    @pytest.mark.parametrize("token", ["", "forged", "old", "fresh"])
    def test_a_token_that_is_missing_forged_old_or_too_fresh_keeps_the_words(self, token: str) -> None:
        tokens = {"old": forms.fresh_token(at=clock.now() - dt.timedelta(days=1)), "fresh": forms.fresh_token(at=clock.now())}
        before = Report.objects.count()
        page = Client().post("/report/", typed(token=tokens.get(token, token)))
        assert page.status_code == 422
        assert "She looked up my son." in text_of(page)
        assert Report.objects.count() == before

    def test_many_from_one_place_answer_a_question(self) -> None:
        for _ in range(slow.FREE):
            assert Client().post("/report/", typed()).status_code == 200
        asked = Client().post("/report/", typed())
        assert asked.status_code == 422
        first, second = re.search(r"How much is (\d) plus (\d)", text_of(asked)).groups()
        token = re.search(r'name="token" value="([^"]+)"', asked.content.decode()).group(1)
        assert Client().post("/report/", typed(token=token, answer=int(first) + int(second))).status_code == 200

    def test_far_too_many_are_told_to_call(self) -> None:
        for _ in range(slow.MOST + 1):
            slow.count("127.0.0.1")
        page = Client().post("/report/", typed())
        assert page.status_code == 429
        assert "She looked up my son." in text_of(page)


class TestWhoReported:
    @pytest.fixture
    def report(self) -> Report:
        return reported(name=NAME, reach="555-0100", account=person("teacher"))[0]

    @pytest.mark.parametrize("name", ["security", "compliance"])
    def test_two_roles_see_it_and_each_look_stands_in_the_trail(self, report: Report, name: str) -> None:
        page = client_of(name).post(f"/incidents/reports/{report.public_id}/reporter/")
        assert NAME in text_of(page)
        assert "Ana Ortiz" in text_of(page)
        told = trail("breaches.reporter.opened")[-1]
        assert told["actor_id"] == person(name).pk
        assert json.loads(told["additional_data"]) == {"report": str(report.public_id)}

    @pytest.mark.parametrize("name", ["admin", "leader"])
    def test_an_admin_is_refused_in_words_and_that_stands_in_the_trail_too(self, report: Report, name: str) -> None:
        page = client_of(name).post(f"/incidents/reports/{report.public_id}/reporter/", follow=True)
        assert NAME not in text_of(page)
        assert "Two roles alone" in text_of(page)
        assert trail("breaches.reporter.refused", about=str(report.public_id))[-1]["actor_id"] == person(name).pk

    def test_the_database_refuses_an_entry_in_an_admins_name(self, report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reporters, "hat_for", lambda *_, **__: "incident_lead")
        with pytest.raises(CannotDo):
            reporters.reveal(report, by=person("admin"), at=clock.now())

    @pytest.mark.parametrize("table", ["reporters.reporter", "records.reporter"])
    def test_the_applications_login_reads_no_table_of_names(self, report: Report, table: str) -> None:
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table}")

    def test_without_an_entry_nothing_comes_out(self, report: Report) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM door.reporter_of()")
            assert cursor.fetchall() == []

    def test_the_name_stands_on_no_page_and_in_no_mail_before(self, report: Report) -> None:
        notices.tell_of_report({"report": str(report.public_id)})
        assert len(mail.outbox) >= 2
        assert all(NAME not in one.subject + one.body and report.words not in one.body for one in mail.outbox)
        assert NAME not in text_of(client_of("security").get(f"/incidents/reports/{report.public_id}/"))


class TestSafety:
    def test_it_goes_to_its_contact_and_readers_at_once_and_nobody_else(self) -> None:
        actions.set_safety_contact(
            by=person("admin"), at=clock.now(), name="Ida Berg", title="", phone="555-0111", email="berg@riverbend.example", hours=""
        )
        made, _ = reported(topic="bullying")
        notices.tell_of_report({"report": str(made.public_id)})
        told = {address for one in mail.outbox for address in one.to}
        assert told == {"berg@riverbend.example", "leader@riverbend.example"}
        assert str(made) in text_of(client_of("counselor").get("/incidents/reports/safety/"))
        for name in ("security", "compliance", "admin"):
            assert client_of(name).get("/incidents/reports/safety/").status_code == 403
            assert str(made) not in text_of(client_of(name).get("/incidents/reports/"))
            assert client_of(name).get(f"/incidents/reports/{made.public_id}/").status_code == 404

    def test_the_reporter_reads_at_once_whom_to_call(self) -> None:
        actions.set_safety_contact(
            by=person("admin"), at=clock.now(), name="Ida Berg", title="", phone="555-0111", email="berg@riverbend.example", hours=""
        )
        assert "555-0111" in text_of(Client().post("/report/", typed(topic="abuse")))

    def test_a_report_in_the_wrong_place_changes_its_readers(self) -> None:
        made, _ = reported(topic="other", words="He is hit at home.")
        client = client_of("security")
        client.post(f"/incidents/reports/{made.public_id}/move/")
        assert client.get(f"/incidents/reports/{made.public_id}/").status_code == 404
        assert client_of("counselor").get(f"/incidents/reports/{made.public_id}/").status_code == 200
        assert trail("breaches.report.moved", about=str(made.public_id))


class TestTheTalk:
    def test_a_question_and_its_answer_without_a_name(self) -> None:
        made, code = reported()
        reader = client_of("security")
        reader.get(f"/incidents/reports/{made.public_id}/")
        reader.post(f"/incidents/reports/{made.public_id}/ask/", {"ask-words": "Which day was it?"})
        page = text_of(Client().post("/report/follow/", {"code": code}))
        assert "We are checking" in page
        assert "Which day was it?" in page
        assert "Marcus" not in page and made.words not in page
        assert "Sent" in text_of(client_of("parent").post("/report/follow/", {"code": code, "words": "On Monday."}))
        (entry,) = trail("breaches.report.answered", about=str(made.public_id))
        assert entry["actor_id"] is None
        assert "On Monday." in text_of(reader.get(f"/incidents/reports/{made.public_id}/"))

    @pytest.mark.parametrize("code", ["AAAAA-AAAAA-AAAAA-AAAAA", "x", "' OR 1=1 --", "\u202e"])
    def test_a_wrong_code_opens_nothing(self, code: str) -> None:
        reported()
        for given in ({"code": code}, {"code": code, "words": "Hello"}):
            page = Client().post("/report/follow/", given)
            assert page.status_code == 422
            assert "No report has this code" in text_of(page)

    def test_the_end_is_told_with_its_reason(self) -> None:
        made, code = reported()
        reader = client_of("security")
        assert reader.post(f"/incidents/reports/{made.public_id}/close/", {"close-outcome": "no_problem"}).status_code == 422
        reader.post(f"/incidents/reports/{made.public_id}/close/", {"close-outcome": "no_problem", "close-reason": "It was her class."})
        assert "It was her class." in text_of(Client().post("/report/follow/", {"code": code}))
        with pytest.raises(CannotDo):
            actions.add(code=code, words="More", at=clock.now())
        with pytest.raises(CannotDo):
            actions.close(report=made.public_id, outcome="spam", reason="No", by=person("admin"), at=clock.now())

    def test_the_database_wants_a_reason_too(self) -> None:
        made, _ = reported()
        with pytest.raises(IntegrityError), transaction.atomic():
            Report.objects.filter(pk=made.pk).update(outcome="spam", closed_at=clock.now(), closed_by=person("admin"))


def test_the_context_is_the_requests_again_afterwards() -> None:
    with context.acting(actor_id=1, address="203.0.113.9"):
        reported()
        current = context.current()
        assert current is not None and current.address == "203.0.113.9"


@pytest.mark.parametrize("name", ["teacher", "steward", "secretary", "parent", "student", "nurse", "principal"])
def test_others_find_no_queue(name: str) -> None:
    made, _ = reported()
    client = client_of(name)
    assert client.get("/incidents/reports/").status_code == 403
    for page in ("", "ask/", "reporter/", "move/", "close/"):
        assert client.post(f"/incidents/reports/{made.public_id}/{page}").status_code in {404, 405}
