"""An admin sends a roster, sees what it would change, and applies it; a large end takes two people; the worker may be away."""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client

from governance.records import queue, tasks
from governance.records.models import ImportRun, Student
from portal.base import clock
from tests.governance.people.cast import person, signed_in
from tests.governance.records.roster.bundles import Bundle, large, small
from tests.governance.records.roster.looking import everything, rows
from tests.harness.databases import Clone

State = ImportRun.State


@pytest.fixture(autouse=True)
def _nobody_is_woken(monkeypatch: Any) -> Iterator[list[int]]:
    """The worker is away until a test does its work."""
    woken: list[int] = []
    monkeypatch.setattr(tasks.run_imports, "apply_async", lambda **_: woken.append(1))
    return woken


def send(client: Client, content: Bundle | bytes, name: str = "roster.zip") -> Any:
    data = content if isinstance(content, bytes) else content.zip()
    return client.post("/roster/upload/", {"file": SimpleUploadedFile(name, data)})


def newest() -> ImportRun:
    return ImportRun.objects.order_by("-pk")[0]


def page_of(client: Client, run: ImportRun) -> str:
    return client.get(f"/roster/{run.public_id}/").content.decode()


def kept(clone: Clone) -> int:
    return int(rows(clone, "SELECT count(*) FROM records.intake")[0])


def test_an_admin_uploads_sees_what_would_change_and_applies_it(district: Clone) -> None:
    admin = signed_in("admin")
    answer = send(admin, small())
    run = newest()
    assert answer["Location"] == f"/roster/{run.public_id}/" and run.state == State.RECEIVED
    assert "being checked" in page_of(admin, run)
    before = everything(district)
    tasks.run_imports()
    run.refresh_from_db()
    page = page_of(admin, run)
    assert run.state == State.CHECKED and everything(district) == before
    assert "What it would change" in page and re.search(r"Students</th>\s*<td[^>]*>4<", page)
    assert admin.post(f"/roster/{run.public_id}/apply/").status_code == 302
    tasks.run_imports()
    run.refresh_from_db()
    assert run.state == State.APPLIED and "What it changed" in page_of(admin, run) and kept(district) == 0
    entry = rows(
        district, "SELECT actor_id, hat, object_pk, elements FROM trail.entry WHERE kind = 'records.roster.imported' ORDER BY id DESC"
    )[0]
    assert entry[:3] == (person("admin").pk, "district_admin", str(run.public_id)) and "name" in entry[3]


def test_the_same_file_again_changes_nothing_and_says_so(district: Clone) -> None:
    admin, content = signed_in("admin"), small().zip()
    send(admin, content)
    tasks.run_imports()
    admin.post(f"/roster/{newest().public_id}/apply/")
    tasks.run_imports()
    before, count = everything(district), ImportRun.objects.count()
    page = admin.post("/roster/upload/", {"file": SimpleUploadedFile("again.zip", content)}, follow=True).content.decode()
    assert "It changes nothing." in page and everything(district) == before and ImportRun.objects.count() == count
    again = small()
    again.rows["users"].reverse()
    send(admin, again)
    tasks.run_imports()
    assert "Nothing to change" in page_of(admin, newest()) and "Apply</button>" not in page_of(admin, newest())


def test_faults_are_shown_and_can_be_taken_along(district: Clone) -> None:
    admin, bundle = signed_in("admin"), small()
    bundle.row("users", "u2").update(familyName="")
    send(admin, bundle)
    before = everything(district)
    tasks.run_imports()
    run = newest()
    page = page_of(admin, run)
    assert run.state == State.REFUSED and "Refused: nothing was changed" in page and "familyName" in page and ">5<" in page
    assert everything(district) == before and kept(district) == 0
    lines = admin.get(f"/roster/{run.public_id}/faults.csv").content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("File,Line,Column") and lines[1].startswith("users.csv,5,")


def test_the_password_does_not_reach_what_is_kept(district: Clone) -> None:
    send(signed_in("admin"), small())
    content = b"".join(bytes(piece) for piece in rows(district, "SELECT content FROM records.intake ORDER BY piece"))
    archive = zipfile.ZipFile(io.BytesIO(content))
    text = archive.read("users.csv").decode()
    assert "Secret-pass" not in text and "Given1" in text and text.splitlines()[0].endswith("password")
    assert b"Secret-pass" not in b"".join(archive.read(name) for name in archive.namelist())


def test_a_password_column_that_cannot_be_told_from_the_rest_is_not_kept(district: Clone) -> None:
    text = small().texts()["users.csv"].replace("Family2,M", '"Family2,M')
    send(signed_in("admin"), small().zip(users=text))
    assert newest().state == State.REFUSED and kept(district) == 0


def test_an_end_of_many_students_takes_a_second_person(district: Clone) -> None:
    admin, leader = signed_in("admin"), signed_in("leader")
    send(admin, large(120))
    tasks.run_imports()
    admin.post(f"/roster/{newest().public_id}/apply/")
    tasks.run_imports()
    send(admin, large(60))
    tasks.run_imports()
    run = newest()
    assert run.state == State.WAITING
    page = page_of(admin, run)
    assert "60 of 120 students" in page and "Approve and apply" not in page and "another admin or the superintendent" in page
    for url in ("approve", "apply"):  # the own approval, and the way around it
        assert (
            "Approve"
            not in admin.post(f"/roster/{run.public_id}/{url}/", follow=True)
            .content.decode()
            .split("What it would change")[0]
            .split("<h1>")[0]
        )
    run.refresh_from_db()
    assert run.state == State.WAITING
    assert "Approve and apply" in page_of(leader, run)
    leader.post(f"/roster/{run.public_id}/approve/")
    tasks.run_imports()
    run.refresh_from_db()
    assert (run.state, run.second_by, run.applied_by) == (State.APPLIED, person("leader"), person("leader"))
    ended = rows(
        district,
        "SELECT count(*) FROM records_student WHERE left_on IS NOT NULL AND school_id = (SELECT id FROM people_school WHERE sourced_id = 's')",
    )
    assert ended == [60]


def put_there(state: str, **more: Any) -> ImportRun:
    """A run in a state that only the door's functions bring it to."""
    made = ImportRun.objects.using("owner").create(kind="roster", state=state, made_at=clock.now(), made_by_id=person("admin").pk, **more)
    return ImportRun.objects.get(pk=made.pk)


def test_ones_own_approval_is_refused_with_words(district: Clone) -> None:
    admin = signed_in("admin")
    run = put_there(State.WAITING)
    page = admin.post(f"/roster/{run.public_id}/approve/", follow=True).content.decode()
    assert "You sent this file yourself." in page
    page = admin.post(f"/roster/{run.public_id}/apply/", follow=True).content.decode()
    assert "a second person has to approve it" in page


def test_while_the_worker_is_away_the_page_says_so_and_nothing_is_lost(district: Clone, monkeypatch: Any, settings: Any) -> None:
    admin = signed_in("admin")
    send(admin, small())
    run = newest()
    ImportRun.objects.using("owner").filter(pk=run.pk).update(made_at=clock.now() - queue.SILENCE)
    assert "The import worker does not answer" in page_of(admin, run)
    tasks.run_imports()  # what beat's sweep starts
    assert "does not answer" not in page_of(admin, run) and newest().state == State.CHECKED


def test_a_worker_that_dies_again_and_again_gives_the_run_up(district: Clone) -> None:
    send(signed_in("admin"), small())
    ImportRun.objects.update(attempts=queue.MOST_ATTEMPTS)
    tasks.run_imports()
    assert newest().state == State.FAILED and kept(district) == 0
    assert "It was started three times" in page_of(signed_in("admin"), newest())


def test_a_run_that_was_interrupted_is_taken_up_again(district: Clone) -> None:
    admin = signed_in("admin")
    send(admin, small())
    tasks.run_imports()
    run = newest()
    admin.post(f"/roster/{run.public_id}/apply/")
    ImportRun.objects.filter(pk=run.pk).update(attempts=1, started_at=clock.now())  # a worker was killed in the middle
    tasks.run_imports()
    run.refresh_from_db()
    assert run.state == State.APPLIED and run.attempts == 2


def test_a_second_worker_waits_for_the_first(district: Clone) -> None:
    send(signed_in("admin"), small())
    keeper = district.connect("keeper")
    with keeper.cursor() as cursor:
        cursor.execute("SELECT door.import_open()")
        tasks.run_imports()
        assert (newest().state, newest().attempts) == (State.RECEIVED, 0)
    keeper.close()
    tasks.run_imports()
    assert newest().state == State.CHECKED


def test_uploads_older_than_a_day_go(district: Clone) -> None:
    admin = signed_in("admin")
    send(admin, small())
    tasks.run_imports()
    run = newest()
    ImportRun.objects.using("owner").filter(pk=run.pk).update(made_at=clock.now() - queue.KEPT_FOR * 1.01)
    tasks.run_imports()
    run.refresh_from_db()
    assert run.state == State.DROPPED and kept(district) == 0


def test_a_dropped_import_leaves_nothing(district: Clone) -> None:
    admin = signed_in("admin")
    send(admin, small())
    tasks.run_imports()
    admin.post(f"/roster/{newest().public_id}/drop/")
    assert newest().state == State.DROPPED and kept(district) == 0
    assert "cannot be dropped" in admin.post(f"/roster/{newest().public_id}/drop/", follow=True).content.decode()


def test_two_people_who_apply_at_once_apply_once(district: Clone) -> None:
    admin = signed_in("admin")
    send(admin, small())
    tasks.run_imports()
    run = newest()
    queue.apply(run_id=run.pk, by=person("admin"), at=clock.now(), on=clock.today())
    with pytest.raises(queue.CannotDecide, match="faster"):
        queue.apply(run_id=run.pk, by=person("admin"), at=clock.now(), on=clock.today())


def test_the_application_cannot_read_back_what_it_kept(district: Clone) -> None:
    send(signed_in("admin"), small())
    app = district.connect("default")
    for statement in (
        "SELECT * FROM records.intake",
        "SELECT door.intake_piece(1, 0)",
        "SELECT door.import_open()",
        "SELECT door.roster_plan('{}', current_date, '')",
        "INSERT INTO records.stage_user(sourced_id) VALUES ('x')",
    ):
        with app.cursor() as cursor, pytest.raises(Exception, match="permission denied"):
            cursor.execute(statement)
        app.rollback()
    app.close()


def test_the_keeper_fills_and_reads_nothing(district: Clone) -> None:
    keeper = district.connect("keeper")
    tables = rows(district, "SELECT relname FROM pg_class WHERE relnamespace = 'records'::regnamespace AND relkind = 'r'")
    assert len(tables) > 15
    for table in tables:
        for statement in (f"SELECT * FROM records.{table}", f"DELETE FROM records.{table}", f"UPDATE records.{table} SET ctid = ctid"):
            with keeper.cursor() as cursor, pytest.raises(Exception, match=r"permission denied|cannot"):
                cursor.execute(statement)
            keeper.rollback()
    keeper.close()


@pytest.mark.parametrize("name", ["teacher", "steward", "parent", "compliance", "secretary"])
def test_others_see_no_imports(district: Clone, name: str) -> None:
    run = put_there(State.CHECKED)
    client = signed_in(name)
    assert client.get("/roster/").status_code == 403 and send(client, small()).status_code == 403
    assert client.get(f"/roster/{run.public_id}/").status_code == 404
    assert client.post(f"/roster/{run.public_id}/apply/").status_code == 404


def test_the_superintendent_sees_imports_and_sends_none(district: Clone) -> None:
    leader = signed_in("leader")
    page = leader.get("/roster/").content.decode()
    assert "Import a roster" not in page and send(leader, small()).status_code == 403


def test_the_list_asks_the_database_the_same_number_of_times(district: Clone, django_assert_max_num_queries: Any) -> None:
    from django.test.utils import CaptureQueriesContext

    admin = signed_in("admin")
    counts = []
    for _ in range(2):
        for number in range(12):
            put_there(State.APPLIED, file_name=f"{number}.zip")
        with CaptureQueriesContext(connections["default"]) as found:
            admin.get("/roster/")
        counts.append(len(found))
    assert counts[0] == counts[1]


def test_an_upload_without_the_forms_token_is_refused(district: Clone) -> None:
    before = ImportRun.objects.count()
    client = Client(enforce_csrf_checks=True)
    client.force_login(person("admin"), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert send(client, small()).status_code == 403
    assert ImportRun.objects.count() == before


def test_an_upload_that_is_too_large_is_told(district: Clone, monkeypatch: Any) -> None:
    before = ImportRun.objects.count()
    monkeypatch.setattr("governance.records.uploads.MOST_UPLOADED", 1000)
    page = send(signed_in("admin"), b"x" * 5000).content.decode()
    assert "larger than 100 MB" in page
    assert ImportRun.objects.count() == before


def test_without_a_file_the_form_says_what_is_missing(district: Clone) -> None:
    page = signed_in("admin").post("/roster/upload/").content.decode()
    assert "This field is required." in page


def test_students_who_were_imported_are_known_by_their_anchor_alone(district: Clone) -> None:
    admin = signed_in("admin")
    send(admin, small())
    tasks.run_imports()
    admin.post(f"/roster/{newest().public_id}/apply/")
    tasks.run_imports()
    kept_words = rows(district, "SELECT report::text FROM records_importrun")[0] + page_of(admin, newest())
    assert "Given1" not in kept_words and "Family1" not in kept_words and "u1" not in re.findall(r"\w+", kept_words)
    assert Student.objects.filter(left_on=None).count() > 60


def test_a_check_is_a_look_and_stands_in_the_trail_before_its_result(district: Clone) -> None:
    """Whether a value is the one in the file tells the value: whoever asks leaves a line at the child."""
    sourced, student, birth = rows(
        district, "SELECT sourced_id, student_id, birth_date::text FROM records.identity WHERE birth_date IS NOT NULL LIMIT 1"
    )[0]
    admin = signed_in("admin")
    for guess, unchanged in (("2001-01-01", False), (birth, True)):
        bundle = Bundle()
        bundle.modes = {"demographics": "delta"}
        bundle.headers["demographics"] = ["sourcedId", "birthDate"]
        bundle.add("demographics", sourcedId=sourced, birthDate=guess)
        send(admin, bundle)
        tasks.run_imports()
        entry = rows(
            district,
            "SELECT actor_id, hat, action, record_ids, elements FROM trail.entry WHERE kind = 'records.import.checked' ORDER BY id DESC LIMIT 1",
        )[0]
        assert entry == (person("admin").pk, "district_admin", 3, [student], ["birth-date"])
        assert newest().report["unchanged"] == unchanged


def test_a_check_of_many_stands_in_entries_of_at_most_a_thousand(district: Clone) -> None:
    admin = signed_in("admin")
    bundle = large(1100)
    send(admin, bundle)
    tasks.run_imports()
    assert rows(district, "SELECT count(*) FROM trail.entry WHERE kind = 'records.import.checked'") == [0]  # nobody of them was known
    admin.post(f"/roster/{newest().public_id}/apply/")
    tasks.run_imports()
    bundle.rows["users"].reverse()
    send(admin, bundle)
    tasks.run_imports()
    assert sorted(rows(district, "SELECT cardinality(record_ids) FROM trail.entry WHERE kind = 'records.import.checked'")) == [100, 1000]


def test_a_file_without_a_header_leaves_no_name_in_the_report(district: Clone) -> None:
    text = "".join(small().texts()["users.csv"].splitlines(keepends=True)[3:])
    send(signed_in("admin"), small().zip(users=text.replace("Family2,M,", "Family2,")))
    tasks.run_imports()
    report = str(newest().report)
    assert newest().state == State.REFUSED and "no_column" in report
    assert "Given" not in report and "Family" not in report and "x.example" not in report


def test_a_roster_fits_the_ceiling_to_the_district(district: Clone) -> None:
    """More students, more looks an hour; a district below the least keeps that (docs/how-to/limits-of-looks.md)."""

    def ceiling() -> int:
        return int(rows(district, "SELECT an_hour FROM door.ceiling WHERE login = 'portal_app'")[0])

    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE door.ceiling SET at_least = 100 WHERE login = 'portal_app'")
    admin = signed_in("admin")
    send(admin, small())
    tasks.run_imports()
    admin.post(f"/roster/{newest().public_id}/apply/")
    tasks.run_imports()
    held = int(rows(district, "SELECT count(*) FROM records.identity")[0])
    assert held > 25 and ceiling() == 4 * held
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE door.ceiling SET at_least = 50000 WHERE login = 'portal_app'; SELECT door.fit_ceiling()")
    assert ceiling() == 50000
