"""Incidents through their pages: from a report to the end, buttons that act, evidence, privileged notes, and who finds nothing."""

import datetime as dt
import hashlib
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from breaches.clocks.rules import Start
from breaches.incidents import actions, containment, evidence, queries
from breaches.incidents.models import Custody, Evidence, Incident, Note, Step
from breaches.readiness import queries as readiness
from breaches.reports.models import Report
from governance.authority.models import Grant
from governance.people.models import User
from governance.retention.models import Hold
from portal.base import clock, vault
from portal.base.errors import CannotDo
from tests.breaches.reports.cast import reported
from tests.governance.audit.cast import client_of, text_of
from tests.governance.situations import decided, person, sent, trail
from tests.vendors.oneroster.system import connected
from vendors.reviews.models import Approval

pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


@pytest.fixture
def incident() -> Incident:
    now = clock.now()
    return actions.open_incident(
        title="Stolen password", kind="intrusion", severity=3, discovered_at=now - dt.timedelta(hours=2), by=person("security"), at=now
    )


@pytest.fixture
def lead() -> Client:
    return client_of("security")


def local(moment: dt.datetime) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def contains(client: Client, incident: Incident, step: str, **more: str) -> Any:
    given = {"step": step} | {f"contain-{name}": value for name, value in more.items()}
    return client.post(f"/incidents/{incident.public_id}/contain/", given, follow=True)


def does(client: Client, incident: Incident, act: str, **more: Any) -> Any:
    given = {"act": act} | {f"{act}-{name}": value for name, value in more.items()}
    return client.post(f"/incidents/{incident.public_id}/act/", given, follow=True)


class TestFromAReport:
    def test_it_becomes_an_incident_whose_clock_began_when_it_came(self, lead: Client) -> None:
        report, code = reported(at=clock.now() - dt.timedelta(hours=5))
        page = lead.post(
            f"/incidents/from-report/{report.public_id}/",
            {
                "title": "A neighbor's record",
                "kind": "misuse",
                "severity": 2,
                "account": "teacher@riverbend.example",
                "reason": "We look into it.",
            },
            follow=True,
        )
        report.refresh_from_db()
        made = Incident.objects.get(public_id=report.incident)
        assert report.outcome == Report.Outcome.INCIDENT
        assert queries.starts_of(made)[Start.DISCOVERY] == report.received_at
        assert made.account == person("teacher")
        assert f"Report {report} came in" in text_of(page)
        assert "We look into it." in text_of(Client().post("/report/follow/", {"code": code}))

    def test_a_second_report_joins_it_and_an_earlier_one_moves_the_discovery(self, lead: Client, incident: Incident) -> None:
        report, _ = reported(at=clock.now() - dt.timedelta(days=1))
        lead.post(
            f"/incidents/from-report/{report.public_id}/",
            {"act": "add", "add-incident": str(incident.public_id), "add-reason": "Known now."},
        )
        assert queries.starts_of(incident)[Start.DISCOVERY] == report.received_at
        assert Report.objects.get(pk=report.pk).incident == incident.public_id

    def test_a_report_about_safety_never_becomes_one(self, lead: Client) -> None:
        report, _ = reported(topic="abuse")
        assert lead.get(f"/incidents/from-report/{report.public_id}/").status_code == 404
        assert client_of("leader").get(f"/incidents/from-report/{report.public_id}/").status_code == 404


class TestContainment:
    def test_an_account_is_suspended_at_once(self, lead: Client, incident: Incident) -> None:
        teacher = client_of("teacher")
        assert teacher.get("/home/").status_code == 200
        page = contains(lead, incident, "suspend_account", account="teacher@riverbend.example")
        assert "Done: Account suspended" in text_of(page)
        assert teacher.get("/home/").status_code == 302
        assert not person("teacher").is_active
        assert trail("people.account.suspended", about=str(person("teacher").public_id))
        told = json.loads(trail("breaches.incident.step_taken", about=str(incident.public_id))[-1]["additional_data"])
        assert told == {"step": "suspend_account", "target": str(person("teacher").public_id), "count": None}

    def test_sessions_end(self, lead: Client, incident: Incident) -> None:
        teacher = client_of("teacher")
        contains(lead, incident, "end_sessions", account="teacher@riverbend.example")
        assert teacher.get("/home/").status_code == 302
        assert person("teacher").is_active

    def test_permissions_end(self, lead: Client, incident: Incident) -> None:
        granted = decided(sent()).grant
        contains(lead, incident, "end_grants", account="teacher@riverbend.example")
        granted.refresh_from_db()
        assert granted.ended_because == "incident"
        assert not Grant.objects.filter(holder=person("teacher"), ended_at=None).exists()
        assert incident.steps.get().count >= 1
        assert json.loads(trail("governance.grant.ended", about=str(granted.public_id))[-1]["additional_data"]) == {"because": "incident"}

    def test_a_password_becomes_worthless(self, lead: Client, incident: Incident) -> None:
        assert person("teacher").has_usable_password()
        contains(lead, incident, "rotate_credentials", account="teacher@riverbend.example")
        assert not person("teacher").has_usable_password()
        assert trail("people.invited", about=str(person("teacher").public_id))

    def test_a_tool_is_stopped_at_the_gate(self, lead: Client, incident: Incident) -> None:
        approval = Approval.objects.filter(ended_at=None, tool__retired_at=None).select_related("tool").order_by("pk")[0]
        contains(lead, incident, "stop_tool", tool=str(approval.tool.public_id))
        approval.refresh_from_db()
        assert approval.ended_at is not None
        assert "no approval in force" in text_of(contains(lead, incident, "stop_tool", tool=str(approval.tool.public_id)))

    def test_the_credentials_of_a_tools_system_end(self, lead: Client, incident: Incident) -> None:
        system = connected()
        tool = str(system.delivery.tool.public_id)
        contains(lead, incident, "end_credentials", tool=tool)
        assert system.ask("orgs").status_code == 401 and system.sign_in().status_code == 401
        assert "has no credentials" in text_of(contains(lead, incident, "end_credentials", tool=tool))

    def test_nothing_is_destroyed_for_now(self, incident: Incident) -> None:
        contains(client_of("compliance"), incident, "hold_purge")
        hold = Hold.objects.get(reference=str(incident))
        assert hold.for_all and hold.holds_trail and hold.ended_at is None

    def test_who_may_place_no_hold_is_told(self, lead: Client, incident: Incident) -> None:
        assert "Your role does not decide on this" in text_of(contains(lead, incident, "hold_purge"))
        assert not incident.steps.exists()

    @pytest.mark.parametrize("given", [{}, {"account": "nobody@riverbend.example"}])
    def test_a_button_without_a_target_says_so(self, lead: Client, incident: Incident, given: dict[str, str]) -> None:
        page = contains(lead, incident, "suspend_account", **given)
        assert page.status_code in {409, 422}
        assert "Name the account" in text_of(page) or "No account has this e-mail" in text_of(page)

    def test_the_last_admin_is_not_locked_out(self, lead: Client, incident: Incident) -> None:
        page = contains(lead, incident, "suspend_account", account="admin@riverbend.example")
        assert page.status_code == 409
        assert "last district admin" in text_of(page)
        assert person("admin").is_active

    def test_an_exercise_stops_nothing(self) -> None:
        now = clock.now()
        drill = actions.open_incident(
            title="Exercise", kind="intrusion", severity=3, discovered_at=now, by=person("security"), at=now, drill=True
        )
        with pytest.raises(CannotDo) as refused:
            containment.suspend_account(incident=drill.public_id, account=person("teacher"), by=person("security"), at=now)
        assert refused.value.code == "drill"

    def test_a_step_whose_entry_cannot_be_written_does_nothing(self, incident: Incident, monkeypatch: pytest.MonkeyPatch) -> None:
        def fails(*_: Any, **__: Any) -> None:
            raise RuntimeError

        monkeypatch.setattr(containment, "_done", fails)
        with pytest.raises(RuntimeError):
            containment.suspend_account(incident=incident.public_id, account=person("teacher"), by=person("security"), at=clock.now())
        assert person("teacher").is_active


class TestEvidence:
    @pytest.fixture
    def kept(self, lead: Client, incident: Incident) -> Evidence:
        file = SimpleUploadedFile("sign-ins.csv", b"when,where\n" * 9_000, content_type="text/csv")
        does(lead, incident, "evidence", title="Sign-ins", came_from="The mail system's log", file=file)
        return Evidence.objects.get(incident=incident)

    def test_its_hash_is_fixed_and_its_bytes_are_encrypted(self, kept: Evidence) -> None:
        assert bytes(kept.sha256) == hashlib.sha256(b"when,where\n" * 9_000).digest()
        assert b"when,where" not in (vault.folder() / kept.file).read_bytes()

    def test_every_hand_stands_in_the_chain_and_in_the_trail(self, lead: Client, incident: Incident, kept: Evidence) -> None:
        url = f"/incidents/evidence/{kept.public_id}/"
        assert lead.post(url, {"act": "open"}).status_code == 302  # no reason, no file
        answer = lead.post(url, {"act": "open", "reason": "To read the times"})
        assert b"".join(answer.streaming_content) == b"when,where\n" * 9_000
        assert "attachment" in answer["Content-Disposition"]
        lead.post(url, {"act": "hand_over", "to": "Detective Roe", "reason": "Police case"})
        lead.post(url, {"act": "check"})
        acts = list(kept.custody.values_list("act", "holds"))
        assert acts == [("taken", None), ("opened", None), ("handed_over", None), ("checked", True)]
        for event in ("taken", "opened", "handed_over", "checked"):
            assert trail(f"breaches.evidence.{event}", about=str(incident.public_id))
        assert "Detective Roe" in text_of(lead.get(f"/incidents/{incident.public_id}/"))

    @pytest.mark.parametrize("harm", ["changed", "gone"])
    def test_a_changed_or_missing_file_is_found(self, lead: Client, kept: Evidence, harm: str) -> None:
        place = vault.folder() / kept.file
        if harm == "gone":
            place.unlink()
        else:
            place.write_bytes(place.read_bytes()[:-1] + b"\0")
        lead.post(f"/incidents/evidence/{kept.public_id}/", {"act": "check"})
        assert Custody.objects.get(evidence=kept, act="checked").holds is False

    @pytest.mark.parametrize("content", [b"", b"x" * (evidence.MOST_BYTES + 1)], ids=["empty", "too large"])
    def test_what_is_refused_leaves_nothing(self, incident: Incident, content: bytes) -> None:
        before = {place.name for place in vault.folder().iterdir()}
        with pytest.raises(CannotDo):
            evidence.take(
                incident=incident.public_id,
                title="T",
                came_from="X",
                media_type="",
                pieces=[content],
                by=person("security"),
                at=clock.now(),
            )
        assert {place.name for place in vault.folder().iterdir()} == before

    def test_a_refused_person_leaves_no_file(self, incident: Incident) -> None:
        before = {place.name for place in vault.folder().iterdir()}
        with pytest.raises(CannotDo):
            evidence.take(
                incident=incident.public_id, title="T", came_from="X", media_type="", pieces=[b"x"], by=person("teacher"), at=clock.now()
            )
        assert {place.name for place in vault.folder().iterdir()} == before


class TestWhatIsWrittenDown:
    def test_a_privileged_note_is_for_the_lead_and_counsel(self, lead: Client, incident: Incident) -> None:
        does(lead, incident, "note", words="Counsel says wait.", happened_at=local(clock.now()), privileged="on")
        url = f"/incidents/{incident.public_id}/"
        assert "Counsel says wait." in text_of(lead.get(url))
        for name in ("admin", "leader", "compliance"):
            assert "Counsel says wait." not in text_of(client_of(name).get(url))
        does(lead, incident, "counsel", person=str(person("leader").public_id), reason="A lawyer")
        assert "Counsel says wait." in text_of(client_of("leader").get(url))

    def test_who_hands_the_lead_over_reads_it_no_longer(self, lead: Client, incident: Incident) -> None:
        does(lead, incident, "note", words="Privileged words", happened_at=local(clock.now()), privileged="on")
        does(lead, incident, "lead", person=str(person("admin").public_id), reason="On leave")
        assert "Privileged words" not in text_of(lead.get(f"/incidents/{incident.public_id}/"))
        assert "Privileged words" in text_of(client_of("admin").get(f"/incidents/{incident.public_id}/"))

    @pytest.mark.parametrize("words", ["<b>x</b>\r\nBcc: a@b.example", "\u202etxet", "w" * 4_000])
    def test_hostile_words_stay_words(self, lead: Client, incident: Incident, words: str) -> None:
        does(lead, incident, "note", words=words, happened_at=local(clock.now()))
        assert Note.objects.get(incident=incident).words
        page = lead.get(f"/incidents/{incident.public_id}/").content.decode()
        assert "<b>x</b>" not in page
        assert "\u202e" not in page

    def test_ten_thousand_characters_are_refused_with_the_number(self, lead: Client, incident: Incident) -> None:
        page = does(lead, incident, "note", words="w" * 10_000, happened_at=local(clock.now()))
        assert page.status_code == 422
        assert "4000" in text_of(page)

    def test_incidents_of_one_cause(self, lead: Client, incident: Incident) -> None:
        now = clock.now()
        second = actions.open_incident(title="Again", kind="intrusion", severity=2, discovered_at=now, by=person("security"), at=now)
        does(lead, second, "cause", cause=str(incident.public_id), reason="The same password")
        assert "Again" in text_of(lead.get(f"/incidents/{incident.public_id}/"))

    def test_opening_it_stands_in_the_trail(self, lead: Client, incident: Incident) -> None:
        lead.get(f"/incidents/{incident.public_id}/")
        assert trail("breaches.incident.viewed", about=str(incident.public_id))[-1]["actor_id"] == person("security").pk


class TestTheEnd:
    GIVEN = {
        "outcome": "misuse",
        "found": "One look without need.",
        "done": "A talk.",
        "told": "The family was called.",
        "lessons": "Train.",
    }

    def test_a_task_keeps_it_open_with_words(self, lead: Client, incident: Incident) -> None:
        does(
            lead,
            incident,
            "task",
            title="Ask the vendor",
            owner=str(person("admin").public_id),
            due_at=local(clock.now() + dt.timedelta(days=1)),
        )
        url = f"/incidents/{incident.public_id}/close/"
        page = lead.post(url, self.GIVEN)
        assert page.status_code == 422
        assert "tasks that nobody has finished" in text_of(page)
        assert "One look without need." in text_of(page)
        assert trail("breaches.incident.end_refused", about=str(incident.public_id))
        task = incident.tasks.get()
        client_of("admin").post(f"/incidents/tasks/{task.public_id}/", {"act": "done", "words": "They answered."})
        assert lead.post(url, self.GIVEN).status_code == 302

    def test_a_running_clock_keeps_it_open_with_words(self, lead: Client, incident: Incident, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(actions, "_keepers", [lambda *_: "A clock runs until Friday."])
        page = lead.post(f"/incidents/{incident.public_id}/close/", self.GIVEN)
        assert "A clock runs until Friday." in text_of(page)
        assert Incident.objects.get(pk=incident.pk).closed_at is None

    def test_misuse_says_what_the_family_is_told_and_how_to_complain(self, lead: Client, incident: Incident) -> None:
        url = f"/incidents/{incident.public_id}/close/"
        assert lead.post(url, self.GIVEN | {"told": ""}).status_code == 422
        lead.post(url, self.GIVEN)
        page = text_of(lead.get(f"/incidents/{incident.public_id}/"))
        assert "The family was called." in page
        assert "How a family can complain" in page
        assert "Stop it" not in page


class TestWhoFindsNothing:
    PAGES = ("", "act/", "contain/", "close/", "moments/1/")

    @pytest.mark.parametrize("name", ["teacher", "steward", "secretary", "parent", "student", "nurse", "counselor", "principal"])
    def test_other_roles(self, incident: Incident, name: str) -> None:
        client = client_of(name)
        assert client.get("/incidents/").status_code == 403
        assert client.get("/breach-card/").status_code == 403
        for page in self.PAGES:
            assert client.get(f"/incidents/{incident.public_id}/{page}").status_code in {404, 405}
            assert client.post(f"/incidents/{incident.public_id}/{page}").status_code in {404, 405}

    def test_whom_it_is_about(self) -> None:
        now = clock.now()
        own = actions.open_incident(
            title="About the officer",
            kind="misuse",
            severity=2,
            discovered_at=now,
            by=person("security"),
            at=now,
            account=person("compliance"),
        )
        client = client_of("compliance")
        assert "About the officer" not in text_of(client.get("/incidents/"))
        assert client.get(f"/incidents/{own.public_id}/").status_code == 404
        for page in self.PAGES[1:]:
            assert client.post(f"/incidents/{own.public_id}/{page}").status_code == 404


def test_the_number_of_children_who_can_be_reached_is_counted() -> None:
    before = readiness.count_reach(at=clock.now())
    assert 0 < before.reached < before.children
    User.objects.filter(guardianships__isnull=False).update(is_active=False)
    assert readiness.count_reach(at=clock.now()).reached < before.reached
    assert f"of {before.children}" in text_of(client_of("security").get("/incidents/"))


def test_steps_have_buttons_for_every_kind() -> None:
    from django.template.loader import get_template

    source = get_template("breaches/incidents/incident_detail.html").template.source
    assert [kind for kind in Step.Kind if kind != Step.Kind.OTHER and f'value="{kind}"' not in source] == []
