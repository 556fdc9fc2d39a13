"""A drill from its start to its result: what arrives, what is measured, and that nothing of it goes outside."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import override_settings

from breaches.assessment import actions as assessment
from breaches.clocks import runner
from breaches.drills import actions, queries, results
from breaches.drills.models import Answer, Drill
from breaches.incidents import actions as incidents
from breaches.incidents import containment
from breaches.incidents.models import Incident
from breaches.letters import calls, printing
from breaches.notices import actions as notices
from breaches.notices import engine
from breaches.notices.models import Notice, Recipient
from breaches.postings import actions as postings
from breaches.postings import packing
from breaches.readiness import uses
from breaches.remedies import queries as remedies
from governance.people.models import User
from governance.people.queries import roles_of
from governance.vocabulary import STAFF_ROLES
from portal.base import clock, outbox
from portal.base.errors import CannotDo
from tests.breaches.notices.situations import approved, listed
from tests.breaches.notices.test_engine import SMTP, with_guardians
from tests.breaches.readiness.cast import named
from tests.breaches.remedies.situations import offered
from tests.breaches.situations import answers
from tests.governance.audit.cast import client_of, text_of
from tests.governance.situations import person, trail
from tests.harness import smtp_sink
from vendors.providers.models import Tool
from vendors.reviews.models import Approval

pytestmark = pytest.mark.usefixtures("district")
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[smtp_sink.Running]:
    with (
        smtp_sink.running(tmp_path) as found,
        override_settings(EMAIL_BACKEND=SMTP, EMAIL_HOST="127.0.0.1", EMAIL_PORT=found.port, EMAIL_USE_TLS=False, EMAIL_USE_SSL=False),
    ):
        yield found


def begun(scenario: str = "provider-friday", *, ago: dt.timedelta = dt.timedelta(), tool: Tool | None = None) -> Drill:
    return actions.start(scenario=scenario, tool=tool, by=person("security"), at=clock.now() - ago)


def given(drill: Drill, *, name: str = "security", at: dt.datetime | None = None) -> dict[str, Any]:
    return {"drill": drill.public_id, "by": person(name), "at": at or clock.now()}


def road(drill: Drill) -> Notice:
    """The whole road: decided, held, facts, list, notice approved twice and started."""
    lead, of = person("security"), drill.incident.public_id
    incidents.decide_breach(incident=of, is_breach=True, reason="Copied.", by=lead, at=clock.now())
    actions.hold_step(kind="stop_tool", words="The nightly roster.", **given(drill))
    assessment.say_facts(incident=of, answers=answers(), seen=0, by=lead, at=clock.now())
    which = listed(*with_guardians(2), of=drill.incident)
    notice = approved(which)
    return notices.start(notice=notice.public_id, by=lead, at=clock.now())


class TestMessages:
    def test_they_arrive_at_their_minutes_or_by_hand(self) -> None:
        drill = begun(ago=20 * MINUTE)
        there = queries.arrived(drill, at=clock.now())
        assert [each.inject.after for each in there] == [0, 15]
        with pytest.raises(CannotDo, match="changed"):
            actions.let_in(number=1, **given(drill))
        actions.let_in(number=2, **given(drill))
        assert len(queries.arrived(drill, at=clock.now())) == 3
        assert queries.arrived(drill, at=clock.now() + 300 * MINUTE)[2].at < drill.started_at + 35 * MINUTE, "when it was let in"
        assert len(trail("breaches.drill.inject_taken")) == 1

    def test_an_answer_needs_a_question_that_is_there(self) -> None:
        drill = begun()
        for inject, question, words, code in ((1, 0, "Early", "not_there"), (0, 9, "None such", "not_there"), (0, 0, "  ", "no_words")):
            with pytest.raises(CannotDo, match=code):
                actions.answer(inject=inject, question=question, words=words, **given(drill))
        made = actions.answer(inject=0, question=0, words="The moment of the call.", **given(drill))
        with pytest.raises(DatabaseError), transaction.atomic():
            Answer.objects.filter(pk=made.pk).update(words="Something wiser")
        assert "The moment of the call" not in json.dumps(
            [dict(row, timestamp="") for row in trail("breaches.drill.answered")], default=str
        )

    def test_who_handles_no_incidents_starts_nothing(self) -> None:
        with pytest.raises(CannotDo, match="not_allowed"):
            actions.start(scenario="provider-friday", by=person("teacher"), at=clock.now())
        with pytest.raises(CannotDo, match="unknown"):
            actions.start(scenario="no-such", by=person("security"), at=clock.now())


class TestTheScore:
    def test_each_step_is_read_from_what_was_written_down(self) -> None:
        drill = begun(ago=30 * MINUTE)
        assert {step.outcome.value for step in queries.score(drill, at=clock.now()).steps} <= {"open", "not_done"}
        notice = road(drill)
        found = queries.score(drill, at=clock.now())
        assert {step.key: step.outcome.value for step in found.steps} == dict.fromkeys(
            ["triage", "contained", "facts", "listed", "drafted", "approved", "sent"], "met"
        )
        assert found.recipients == notice.recipients.count() > 0
        assert any(each.measured.done_at for each in found.laws), "the notice to families meets the laws that ask for one"

    def test_a_late_step_is_late_by_the_clocks_own_rule(self) -> None:
        drill = begun(ago=dt.timedelta(hours=2))
        incidents.decide_breach(incident=drill.incident.public_id, is_breach=True, reason="Copied.", by=person("security"), at=clock.now())
        found = {step.key: step.outcome.value for step in queries.score(drill, at=clock.now()).steps}
        assert (found["triage"], found["contained"], found["drafted"]) == ("late", "open", "open")

    def test_it_is_fixed_when_the_drill_ends(self) -> None:
        named("security")
        drill = begun(ago=10 * MINUTE)
        road(drill)
        uses.record(user=person("security"), ways={"password", "mfa"}, at=clock.now())
        with pytest.raises(CannotDo, match="no_lessons"):
            actions.end(lessons=" ", **given(drill))
        with pytest.raises(CannotDo, match="something_left"):
            incidents.close(
                incident=drill.incident.public_id, outcome="unfounded", found="A drill.", done="", told="", lessons="",
                by=person("security"), at=clock.now(),
            )  # fmt: skip
        ended = actions.end(lessons="The draft took longest.", **given(drill))
        kept = results.read(ended.result or {})
        assert kept.good == 7 and kept.signed_in == (person("security").name,)
        assert results.kept(kept) == ended.result
        incident = Incident.objects.get(pk=drill.incident_id)
        assert (incident.outcome, incident.closed_at) == ("unfounded", ended.ended_at)
        with pytest.raises(CannotDo, match="ended"):
            actions.answer(inject=0, question=0, words="Late.", **given(drill))
        assert queries.last() == ended

    def test_a_real_incident_does_not_end_as_a_drill(self) -> None:
        now = clock.now()
        real = incidents.open_incident(title="Real", kind="mis_sent", severity=2, discovered_at=now, by=person("security"), at=now)
        with pytest.raises(CannotDo, match="no_drill"):
            incidents.close_drill(incident=real.public_id, lessons="", by=person("security"), at=now)


class TestNothingLeaves:
    def test_no_mail_of_a_whole_drill_reaches_anybody_but_staff(self, sink: smtp_sink.Running) -> None:
        outbox.run()
        before = len(sink.taken())
        drill = begun(ago=dt.timedelta(days=90), tool=Tool.objects.filter(retired_at=None, approvals__ended_at=None).first())
        notice = road(drill)
        runner.run(at=clock.now())  # what ran from the discovery is overdue
        outbox.run()
        assert engine.drain() == 0
        actions.end(lessons="All of it.", **given(drill))
        outbox.run()
        assert engine.drain() == 0
        assert set(notice.recipients.values_list("state", flat=True)) <= {"waiting", "call"}
        told = {to for _id, to in sink.taken()[before:]}
        assert told, "the clocks told somebody"
        for address in told:
            user = User.objects.get(email=address)
            assert roles_of(user, on=clock.today()) & STAFF_ROLES, "an outsider was told of a drill"

    @pytest.mark.parametrize(
        "verb", ["suspend_account", "end_sessions", "end_grants", "rotate_credentials", "stop_tool", "end_credentials", "hold_purge"]
    )
    def test_nothing_is_stopped_and_the_try_is_in_the_trail(self, verb: str) -> None:
        drill, teacher = begun(), person("teacher")
        tool = Tool.objects.filter(approvals__ended_at=None).order_by("pk")[0]
        target: dict[str, Any] = {"stop_tool": {"tool": tool}, "end_credentials": {"tool": tool}, "hold_purge": {}}.get(
            verb, {"account": teacher}
        )
        with pytest.raises(CannotDo, match="drill"):
            getattr(containment, verb)(incident=drill.incident.public_id, by=person("security"), at=clock.now(), **target)
        after = person("teacher")
        assert (after.is_active, after.session_era, after.password) == (True, teacher.session_era, teacher.password)
        assert Approval.objects.filter(tool=tool, ended_at=None).exists()
        held = trail("breaches.incident.step_held")
        assert len(held) == 1 and json.loads(held[0]["additional_data"]) == {"step": verb}

    def test_no_letter_no_call_no_pack_no_posting_and_no_offer_of_a_drill(self) -> None:
        drill = begun()
        notice, lead, of = road(drill), person("security"), drill.incident.public_id
        row = notice.recipients.order_by("pk")[0]
        Recipient.objects.filter(pk=row.pk).update(state=Recipient.State.PAPER)
        remedy = offered(notice.affected)
        assert remedy.offers.filter(student=row.student).exists()
        assert not remedies.about(row.student).filter(remedy=remedy).exists(), "a family would read an offer of a drill"
        for held in (
            lambda: printing.ask(notice=notice.public_id, by=lead, at=clock.now()),
            lambda: calls.open_page(notice, by=lead, at=clock.now()),
            lambda: packing.ask(incident=of, to="The state’s department", reason="They ask.", by=lead, at=clock.now()),
        ):
            with pytest.raises(CannotDo, match="drill"):
                held()
        assert remedy.incident == drill.incident
        actions.end(lessons="Held.", **given(drill))
        with pytest.raises(CannotDo, match="drill"):
            postings.write(incident=of, texts={}, name_provider=False, counsel="", by=lead, at=clock.now())

    def test_what_would_be_stopped_stands_on_the_timeline(self) -> None:
        drill = begun()
        step = actions.hold_step(kind="stop_tool", words="The nightly roster.", **given(drill))
        assert "Held, as this is a drill" in step.words and step.kind == "other"
        assert queries.done(drill.incident)["contained"] == step.taken_at

    def test_the_list_of_a_real_incident_is_asked_anew(self) -> None:
        from tests.breaches.affected.test_lists import incident, made, provider, sent

        child = with_guardians(1)[0]
        sent(child)
        real = incident()
        source = made(affected_ask(incident=real.public_id, provider=provider(), by=person("security"), at=clock.now()))
        drill = begun()
        copy = made(actions.copy_list(source=source.public_id, **given(drill)))
        assert (copy.incident, copy.sha256) == (drill.incident, source.sha256)
        with pytest.raises(CannotDo, match="unknown"):
            actions.copy_list(source=copy.public_id, **given(drill))


def affected_ask(**more: Any) -> Any:
    from breaches.affected import actions as affected

    today = clock.today()
    return affected.ask_provider(since=today - dt.timedelta(days=60), until=today, reach=False, **more)


class TestPages:
    @pytest.fixture(autouse=True)
    def _demo(self, settings: Any) -> None:
        settings.DEMO = True

    def test_the_banner_is_on_every_page_of_the_drill_and_on_no_other(self) -> None:
        drill, now = begun(), clock.now()
        real = incidents.open_incident(title="Real", kind="mis_sent", severity=2, discovered_at=now, by=person("security"), at=now)
        client, banner = client_of("security"), "nothing of it goes outside"
        for page in ("", "assessment/", "assessment/facts/", "clocks/", "close/", "remedies/", "letters/", "packs/"):
            assert banner in text_of(client.get(f"/incidents/{drill.incident.public_id}/{page}")), page
            assert banner not in text_of(client.get(f"/incidents/{real.public_id}/{page}")), page
        assert banner in text_of(client.get(f"/drills/{drill.public_id}/"))

    def test_an_answer_that_is_too_long_is_not_lost(self) -> None:
        drill = begun()
        answer = client_of("security").post(f"/drills/{drill.public_id}/act/", {"act": "answer.0.0", "words-0.0": "a" * 2001})
        assert answer.status_code == 409 and b"a" * 2001 in answer.content
        for act in ("answer.x.0", "next.99999", "answer.0", "", "next.1.1"):
            assert client_of("security").post(f"/drills/{drill.public_id}/act/", {"act": act}).status_code in {404, 409}

    def test_the_lead_is_reminded_after_a_year_and_the_owner_of_a_task(self) -> None:
        Drill.objects.all().update(started_at=clock.now() - dt.timedelta(days=401))
        Drill.objects.filter(ended_at__isnull=False).update(ended_at=clock.now() - dt.timedelta(days=400))
        assert "No breach drill" in text_of(client_of("security").get("/home/"))
        assert "more than a year ago" in text_of(client_of("security").get("/drills/")) or not queries.last()
        drill = begun()
        actions.end(lessons="Short.", **given(drill))
        task = actions.improve(title="A night number", owner=person("admin"), due_on=clock.today(), **given(drill))
        assert "No breach drill" not in text_of(client_of("security").get("/home/"))
        assert "A night number" in text_of(client_of("admin").get("/home/"))
        client_of("admin").post(f"/drills/tasks/{task.public_id}/", {"words": "It is there."})
        task.refresh_from_db()
        assert task.done_by == person("admin")
        assert client_of("teacher").get(f"/drills/{drill.public_id}/result/").status_code == 404

    def test_the_status_page_says_when_the_last_one_was(self) -> None:
        drill = begun()
        actions.end(lessons="Short.", **given(drill))
        assert "A provider calls on Friday afternoon" in text_of(client_of("leader").get("/status/"))
