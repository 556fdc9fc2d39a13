"""`oneroster_page`: a page of 100 students for a tool's own system through the gate, against the same page over an open table without it.

Both look up the token, count against the limits of a minute, ask whom the tool may be told of, and make the same JSON.
"""

import datetime as dt
from collections.abc import Sequence
from contextlib import closing

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test.utils import CaptureQueriesContext

from governance.people.models import School, User
from governance.people.policies import public
from governance.records.models import Student
from portal.base import clock
from tests.bench import harness, pages, release_10k, seeds
from vendors.oneroster import actions, asking, children, limits, machine, standard
from vendors.oneroster.children import Seated
from vendors.oneroster.models import Client, Secret, Token
from vendors.oneroster.queries import digest
from vendors.oneroster.roster import Body
from vendors.oneroster.serving import Service
from vendors.sharing.models import Delivery
from vendors.tool_requests.models import ToolUse

BAR = 2.0
COUNT = 1000  # children whom the tool may be told of
ELEMENTS = ("name", "preferred-name", "local-id", "email", "username", "grade", "school", "schedule")
TOKEN = "bench"
STUDENTS = next(each for each in standard.ENDPOINTS if each.path == "students")


class Bare(Service):
    """The same without the gate: values come from a table that the application may read, and no line is written."""

    def _fetch(self, seated: Sequence[Seated], kind: standard.Kind, elements: frozenset[str]) -> dict[int, Body]:
        with connection.cursor() as cursor:
            cursor.execute(pages.BARE, [[each.student for each in seated]])
            names = [column.name for column in cursor.description]
            rows = {row[0]: dict(zip(names, row, strict=True)) for row in cursor.fetchall()}
        schools = dict(Student.objects.filter(pk__in=list(rows)).values_list("pk", "school_id"))
        return {
            each.student: {"sourcedId": each.sourced_id, "status": "active", "dateLastModified": each.changed}
            | children.user(each.sourced_id, rows[each.student], elements, self.roster.school_id(schools[each.student]))
            for each in seated
        }


@public(reason="for the bench")
def bare(request: HttpRequest) -> HttpResponse:
    """The page without the gate."""
    asker = machine._asker(request)
    limits.count(f"{asker.client.public_id}:requests")
    assert asker.delivery is not None
    service = Bare(asker.client, asker.delivery, clock.now())
    question = asking.read(request.GET.dict(), STUDENTS.kind, service.agreed)
    answer = service.listed(STUDENTS, {}, question)
    machine._count_rows(asker, answer.rows)
    return machine._json({"users": answer.bodies}, headers={"X-Total-Count": str(answer.total)})


def run(full: bool) -> list[harness.Line]:
    """Whole requests, in turn."""
    rounds = 401 if full else 101
    students = 10_000 if full else 3_000
    with closing(harness.owner()) as owner, owner.cursor() as cursor:
        seeds.students(cursor, students)
        cursor.execute(
            f"CREATE TABLE bench_identity AS SELECT {pages._COLUMNS} FROM records.identity; ALTER TABLE bench_identity ADD PRIMARY KEY (student_id);"
            "GRANT SELECT ON bench_identity TO portal_app"
        )
        cursor.execute("VACUUM ANALYZE")
    harness.lift_ceiling()
    _connected()
    limits.REQUESTS_A_MINUTE = limits.ROWS_A_MINUTE = limits.CHILDREN_AN_HOUR = 10**9
    ask = {"HTTP_AUTHORIZATION": f"Bearer {TOKEN}", "QUERY_STRING": "limit=100&offset=300"}
    ways = {"gate": pages.asker(f"{standard.BASE}students", **ask), "bare": pages.asker("/bench/oneroster/", **ask)}
    found = {name: way() for name, way in ways.items()}
    assert found["gate"] == found["bare"], "the two pages differ"
    queries = {}
    for name, way in ways.items():
        with CaptureQueriesContext(connection) as taken:
            way()
        queries[name] = len(taken)
    seconds = harness.interleaved(ways, rounds, warm=10)
    value, spread = harness.ratios(seconds["gate"], seconds["bare"])
    return [
        harness.line(
            "oneroster_page",
            value,
            "x the page without the gate",
            bar=BAR,
            better="lower",
            n=rounds,
            spread=spread,
            queries=queries,
            milliseconds={name: harness.tidy(1000 * sorted(taken)[len(taken) // 2]) for name, taken in seconds.items()},
            students=found["gate"].count(b'"enabledUser"'),
        )
    ]


def _connected() -> None:
    """A delivery whose preview was confirmed, classes of a thousand children that use the tool, and a system with a token."""
    release_10k.ELEMENTS = ELEMENTS
    delivery = release_10k._delivery()
    now, someone = clock.now(), User.objects.order_by("pk")[0]
    Delivery.objects.filter(pk=delivery.pk).update(seen_at=now, seen_by=someone, seen_children=COUNT, seen_elements=list(ELEMENTS))
    ToolUse.objects.create(
        tool=delivery.tool,
        teacher=someone,
        sections=[6 * group + 1 for group in range(COUNT // 30)],
        starts_on=clock.today(),
        ends_on=clock.today(),
        begun_at=now,
    )
    School.objects.create(sourced_id="district", name="Bench", kind="district")
    account = User.objects.create(email="system@bench.example", name="System", is_active=False)
    client = Client.objects.create(tool=delivery.tool, account=account, made_at=now, made_by=someone)
    secret = Secret.objects.create(client=client, sha256=digest("secret"), made_at=now, made_by=someone)
    Token.objects.create(
        secret=secret,
        sha256=digest(TOKEN),
        scopes=list(STUDENTS.scopes),
        made_at=now,
        until=now + actions.TOKEN_LASTS + dt.timedelta(hours=1),
    )
