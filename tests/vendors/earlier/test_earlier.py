"""A list of earlier answers is looked at cell by cell, registered whole or not at all, taken back, and comes out in the same shape."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from governance.people import queries as people
from governance.records.models import Guardianship, Student
from governance.vocabulary import Role
from portal.base import clock, vault
from tests.governance.disclosures.written import rows as owner_rows
from tests.governance.situations import person, trail
from tests.vendors.consents.situations import form_for, permitted
from tests.vendors.situations import PDF, day
from vendors.consents import queries as consents
from vendors.consents import scans
from vendors.consents.models import Answer, Form, Scan, Standing
from vendors.earlier import actions
from vendors.earlier.actions import CannotBring
from vendors.earlier.models import EarlierSheet

pytestmark = pytest.mark.usefixtures("district")


def client_of(persona: str) -> Client:
    client = Client()
    client.force_login(person(persona), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def words(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def pupils(count: int = 3) -> list[tuple[Student, str, Guardianship, str]]:
    """Students of the secretary's school with their numbers and a guardian who may answer, as the roster names them."""
    schools = people.schools_of(person("secretary"), Role.SECRETARY, on=clock.today())
    here = Student.objects.filter(left_on=None) if schools is None else Student.objects.filter(left_on=None, school__in=schools)
    found = []
    for student in here.order_by("pk"):
        [(number,)] = owner_rows("SELECT local_id FROM records.identity WHERE student_id = %s", student.pk)
        links = [
            link
            for link in Guardianship.objects.filter(student=student, ended_at=None).order_by("pk")
            if link.guardian_id and consents.may_answer(link, on=clock.today())
        ]
        if number and links:
            [(name,)] = owner_rows("SELECT given_name || ' ' || family_name FROM records.guardian WHERE id = %s", links[0].guardian_id)
            found.append((student, number, links[0], name))
        if len(found) == count:
            return found
    raise AssertionError("the demo has more students than that")


def as_csv(*lines: tuple[str, ...]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([("Teacher", "Student ID", "Consent", "Date signed", "Parent"), *lines])
    return out.getvalue().encode()


def mapped(form: Form, content: bytes) -> EarlierSheet:
    sheet = actions.receive(form=form, covers="The paper of August names the same", content=content, by=person("secretary"), at=clock.now())
    given = {"number": 1, "said": 2, "signed_on": 3, "guardian": 4}
    return actions.map_columns(sheet=sheet.public_id, mapping=given, by=person("secretary"), at=clock.now())


def standing(form: Form, student: Student) -> str:
    found = Standing.objects.filter(student=student, matter=form.matter).first()
    return found.state if found else ""


def test_it_is_registered_whole_counts_at_the_gate_and_can_be_taken_back() -> None:
    form, (yes, no, other) = form_for(), pupils()
    sheet = mapped(form, as_csv(("Ortiz", yes[1], "yes", "8/20/2026", yes[3]), ("Ortiz", no[1], "No", "2026-08-21", no[3])))
    actions.apply(sheet=sheet.public_id, by=person("secretary"), at=clock.now())
    assert (standing(form, yes[0]), standing(form, no[0]), standing(form, other[0])) == ("given", "refused", "")
    assert permitted(form, yes[0], no[0], other[0]) == {no[0].pk: "refused", other[0].pk: "no_answer"}
    answer = Answer.objects.get(standing__student=yes[0], form=form)
    assert (answer.method, answer.signed_on.isoformat(), answer.guardianship) == ("brought", "2026-08-20", yes[2])
    [matched] = trail("vendors.earlier.matched")
    assert set(matched["record_ids"]) == {yes[0].pk, no[0].pk} and "search" not in matched["elements"]
    actions.undo(sheet=sheet.public_id, by=person("secretary"), at=clock.now())
    assert (standing(form, yes[0]), standing(form, no[0])) == ("", "")
    assert Answer.objects.filter(standing__student=yes[0], form=form).exists()  # it stays to be seen
    assert len(trail("vendors.consent.mistaken")) == 2
    with pytest.raises(CannotBring):
        actions.undo(sheet=sheet.public_id, by=person("secretary"), at=clock.now())


def test_every_fault_is_told_by_its_cell_and_nothing_is_registered() -> None:
    form, (first, second, _third) = form_for(), pupils()
    sheet = mapped(
        form,
        as_csv(
            ("a", first[1], "maybe", "8/20/2026", first[3]),
            ("b", "no-such-number", "yes", "8/20/2026", ""),
            ("c", first[1], "yes", str(day(1)), first[3]),
            ("d", first[1], "yes", "soon", first[3]),
            ("e", first[1], "yes", "8/20/2026", "=HYPERLINK(1)"),
            ("f", second[1], "yes", "8/20/2026", second[3]),
            ("g", second[1], "no", "8/20/2026", second[3]),
        ),
    )
    planned, faults = actions.dry_run(sheet=sheet, by=person("secretary"), at=clock.now())
    assert [(each.row, each.column) for each in faults] == [
        (2, "Consent"), (3, "Student ID"), (4, "Date signed"), (5, "Date signed"), (6, "Parent"), (8, "Student ID"),
    ]  # fmt: skip
    assert [each.row for each in planned] == [7] and all(each.what_to_do for each in faults)
    with pytest.raises(CannotBring) as refusal:
        actions.apply(sheet=sheet.public_id, by=person("secretary"), at=clock.now())
    assert refusal.value.code == "faults" and not Answer.objects.filter(form=form).exists()


def test_the_cells_lie_encrypted_and_go_with_the_list(tmp_path: Path) -> None:
    form, [pupil] = form_for(), pupils(1)
    sheet = mapped(form, as_csv(("Ortiz", pupil[1], "yes", "8/20/2026", pupil[3])))
    [file] = list(vault.folder().iterdir())
    content = file.read_bytes()
    assert pupil[1].encode() not in content and pupil[3].encode() not in content and actions.cells(sheet)[0][0] == pupil[1]
    actions.apply(sheet=sheet.public_id, by=person("secretary"), at=clock.now())
    sheet.refresh_from_db()
    assert sheet.file == "" and not list(vault.folder().iterdir())
    other = mapped(form, as_csv(("Ortiz", pupil[1], "yes", "8/20/2026", pupil[3])))
    EarlierSheet.objects.filter(pk=other.pk).update(received_at=clock.now().replace(year=2025))
    assert actions.tidy(at=clock.now()) == 1 and not list(vault.folder().iterdir())


def test_a_students_number_of_another_school_is_not_found() -> None:
    schools = people.schools_of(person("secretary"), Role.SECRETARY, on=clock.today())
    assert schools
    foreign = Student.objects.filter(left_on=None).exclude(school__in=schools).order_by("pk")[0]
    [(number,)] = owner_rows("SELECT local_id FROM records.identity WHERE student_id = %s", foreign.pk)
    sheet = mapped(form_for(), as_csv(("x", number, "yes", "8/20/2026", "")))
    planned, [fault] = actions.dry_run(sheet=sheet, by=person("secretary"), at=clock.now())
    assert not planned and fault.column == "Student ID" and not trail("vendors.earlier.matched")


def test_the_pages_from_the_list_to_the_same_out() -> None:
    form, (first, second, _third) = form_for(), pupils()
    client, start = client_of("secretary"), reverse("earlier:sheets")
    content = as_csv(("Ortiz", first[1], "yes", "8/20/2026", first[3]), ("Ortiz", second[1], "no", "8/21/2026", second[3]))
    given = {"form": form.sha256, "covers": "Same text", "file": SimpleUploadedFile("list.csv", content, "text/csv")}
    page = client.post(start, given)["Location"]
    columns = {"number": "1", "said": "2", "signed_on": "3", "guardian": "4"}
    assert first[1] not in words(client.get(page))
    assert client.post(page, columns)["Location"] == page
    shown = words(client.post(page, {"act": "check"}))
    assert "2 answers would be registered." in shown
    assert client.post(f"{page}apply/")["Location"] == page
    assert "2 answers were registered." in words(client.get(page))
    out = client.post(reverse("earlier:export"), {"form": form.sha256})
    assert "no-store" in out["Cache-Control"]
    table = list(csv.DictReader(io.StringIO(out.content.decode())))
    assert {(row["number"], row["said"], row["signed_on"], row["guardian"]) for row in table} == {
        (first[1], "yes", "2026-08-20", first[3]),
        (second[1], "no", "2026-08-21", second[3]),
    }
    assert set(trail("vendors.earlier.exported")[0]["record_ids"]) == {first[0].pk, second[0].pk}
    for persona in ("teacher", "admin", "parent"):
        assert client_of(persona).get(start).status_code == 403


# -- A paper with its scan -----------------------------------------------------------------------------------------------------------


def test_a_scan_is_kept_encrypted_and_whoever_opens_it_stands_in_the_childs_log() -> None:
    form, [(student, _number, link, _name)] = form_for(), pupils(1)
    client = client_of("secretary")
    page = reverse("consents:paper", args=[student.public_id])
    key = re.search(r'name="key" value="([^"]+)"', client.get(page).content.decode())
    assert key is not None
    given = {
        "key": key.group(1), "matter": str(form.matter.public_id), "number": "1", "link": str(link.public_id), "said": "given", "language": "en",
        "signed_on": str(day(-3)),
    }  # fmt: skip
    bad = client.post(page, given | {"scan": SimpleUploadedFile("scan.pdf", b"<html>", "application/pdf")})
    assert bad.status_code == 422 and not Answer.objects.filter(form=form).exists()
    answer = client.post(page, given | {"scan": SimpleUploadedFile("scan.pdf", PDF, "application/pdf")})
    assert "The signed paper (PDF)" in words(answer)
    scan = Scan.objects.get(answer__form=form)
    assert PDF not in vault.folder().joinpath(scan.file).read_bytes()
    opened = client.get(reverse("consents:scan", args=[student.public_id, scan.answer.public_id]))
    assert opened.content == PDF and "no-store" in opened["Cache-Control"] and "attachment" in opened["Content-Disposition"]
    assert [each["record_ids"] for each in trail("vendors.consent.scan_opened")] == [[student.pk]]
    assert client_of("teacher").get(reverse("consents:scan", args=[student.public_id, scan.answer.public_id])).status_code == 404
    Scan.objects.all().delete()
    assert scans.sweep() == 0  # an hour after nobody names it any more
