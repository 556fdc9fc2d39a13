"""Searches that are kept by name: one's own, shared ones, run again with days counted from today."""

import datetime as dt
import uuid

import pytest

from governance.audit import actions, periods
from governance.audit.models import MOST_SEARCHES, Period, SavedSearch
from governance.audit.questions import Question
from governance.people.models import RoleAssignment
from governance.records.models import Student
from governance.trail import entries
from governance.vocabulary import Role
from portal.base import clock
from tests.governance.audit.cast import client_of, text_of
from tests.governance.situations import person, trail

pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture(autouse=True)
def demo(settings) -> None:
    """The demo asks for no second factor and no password once more."""
    settings.DEMO = True


@pytest.fixture
def officer():
    return client_of("compliance")


@pytest.fixture
def colleague():
    """A second compliance officer."""
    RoleAssignment.objects.create(
        user=person("deputy"), role=Role.COMPLIANCE_OFFICER, starts_on=clock.today(), given_at=clock.now(), given_by=person("admin")
    )
    return client_of("deputy")


def kept(name: str = "Class lists", **more) -> SavedSearch:
    given = {"question": Question(kind="records.class_list.opened"), "period": Period.AS_SAVED, "shared": False, "by": person("compliance")}
    return actions.save_search(name=name, at=clock.now(), **(given | more))


class TestSaving:
    def test_what_was_asked_is_kept_with_its_name(self, officer) -> None:
        student = Student.objects.first()
        address = f"/audit/saved/new/?student={student.public_id}&purpose=school-health&first=2026-01-01"
        assert "school-health" not in text_of(officer.get(address))  # its title stands there
        answer = officer.post(address, {"name": "Health", "period": "last-30", "shared": "on"})
        assert answer.status_code == 302
        saved = SavedSearch.objects.get()
        assert (saved.name, saved.period, saved.shared, saved.owner) == ("Health", "last-30", True, person("compliance"))
        assert str(student.public_id) in saved.question
        assert "Health" in text_of(officer.get("/audit/saved/"))
        assert "Health" in text_of(officer.get("/audit/"))

    def test_the_entry_holds_no_words_of_a_person(self, officer) -> None:
        officer.post("/audit/saved/new/?purpose=school-health", {"name": "About Somebody", "period": "as-saved"})
        entry = trail("trail.search.saved")[-1]
        assert "Somebody" not in str(entry)
        assert entry["object_pk"] == str(SavedSearch.objects.get().public_id)
        assert entry["actor_id"] == person("compliance").pk

    def test_it_looks_for_nothing(self, officer) -> None:
        before = len(trail("trail.searched"))
        officer.get("/audit/saved/new/?purpose=school-health")
        officer.post("/audit/saved/new/?purpose=school-health", {"name": "Health", "period": "as-saved"})
        assert len(trail("trail.searched")) == before

    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ({"name": "", "period": "as-saved"}, "This field is required"),
            ({"name": "x" * 81, "period": "as-saved"}, "80"),
            ({"name": "Class lists", "period": "as-saved"}, "You have a search of that name"),
            ({"name": "Other", "period": "for-ever"}, "Select a valid choice"),
        ],
    )
    def test_what_cannot_be_kept_is_said_and_stays_typed(self, officer, typed: dict, words: str) -> None:
        kept()
        answer = officer.post("/audit/saved/new/?kind=trail.searched", typed)
        assert answer.status_code == 422
        assert words in text_of(answer)
        assert SavedSearch.objects.count() == 1

    def test_there_is_an_end_to_them(self) -> None:
        SavedSearch.objects.bulk_create(
            SavedSearch(owner=person("compliance"), name=str(number), saved_at=clock.now()) for number in range(MOST_SEARCHES)
        )
        with pytest.raises(actions.CannotSave):
            kept()

    def test_without_its_entry_nothing_is_kept(self, monkeypatch) -> None:
        def fail(*_args, **_kwargs):
            raise RuntimeError("no entry")

        monkeypatch.setattr(entries, "append", fail)
        with pytest.raises(RuntimeError):
            kept()
        assert not SavedSearch.objects.exists()

    def test_an_address_that_no_page_made_is_not_kept(self, officer) -> None:
        assert officer.post("/audit/saved/new/?colour=red", {"name": "x", "period": "as-saved"}).status_code == 404


class TestRunning:
    def test_its_days_are_counted_from_today(self, officer) -> None:
        saved = kept(period=Period.LAST_30, question=Question(kind="records.class_list.opened", first=dt.date(2020, 1, 1)))
        today = clock.today()
        answer = officer.get(f"/audit/saved/{saved.public_id}/")
        assert answer["Location"] == (f"/audit/?kind=records.class_list.opened&first={today - dt.timedelta(days=29)}&last={today}")
        before = len(trail("trail.searched"))
        assert officer.get(answer["Location"]).status_code == 200
        assert len(trail("trail.searched")) == before + 1

    def test_it_may_keep_its_days(self, officer) -> None:
        saved = kept(question=Question(first=dt.date(2026, 1, 1), last=dt.date(2026, 2, 1)))
        assert officer.get(f"/audit/saved/{saved.public_id}/")["Location"] == "/audit/?first=2026-01-01&last=2026-02-01"

    def test_whoever_is_gone_is_said(self, officer) -> None:
        saved = kept(question=Question(student=uuid.uuid4()))
        page = officer.get(f"/audit/saved/{saved.public_id}/", follow=True)
        assert "no longer there" in text_of(page)

    @pytest.mark.parametrize(
        ("period", "today", "days"),
        [
            ("today", "2026-11-24", ("2026-11-24", "2026-11-24")),
            ("last-7", "2026-11-24", ("2026-11-18", "2026-11-24")),
            ("last-30", "2026-03-01", ("2026-01-31", "2026-03-01")),
            ("last-90", "2026-11-24", ("2026-08-27", "2026-11-24")),
            ("this-month", "2026-11-01", ("2026-11-01", "2026-11-01")),
            ("last-month", "2026-03-31", ("2026-02-01", "2026-02-28")),
            ("last-month", "2026-01-05", ("2025-12-01", "2025-12-31")),
            ("school-year", "2026-11-24", ("2026-07-01", "2026-11-24")),
            ("school-year", "2026-06-30", ("2025-07-01", "2026-06-30")),
        ],
    )
    def test_periods(self, period: str, today: str, days: tuple[str, str]) -> None:
        found = periods.days_of(period, dt.date.fromisoformat(today))
        assert found is not None
        assert tuple(day.isoformat() for day in found) == days

    def test_every_period_is_known(self) -> None:
        assert {period for period in Period if periods.days_of(period, dt.date(2026, 1, 1)) is None} == {Period.AS_SAVED}


class TestSharing:
    def test_colleagues_run_what_is_shared_and_do_not_delete_it(self, officer, colleague) -> None:
        shared, own = kept("Shared", shared=True), kept("Own")
        listed = text_of(colleague.get("/audit/saved/"))
        assert "Shared" in listed
        assert person("compliance").name in listed
        assert colleague.get(f"/audit/saved/{shared.public_id}/").status_code == 302
        assert colleague.get(f"/audit/saved/{own.public_id}/").status_code == 404
        assert colleague.post(f"/audit/saved/{shared.public_id}/delete/").status_code == 404
        assert SavedSearch.objects.count() == 2

    def test_one_deletes_ones_own(self, officer) -> None:
        saved = kept()
        assert officer.post(f"/audit/saved/{saved.public_id}/delete/").status_code == 302
        assert not SavedSearch.objects.exists()
        assert trail("trail.search.deleted")[-1]["object_pk"] == str(saved.public_id)
        assert officer.post(f"/audit/saved/{saved.public_id}/delete/").status_code == 404

    def test_two_people_may_use_one_name(self, colleague) -> None:
        kept("Same")
        kept("Same", by=person("deputy"))
        assert SavedSearch.objects.filter(name="Same").count() == 2
