"""The engine against a real mail server: each recipient once, refusals, deaths, drills, and what a text may not do."""

import contextlib
import datetime as dt
import email
import email.policy
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test import override_settings

from breaches.incidents.models import Incident, Task
from breaches.notices import bars, engine, queries
from breaches.notices.models import Lease, Notice, Recipient
from governance.records.models import Guardianship, OwnRecord, Student
from governance.trail.models import Entry
from portal.base import clock, outbox
from portal.base.models import Message
from tests.breaches.affected.test_lists import incident
from tests.breaches.notices.servers import SMTP, Last, scripted, serving
from tests.breaches.notices.situations import listed, started, texts
from tests.governance.audit.cast import client_of, text_of
from tests.harness import smtp_sink
from tests.harness.databases import Clone

pytestmark = pytest.mark.usefixtures("district")
PIPELINING = b"250-hello\r\n250 PIPELINING\r\n"


def mailing(port: int, *, timeout: int = 1) -> override_settings:
    """Mail goes to the server at this port."""
    return override_settings(EMAIL_BACKEND=SMTP, EMAIL_HOST="127.0.0.1", EMAIL_PORT=port, EMAIL_TIMEOUT=timeout)


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[smtp_sink.Running]:
    with (
        smtp_sink.running(tmp_path, keep=True) as found,
        override_settings(EMAIL_BACKEND=SMTP, EMAIL_HOST="127.0.0.1", EMAIL_PORT=found.port, EMAIL_USE_TLS=False, EMAIL_USE_SSL=False),
    ):
        yield found


def guarded(sql: str, *values: Any) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SET ROLE portal_door")
        cursor.execute(sql, values)
        cursor.execute("RESET ROLE")


def with_guardians(number: int) -> list[Student]:
    """Students who have a guardian of the roster that may be written to, with an address of its own each."""
    links = Guardianship.objects.filter(ended_at=None, guardian_id__isnull=False, may_be_contacted=True, may_inspect=True, limit="")
    grown = OwnRecord.objects.exclude(eligible_since=None).values("student_id")
    found = list(Student.objects.filter(pk__in=links.values("student_id"), left_on=None).exclude(pk__in=grown).order_by("pk")[:number])
    guarded("UPDATE records.guardian SET email = 'g' || id || '@families.example', language = 'en'")
    return found


def links_of(*students: Student) -> list[Guardianship]:
    return list(Guardianship.objects.filter(student__in=students, ended_at=None).order_by("pk"))


def states(notice: Notice) -> list[str]:
    return list(Recipient.objects.filter(notice=notice).order_by("pk").values_list("state", flat=True))


def read(mail: bytes) -> Any:
    return email.message_from_bytes(mail, policy=email.policy.default)


def test_each_guardian_gets_one_and_a_second_run_sends_none(sink: smtp_sink.Running) -> None:
    students = with_guardians(3)
    notice = started(listed(*students))
    expected = len(links_of(*students))
    assert engine.drain() == expected and engine.drain() == 0
    taken = sink.taken()
    assert len(taken) == len({one for one, _ in taken}) == expected
    assert {to for _, to in taken} == {f"g{link.guardian_id}@families.example" for link in links_of(*students)}
    assert set(states(notice)) == {"sent"}
    looked = Entry.objects.using("owner").filter(kind="breaches.notice.addressed")
    assert {pk for entry in looked for pk in entry.record_ids} == {student.pk for student in students}


def test_the_letter_names_this_child_and_holds_the_other_language(sink: smtp_sink.Running) -> None:
    (student,) = with_guardians(1)
    guarded("UPDATE records.guardian SET language = 'es'")
    guarded(
        "UPDATE records.identity SET given_name = 'Rosa', preferred_name = NULL, family_name = 'Lind' WHERE student_id = %s", student.pk
    )
    started(listed(student))
    engine.drain()
    mail = read(sink.mails()[0])
    body = mail.get_content()
    assert mail["Subject"] == "Aviso sobre datos" and "Rosa Lind" in body
    assert body.index("Palabras sobre what_happened.") < body.index("Words about what_happened.")


@pytest.mark.parametrize(
    "name",
    ["Eve\nBcc: thief@example.org", "Eve\r\n\r\n<script>", "<b>Eve</b>", "\u202eevE", "E" * 10_000],
    ids=["line-break", "body-break", "angle", "right-to-left", "long"],
)
def test_a_name_cannot_change_the_mail(sink: smtp_sink.Running, name: str) -> None:
    (student,) = with_guardians(1)
    guarded("UPDATE records.identity SET given_name = %s, preferred_name = %s WHERE student_id = %s", name, name, student.pk)
    guarded("UPDATE records.guardian SET given_name = %s", name)
    started(listed(student))
    assert engine.drain() == len(links_of(student))
    for raw in sink.mails():
        mail = read(raw)
        assert mail["Bcc"] is None and mail["Subject"] == "Notice of a data breach" and not mail.is_multipart()
        assert mail.get_content_type() == "text/plain" and "\u202e" not in mail.get_content()
        assert all("thief" not in value for key, value in mail.items())


def test_an_address_with_a_line_break_is_a_letter_on_paper(sink: smtp_sink.Running) -> None:
    (student,) = with_guardians(1)
    guarded("UPDATE records.guardian SET email = %s", "g@families.example\nBcc: thief@example.org")
    notice = started(listed(student))
    assert engine.drain() == 0 and sink.mails() == []
    assert set(Recipient.objects.filter(notice=notice).values_list("state", "because")) == {("paper", "no_address")}


def test_whom_an_order_bars_gets_nothing_and_the_other_one_does(sink: smtp_sink.Running) -> None:
    student = next(student for student in with_guardians(60) if len(links_of(student)) > 1)
    barred, *others = links_of(student)
    Guardianship.objects.filter(pk=barred.pk).update(limit="placement_denied", limit_set_at=clock.now())
    notice = started(listed(student))
    assert engine.drain() == len(others)
    assert f"g{barred.guardian_id}@families.example" not in {to for _, to in sink.taken()}
    assert notice.kept_back == 1 and not Recipient.objects.filter(notice=notice, guardianship=barred).exists()
    for raw in sink.mails():
        assert len(read(raw)["To"].addresses) == 1


def test_an_order_that_comes_after_the_start_stops_the_letter_and_the_page_says_so(sink: smtp_sink.Running, settings: Any) -> None:
    settings.DEMO = True
    student = next(student for student in with_guardians(60) if len(links_of(student)) > 1)
    notice, (barred, *others) = started(listed(student)), links_of(student)
    Guardianship.objects.filter(pk=barred.pk).update(limit="no_contact", limit_set_at=clock.now())
    assert engine.drain() == len(others)
    assert f"g{barred.guardian_id}@families.example" not in {to for _, to in sink.taken()}
    row = Recipient.objects.get(notice=notice, guardianship=barred)
    assert (row.state, row.because, row.attempts, row.lease) == ("barred", "barred", 0, None)
    entry = Entry.objects.using("owner").get(kind="breaches.notice.kept_back")
    assert entry.additional_data == {"recipient": str(row.public_id), "somebody_else_is_told": True} and not entry.record_ids
    page = text_of(client_of("security").get(f"/incidents/notices/{notice.public_id}/"))
    assert "Kept back since" in page and "bars it since the notice was started" in page
    assert not queries.what_is_not_out(notice.incident, clock.now())


def test_where_an_order_leaves_nobody_to_be_told_somebody_calls(sink: smtp_sink.Running) -> None:
    (student,) = with_guardians(1)
    notice = started(listed(student))
    Guardianship.objects.filter(student=student).update(limit="placement_denied", limit_set_at=clock.now())
    assert engine.drain() == 0 and sink.taken() == []
    assert set(Recipient.objects.filter(notice=notice).values_list("state", "because")) == {("call", "nobody")}


@pytest.mark.parametrize(
    ("meanwhile", "left"),
    [
        ("UPDATE records_guardianship SET \"limit\" = 'no_contact', limit_set_at = now()", {("call", "nobody")}),
        ("UPDATE notices_notice SET stopped_at = now(), stopped_by_id = started_by_id WHERE started_at IS NOT NULL", {("waiting", "")}),
    ],
    ids=["order", "stop"],
)
def test_what_comes_between_two_letters_of_a_batch_counts_for_the_second(
    district: Clone, monkeypatch: pytest.MonkeyPatch, meanwhile: str, left: set[tuple[str, str]]
) -> None:
    notice = started(listed(*with_guardians(3)))
    monkeypatch.setattr(bars, "LOOK_SECONDS", 0.0)

    def at(command: bytes) -> bytes | None:
        if command == b".":
            with contextlib.closing(district.connect()) as other, other, other.cursor() as cursor:
                cursor.execute(meanwhile)
        return b"250-sink\r\n250 PIPELINING\r\n" if command.startswith(b"EHLO") else None  # the second one is announced already

    with serving(at) as port, mailing(port, timeout=5):
        assert engine.drain() == 1
    assert states(notice).count("sent") == 1
    assert set(Recipient.objects.filter(notice=notice).exclude(state="sent").values_list("state", "because")) == left
    assert not Recipient.objects.filter(notice=notice, lease__isnull=False).exists()


@pytest.mark.parametrize(
    ("of_guardian", "of_family", "first"),
    [
        ("hmn", None, "hmn"), ("mww", "Spanish", "hmn"), ("Spanish", None, "es"), ("es-MX", None, "es"), (None, "Spanish; Castilian", "es"),
        (None, "Hmoob", "hmn"), ("Somali", None, "en"), (None, None, "en"),
    ],
    ids=["hmong", "white-hmong", "name", "tag", "family", "family-hmong", "not-ours", "none"],
)  # fmt: skip
def test_each_family_reads_its_own_language_first_and_the_others_below(
    sink: smtp_sink.Running, of_guardian: str | None, of_family: str | None, first: str
) -> None:
    (student,) = with_guardians(1)
    guarded("UPDATE records.guardian SET language = %s", of_guardian)
    guarded("DELETE FROM records.value WHERE student_id = %s AND element = 'family-language'", student.pk)
    if of_family:
        guarded("INSERT INTO records.value(student_id, element, item, value) VALUES (%s, 'family-language', '', %s)", student.pk, of_family)
    said = texts()
    said["hmn"] = {"subject": "Tsab ntawv", "parts": {key: f"Lus ntawm {key}." for key in said["en"]["parts"]}}
    started(listed(student), said)
    engine.drain()
    mail = read(sink.mails()[0])
    body, marks = mail.get_content(), {"en": "Words about when.", "es": "Palabras sobre when.", "hmn": "Lus ntawm when."}
    assert mail["Subject"] == said[first]["subject"]
    places = {language: body.index(words) for language, words in marks.items()}
    assert min(places, key=lambda language: places[language]) == first


def test_where_nobody_may_be_written_to_somebody_calls(sink: smtp_sink.Running) -> None:
    (student,) = with_guardians(1)
    Guardianship.objects.filter(student=student).update(may_be_contacted=False)
    notice = started(listed(student))
    assert engine.drain() == 0
    assert list(Recipient.objects.filter(notice=notice).values_list("state", "because")) == [("call", "nobody")]


def test_a_student_who_holds_the_rights_is_told_and_the_parents_are_not(sink: smtp_sink.Running) -> None:
    own = OwnRecord.objects.select_related("student").order_by("pk")[0]
    OwnRecord.objects.filter(pk=own.pk).update(eligible_since=clock.today() - dt.timedelta(days=1), parents_may_view=False)
    guarded("UPDATE records.guardian SET email = 'g' || id || '@families.example'")
    guarded("UPDATE records.identity SET email = 'grown@families.example' WHERE student_id = %s", own.student_id)
    started(listed(own.student))
    engine.drain()
    assert [to for _, to in sink.taken()] == ["grown@families.example"]


@pytest.mark.parametrize("pipelines", [True, False], ids=["together", "one-by-one"])
def test_a_refused_address_needs_paper_and_a_busy_server_is_tried_again(tmp_path: Path, pipelines: bool) -> None:
    students = with_guardians(4)
    notice = started(listed(*students))
    first = Recipient.objects.filter(notice=notice).select_related("guardianship").order_by("pk")[0]
    assert first.guardianship is not None
    guarded("UPDATE records.guardian SET email = 'never@families.example' WHERE id = %s", first.guardianship.guardian_id)
    with (
        smtp_sink.running(tmp_path, refuse=2, pipelines=pipelines) as found,
        override_settings(EMAIL_BACKEND=SMTP, EMAIL_HOST="127.0.0.1", EMAIL_PORT=found.port),
    ):
        engine.drain(first_wait=dt.timedelta(0))
        engine.drain(first_wait=dt.timedelta(0))
        taken = found.taken()
    first.refresh_from_db()
    assert (first.state, first.because) == ("paper", "refused")
    others = Recipient.objects.filter(notice=notice).exclude(guardianship__guardian_id=first.guardianship.guardian_id)
    assert set(others.values_list("state", flat=True)) == {"sent"}
    assert others.filter(attempts__gt=1).exists() and len(taken) == len(set(taken)) == others.count()


def test_after_four_hours_a_person_is_told_and_a_letter_is_needed(tmp_path: Path) -> None:
    (student,) = with_guardians(1)
    notice = started(listed(student))
    Recipient.objects.filter(notice=notice).update(give_up_at=clock.now())
    with (
        smtp_sink.running(tmp_path, refuse=1) as found,
        override_settings(EMAIL_BACKEND=SMTP, EMAIL_HOST="127.0.0.1", EMAIL_PORT=found.port),
    ):
        engine.drain()
    assert set(Recipient.objects.filter(notice=notice).values_list("state", "because")) == {("paper", "gave_up")}
    assert Message.objects.filter(topic="notices.trouble").count() == 1
    outbox.run()
    task = Task.objects.get(incident=notice.incident)
    assert task.title.startswith("The mail server did not take some letters") and task.owner == notice.incident.lead


def test_a_server_that_is_away_costs_nothing(unused_port: int) -> None:
    (student,) = with_guardians(1)
    notice = started(listed(student))
    with override_settings(EMAIL_BACKEND=SMTP, EMAIL_HOST="127.0.0.1", EMAIL_PORT=unused_port):
        assert engine.drain() == 0
    assert set(Recipient.objects.filter(notice=notice).values_list("state", "attempts", "doubts", "lease")) == {("waiting", 0, 0, None)}


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_dead_drainer_is_taken_over_at_once_and_one_is_in_doubt(sink: smtp_sink.Running) -> None:
    students = with_guardians(3)
    notice = started(listed(*students))
    dead = Lease.objects.create(taken_at=clock.now())
    Recipient.objects.filter(notice=notice).update(lease=dead)
    total = Recipient.objects.filter(notice=notice).count()
    assert engine.drain() == total
    assert [row.twice for row in Recipient.objects.filter(notice=notice).order_by("due_at", "pk")] == [True] + [False] * (total - 1)
    assert queries.figures_of(notice)["twice"] == 1
    dead.refresh_from_db()
    assert dead.ended_at is not None


def test_a_living_drainer_is_left_alone(sink: smtp_sink.Running, district: Clone) -> None:
    notice = started(listed(*with_guardians(2)))
    alive = Lease.objects.create(taken_at=clock.now())
    Recipient.objects.filter(notice=notice).update(lease=alive)
    other = district.connect()
    try:
        other.cursor().execute("SELECT FROM notices_lease WHERE id = %s FOR NO KEY UPDATE", [alive.pk])
        assert engine.drain() == 0 and sink.taken() == []
    finally:
        other.close()
    # the server sees the end of a connection in its own time
    assert any(engine.drain() or time.sleep(0.1) for _ in range(100))


def test_nothing_of_a_drill_leaves(sink: smtp_sink.Running) -> None:
    of: Incident = incident(drill=True)
    notice = started(listed(*with_guardians(2), of=of))
    assert engine.drain() == 0 and sink.taken() == []
    assert set(states(notice)) == {"waiting"}


def test_the_limit_of_a_minute_holds_all_drainers(sink: smtp_sink.Running) -> None:
    notice = started(listed(*with_guardians(4)))
    with override_settings(NOTICES_PER_MINUTE=2):
        assert engine.drain() + engine.drain() == 2
    assert states(notice).count("sent") == 2


def test_the_engine_opens_with_the_keepers_login_too(sink: smtp_sink.Running) -> None:
    students = with_guardians(1)
    started(listed(*students))
    assert engine.drain(door_alias="keeper") == len(links_of(*students))


def test_ten_thousand_characters_and_brackets_in_a_text_arrive_as_written(sink: smtp_sink.Running) -> None:
    said = texts()
    said["en"]["parts"]["what_happened"] = "<a href='x'>&" + "a" * 9_900
    started(listed(*with_guardians(1)), said)
    engine.drain()
    assert said["en"]["parts"]["what_happened"] in read(sink.mails()[0]).get_content().replace("\n", "")


def test_a_line_that_breaks_after_the_body_is_in_doubt_and_one_before_is_not() -> None:
    """The server goes away at the command that is named."""
    (student,) = with_guardians(1)
    notice = started(listed(student))
    for at, doubts in ((b"RCPT", 0), (b"\r\n.\r\n", 1)):

        def answer(data: bytes, at: bytes = at) -> bytes:
            if at in data.upper():
                return Last()
            return b"354 go on\r\n" if data.upper().startswith(b"DATA") else b"250 fine\r\n"

        Recipient.objects.filter(notice=notice).update(doubts=0, due_at=clock.now())
        with scripted(answer) as (port, _heard), mailing(port):
            engine.drain(batch=1)
        first = Recipient.objects.filter(notice=notice, attempts__gt=0).order_by("pk")[0]
        assert (first.state, first.doubts, first.lease) == ("waiting", doubts, None)


def test_a_letter_that_was_announced_and_not_sent_is_in_no_doubt() -> None:
    """The server takes the first letter, hears of the second one, and goes away before its body."""

    def answer(data: bytes) -> bytes:
        if b"\r\n.\r\n" in data:
            return Last(b"250 taken\r\n")
        return PIPELINING if data.upper().startswith(b"EHLO") else b"250 fine\r\n250 fine\r\n354 go on\r\n"

    notice = started(listed(*with_guardians(2)))
    with scripted(answer) as (port, heard), mailing(port):
        assert engine.drain(batch=2) == 1
    assert heard[-1].partition(b"\r\n.\r\n")[2].endswith(b"DATA\r\n"), "the second letter is announced together with the body of the first"
    assert list(Recipient.objects.filter(notice=notice).order_by("due_at", "pk").values_list("state", "doubts", "lease")[:2]) == [
        ("sent", 0, None),
        ("waiting", 0, None),
    ]


def test_a_server_that_wants_the_body_of_a_refused_letter_gets_an_empty_one() -> None:
    """Sloppy servers say 354 after they refused the only recipient (RFC 2920, 3.1)."""

    def answer(data: bytes) -> bytes:
        if data.upper().startswith(b"EHLO"):
            return PIPELINING
        return b"250 fine\r\n550 nobody\r\n354 go on\r\n" if data.startswith(b"MAIL") else b"250 fine\r\n"

    (student,) = with_guardians(1)
    notice = started(listed(student))
    with scripted(answer) as (port, heard), mailing(port, timeout=5):
        assert engine.drain(batch=1) == 0
    assert heard[2:4] == [b".\r\n", b"rset\r\n"] or heard[2:4] == [b".\r\n", b"RSET\r\n"]
    assert set(Recipient.objects.filter(notice=notice).values_list("state", "because", "doubts")) == {("paper", "refused", 0)}
