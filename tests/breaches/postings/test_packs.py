"""The evidence pack for the state: asked for by the lead, agreed to by another, checked on any computer, and without what is privileged."""

import datetime as dt
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from breaches.incidents import actions as incidents
from breaches.incidents import evidence
from breaches.incidents.models import Incident
from breaches.postings import pack_making, packing
from breaches.postings.models import Pack
from governance.trail.seals import sealer
from portal.base import clock, kept, vault
from portal.base.errors import CannotDo
from tests.breaches.notices.situations import listed, started
from tests.breaches.remedies.situations import offer_for, offered, says
from tests.governance.audit.cast import client_of, text_of
from tests.governance.records.readers import child_of, name_of
from tests.governance.situations import person, trail
from tests.harness import pdf_ua

SECRET = "Counsel thinks that we are liable."


@pytest.fixture(autouse=True)
def _settings(settings: Any, tmp_path: Path) -> None:
    settings.DEMO = True
    settings.VAR = tmp_path / "var"


@pytest.fixture
def incident(district: Any) -> Incident:
    """One with all that a pack tells of."""
    student, now = child_of("parent"), clock.now()
    which = listed(student)
    found, given = which.incident, {"incident": which.incident.public_id, "by": person("security"), "at": clock.now()}
    incidents.add_note(words=SECRET, happened_at=now, privileged=True, **given)
    incidents.add_note(words="The company called back.", happened_at=now, privileged=False, **given)
    incidents.decide(words="Tell the state", reason="More than a thousand might be touched.", **given)
    taken = evidence.take(title="The log", came_from="The company", media_type="text/plain", pieces=[b"a line"], **given)
    evidence.hand_over(evidence=taken.public_id, to="Sheriff", reason="Asked for it", by=person("security"), at=now)
    started(which)
    says("parent", offer_for(offered(which, "counseling"), student))
    return found


def asked(incident: Incident, **more: Any) -> Pack:
    given: dict[str, Any] = {"to": "Department of Public Instruction", "reason": "They asked for it.", "by": person("security")}
    return packing.ask(incident=incident.public_id, at=clock.now(), **given | more)


def made(incident: Incident, sealing: Callable[..., sealer.Sealed]) -> Pack:
    pack = asked(incident)
    packing.agree(pack=pack.public_id, by=person("compliance"), at=clock.now())
    sealing()
    pack_making.make_waiting()
    pack.refresh_from_db()
    return pack


def opened(pack: Pack, who: str = "security") -> zipfile.ZipFile:
    answer = client_of(who).get(f"/incidents/packs/{pack.public_id}/file/")
    assert answer.status_code == 200
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def refused(verb: Any, **given: Any) -> str:
    with pytest.raises(CannotDo) as why:
        verb(**{"at": clock.now()} | given)
    assert why.value.what_to_do
    return why.value.code


class TestWhatItHolds:
    def test_it_is_checked_on_any_computer(self, incident: Incident, sealing: Callable[..., sealer.Sealed], tmp_path: Path) -> None:
        pack = made(incident, sealing)
        packed = opened(pack)
        packed.extractall(tmp_path / "pack")
        plain = {
            name: value for name, value in os.environ.items() if not name.startswith(("PORTAL_", "DJANGO_", "DATABASE_", "PYTHONPATH"))
        }
        answer = subprocess.run(
            [sys.executable, "verify_trail.py", "--key", "key.txt", "."],
            cwd=tmp_path / "pack",
            env=plain,
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer.returncode == 0, answer.stdout + answer.stderr
        assert answer.stdout.count("HOLDS") == pack.entries + 1
        told = json.loads(packed.read("pack.json"))
        kinds = {entry["kind"] for entry in told["entries"]}
        assert {"breaches.incident.opened", "breaches.evidence.handed_over", "breaches.notice.started", "breaches.remedy.offered"} <= kinds
        assert packed.read(told["entries"][0]["file"]).decode() == told["entries"][0]["proof"]

    def test_it_tells_of_everything_but_what_is_privileged_and_who_the_children_are(
        self, incident: Incident, sealing: Callable[..., sealer.Sealed]
    ) -> None:
        packed = opened(made(incident, sealing))
        told = json.loads(packed.read("pack.json"))
        assert told["notices"][0]["versions"][0]["sha256"] == incident.notices.get().versions.get().sha256
        assert told["lists"][0]["children_now"] == 1
        assert "Sheriff" in {link["to"] for link in told["evidence"][0]["custody"]}
        assert [one["reason"] for one in told["decisions"]] == ["More than a thousand might be touched."]
        assert told["left_out"]["privileged_notes"] == 1
        # The report is compressed; it is set from what stands in pack.json and from nothing else (pack_report.pdf).
        everything = b"".join(packed.read(name) for name in packed.namelist())
        assert b"The company called back." in everything
        assert SECRET.encode() not in everything
        assert not [part for part in name_of(child_of("parent")).split() if part.encode() in everything]
        for entry in told["entries"]:
            row = json.loads(entry["canonical"])
            assert not row[27]
            assert not (row[21] or {}).get("privileged")
        assert told["left_out"]["entries_that_name_students_or_privileged_notes"] >= 2

    def test_its_report_is_tagged_and_says_its_title_and_the_hash_of_the_data(
        self, incident: Incident, sealing: Callable[..., sealer.Sealed]
    ) -> None:
        report = opened(made(incident, sealing)).read("pack.pdf")
        assert pdf_ua.faults(report) == []
        assert b"/Lang (en)" in report or b"/Lang(en)" in report


class TestWhoTakesIt:
    def test_one_person_alone_makes_none(self, incident: Incident, sealing: Callable[..., sealer.Sealed]) -> None:
        pack = asked(incident)
        with pytest.raises(CannotDo) as why:
            asked(incident)
        assert why.value.code == "under_way"
        with pytest.raises(CannotDo) as why:
            asked(incident, by=person("compliance"))
        assert why.value.code == "not_lead"
        assert refused(packing.agree, pack=pack.public_id, by=person("security")) == "own"
        assert refused(packing.agree, pack=pack.public_id, by=person("teacher")) == "not_allowed"
        assert refused(packing.refuse, pack=pack.public_id, refusal=" ", by=person("compliance")) == "no_reason"
        sealing()
        pack_making.make_waiting()
        pack.refresh_from_db()
        assert pack.state == "waiting"

    def test_each_download_is_an_entry_and_it_is_gone_after_a_day(self, incident: Incident, sealing: Callable[..., sealer.Sealed]) -> None:
        pack = made(incident, sealing)
        opened(pack)
        opened(pack, "compliance")
        assert [entry["actor_id"] for entry in trail("breaches.pack.downloaded")] == [person("security").pk, person("compliance").pk]
        assert refused(packing.hand_out, pack=pack.public_id, by=person("admin")) == "not_yours"
        tomorrow = clock.now() + dt.timedelta(hours=24, seconds=1)
        assert refused(packing.hand_out, pack=pack.public_id, by=person("security"), at=tomorrow) == "gone"
        name = pack.file_name
        packing.end_what_is_over(at=tomorrow)
        pack.refresh_from_db()
        assert (pack.state, bytes(pack.file_key), (vault.folder() / name).exists()) == ("gone", b"", False)
        assert trail("breaches.pack.removed")
        assert not kept.names(Pack)

    def test_without_a_second_person_it_lapses_and_an_exercise_has_none(self, incident: Incident) -> None:
        pack = asked(incident)
        packing.end_what_is_over(at=clock.now() + dt.timedelta(days=20))
        pack.refresh_from_db()
        assert pack.state == "lapsed"
        Incident.objects.filter(pk=incident.pk).update(drill=True)
        with pytest.raises(CannotDo) as why:
            asked(incident)
        assert why.value.code == "drill" and [
            json.loads(row["additional_data"])["step"] for row in trail("breaches.incident.step_held")
        ] == ["ask"]

    def test_the_pages(self, incident: Incident) -> None:
        lead, second = client_of("security"), client_of("compliance")
        here = f"/incidents/{incident.public_id}/packs/"
        assert lead.post(here, {"to": "", "reason": ""}).status_code == 422
        page = lead.post(here, {"to": "The state", "reason": "They asked."}, follow=True)
        assert "Somebody else has to agree" in text_of(page)
        pack = Pack.objects.get()
        decide = f"/incidents/packs/{pack.public_id}/decide/"
        assert "Somebody else has to agree" in text_of(lead.post(decide, {"act": "agree"}, follow=True))
        assert "Say why not" in text_of(second.post(decide, {"act": "refuse"}, follow=True))
        assert "Too early." in text_of(second.post(decide, {"act": "refuse", "refusal": "Too early."}, follow=True))
        assert "This file is gone" in text_of(lead.get(f"/incidents/packs/{pack.public_id}/file/", follow=True))


def test_the_home_page_says_what_waits(incident: Incident) -> None:
    second = client_of("compliance")
    asked(incident)
    assert f"An evidence pack of {incident} waits for a second person" in text_of(second.get("/home/"))
    assert "An evidence pack of" not in text_of(client_of("security").get("/home/"))
    assert "The district offers you help after an incident" not in text_of(client_of("teacher").get("/home/"))
