"""What the public is told: by two people who did not write it, never a small number, and no company without counsel's word."""

import json
from typing import Any

import psycopg2
import pytest
from django.test import Client

from breaches.postings import actions, facts, rules
from breaches.postings.models import Posting, Version
from governance.records.models import Student
from portal.base import clock
from portal.base.errors import CannotDo
from tests.breaches.affected.test_lists import incident, provider
from tests.breaches.notices.situations import listed, started
from tests.breaches.postings.situations import TEXTS, approved, ended, published, sha_of, written
from tests.governance.audit.cast import client_of, text_of
from tests.governance.situations import person, trail
from tests.harness.databases import Clone

pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


def refused(verb: Any, **given: Any) -> str:
    with pytest.raises(CannotDo) as why:
        verb(at=clock.now(), **given)
    assert why.value.what_to_do
    return why.value.code


@pytest.mark.parametrize(
    ("number", "told"),
    [(None, None), (0, 0), (1, 0), (9, 0), (10, 10), (14, 10), (16, 20), (99, 100), (101, 100), (130, 150), (949, 950), (1_049, 1_000), (52_349, 52_300)],
)  # fmt: skip
def test_numbers_are_rounded_and_small_ones_not_told(number: int | None, told: int | None) -> None:
    assert rules.rounded(number) == told


class TestApproving:
    def test_its_author_alone_publishes_nothing(self) -> None:
        posting = written(ended())
        given = {"posting": posting.public_id, "sha256": sha_of(posting)}
        assert refused(actions.approve, by=person("security"), **given) == "own"
        actions.approve(by=person("compliance"), at=clock.now(), **given)
        assert refused(actions.approve, by=person("compliance"), **given) == "twice"
        assert refused(actions.publish, by=person("security"), **given) == "not_approved"
        assert refused(actions.approve, by=person("teacher"), **given) == "not_allowed"
        assert Client().get("/incidents/public/").status_code == 200
        assert TEXTS["en"]["title"] not in text_of(Client().get("/incidents/public/"))

    def test_an_edit_after_approval_needs_both_again_and_the_public_reads_the_old_text_until_then(self) -> None:
        of = ended()
        posting = published(of)
        old = sha_of(posting)
        written(of, texts={**TEXTS, "en": {**TEXTS["en"], "happened": "Something else entirely."}})
        assert refused(actions.publish, posting=posting.public_id, sha256=old, by=person("security")) == "changed"
        assert refused(actions.publish, posting=posting.public_id, sha256=sha_of(posting), by=person("security")) == "not_approved"
        page = text_of(Client().get(f"/incidents/public/{posting.slug}/"))
        assert "A list was sent." in page
        assert "Something else entirely." not in page

    def test_a_text_changed_in_the_database_is_not_published(self, district: Clone) -> None:
        posting = approved(ended())
        sha = sha_of(posting)
        attacker = district.connect()
        try:
            for statement in (
                "UPDATE postings_version SET texts = '{}'",
                "DELETE FROM postings_approval",
                "UPDATE postings_approval SET by_id = 1",
                "DELETE FROM postings_posting",
            ):
                with pytest.raises(psycopg2.errors.InsufficientPrivilege), attacker.cursor() as cursor:
                    cursor.execute(statement)
                attacker.rollback()
        finally:
            attacker.close()
        Version.objects.using("owner").filter(posting=posting).update(texts={"en": {}})
        assert refused(actions.publish, posting=posting.public_id, sha256=sha, by=person("security")) == "changed"

    def test_who_may_not_and_what_is_not_published(self) -> None:
        assert refused(lambda at: written(incident())) == "open"
        assert refused(lambda at: written(ended(incident(drill=True)))) == "drill"
        assert [json.loads(row["additional_data"])["step"] for row in trail("breaches.incident.step_held")] == ["write"], "the try stays"
        about = incident(account=person("compliance"))
        assert refused(lambda at: written(ended(about), by="compliance")) == "own_case"
        assert refused(lambda at: written(ended(), texts={"en": TEXTS["en"], "es": {}})) == "missing"

    def test_a_company_is_named_where_counsel_agreed_alone(self) -> None:
        of = ended(incident(provider=provider()))
        assert "Ink" not in json.dumps(Client().get(f"/incidents/public/{published(of).slug}/").content.decode())
        assert refused(lambda at: written(of, name_provider=True)) == "no_counsel"
        assert refused(lambda at: written(ended(), name_provider=True, counsel="A. Counsel")) == "no_provider"
        posting = published(of, name_provider=True, counsel="A. Counsel, November 20")
        page = text_of(Client().get(f"/incidents/public/{posting.slug}/"))
        assert "Ink & Paper" in page
        assert "A. Counsel" not in page


class TestWhatThePublicReads:
    def test_a_small_group_is_not_counted_and_nobody_is_named(self) -> None:
        students = list(Student.objects.filter(left_on=None).order_by("pk")[:3])
        of = listed(*students).incident
        posting = published(ended(of))
        page = text_of(Client().get(f"/incidents/public/{posting.slug}/"))
        assert "fewer than 10" in page
        found = next(one for one in Client().get("/incidents/public.json").json()["incidents"] if one["id"] == posting.slug)
        assert found["students"] == {"fewer_than": 10}
        assert found["information"] == [{"key": "name", "title": found["information"][0]["title"]}]
        assert not [
            name for name in ("security", "Priya", str(of), of.title) if name in Client().get("/incidents/public.json").content.decode()
        ]
        assert "Version" not in page

    def test_a_larger_one_is_rounded_over_all_lists_that_were_told(self) -> None:
        students = list(Student.objects.filter(left_on=None).order_by("pk")[:16])
        which = listed(*students[:9])
        listed(*students[:3], of=which.incident)
        more = listed(*students[7:16], of=which.incident)
        started(which)
        started(more)
        told = facts.of_incident(which.incident)
        assert told["about"] == 20
        assert told["told_on"] == clock.today().isoformat()

    def test_its_link_stays_also_when_it_is_taken_down(self) -> None:
        posting, other = published(ended()), published(ended())
        year, number = map(int, posting.slug.split("-"))
        assert (year, other.slug) == (clock.today().year, f"{year}-{number + 1}")
        given = {"posting": posting.public_id, "by": person("compliance")}
        assert refused(actions.take_down, reason=" ", **given) == "no_reason"
        actions.take_down(reason="It named a school.", at=clock.now(), **given)
        page = Client().get(f"/incidents/public/{posting.slug}/")
        assert (page.status_code, "It named a school." in text_of(page)) == (410, True)
        assert Client().get("/incidents/public/print/").content.decode().count("A list was sent.") == 1
        taken = {one["id"]: "taken_down" in one for one in Client().get("/incidents/public.json").json()["incidents"]}
        assert (taken[posting.slug], taken[other.slug]) == (True, False)
        feed = Client().get("/incidents/public/feed.atom").content.decode()
        assert (f"/{posting.slug}/" in feed, f"/{other.slug}/" in feed) == (False, True)
        assert len(trail("breaches.posting.taken_down")) == 1

    def test_it_is_read_in_spanish_too_and_an_unknown_one_is_not_found(self) -> None:
        posting = published(ended())
        assert "Una lista llegó a la oficina equivocada" in text_of(Client().get(f"/es/incidents/public/{posting.slug}/"))
        assert Client().get("/incidents/public/2020-1/").status_code == 404
        Posting.objects.create(incident=ended(), slug="2020-1", begun_at=clock.now(), begun_by=person("security"))
        assert Client().get("/incidents/public/2020-1/").status_code == 404


def test_the_pages_of_those_who_write_it() -> None:
    of = ended()
    lead, second, third = client_of("security"), client_of("compliance"), client_of("admin")
    here = f"/incidents/{of.public_id}/posting/"
    assert here in lead.get(f"/incidents/{of.public_id}/").content.decode()
    assert lead.post(f"{here}write/", {"title_en": "Only this"}).status_code == 422
    typed = {f"{part}_{code}": words for code, said in TEXTS.items() for part, words in said.items()}
    assert "0 of 2 approvals" in text_of(lead.post(f"{here}write/", typed, follow=True))
    sha = sha_of(Posting.objects.get(incident=of))
    assert f"A public text about {of} waits for approval" in text_of(second.get("/home/"))
    assert "A public text about" not in text_of(lead.get("/home/"))
    assert "You wrote this text" in text_of(lead.post(f"{here}act/", {"act": "approve", "sha256": sha}, follow=True))
    second.post(f"{here}act/", {"act": "approve", "sha256": sha})
    assert "Approved, to be published" in text_of(third.post(f"{here}act/", {"act": "approve", "sha256": sha}, follow=True))
    assert "The public reads it" in text_of(lead.post(f"{here}act/", {"act": "publish", "sha256": sha}, follow=True))
    assert lead.post(f"{here}act/", {"act": "take_down"}).status_code == 422
    assert "Taken down" in text_of(lead.post(f"{here}act/", {"act": "take_down", "reason": "A mistake."}, follow=True))
    assert client_of("teacher").get(here).status_code == 404
