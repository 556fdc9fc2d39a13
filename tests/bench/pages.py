"""A page of students as the benches measure it: the same request with the door, and without any trail over a table that the application may read.

Both look up session, account, scope and decision, make the same objects and render the same rows. There is no layout around them, which would
only hide what the door costs.
"""

import functools
import io
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

from auditlog.signals import accessed
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import Client
from django.test.utils import CaptureQueriesContext

from governance.authority.grounds import grounds_of
from governance.people.models import User
from governance.people.policies import allow
from governance.records import door, scope
from governance.records.models import Section, Student
from governance.vocabulary import Event, Permission, Relation, Role
from portal.base import clock
from tests.bench import harness, seeds

STUDENTS = 10_000
BIG = 1_000_000  # the id of the section with a thousand students
ELEMENTS = frozenset({"name", "preferred-name", "local-id", "grade", "email", "username"})
_COLUMNS = "student_id, given_name, middle_name, family_name, preferred_name, pronouns, local_id, state_id, email, username, phone, grade, birth_date, birth_place, gender, ethnicity"
BARE = f"SELECT {_COLUMNS} FROM bench_identity WHERE student_id = ANY (%s)"


@functools.cache
def rows_template() -> Any:
    return engines["django"].from_string(
        "<!doctype html><title>{{ section }}</title><table>{% for student in students %}<tr><th>{{ student.full_name }}</th><td>{{ student.identity.grade }}</td>"
        "<td>{{ student.identity.local_id }}</td><td>{{ student.identity.email }}</td><td>{{ student.identity.username }}</td></tr>{% endfor %}</table>"
    )


def _reached(user: User, number: int) -> tuple[Section, list[int], scope.Reach]:
    on = clock.today()
    section = next(found for found in scope.sections_taught_by(user, on=on) if found.pk == number)
    return section, scope.students_of(section, on=on), scope.Reach(Role.TEACHER, Relation.OWN_SECTION, frozenset({number}))


def _shown(section: Section, students: Sequence[door.Opened]) -> HttpResponse:
    return HttpResponse(rows_template().render({"section": section.title, "students": students}))


@allow(Permission.SEE_STUDENTS)
def by_door(request: HttpRequest, number: int) -> HttpResponse:
    """Through the door: the entry, then the read."""
    section, ids, reach = _reached(request.user, number)
    reading = door.read(
        by=request.user, reach=reach, students=ids, event=Event.CLASS_LIST_OPENED, on=clock.today(), elements=ELEMENTS, grants=()
    )
    return _shown(section, reading.in_order())


@allow(Permission.SEE_STUDENTS)
def bare(request: HttpRequest, number: int) -> HttpResponse:
    """The same without an entry, from an open table."""
    section, reading = _read_bare(request.user, number)
    return _shown(section, reading.in_order())


@allow(Permission.SEE_STUDENTS)
def stock(request: HttpRequest, number: int) -> HttpResponse:
    """The bare page with django-auditlog's own way to tell of an access: a signal for each row (under tests.bench.stock_settings)."""
    section, reading = _read_bare(request.user, number)
    for pk in reading.students:
        accessed.send(Student, instance=Student(pk=pk))
    return _shown(section, reading.in_order())


def _read_bare(user: User, number: int) -> tuple[Section, door.Reading]:
    section, ids, reach = _reached(user, number)
    grounds = grounds_of(user, hat=reach.hat, relation=reach.relation, students=ids, sections=reach.sections, on=clock.today())
    assert grounds[0].elements >= ELEMENTS
    reading = door.Reading(students={pk: door.Opened(pk) for pk in ids}, grounds=grounds, withheld={}, entries=[])
    with connection.cursor() as cursor:
        cursor.execute(BARE, [ids])
        names = [column.name for column in cursor.description]
        for row in cursor.fetchall():
            door._put_identity(reading.students, names, row, ELEMENTS)
    return section, reading


def seed() -> User:
    """A district of 10,000 students and the open table. Answers a teacher with a class of 30 (section 1) and one of 1,000 (section BIG)."""
    with closing(harness.owner()) as owner, owner.cursor() as cursor:
        seeds.students(cursor, STUDENTS)
        cursor.execute(
            f"""
            CREATE TABLE bench_identity AS SELECT {_COLUMNS} FROM records.identity;
            ALTER TABLE bench_identity ADD PRIMARY KEY (student_id);
            GRANT SELECT ON bench_identity TO portal_app;
            INSERT INTO records_section(id, sourced_id, title, school_id) VALUES ({BIG}, 'big', 'Everybody', 1);
            INSERT INTO records_teaching(sourced_id, staff_member_id, section_id, begins) VALUES ('teaching-big', 1, {BIG}, '{seeds.YEAR}');
            INSERT INTO records_enrollment(sourced_id, student_id, section_id, begins) SELECT 'big-' || n, n * 7, {BIG}, '{seeds.YEAR}' FROM generate_series(1, 1000) n;
            """
        )
        cursor.execute("VACUUM ANALYZE")
    harness.lift_ceiling()
    return User.objects.get(pk=1)


def cookie_of(user: User) -> str:
    """The session of a browser in which `user` is signed in."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return f"sessionid={client.cookies['sessionid'].value}"


def asker(path: str, cookie: str = "", **more: str) -> Callable[[], bytes]:
    """A request of `path` as the web server hands it to the portal, `more` as in WSGI. Gives the page; anything but 200 is an error."""
    application = get_wsgi_application()

    def ask() -> bytes:
        status: list[str] = []
        environment = {
            "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "localhost", "SERVER_PORT": "80", "HTTP_HOST": "localhost",
            "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "10.20.30.40", "HTTP_COOKIE": cookie, "HTTP_USER_AGENT": "bench", "HTTP_ACCEPT": "text/html",
            "wsgi.input": io.BytesIO(), "wsgi.errors": io.StringIO(), "wsgi.url_scheme": "http", "wsgi.multithread": False, "wsgi.multiprocess": True,
            "wsgi.run_once": False, "wsgi.version": (1, 0), **more,
        }  # fmt: skip
        answer = application(environment, lambda said, headers: status.append(said))
        try:
            page = b"".join(answer)
        finally:
            answer.close()
        if not status[0].startswith("200"):
            raise RuntimeError(f"{path} answered {status[0]}")
        return page

    return ask


def measure(bench: str, *, section: int, rounds: int, bar: float) -> list[harness.Line]:
    """The ratio of the page through the door to the bare page, in turn, and how often the door asks the database."""
    cookie = cookie_of(seed())
    ways = {"door": asker(f"/bench/door/{section}/", cookie), "bare": asker(f"/bench/bare/{section}/", cookie)}
    pages = {name: way() for name, way in ways.items()}
    assert pages["door"] == pages["bare"], "the two pages differ"
    queries = {}
    for name, way in ways.items():
        with CaptureQueriesContext(connection) as taken:
            way()
        queries[name] = [query["sql"] for query in taken]
    of_door = [sql for sql in queries["door"] if "door.enter" in sql or "portal.key" in sql]
    taken_seconds = harness.interleaved(ways, rounds, warm=10)
    value, spread = harness.ratios(taken_seconds["door"], taken_seconds["bare"])
    return [
        harness.line(
            bench,
            value,
            "x the page with no audit",
            bar=bar,
            better="lower",
            n=rounds,
            spread=spread,
            met=value <= bar and len(of_door) == 2,
            round_trips=len(of_door),
            queries={name: len(found) for name, found in queries.items()},
            milliseconds={name: harness.tidy(1000 * sorted(found)[len(found) // 2]) for name, found in taken_seconds.items()},
            students=pages["door"].count(b"<tr>"),
            entries=_entries(),
        )
    ]


def _entries() -> int:
    with closing(harness.owner()) as owner, owner.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM trail.entry WHERE kind = %s", [Event.CLASS_LIST_OPENED])
        number: int = cursor.fetchone()[0]
        return number
