"""The report for the school board: counts of two periods, small groups of students left out, the same as a PDF in two languages."""

import datetime as dt

import pytest
from django.db import connections
from django.utils import translation

from governance.exports import board
from governance.records.models import Student
from governance.records.plain_words import purpose_words
from governance.vocabulary import Role
from portal.base import clock
from tests.governance.audit.cast import client_of, text_of
from tests.governance.situations import person, trail

pytestmark = pytest.mark.usefixtures("district")
# Days in the oldest months that the trail has room for: before the demo's year of looks.
FIRST = (clock.today().replace(day=1) - dt.timedelta(days=360)).replace(day=10)
PERIOD = board.Period(FIRST, FIRST + dt.timedelta(days=9))


@pytest.fixture(autouse=True)
def demo(settings) -> None:
    settings.DEMO = True


def look(
    day: int, students: list[int], *, kind: str = "records.student.opened", hat: str = "teacher", who: str = "teacher", **more
) -> None:
    """A look `day` days after the period began; before it where that is less than zero."""
    columns = {"purpose": "classroom-instruction", "elements": ["name", "grade"]} | more
    at = dt.datetime.combine(FIRST + dt.timedelta(days=day), dt.time(18), tzinfo=dt.UTC)
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            f'INSERT INTO trail.entry("timestamp", action, kind, hat, actor_id, record_ids, {", ".join(columns)})'
            f" VALUES (%s, 3, %s, %s, %s, %s, {', '.join(['%s'] * len(columns))})",
            [at, kind, hat, person(who).pk, students or None, *columns.values()],
        )


def counted() -> dict[str, dict[str, tuple[int | str, int | str]]]:
    """part -> line -> (now, before)."""
    found = board.report(PERIOD, by=person("compliance"), hat=Role.COMPLIANCE_OFFICER)
    return {part.heading: {row.label: (row.now, row.before) for row in part.rows} for part in found.parts}


class TestTheNumbers:
    def test_accesses_by_role_purpose_tier_school_and_month(self) -> None:
        students = list(Student.objects.order_by("pk").values_list("pk", flat=True))
        look(0, students[:30])
        look(9, students[:1], who="counselor", hat="counselor", purpose="school-health", elements=["name", "health-plan"])
        look(-1, students[:12])
        look(10, students[:2])  # the day after it
        look(-11, students[:2])  # the day before the one before
        look(3, [], kind="trail.searched")  # no record was opened
        found = counted()
        assert found["In short"]["Times that records were opened"] == (2, 1)
        assert found["In short"]["Students whose record was opened"] == (30, 12)
        assert found["In short"]["People who opened one"] == (2, 1)
        assert found["By role"] == {"Teacher": (1, 1), "Counselor": (1, 0)}
        assert found["By purpose"][purpose_words("school-health")] == (1, 0)
        assert sum(int(now) for now, _before in found["By sensitivity of the data"].values()) == 2
        assert sum(int(now) for now, _before in found["By month"].values()) == 2

    def test_refusals(self) -> None:
        look(1, [], kind="records.read.refused")
        look(2, [], kind="governance.request.refused")
        look(-2, [], kind="records.read.refused")
        assert counted()["Refusals"] == {"Refused": (1, 1), "Data request refused": (1, 0)}

    def test_the_one_before_is_as_long_and_ends_the_day_before(self) -> None:
        assert PERIOD.before == board.Period(FIRST - dt.timedelta(days=10), FIRST - dt.timedelta(days=1))
        assert board.last_month(dt.date(2027, 3, 31)) == board.Period(dt.date(2027, 2, 1), dt.date(2027, 2, 28))

    def test_fewer_than_ten_students_are_not_told(self) -> None:
        look(0, list(Student.objects.order_by("pk").values_list("pk", flat=True)[:9]))
        assert counted()["In short"]["Students whose record was opened"] == ("fewer than 10", 0)

    @pytest.mark.parametrize(
        ("numbers", "shown"),
        [
            ([3, 50, 20], ["fewer than 10", 50, "not told"]),
            ([3, 4, 20], ["fewer than 10", "fewer than 10", 20]),
            ([0, 50], [0, 50]),
            ([9], ["fewer than 10"]),
            ([10, 11], [10, 11]),
            ([], []),
        ],
    )
    def test_a_small_group_cannot_be_worked_out(self, numbers: list[int], shown: list[int | str]) -> None:
        assert board.suppressed(numbers) == shown

    def test_it_is_a_look_that_the_trail_tells(self) -> None:
        counted()
        entry = trail("trail.report.opened")[-1]
        assert entry["actor_id"] == person("compliance").pk
        assert "split" in entry["additional_data"]


class TestThePage:
    def test_it_shows_last_month_and_what_is_not_seen(self) -> None:
        page = text_of(client_of("compliance").get("/audit/board-report/"))
        for words in (
            "By role",
            "By school",
            "Overdue today",
            "Is the record unchanged?",
            "What we do not yet see",
            "Disclosures to others (34 CFR 99.32)",
        ):
            assert words in page

    @pytest.mark.parametrize(
        "address", ["?first=2026-10-01", "?first=2026-10-02&last=2026-10-01", "?first=2020-01-01&last=2026-10-01", "?first=x&last=y"]
    )
    def test_days_that_do_not_fit_are_told(self, address: str) -> None:
        answer = client_of("compliance").get(f"/audit/board-report/{address}")
        assert answer.status_code == 422
        assert client_of("compliance").get(f"/audit/board-report/pdf/{address}").status_code == 404

    @pytest.mark.parametrize("language", ["en", "es"])
    def test_the_pdf(self, language: str) -> None:
        answer = client_of("compliance").get(f"/audit/board-report/pdf/?first={FIRST}&last={FIRST}&language={language}")
        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF-")
        assert b"pdfuaid" in answer.content or b"/StructTreeRoot" in answer.content

    def test_in_spanish_no_purpose_is_left_in_english(self) -> None:
        look(0, list(Student.objects.order_by("pk").values_list("pk", flat=True)[:20]))
        with translation.override("es"):
            assert counted()["Por finalidad"] == {"Para planear y dar clases": (1, 0)}

    @pytest.mark.parametrize("persona", ["teacher", "parent", "admin"])
    def test_nobody_else_opens_it(self, persona: str) -> None:
        assert client_of(persona).get("/audit/board-report/").status_code == 403
        assert client_of(persona).get("/audit/board-report/pdf/").status_code == 403
