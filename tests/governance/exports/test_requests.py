"""An export as a request: counted, agreed to, made in the background, downloaded by its taker, gone after a day. And what must not work."""

import csv
import datetime as dt
import io
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings as portal_settings
from django.core import mail
from django.db import connections
from django.test import Client

from governance.audit.questions import Question
from governance.exports import actions, making, queries
from governance.exports.models import Export
from governance.people.models import RoleAssignment
from governance.records.models import Student
from governance.trail import search
from governance.vocabulary import Role
from portal.base import clock, outbox, vault
from portal.base.errors import CannotDo
from portal.base.models import Message
from tests.governance.audit.cast import client_of, text_of
from tests.governance.exports.cast import REASON, another_officer, asked, everything, look_of, made
from tests.governance.situations import person, trail

pytestmark = pytest.mark.usefixtures("district")
State = Export.State


@pytest.fixture(autouse=True)
def demo(settings, tmp_path: Path) -> None:
    settings.DEMO = True
    settings.VAR = tmp_path


def form(**more: str) -> dict[str, str]:
    return {"purpose": "review", "reason": REASON, "form": "csv", "key": str(uuid.uuid4())} | more


def path_of(export: Export, page: str = "") -> str:
    return f"/audit/exports/{export.public_id}/{page}"


def body_of(answer) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def about(export: Export) -> list[str]:
    """What the trail tells of an export, in order."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT kind FROM trail.entry WHERE object_pk = %s OR additional_data ->> 'export' = %s ORDER BY id",
            [str(export.public_id)] * 2,
        )
        return [kind for (kind,) in cursor.fetchall()]


class TestAsking:
    def test_the_page_says_how_much_it_would_hold(self) -> None:
        students = list(Student.objects.order_by("pk").values_list("pk", flat=True)[:3])
        look_of(students)
        look_of(students[:1])
        page = text_of(client_of("compliance").get("/audit/export/?purpose=test-look"))
        assert "Entries 2" in page and "Lines of a table 4" in page and "Students they name 3" in page
        assert "It is made at once" in page
        assert trail("trail.counted")[-1]["additional_data"] == '{"filters": {"purpose": "test-look"}}'

    def test_a_small_one_is_made_at_once_and_downloaded(self) -> None:
        look_of([Student.objects.first().pk])
        officer = client_of("compliance")
        answer = officer.post("/audit/export/?purpose=test-look", form())
        export = Export.objects.get()
        assert answer["Location"] == path_of(export)
        assert "The file is being made" in text_of(officer.get(path_of(export)))
        assert making.make(export.public_id)
        page = officer.get(path_of(export))
        assert "Download the file" in text_of(page) and "It was" not in text_of(page)
        answer = officer.get(path_of(export, "file/"))
        day = clock.today().isoformat()
        assert answer["Content-Disposition"] == f'attachment; filename="trail-beginning-to-{day}.csv"'
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in answer["Cache-Control"]
        rows = list(csv.DictReader(io.StringIO(body_of(answer).decode(), newline="")))
        assert [row["purpose"] for row in rows] == ["test-look"]
        assert about(export) == ["trail.export.asked", "trail.exported", "trail.export.made", "trail.export.downloaded"]

    def test_no_words_of_the_reason_reach_the_trail(self) -> None:
        made(reason="Because of Maya Secretname and her sister.")
        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT count(*) FROM trail.entry WHERE additional_data::text LIKE '%Secretname%'")
            assert cursor.fetchone()[0] == 0
        assert not [message for message in Message.objects.all() if "Secretname" in str(message.body)]

    def test_the_same_form_sent_twice_asks_once(self) -> None:
        officer, once = client_of("compliance"), form()
        first = officer.post("/audit/export/?purpose=test-look", once)
        again = officer.post("/audit/export/?purpose=test-look", once)
        assert first["Location"] == again["Location"]
        assert Export.objects.count() == 1

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"purpose": "because"}, "What do you need the file for?"),
            ({"reason": ""}, "Why, in your own words"),
            ({"reason": "x" * 10_000}, "at most 1000 characters"),
            ({"form": "exe"}, "File"),
            ({"key": "no"}, "Export the trail"),
        ],
        ids=["purpose", "no-reason", "long-reason", "form", "key"],
    )
    def test_what_does_not_fit_is_said_and_nothing_is_lost(self, wrong: dict[str, str], words: str) -> None:
        answer = client_of("compliance").post("/audit/export/?purpose=test-look", form() | wrong)
        assert answer.status_code == 422
        assert words in text_of(answer)
        if "reason" not in wrong:
            assert REASON in answer.content.decode()
        assert Export.objects.count() == 0

    def test_a_pdf_of_too_much_is_refused_with_the_way_out(self, monkeypatch) -> None:
        monkeypatch.setattr("governance.exports.forms.MOST_ENTRIES", 1)
        look_of([Student.objects.first().pk])
        look_of([Student.objects.first().pk])
        answer = client_of("compliance").post("/audit/export/?purpose=test-look", form(form="pdf"))
        assert answer.status_code == 422
        assert "Choose CSV or Excel" in text_of(answer)

    @pytest.mark.parametrize("persona", ["teacher", "parent", "admin", "leader"])
    def test_nobody_else_asks(self, persona: str) -> None:
        client = client_of(persona)
        assert client.get("/audit/export/").status_code == 403
        assert client.post("/audit/export/", form()).status_code == 403
        assert Export.objects.count() == 0

    def test_outside_the_demo_it_asks_for_the_password_once_more(self, settings) -> None:
        export = made()
        settings.DEMO, settings.PORTAL_DEMO_TOTP = False, ""
        officer = person("compliance")
        TOTP.activate(officer, generate_totp_secret())
        client = Client()
        client.force_login(officer, backend="allauth.account.auth_backends.AuthenticationBackend")
        for answer in (
            client.get("/audit/export/"),
            client.post("/audit/export/", form()),
            client.get(path_of(export, "file/")),
            client.get(path_of(export, "proof/")),
        ):
            assert answer.status_code == 302
            assert "/reauthenticate/" in answer["Location"]
        assert Export.objects.count() == 1
        assert "trail.export.downloaded" not in about(export)


class TestTheSecondPerson:
    def test_a_hundred_students_are_one_persons_and_a_hundred_and_one_are_not(self) -> None:
        Student.objects.bulk_create([Student() for _ in range(101)])
        new = list(Student.objects.order_by("-pk").values_list("pk", flat=True)[:101])
        look_of(new[:100])
        assert not asked(Question(purpose="test-look")).needs_second
        look_of(new)
        export = asked(Question(purpose="test-look"))
        assert (export.students, export.needs_second, export.state) == (101, True, State.WAITING)
        assert making.make(export.public_id)  # a worker that is told all the same makes nothing
        export.refresh_from_db()
        assert export.state == State.WAITING and not export.file
        assert "trail.exported" not in about(export)
        assert client_of("compliance").get(path_of(export, "file/")).status_code == 404

    def test_a_whole_school_needs_one_however_small(self) -> None:
        school = Student.objects.order_by("pk").first().school_id
        pupils = list(Student.objects.filter(school=school, left_on=None).values_list("pk", flat=True))
        assert len(pupils) <= 100
        look_of(pupils[1:])
        assert not asked(Question(purpose="test-look")).needs_second
        look_of(pupils[:1])
        export = asked(Question(purpose="test-look"))
        assert (export.whole_schools, export.needs_second) == (1, True)

    @pytest.mark.parametrize("persona", ["admin", "leader"])
    def test_a_key_holder_agrees(self, persona: str) -> None:
        export = everything()
        second = client_of(persona)
        assert REASON in text_of(second.get(path_of(export)))
        assert second.post(path_of(export, "approve/")).status_code == 302
        export.refresh_from_db()
        assert (export.state, export.decided_by) == (State.QUEUED, person(persona))
        making.make(export.public_id)
        assert about(export)[:3] == ["trail.export.asked", "trail.export.approved", "trail.exported"]
        assert second.get(path_of(export, "file/")).status_code in {403, 404}  # agreeing does not give the file
        assert client_of("compliance").get(path_of(export, "file/")).status_code == 200

    def test_another_compliance_officer_agrees_and_still_gets_no_file(self) -> None:
        export, other = everything(), another_officer()
        client = client_of("colleague")
        client.post(path_of(export, "approve/"))
        making.make(export.public_id)
        export.refresh_from_db()
        assert (export.state, export.decided_by) == (State.READY, other)
        assert client.get(path_of(export)).status_code == 200
        assert "Download" not in text_of(client.get(path_of(export)))
        for part in ("file/", "proof/"):
            assert client.get(path_of(export, part)).status_code == 404

    def test_nobody_agrees_to_their_own_even_with_both_roles(self) -> None:
        officer = person("compliance")
        RoleAssignment.objects.create(user=officer, role=Role.DISTRICT_ADMIN, starts_on=clock.today(), given_at=clock.now())
        export = everything()
        answer = client_of("compliance").post(path_of(export, "approve/"), follow=True)
        assert "You asked for this export yourself" in text_of(answer)
        with pytest.raises(CannotDo):
            actions.approve(export_id=export.public_id, by=person("compliance"), at=clock.now())
        export.refresh_from_db()
        assert (export.state, export.decided_by) == (State.WAITING, None)

    def test_the_database_holds_that_too(self) -> None:
        from django.db import IntegrityError

        export = everything()
        for change in (
            {"decided_by": person("compliance"), "decided_at": clock.now()},
            {"state": State.QUEUED},
            {"state": State.READY, "ready_at": clock.now(), "gone_after": clock.now()},
        ):
            with pytest.raises(IntegrityError):
                Export.objects.filter(pk=export.pk).update(**change)

    @pytest.mark.parametrize("persona", ["teacher", "steward", "principal", "parent"])
    def test_who_is_no_second_person_finds_nothing(self, persona: str) -> None:
        export = everything()
        client = client_of(persona)
        for page, method in (
            ("", client.get),
            ("approve/", client.post),
            ("refuse/", client.post),
            ("cancel/", client.post),
            ("file/", client.get),
        ):
            assert method(path_of(export, page)).status_code in {403, 404}
        export.refresh_from_db()
        assert export.state == State.WAITING

    def test_two_who_decide_at_once_decide_once(self) -> None:
        export = everything()
        actions.approve(export_id=export.public_id, by=person("admin"), at=clock.now())
        with pytest.raises(CannotDo) as refusal:
            actions.refuse(export_id=export.public_id, by=person("leader"), reason="too late", at=clock.now())
        assert "faster" in refusal.value.what_to_do
        assert about(export).count("trail.export.approved") == 1

    def test_a_refusal_says_why_and_ends_it(self) -> None:
        export = everything()
        leader = client_of("leader")
        assert leader.post(path_of(export, "refuse/"), {"reason": ""}).status_code == 422
        leader.post(path_of(export, "refuse/"), {"reason": "A month would do."})
        assert "A month would do." in text_of(client_of("compliance").get(path_of(export)))
        assert about(export) == ["trail.export.asked", "trail.export.refused"]
        assert making.make(export.public_id)
        assert not Export.objects.get().file

    def test_it_lapses_after_five_school_days(self, monkeypatch) -> None:
        # Tuesday before Thanksgiving: Wednesday, Friday, Monday, Tuesday, Wednesday
        export = everything(at=dt.datetime(2026, 11, 24, 18, 0, tzinfo=dt.UTC))
        assert export.lapses_on == dt.date(2026, 12, 2)
        late = dt.datetime(2026, 12, 3, 15, 0, tzinfo=dt.UTC)
        with pytest.raises(CannotDo, match="is over"):
            actions.approve(export_id=export.public_id, by=person("admin"), at=late)
        monkeypatch.setattr(clock, "now", lambda: late)
        making.sweep()
        export.refresh_from_db()
        assert export.state == State.LAPSED
        assert about(export) == ["trail.export.asked", "trail.export.lapsed"]

    def test_those_who_could_agree_are_told_without_a_name_in_the_subject(self) -> None:
        export = everything()
        outbox.run()
        told = {address for message in mail.outbox for address in message.to}
        assert {"admin@riverbend.example", "leader@riverbend.example"} <= told
        assert "compliance@riverbend.example" not in told
        assert all(str(export.public_id) in message.body for message in mail.outbox)
        assert not [message for message in mail.outbox if REASON in message.body or person("compliance").name in message.subject]

    def test_it_stands_on_the_list_of_whoever_may_agree(self) -> None:
        export = everything()
        for persona in ("admin", "leader"):
            assert str(export.public_id) in client_of(persona).get("/audit/exports/").content.decode()
        assert list(queries.waiting_on(person("admin"), on=clock.today())) == [export]
        assert list(queries.waiting_on(person("compliance"), on=clock.today())) == []


class TestMaking:
    def test_a_worker_that_fell_silent_is_followed_by_another(self) -> None:
        export = asked()
        Export.objects.filter(pk=export.pk).update(state=State.MAKING, attempts=1, touched_at=clock.now() - dt.timedelta(seconds=61))
        (vault.folder() / "exports-0123456789abcdef0123456789abcdef.part").write_bytes(b"half")
        making.sweep()
        export.refresh_from_db()
        assert export.state == State.QUEUED
        assert making.make(export.public_id)
        export.refresh_from_db()
        assert (export.state, export.attempts) == (State.READY, 2)

    def test_after_three_it_says_that_it_did_not_work(self) -> None:
        export = asked()
        Export.objects.filter(pk=export.pk).update(state=State.MAKING, attempts=3, touched_at=clock.now() - dt.timedelta(seconds=61))
        making.sweep()
        export.refresh_from_db()
        assert (export.state, export.failure) == (State.FAILED, "attempts")
        assert "stopped again and again" in text_of(client_of("compliance").get(path_of(export)))
        assert about(export)[-1] == "trail.export.failed"

    def test_a_message_that_comes_twice_makes_one_file(self) -> None:
        export = made()
        assert making.make(export.public_id)
        assert about(export).count("trail.export.made") == 1
        assert len(list(vault.folder().iterdir())) == 1

    def test_a_killed_worker_leaves_no_half_file(self, district, tmp_path: Path) -> None:
        """SIGKILL in the middle of writing, from a process of its own."""
        export = asked(Question(purpose="classroom-instruction", people=(person("teacher").public_id,)))
        if export.needs_second:
            actions.approve(export_id=export.public_id, by=person("admin"), at=clock.now())
        program = (
            "import django; django.setup()\n"
            "import sys, time, uuid\n"
            "from portal.base import vault\n"
            "from governance.exports import making\n"
            "write = vault.Writer.write\n"
            "def slow(self, data):\n"
            "    done = write(self, data); self._file.flush(); print('writing', flush=True); time.sleep(60); return done\n"
            "vault.Writer.write = slow\n"
            "making.make(uuid.UUID(sys.argv[1]))\n"
        )
        environment = (
            os.environ | district.addresses | {"DJANGO_SETTINGS_MODULE": "portal.settings", "PORTAL_VAR": str(tmp_path), "PORTAL_DEMO": "1"}
        )
        worker = subprocess.Popen(
            [sys.executable, "-c", program, str(export.public_id)], cwd=portal_settings.BASE_DIR, env=environment, stdout=subprocess.PIPE
        )
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"writing\n"
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        worker.stdout.close()
        export.refresh_from_db()
        assert export.state == State.MAKING and not export.file
        left = list(vault.folder().iterdir())
        assert [path.suffix for path in left] == [".part"]
        assert client_of("compliance").get(path_of(export, "file/")).status_code == 404
        # a minute later another one begins anew; an hour later what was left is gone
        Export.objects.filter(pk=export.pk).update(touched_at=clock.now() - actions.SILENCE)
        os.utime(left[0], (time.time() - 7200,) * 2)
        making.sweep()
        assert making.make(export.public_id)
        export.refresh_from_db()
        assert export.state == State.READY
        assert [path.name for path in vault.folder().iterdir()] == [export.file["name"]]

    def test_calling_it_off_stops_the_worker_and_leaves_nothing(self, monkeypatch) -> None:
        export = asked()
        seen = making._Progress.__call__

        def call_off_first(self, rows: int) -> None:
            actions.cancel(export_id=export.public_id, by=person("compliance"), at=clock.now())
            self.said_at = -10.0
            seen(self, rows)

        monkeypatch.setattr(making._Progress, "__call__", call_off_first)
        assert making.make(export.public_id)
        export.refresh_from_db()
        assert export.state == State.CANCELLED
        assert list(vault.folder().iterdir()) == []
        assert about(export)[-1] == "trail.export.cancelled"

    def test_calling_off_what_is_ready_removes_the_file(self) -> None:
        export = made()
        client_of("compliance").post(path_of(export, "cancel/"))
        assert list(vault.folder().iterdir()) == []
        assert client_of("compliance").get(path_of(export, "file/")).status_code == 404

    def test_whoever_lost_the_role_meanwhile_gets_nothing(self) -> None:
        export = asked()
        RoleAssignment.objects.filter(user=person("compliance")).update(ends_on=clock.today() - dt.timedelta(days=1))
        assert making.make(export.public_id)
        export.refresh_from_db()
        assert (export.state, export.failure) == (State.FAILED, "forbidden")
        assert "trail.exported" not in about(export)

    def test_an_error_is_told_without_its_words(self, monkeypatch, caplog) -> None:
        export = asked()
        monkeypatch.setattr("governance.exports.files.tables.query", lambda **_: "COPY (SELECT 1 / 0) TO STDOUT")
        assert making.make(export.public_id)
        export.refresh_from_db()
        assert (export.state, export.failure) == (State.FAILED, "error")
        assert list(vault.folder().iterdir()) == []
        assert "division" not in caplog.text

    def test_what_came_after_asking_is_not_in_it(self) -> None:
        look_of([Student.objects.first().pk])
        export = asked(Question(purpose="test-look"))
        look_of([Student.objects.first().pk])
        making.make(export.public_id)
        export.refresh_from_db()
        assert export.entries == 1

    def test_progress_is_told_without_javascript_too(self) -> None:
        export = asked()
        Export.objects.filter(pk=export.pk).update(state=State.MAKING, lines=2000, done=1200)
        page = client_of("compliance").get(path_of(export))
        assert "1,200 of 2,000 lines written" in text_of(page)
        assert b'http-equiv="refresh"' in page.content and b"<progress" in page.content


class TestTheDownload:
    def test_it_lies_encrypted(self) -> None:
        export = made()
        at_rest = (vault.folder() / export.file["name"]).read_bytes()
        assert b"entry" not in at_rest and b"records.student" not in at_rest
        assert oct((vault.folder() / export.file["name"]).stat().st_mode)[-3:] == "600"

    @pytest.mark.parametrize(
        ("asked_for", "status", "low", "high"),
        [
            ("bytes=0-9", 206, 0, 9),
            ("bytes=100-", 206, 100, None),
            ("bytes=-7", 206, -7, None),
            ("bytes=5-99999999", 206, 5, None),
            ("bytes=0-0", 206, 0, 0),
            ("bytes=9-5", 200, 0, None),
            ("bytes=0-1,5-6", 200, 0, None),
            ("bytes=-", 200, 0, None),
            ("items=0-5", 200, 0, None),
            ("bytes=1-2; rm -rf", 200, 0, None),
            ("bytes=٣-٤", 200, 0, None),
            ("bytes=99999999-", 416, None, None),
            ("bytes=-0", 416, None, None),
            ("bytes=" + "9" * 400 + "-", 200, 0, None),
        ],
    )
    def test_any_part_of_it(self, asked_for: str, status: int, low: int, high: int | None) -> None:
        export = made()
        officer = client_of("compliance")
        whole = body_of(officer.get(path_of(export, "file/")))
        answer = officer.get(path_of(export, "file/"), headers={"Range": asked_for})
        assert answer.status_code == status
        if status == 416:
            assert answer["Content-Range"] == f"bytes */{len(whole)}"
            return
        part = body_of(answer)
        assert part == (whole[low:] if high is None else whole[low : high + 1])
        assert answer["Content-Length"] == str(len(part))
        if status == 206:
            first = low if low >= 0 else len(whole) + low
            assert answer["Content-Range"] == f"bytes {first}-{first + len(part) - 1}/{len(whole)}"

    def test_a_broken_download_goes_on_only_in_the_same_file(self) -> None:
        export = made()
        officer = client_of("compliance")
        first = officer.get(path_of(export, "file/"))
        tag = first["ETag"]
        assert first["Accept-Ranges"] == "bytes" and not tag.startswith("W/")
        on = {"Range": "bytes=50-", "If-Range": tag}
        assert body_of(officer.get(path_of(export, "file/"), headers=on)) == body_of(first)[50:]
        assert officer.get(path_of(export, "file/"), headers=on | {"If-Range": '"another"'}).status_code == 200
        assert officer.head(path_of(export, "file/"))["Content-Length"] == first["Content-Length"]

    def test_each_part_that_is_taken_is_recorded_with_where_it_begins(self) -> None:
        export = made()
        officer = client_of("compliance")
        officer.get(path_of(export, "file/"), headers={"Range": "bytes=1-"})
        entry = trail("trail.export.downloaded")[-1]
        assert json.loads(entry["additional_data"]) == {
            "part": "file",
            "from_byte": 1,
            "export": str(export.public_id),
            "sha256": export.file["sha256"],
        }
        assert entry["actor_id"] == person("compliance").pk

    @pytest.mark.parametrize("persona", ["admin", "leader", "teacher", "colleague"])
    def test_another_persons_export_is_not_there(self, persona: str) -> None:
        another_officer()
        export = made()
        client = client_of(persona)
        for page in ("", "file/", "proof/"):
            assert client.get(path_of(export, page)).status_code == 404
        assert "trail.export.downloaded" not in about(export)

    def test_it_is_gone_after_a_day_even_before_the_sweep(self, monkeypatch) -> None:
        export = made()
        later = export.ready_at + dt.timedelta(hours=24)
        monkeypatch.setattr(clock, "now", lambda: later)
        officer = client_of("compliance")
        assert officer.get(path_of(export, "file/")).status_code == 410
        making.sweep()
        making.sweep()
        export.refresh_from_db()
        assert (export.state, export.file, export.proof) == (State.GONE, {}, {})
        assert list(vault.folder().iterdir()) == []
        assert "The file is gone" in text_of(officer.get(path_of(export)))
        assert about(export).count("trail.export.gone") == 1

    def test_a_damaged_file_says_so(self) -> None:
        export = made()
        place = vault.folder() / export.file["name"]
        place.unlink()
        answer = client_of("compliance").get(path_of(export, "file/"), follow=True)
        assert "cannot be read any more" in text_of(answer)

    def test_the_page_says_when_it_goes(self) -> None:
        export = made()
        assert "until" in text_of(client_of("compliance").get(path_of(export)))


class TestManyAtOnce:
    def test_the_list_asks_a_fixed_number_of_queries(self, django_assert_max_num_queries) -> None:
        officer = client_of("compliance")
        asked()
        officer.get("/audit/exports/")
        with django_assert_max_num_queries(12) as few:
            officer.get("/audit/exports/")
        for _ in range(4):
            asked()
        with django_assert_max_num_queries(len(few)):
            officer.get("/audit/exports/")

    def test_counting_stays_within_the_filters(self) -> None:
        size = queries.size_of(search.Filters(purpose="no-such-purpose"), by=person("compliance"), hat="compliance_officer")
        assert (size.entries, size.lines, size.students, size.whole_schools, size.needs_second) == (0, 0, 0, 0, False)
