"""Checks of the whole trail: asked for by people and by the night, done by the sealer's login, told where they find something."""

import re
from collections.abc import Callable
from typing import Any

import psycopg2
import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client

from governance.checkpoints import checks, present, tasks
from governance.trail.seals import queries, runs, sealer
from portal.base import outbox, release
from tests.governance.situations import person
from tests.harness.databases import Clone


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def sealed(district: Clone, sealing: Callable[..., sealer.Sealed]) -> sealer.Sealed:
    """Sealed, never checked, without the demo's witnesses."""
    owner = district.connect("owner")
    with owner, owner.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica; DELETE FROM seal.verify_request; DELETE FROM checkpoints_witness")
    owner.close()
    return sealing()


def client_of(name: str) -> Client:
    client = Client()
    client.force_login(person(name), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def page_of(client: Client, path: str) -> str:
    return re.sub(r"\s+", " ", client.get(path).content.decode())


def damage(district: Clone) -> int:
    """The owner changes one sealed entry; answers its number."""
    owner = district.connect("owner")
    with owner, owner.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SELECT min(id) FROM trail.entry WHERE record_ids IS NOT NULL")
        number = cursor.fetchone()[0]
        cursor.execute("UPDATE trail.entry SET record_ids = '{1,2,3}', nonce = gen_random_uuid() WHERE id = %s", [number])
    owner.close()
    return number


@pytest.mark.parametrize("who", ["compliance", "admin", "leader"])
def test_somebody_asks_and_it_is_done_in_the_background(sealed: sealer.Sealed, who: str) -> None:
    client = client_of(who)
    assert "Not checked yet" in page_of(client, "/audit/verify/")
    assert client.post("/audit/verify/").status_code == 302
    assert client.post("/audit/verify/").status_code == 302
    assert len(runs.latest()) == 1, "asked twice, waits once"
    assert "Waits to begin" in page_of(client, "/audit/verify/")
    call_command("trail", "verify", "--asked")
    page = page_of(client, "/audit/verify/")
    assert "Holds" in page
    assert person(who).name in page
    assert "All" in page_of(Client(), "/trail/")
    assert "Everything holds." in page_of(client_of("admin"), "/status/")


def test_who_may_not_see_it_may_not_ask(sealed: sealer.Sealed) -> None:
    for who in ("teacher", "parent", "steward"):
        assert client_of(who).post("/audit/verify/").status_code == 403
    assert runs.latest() == []


def test_what_it_finds_is_named_and_two_people_are_told_once(sealed: sealer.Sealed, district: Clone) -> None:
    number = damage(district)
    tasks.check_at_night()
    assert runs.run_next()
    run = runs.last_ended()
    assert run is not None
    assert (run.holds, run.first_bad_entry) == (False, number)
    assert f"Entry {number}" in page_of(client_of("compliance"), "/audit/verify/")
    assert "the portal, at night" in page_of(client_of("compliance"), "/audit/verify/")
    public = page_of(Client(), "/trail/")
    assert "Does not hold" in public
    words = run.findings[0][1]
    assert words not in public, "what does not hold is for those who look into it"
    assert "It found something" in page_of(client_of("leader"), "/status/")
    tasks.look_round()
    tasks.look_round()
    outbox.run()
    told = {message.to[0] for message in mail.outbox if "check of the trail" in message.subject}
    assert told == {"compliance@riverbend.example", "admin@riverbend.example"}
    assert len([message for message in mail.outbox if "check of the trail" in message.subject]) == 2
    assert not any(words in message.subject + message.body for message in mail.outbox)


def test_progress_is_seen_while_it_runs(sealed: sealer.Sealed, monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of("compliance")
    client.post("/audit/verify/")
    seen = []
    whole = runs.verify.verify

    def watched(**options: Any) -> Any:
        def progress(done: int, total: int) -> None:
            options["progress"](done, total)
            seen.append(page_of(client, "/audit/verify/"))

        return whole(**{**options, "progress": progress})

    monkeypatch.setattr(runs.verify, "verify", watched)
    assert runs.run_next()
    assert "Under way" in seen[0]
    assert re.search(r"\d+ percent", seen[0])


def test_the_application_only_reads_the_runs(sealed: sealer.Sealed, district: Clone) -> None:
    checks.ask(by=None)
    runs.run_next()
    thief = district.connect()
    for sql in (
        "UPDATE seal.verify_run SET holds = true",
        "DELETE FROM seal.verify_run",
        "INSERT INTO seal.verify_run(request) VALUES (1)",
    ):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege), thief.cursor() as cursor:
            cursor.execute(sql)
        thief.rollback()
    thief.close()


def test_the_sealing_process_does_what_was_asked(sealed: sealer.Sealed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "portal.settings")
    monkeypatch.setenv("PORTAL_SECRET_KEY", "test-only")
    checks.ask(by=None)
    verifier = runs.Verifier()
    try:
        verifier.start_if_asked()
        assert verifier._process is not None
        assert verifier._process.wait(60) == 0
    finally:
        verifier.stop()
    found = runs.last_ended()
    assert found is not None and found.holds


@pytest.mark.parametrize(
    ("held", "words"), [(None, "not counted yet"), (0, "fewer than 10"), (9, "fewer than 10"), (10, "10"), (1234, "1,234")]
)
def test_a_small_number_of_held_lines_tells_of_nobody(held: int | None, words: str) -> None:
    assert present.held_words(held) == words


def test_the_page_says_which_program_runs(sealed: sealer.Sealed, tmp_path: Any) -> None:
    assert release.fingerprint() in page_of(Client(), "/trail/")
    (tmp_path / "portal").mkdir()
    (tmp_path / "portal" / "a.py").write_text("x = 1\n")
    before = release.fingerprint_of(tmp_path)
    (tmp_path / "portal" / "a.py").write_text("x = 2\n")
    assert release.fingerprint_of(tmp_path) != before


def test_the_fingerprint_is_what_the_how_to_says(tmp_path: Any) -> None:
    import subprocess

    from django.conf import settings

    guide = (settings.BASE_DIR / "docs" / "how-to" / "check-the-trail.md").read_text()
    command = next(line.strip() for line in guide.splitlines() if "sha256sum" in line and line.startswith("    "))
    done = subprocess.run(["bash", "-c", command], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == release.fingerprint_of(settings.BASE_DIR)


def test_before_the_first_witness_the_page_asks_the_reader_to_keep_one(sealed: sealer.Sealed) -> None:
    assert "You can keep a checkpoint yourself" in page_of(Client(), "/trail/")
    assert queries.open_refusal() is None
