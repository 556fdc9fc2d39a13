"""Who may see alerts, what they show, and how they end."""

import uuid
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from governance.alerts import actions, misuse, runner
from governance.alerts.models import Alert, Limits, Reason
from governance.vocabulary import Event, Role
from portal.base import clock, outbox
from portal.base.errors import CannotDo
from tests.governance.alerts.cast import alert_about, as_owner, end_by_sql, forget_the_demos, look, set_numbers, watch
from tests.governance.audit.cast import client_of, text_of
from tests.governance.situations import person, trail
from tests.harness.databases import Clone

pytestmark = pytest.mark.usefixtures("district")
CLOSING = {"close-reason": "work", "close-words": "Helped the office with the new roster."}


@pytest.fixture(autouse=True)
def _demo(settings: Any, district: Clone) -> None:
    settings.DEMO = True
    forget_the_demos()


@pytest.fixture
def alert() -> Alert:
    return alert_about("teacher")


class TestWhoMaySeeThem:
    @pytest.mark.parametrize(
        "name", ["teacher", "steward", "counselor", "secretary", "principal", "parent", "student", "security", "nurse"]
    )
    def test_nobody_else(self, alert: Alert, name: str) -> None:
        client = client_of(name)
        assert client.get("/alerts/").status_code == 403
        for page in ("", "ask/", "close/", "answer/"):
            assert client.get(f"/alerts/{alert.public_id}/{page}").status_code in {404, 405}
            assert client.post(f"/alerts/{alert.public_id}/{page}", CLOSING).status_code in {404, 405}
        assert Alert.objects.get(pk=alert.pk).closed_at is None

    @pytest.mark.parametrize("name", ["compliance", "admin", "leader"])
    def test_those_whose_work_it_is(self, alert: Alert, name: str) -> None:
        client = client_of(name)
        assert "Ana Ortiz" in text_of(client.get("/alerts/"))
        page = client.get(f"/alerts/{alert.public_id}/")
        assert page.status_code == 200
        assert page["Cache-Control"] == "no-store"

    @pytest.mark.parametrize("name", ["compliance", "admin"])
    def test_nobody_sees_or_closes_one_about_themselves(self, name: str) -> None:
        own = alert_about(name)
        client = client_of(name)
        assert str(own) not in text_of(client.get("/alerts/"))
        assert client.get(f"/alerts/{own.public_id}/").status_code == 404
        assert client.post(f"/alerts/{own.public_id}/close/", CLOSING).status_code == 404
        with pytest.raises(CannotDo):
            actions.close(alert_id=own.pk, reason=Reason.WORK, words="Mine.", by=person(name), at=clock.now())
        with pytest.raises(IntegrityError), transaction.atomic():
            end_by_sql(own, who=person(name).pk)

    def test_the_teachers_own_looks_stay_as_they_were(self, alert: Alert) -> None:
        assert "Odd look" not in text_of(client_of("teacher").get("/students/my-looks/"))

    def test_opening_one_leaves_an_entry(self, alert: Alert) -> None:
        client_of("compliance").get(f"/alerts/{alert.public_id}/")
        entry = trail("alerts.alert.viewed", about=str(alert.public_id))
        assert [(row["actor_id"], row["hat"]) for row in entry] == [(person("compliance").pk, "compliance_officer")]


class TestWhatTheyShow:
    def test_who_how_many_what_was_missing_and_what_is_usual(self, alert: Alert) -> None:
        text = text_of(client_of("compliance").get(f"/alerts/{alert.public_id}/"))
        for words in (
            "Ana Ortiz", "1 student without a class, school or permission in common", "up to 4 students in an hour", "none in the 90 days before",
            "Student record opened", "How many looks 1", "Everything this person opened",
        ):  # fmt: skip
            assert words in text

    def test_the_entry_opens_to_who_may_search_the_trail(self, alert: Alert) -> None:
        assert "/audit/entries/" in client_of("compliance").get(f"/alerts/{alert.public_id}/").content.decode()
        assert "/audit/entries/" not in client_of("admin").get(f"/alerts/{alert.public_id}/").content.decode()

    def test_the_list_asks_as_often_for_many_as_for_few(self, alert: Alert) -> None:
        client = client_of("compliance")
        client.get("/alerts/")
        with CaptureQueriesContext(connection) as few:
            client.get("/alerts/")
        for _ in range(12):
            alert_about("colleague")
        with CaptureQueriesContext(connection) as many:
            client.get("/alerts/")
        assert len(many) == len(few)

    def test_the_home_page_of_who_handles_them(self, alert: Alert) -> None:
        alert_about("colleague", detector="many_schools", facts={"schools": 7})
        text = text_of(client_of("compliance").get("/home/"))
        assert "Many schools in an hour" in text and "Students of 7 schools within an hour." in text
        assert "An odd look waits" in text or "odd look waits" in text
        assert "odd look" not in text_of(client_of("principal").get("/home/"))

    def test_whether_the_trail_is_watched(self) -> None:
        runner.run()
        assert "The trail was last read at" in text_of(client_of("compliance").get("/alerts/"))

    def test_that_it_is_not_watched(self) -> None:
        from governance.alerts.models import Watch

        Watch.objects.using("owner").update(looked_at="2026-11-01T10:00:00Z")
        assert "The trail is not being watched" in text_of(client_of("compliance").get("/alerts/"))

    @pytest.mark.parametrize("before", ["x", "-1", "99999999999999999999"])
    def test_an_address_that_no_page_made_is_not_found(self, before: str) -> None:
        assert client_of("compliance").get(f"/alerts/?before={before}").status_code == 404


class TestAsking:
    def test_the_person_answers_and_the_asker_reads_it(self, alert: Alert, mailoutbox: list) -> None:
        officer, teacher = client_of("compliance"), client_of("teacher")
        assert teacher.get(f"/alerts/{alert.public_id}/answer/").status_code == 404  # not asked yet
        officer.post(f"/alerts/{alert.public_id}/ask/", {"ask-question": "What was the work?"})
        assert "A question about your looks" in text_of(teacher.get("/home/"))
        page = text_of(teacher.get(f"/alerts/{alert.public_id}/answer/"))
        assert "What was the work?" in page and "Priya Raman" in page
        teacher.post(f"/alerts/{alert.public_id}/answer/", {"words": "I covered a class for a colleague."})
        assert "I covered a class for a colleague." in text_of(officer.get(f"/alerts/{alert.public_id}/"))
        outbox.run()
        assert [mail.to for mail in mailoutbox] == [
            ["compliance@riverbend.example"]
        ]  # answered already, so the question's mail is not sent
        assert [len(trail(kind, about=str(alert.public_id))) for kind in ("alerts.alert.asked", "alerts.alert.answered")] == [1, 1]

    def test_the_mail_names_nobody(self, alert: Alert, mailoutbox: list) -> None:
        client_of("compliance").post(f"/alerts/{alert.public_id}/ask/", {"ask-question": "What was the work with them?"})
        outbox.run()
        mail = mailoutbox[0]
        assert mail.to == ["teacher@riverbend.example"]
        assert "work" not in mail.subject + mail.body and f"/alerts/{alert.public_id}/answer/" in mail.body

    @pytest.mark.parametrize("step", ["ask/", "answer/"])
    def test_without_words_nothing_is_kept(self, alert: Alert, step: str) -> None:
        if step == "answer/":
            actions.ask(alert_id=alert.pk, question="Why?", by=person("compliance"), at=clock.now())
        client = client_of("compliance" if step == "ask/" else "teacher")
        assert client.post(f"/alerts/{alert.public_id}/{step}", {"ask-question": " ", "words": " "}).status_code == 422
        kept = Alert.objects.get(pk=alert.pk)
        assert (kept.question, kept.answer) == ("Why?" if step == "answer/" else "", "")

    def test_it_is_asked_and_answered_once(self, alert: Alert) -> None:
        actions.ask(alert_id=alert.pk, question="Why?", by=person("compliance"), at=clock.now())
        with pytest.raises(CannotDo):
            actions.ask(alert_id=alert.pk, question="Really?", by=person("admin"), at=clock.now())
        actions.answer(alert_id=alert.pk, words="Work.", by=person("teacher"), at=clock.now())
        with pytest.raises(CannotDo):
            actions.answer(alert_id=alert.pk, words="Other work.", by=person("teacher"), at=clock.now())

    def test_nobody_else_answers(self, alert: Alert) -> None:
        actions.ask(alert_id=alert.pk, question="Why?", by=person("compliance"), at=clock.now())
        with pytest.raises(CannotDo):
            actions.answer(alert_id=alert.pk, words="Work.", by=person("colleague"), at=clock.now())

    def test_an_address_cannot_be_asked(self) -> None:
        made = alert_about("teacher", detector="sign_ins", actor_id=None, address="198.51.100.7", facts={"tries": 30})
        with pytest.raises(CannotDo):
            actions.ask(alert_id=made.pk, question="Who?", by=person("compliance"), at=clock.now())
        assert "Ask the person" not in text_of(client_of("compliance").get(f"/alerts/{made.public_id}/"))


class TestClosing:
    def test_with_a_reason_and_words(self, alert: Alert) -> None:
        client_of("compliance").post(f"/alerts/{alert.public_id}/close/", CLOSING)
        kept = Alert.objects.get(pk=alert.pk)
        assert (kept.reason, kept.words, kept.closed_by) == ("work", CLOSING["close-words"], person("compliance"))
        entry = trail("alerts.alert.closed", about=str(alert.public_id))[0]
        assert entry["additional_data"] == '{"reason": "work", "detector": "no_class", "incident": null}'

    @pytest.mark.parametrize(
        "given", [{}, {"close-reason": "work"}, {"close-words": "Because."}, {"close-reason": "boredom", "close-words": "x"}, {"close-reason": "work", "close-words": "  "}],
        ids=["nothing", "no-words", "no-reason", "unknown-reason", "blank"],
    )  # fmt: skip
    def test_not_without(self, alert: Alert, given: dict) -> None:
        assert client_of("compliance").post(f"/alerts/{alert.public_id}/close/", given).status_code == 422
        assert Alert.objects.get(pk=alert.pk).closed_at is None

    @pytest.mark.parametrize("change", [{"why": ""}, {"said": ""}, {"who": None}], ids=["reason", "words", "person"])
    def test_nor_by_the_database(self, alert: Alert, change: dict) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            end_by_sql(alert, **{"who": person("compliance").pk, **change})

    def test_closed_it_stays_closed(self, alert: Alert) -> None:
        client_of("compliance").post(f"/alerts/{alert.public_id}/close/", CLOSING)
        with pytest.raises(CannotDo):
            actions.close(alert_id=alert.pk, reason=Reason.MISUSE, words="After all.", by=person("admin"), at=clock.now())
        with pytest.raises(IntegrityError), transaction.atomic(using="owner"):
            Alert.objects.using("owner").filter(pk=alert.pk).update(words="Never happened.")

    def test_it_does_not_close_when_its_entry_cannot_be_written(self, alert: Alert) -> None:
        as_owner("ALTER TABLE trail.entry ADD CONSTRAINT no_room CHECK (kind <> 'alerts.alert.closed') NOT VALID")
        with pytest.raises(IntegrityError):
            actions.close(alert_id=alert.pk, reason=Reason.WORK, words="Work.", by=person("compliance"), at=clock.now())
        assert Alert.objects.get(pk=alert.pk).closed_at is None

    def test_misuse_opens_an_incident(self, alert: Alert, monkeypatch: pytest.MonkeyPatch) -> None:
        opened: list[misuse.Misuse] = []
        made = uuid.uuid4()

        def open_incident(found: misuse.Misuse, *, by: Any, at: Any) -> uuid.UUID:
            opened.append(found)
            return made

        monkeypatch.setattr(misuse, "_ways", [])
        misuse.register(open_incident, page="alerts:alert")
        client_of("compliance").post(
            f"/alerts/{alert.public_id}/close/", {"close-reason": "misuse", "close-words": "Looked up a neighbor."}
        )
        assert (opened[0].number, opened[0].detector, opened[0].actor, len(opened[0].looks)) == (
            str(alert),
            "no_class",
            person("teacher"),
            1,
        )
        assert Alert.objects.get(pk=alert.pk).incident == made
        assert f"/alerts/{made}/" in client_of("compliance").get(f"/alerts/{alert.public_id}/").content.decode()

    def test_without_a_room_of_incidents_it_says_whom_to_tell(self, alert: Alert, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(misuse, "_ways", [])
        client = client_of("compliance")
        client.post(f"/alerts/{alert.public_id}/close/", {"close-reason": "misuse", "close-words": "Looked up a neighbor."})
        assert "Tell the incident lead today" in text_of(client.get(f"/alerts/{alert.public_id}/"))


class TestFalseAlarms:
    def closed(self, *reasons: str) -> None:
        for reason in reasons:
            made = alert_about("teacher", detector="burst", facts={"opened": 61, "usual": 9, "minutes": 60})
            actions.close(alert_id=made.pk, reason=Reason(reason), words="Seen.", by=person("compliance"), at=clock.now())

    def share(self) -> tuple[str, bool]:
        text = text_of(client_of("compliance").get("/alerts/"))
        at = text.rindex("Lists of own classes do not count.")
        row = text[at : text.index("After the student left", at)]
        return row, "Turn it down" in row

    def test_the_share_and_the_advice_to_turn_it_down(self) -> None:
        self.closed("work", "work", "roster", "training", "mistake")
        assert self.share()[0].split("On ")[1].startswith("5 5 60% of those closed") and self.share()[1]

    def test_no_advice_where_it_is_mostly_right(self) -> None:
        self.closed("work", "training", "mistake", "misuse", "training")
        assert "20% of those closed" in self.share()[0] and not self.share()[1]


class TestTheNumbers:
    def change(self, client: Any, **other: Any) -> Any:
        numbers = {
            "no_class.on": "on", "same_address.on": "on", "same_address.students": 3, "burst.on": "on", "burst.ten_minutes": 30, "burst.hour": 60, "burst.times": 3,
            "after_transfer.on": "on", "after_transfer.days": 21, "many_schools.on": "on", "many_schools.schools": 5, "sign_ins.on": "on", "sign_ins.tries": 20,
            "night.on": "on", "night.from_hour": 0, "night.to_hour": 5, "night.students": 10, "reason": "Grades are due three weeks after a move.",
        }  # fmt: skip
        return client.post("/alerts/limits/change/", {name: value for name, value in (numbers | other).items() if value is not None})

    def test_two_people_change_them(self) -> None:
        officer, admin = client_of("compliance"), client_of("admin")
        assert self.change(officer).status_code == 302
        waiting = Limits.objects.get(state="proposed")
        assert "21" in text_of(admin.get("/alerts/limits/"))
        officer.post(f"/alerts/limits/{waiting.public_id}/confirm/")
        assert Limits.objects.get(pk=waiting.pk).state == "proposed"  # not by the one who proposed it
        admin.post(f"/alerts/limits/{waiting.public_id}/confirm/")
        in_force = Limits.objects.get(state="in_force")
        assert (in_force.pk, in_force.numbers["after_transfer"]["days"], in_force.decided_by) == (waiting.pk, 21, person("admin"))
        assert Limits.objects.get(number=1).state == "replaced"
        assert [len(trail(f"alerts.limits.{what}")) for what in ("proposed", "changed")] == [1, 1]

    def test_the_database_holds_the_second_person(self) -> None:
        self.change(client_of("compliance"))
        with pytest.raises(IntegrityError), transaction.atomic():
            Limits.objects.filter(state="in_force").update(state="replaced")
            Limits.objects.filter(state="proposed").update(state="in_force", decided_by=person("compliance"), decided_at=clock.now())

    def test_what_was_confirmed_is_not_rewritten(self) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Limits.objects.filter(state="in_force").update(numbers={})

    @pytest.mark.parametrize(
        ("other", "words"),
        [
            ({"after_transfer.days": 500}, "less than or equal to 120"),
            ({"burst.hour": ""}, "required"),
            ({"night.from_hour": 6}, "later than the first"),
            ({"reason": ""}, "required"),
            ({"after_transfer.days": 14}, "Nothing would change"),
        ],
    )
    def test_wrong_numbers_are_said_and_nothing_is_lost(self, other: dict, words: str) -> None:
        answer = self.change(client_of("compliance"), **other)
        assert answer.status_code == 422
        assert words in text_of(answer)
        assert 'value="20"' in answer.content.decode()
        assert not Limits.objects.filter(state="proposed").exists()

    def test_one_change_waits_at_a_time_and_may_be_dropped(self) -> None:
        officer = client_of("compliance")
        self.change(officer)
        assert "Another change waits" in text_of(self.change(officer, **{"after_transfer.days": 30}))
        officer.post(f"/alerts/limits/{Limits.objects.get(state='proposed').public_id}/drop/")
        assert Limits.objects.get(number=2).state == "dropped"
        assert self.change(officer).status_code == 302

    def test_an_alert_says_by_which_version_it_was_found(self) -> None:
        runner.run()
        set_numbers(after_transfer={"days": 30})
        look("teacher", [999_999], hat=Role.TEACHER, event=Event.STUDENT_OPENED)
        watch()
        alert = Alert.objects.latest("pk")
        assert f"by version {Limits.objects.get(state='in_force').number}" in text_of(
            client_of("compliance").get(f"/alerts/{alert.public_id}/")
        )
