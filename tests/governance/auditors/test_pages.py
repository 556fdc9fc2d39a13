"""The pages of an audit: invited and admitted in the browser's way, a sample drawn, a paper answered and signed."""

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client

from governance.auditors import papers
from governance.auditors.models import Engagement, PaperVersion, Sample, SampleItem, WorkPaper
from governance.people.models import RoleAssignment
from governance.records.models import Student
from governance.vocabulary import Event, Role
from portal.base import clock
from tests.governance.alerts.cast import as_owner, look
from tests.governance.auditors.cast import admitted, client_of, school
from tests.governance.people.cast import entries, person, signed_in
from tests.governance.situations import trail
from tests.harness.databases import Clone

pytestmark = pytest.mark.usefixtures("district")


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def post_paper(client: Client, address: str, **given: Any) -> Any:
    facts = {
        "seen": 0,
        "title": "Late reviews",
        "standing": "open",
        "evidence-TOTAL_FORMS": 1,
        "evidence-INITIAL_FORMS": 0,
        "condition": "Two of nine were late.",
    }
    return client.post(address, {**facts, **given})


def test_an_auditor_is_invited_and_admitted_by_two_people() -> None:
    compliance, leader = signed_in("compliance"), signed_in("leader")
    today = clock.today()
    given = {
        "name": "Ada Auditor",
        "email": "ada@audit.example",
        "organization": "Bureau",
        "reason": "Review",
        "starts_on": today.isoformat(),
        "ends_on": (today + dt.timedelta(days=20)).isoformat(),
        "schools": [str(school("middle").public_id)],
        "areas": ["records"],
    }
    answer = compliance.post("/audit/auditors/new/", given)
    assert answer.status_code == 302
    page = answer["Location"]
    assert "Admit the auditor" not in text_of(compliance.get(page))
    shown = text_of(leader.get(page))
    assert "Admit the auditor" in shown
    assert school("middle").name in shown
    compliance.post(f"{page}decide/", {"answer": "admit"})
    assert Engagement.objects.get(user__email="ada@audit.example").state == Engagement.State.WAITING
    leader.post(f"{page}decide/", {"answer": "admit"})
    engagement = Engagement.objects.get(user__email="ada@audit.example")
    assert engagement.state == Engagement.State.ADMITTED
    assert str(Event.STUDENT_OPENED) in engagement.kinds
    assert str(Event.ROLE_GIVEN) not in engagement.kinds


def test_a_form_that_is_wrong_keeps_what_was_typed() -> None:
    answer = signed_in("compliance").post(
        "/audit/auditors/new/", {"name": "Ada Auditor", "ends_on": "2020-01-01", "starts_on": "2026-01-01"}
    )
    assert answer.status_code == 422
    assert "Ada Auditor" in text_of(answer)
    assert "The last day lies before the first." in text_of(answer)


def test_the_home_page_says_what_is_seen_and_what_not() -> None:
    engagement = admitted(entries_from=dt.date(2026, 9, 1), schools=[school("middle")])
    page = text_of(client_of(engagement.user).get("/auditing/"))
    for words in ("You see", "September 1, 2026", school("middle").name, "You do not see", "No names of students", "No exports."):
        assert words in page


def test_a_name_opens_only_in_an_audit_with_names_and_of_its_schools() -> None:
    """Two people admit an audit with names; each name is a look of its own, with purpose, basis and rule, that the family sees."""
    mine, other = (Student.objects.filter(school=school(name), left_on=None).order_by("pk").last() for name in ("middle", "high"))
    for one in (mine, other):
        look("counselor", [one.pk], hat=Role.COUNSELOR)
    auditor = client_of(admitted(schools=[school("middle")], may_see_names=True).user)
    called = as_owner(
        "SET ROLE portal_door; SELECT given_name || ' ' || family_name FROM records.identity WHERE student_id = %s", (mine.pk,)
    )[0][0]
    as_owner("RESET ROLE")
    page = f"/audit/students/{mine.public_id}/"
    assert called not in text_of(auditor.get(page))
    assert called in text_of(auditor.post(page))
    told = [entry for entry in trail(Event.TRAIL_NAMES_OPENED) if entry["hat"] == Role.AUDITOR]
    assert [(entry["record_ids"], entry["elements"], entry["purpose"], entry["basis"]) for entry in told] == [
        ([mine.pk], ["name"], "privacy-oversight", "ferpa-outsourced-official")
    ]
    auditor.post(f"/audit/students/{other.public_id}/")
    assert len([entry for entry in trail(Event.TRAIL_NAMES_OPENED) if entry["hat"] == Role.AUDITOR]) == 1


def test_without_names_in_the_audit_none_opens() -> None:
    student = Student.objects.filter(left_on=None).order_by("pk").last()
    assert student is not None
    auditor = client_of(admitted().user)
    page = f"/audit/students/{student.public_id}/"
    assert "Open the name" not in text_of(auditor.get(page))
    assert auditor.post(page).status_code == 403


def test_a_sample_from_announcement_to_test() -> None:
    engagement = admitted()
    client = client_of(engagement.user)
    yesterday = clock.today() - dt.timedelta(days=1)
    given = {
        "objective": "Purposes",
        "first": (yesterday - dt.timedelta(days=40)).isoformat(),
        "last": yesterday.isoformat(),
        "kind": "area:records",
        "strata": "kind",
        "size": 8,
        "seed": "abcdef123456",
        "attributes": "The purpose fits\nThe class fits",
    }
    page = client.post("/auditing/samples/new/", given)["Location"]
    assert "Draw the sample" in text_of(client.get(page))
    client.post(f"{page}draw/")
    shown = text_of(client.get(page))
    assert "0 of 8 tested" in shown
    assert client.post(page, {"place": 2, "a1": "yes", "a2": "no", "note": "See entry"}).status_code == 302
    item = SampleItem.objects.get(sample__engagement=engagement, place=2)
    assert item.marks == {"1": "yes", "2": "no"}
    told = client.get(f"{page}sample.json").json()
    assert (told["seed"], len(told["entries"])) == ("abcdef123456", 8)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"seed": "dice!"}, "8 to 64"),
        ({"last": "2030-01-01"}, "has to be over"),
        ({"size": 0}, "1"),
        ({"attributes": "a\n" * 7}, "Six questions"),
    ],
    ids=["seed", "ahead", "none", "too-many"],
)
def test_a_wrong_sample_is_refused_with_words(wrong: dict[str, Any], words: str) -> None:
    client = client_of(admitted().user)
    given = {"objective": "x", "first": "2026-10-01", "last": "2026-10-05", "size": 5, "seed": "abcdef123456", **wrong}
    answer = client.post("/auditing/samples/new/", given)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert not Sample.objects.filter(engagement__user__email="outside.auditor@example.org").exists()


def test_a_paper_is_the_auditors_own_until_it_is_shared(district: Clone) -> None:
    auditor = client_of(admitted().user)
    page = post_paper(auditor, "/auditing/papers/new/")["Location"]
    compliance = signed_in("compliance")
    assert compliance.get(page).status_code == 404
    auditor.post(f"{page}move/", {"move": "share"})
    assert "Late reviews" in text_of(compliance.get(page))
    assert compliance.post(f"{page}answer/", {"agreement": "agreed", "text": "We agree."}).status_code == 302
    assert "We agree." in text_of(auditor.get(page))
    auditor.post(f"{page}move/", {"move": "sign"})
    assert WorkPaper.objects.get(versions__title="Late reviews").signed_at is not None
    assert compliance.post(f"{page}answer/", {"agreement": "agreed", "text": "Again"}).status_code == 422
    assert post_paper(auditor, f"{page}edit/", seen=1).status_code == 422
    assert "Late reviews" in text_of(auditor.get(f"{page}print/"))
    told = auditor.get(f"{page}paper.json").json()
    assert told["versions"][0]["sha256"] == papers.hash_of(told["versions"][0]["content"])
    assert told["answers"][0]["sha256"] == papers.hash_of(told["answers"][0]["content"])
    assert entries(district, Event.PAPER_WRITTEN)[-1]["additional_data"]["sha256"] == told["versions"][0]["sha256"]


def test_each_version_stays_and_a_second_writer_is_told() -> None:
    auditor = client_of(admitted().user)
    page = post_paper(auditor, "/auditing/papers/new/")["Location"]
    assert post_paper(auditor, f"{page}edit/", seen=1, condition="Three of nine.").status_code == 302
    late = post_paper(auditor, f"{page}edit/", seen=1, condition="Four of nine.")
    assert late.status_code == 422
    assert "Four of nine." in text_of(late)
    assert [one.condition for one in PaperVersion.objects.filter(paper__versions__title="Late reviews").distinct().order_by("number")] == [
        "Two of nine were late.",
        "Three of nine.",
    ]
    assert "Two of nine" in text_of(auditor.get(f"{page}?version=1"))


def test_what_was_written_cannot_be_rewritten() -> None:
    auditor = client_of(admitted().user)
    post_paper(auditor, "/auditing/papers/new/")
    version = PaperVersion.objects.get(title="Late reviews")
    for change in (lambda: PaperVersion.objects.filter(pk=version.pk).update(title="x"), lambda: version.delete()):
        with pytest.raises(Exception, match=r"permission denied|append-only"):
            change()


def test_evidence_gets_its_hash_from_the_portal(district: Clone) -> None:
    engagement = admitted(kinds=[str(Event.STUDENT_OPENED)])
    auditor = client_of(engagement.user)
    from governance.trail import addresses

    inside, outside = (entries(district, kind)[0] for kind in (Event.STUDENT_OPENED, Event.ROLE_GIVEN))
    where = [str(addresses.address_of(dt.datetime.fromisoformat(one["timestamp"]), one["id"])) for one in (inside, outside)]
    answer = post_paper(
        auditor, "/auditing/papers/new/", **{"evidence-0-kind": "entry", "evidence-0-ref": f"http://localhost/audit/entries/{where[0]}/"}
    )
    assert answer.status_code == 302
    kept = PaperVersion.objects.get(title="Late reviews").evidence
    assert kept[0]["ref"] == where[0]
    assert re.fullmatch(r"[0-9a-f]{64}", kept[0]["sha256"])
    refused = post_paper(auditor, "/auditing/papers/new/", **{"evidence-0-kind": "entry", "evidence-0-ref": where[1]})
    assert refused.status_code == 422
    assert "no such entry in your scope" in text_of(refused)


@pytest.mark.parametrize("page", ["/auditing/", "/auditing/samples/new/", "/auditing/papers/new/"])
def test_nobody_else_has_an_auditors_pages(page: str) -> None:
    assert signed_in("compliance").get(page).status_code == 403


@pytest.mark.parametrize(("widening", "finds"), [("?first=2020-01-01", True), ("?kind=people.role.given", False)], ids=["days", "kind"])
def test_a_scope_is_not_widened_by_an_address(widening: str, finds: bool, district: Clone) -> None:
    day = clock.today() - dt.timedelta(days=20)
    engagement = admitted(entries_from=day, kinds=[str(Event.STUDENT_OPENED)])
    answer = client_of(engagement.user).get(f"/audit/{widening}")
    assert answer.status_code == 200
    told = entries(district, Event.TRAIL_SEARCHED)[-1]["additional_data"]["filters"]["within"]
    assert told["kinds"] == [str(Event.STUDENT_OPENED)]
    assert dt.datetime.fromisoformat(told["from"]).date() == day
    assert ("/audit/entries/" in text_of(answer)) is finds


def test_an_entry_outside_the_scope_is_not_found(district: Clone) -> None:
    from governance.trail import addresses

    engagement = admitted(kinds=[str(Event.STUDENT_OPENED)])
    other = entries(district, Event.ROLE_GIVEN)[0]
    where = addresses.address_of(dt.datetime.fromisoformat(other["timestamp"]), other["id"])
    assert client_of(engagement.user).get(f"/audit/entries/{where}/").status_code == 404
    assert signed_in("compliance").get(f"/audit/entries/{where}/").status_code == 200


def test_an_expired_auditor_is_out(settings: Any) -> None:
    engagement = admitted()
    client = client_of(engagement.user)
    Engagement.objects.filter(pk=engagement.pk).update(
        starts_on=clock.today() - dt.timedelta(days=9), ends_on=clock.today() - dt.timedelta(days=1)
    )
    RoleAssignment.objects.filter(pk=engagement.assignment_id).update(
        starts_on=clock.today() - dt.timedelta(days=9), ends_on=clock.today() - dt.timedelta(days=1)
    )
    for page in ("/auditing/", "/audit/", "/retention/"):
        assert client.get(page).status_code == 403


def test_the_leader_sees_who_audits_and_a_teacher_does_not() -> None:
    admitted()
    assert "Ada Auditor" in text_of(signed_in("leader").get("/audit/auditors/"))
    assert signed_in("teacher").get("/audit/auditors/").status_code == 403
    assert person("leader")
