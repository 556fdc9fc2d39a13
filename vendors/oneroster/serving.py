"""Answers to one request: who is listed, what is asked, which page; and only then, through the gate, what stands in it.

Lists and counts hold nobody of whom the tool may not be told, so that neither a filter, a sort nor an id tells that such a child exists. Of a
child who was sent before, a list that is asked for changes tells the id and `tobedeleted`: that it is gone, and not why.
"""

import dataclasses
import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db import connection, transaction

from governance.people.models import User
from governance.people.queries import day_of
from governance.records.door import MOST_IN_ONE_ENTRY
from governance.records.models import Enrollment
from governance.records.scope import open_on
from governance.trail import entries
from governance.vocabulary import Action, Event
from vendors.oneroster import asking, census, children, limits, standard
from vendors.oneroster.asking import NotUnderstood, Question
from vendors.oneroster.census import Holds
from vendors.oneroster.children import Seated
from vendors.oneroster.models import Client, Fetch, Seat
from vendors.oneroster.queries import DEMOGRAPHIC
from vendors.oneroster.roster import Body, Roster, ref
from vendors.oneroster.standard import Endpoint
from vendors.sharing import gate
from vendors.sharing.models import Delivery, Release

MOST_COMPARED = 5000


class TooMuch(Exception):
    """More children than a client may open in an hour: others need the portal too."""

    def __init__(self, most: int, asked: int):
        super().__init__("too many children")
        self.most, self.asked = most, asked


class NotThere(Exception):
    """There is no such object, or none of which this tool is told: nobody learns which."""


@dataclasses.dataclass(frozen=True)
class Answer:
    """What is sent: objects, how many there are in all, and how many children's rows it took."""

    bodies: list[Body]
    total: int
    rows: int


@dataclasses.dataclass(frozen=True)
class Row:
    """One object of a list. A child's has no body yet: `seated` says whose it is, `section` in which class it sits. `gone`: whose mark of
    deletion it is."""

    sourced_id: str
    body: Body
    seated: Seated | None = None
    section: int | None = None
    gone: int | None = None


class Service:
    """What one client may be told at one moment. Raises gate.Refused where nothing may be."""

    def __init__(self, client: Client, delivery: Delivery, at: dt.datetime):
        self.client, self.at = client, at
        self.by: User = client.account
        self.now: Holds = census.holds(delivery, by=self.by, at=at)
        self.roster = Roster(self.now)
        self.agreed = self.now.permit.elements & gate.CARRIED

    # -- Lists ---------------------------------------------------------------------------------------------------------------------

    def listed(self, endpoint: Endpoint, ids: Mapping[str, str], question: Question) -> Answer:
        """One page of a list. Raises NotThere where an id in the address names nothing, NotUnderstood, gate.Refused."""
        within = self._within(endpoint, ids)
        if endpoint.kind is standard.USER and within is None and not question.paths:
            return self._page_of_users(endpoint, question)
        rows = self._rows(endpoint, within)
        if question.of_changes and within is None:
            rows = [*rows, *self._gone(endpoint)]
        if question.paths:
            rows = self._asked(rows, endpoint, question)
        page = rows[question.offset : question.offset + question.limit]
        return self._answer(page, endpoint, question, total=len(rows), also=self._shown_by(endpoint, within))

    def one(self, endpoint: Endpoint, ids: Mapping[str, str], question: Question) -> Answer:
        """The one object that the address names. Raises NotThere, gate.Refused."""
        own = ids[endpoint.parts[-1]]
        row = next((each for each in self._rows(endpoint, None, own=own) if each.sourced_id == own), None)
        if row is None:
            raise NotThere
        answer = self._answer([row], endpoint, question, total=1, also=frozenset())
        if not answer.bodies:
            raise NotThere
        return answer

    def _page_of_users(self, endpoint: Endpoint, question: Question) -> Answer:
        """Students by their ids, then teachers: the page alone is read, not the whole list."""
        seats = census.seats(self.now) if "teacher" not in endpoint.only else Seat.objects.none()
        teachers = self.roster.teachers if "student" not in endpoint.only else []
        students = seats.count()
        first, last = question.offset, question.offset + question.limit
        rows = [Row(each.sourced_id, {}, each) for each in self._seated(seats[first:last])] if first < students else []
        rows += [Row(each.sourced_id, each.body) for each in teachers[max(0, first - students) : max(0, last - students)]]
        return self._answer(rows, endpoint, question, total=students + len(teachers), also=frozenset())

    def _rows(self, endpoint: Endpoint, within: frozenset[int] | None, *, own: str | None = None) -> list[Row]:
        """Everything that is listed, by ids. `own`: as far as one object needs it."""
        kind, only = endpoint.kind, endpoint.only
        if kind is standard.USER:
            rows = (
                []
                if only == ("teacher",)
                else [Row(each.sourced_id, children.skeleton(each), each) for each in self._students(within, own)]
            )
            if only != ("student",):
                rows += [Row(each.sourced_id, each.body) for each in self._teachers(within)]
            return rows
        if kind is standard.DEMOGRAPHIC:
            if not self.agreed & DEMOGRAPHIC:
                return []
            return [Row(each.sourced_id, children.skeleton(each), each) for each in self._students(within, own)]
        if kind is standard.ENROLLMENT:
            return self._enrollments(within, own)
        found: Iterable[Body]
        if kind is standard.ORG:
            found = self.roster.orgs()
        elif kind is standard.SESSION:
            found = self.roster.sessions()
        elif kind is standard.COURSE:
            found = self.roster.courses()
            if within is not None:
                courses = {f"course-{self.roster.sections[pk].sourced_id}" for pk in within}
                found = [body for body in found if body["sourcedId"] in courses]
        else:
            found = self.roster.classes(within)
        return [
            Row(body["sourcedId"], body)
            for body in sorted(found, key=lambda each: str(each["sourcedId"]))
            if not only or body.get("type") in only
        ]

    def _seated(self, seats: Any) -> list[Seated]:
        return children.seated_of(self.now, seats.values_list("student_id", "sourced_id", "changed_at"))

    def _students(self, within: frozenset[int] | None, own: str | None) -> list[Seated]:
        seats = census.seats(self.now)
        if own is not None:
            seats = seats.filter(sourced_id=own)
        if within is not None:
            seats = seats.filter(student__in=Enrollment.objects.filter(open_on(self.now.on), section__in=within).values("student"))
        return self._seated(seats)

    def _gone(self, endpoint: Endpoint) -> list[Row]:
        """Marks of deletion for children who were sent and may not be named any more: id, status and time, whatever became of them."""
        kind, only = endpoint.kind, endpoint.only
        if kind not in standard.OF_CHILDREN or only == ("teacher",) or (kind is standard.DEMOGRAPHIC and not self.agreed & DEMOGRAPHIC):
            return []
        found = census.gone(self.now, at=self.at).values_list("student_id", "sourced_id", "gone_at")
        return [Row(own, children.mark(own, since), gone=student) for student, own, since in found if since is not None]

    def _teachers(self, within: frozenset[int] | None) -> list[Any]:
        return [each for each in self.roster.teachers if within is None or within & set(each.sections)]

    def _enrollments(self, within: frozenset[int] | None, own: str | None) -> list[Row]:
        """Children in the classes of which the tool is told, and who teaches them."""
        sections = {pk: each for pk, each in self.roster.sections.items() if within is None or pk in within}
        child_id = own[:36] if own else None  # the id of an enrollment begins with that of the person
        seated = {each.student: each for each in self._students(frozenset(sections), child_id)}
        found = Enrollment.objects.filter(open_on(self.now.on), section__in=sections, student__in=seated)
        rows = []
        for student, section in set(found.values_list("student_id", "section_id")):
            each = seated[student]
            rows.append(Row(f"{each.sourced_id}-{section}", self._enrollment(each.sourced_id, section, "student"), each, section))
        for teacher in self.roster.teachers:
            rows += [
                Row(f"{teacher.sourced_id}-{section}", self._enrollment(teacher.sourced_id, section, "teacher"))
                for section in teacher.sections
                if section in sections
            ]
        return sorted(rows, key=lambda row: row.sourced_id)

    def _enrollment(self, person: str, section: int, role: str) -> Body:
        held = self.roster.sections[section]
        return self.roster.head(f"{person}-{section}") | {
            "user": ref("user", person),
            "class": ref("class", held.sourced_id),
            "school": ref("org", self.roster.school_id(held.school_id)),
            "role": role,
        } | ({"primary": "true"} if role == "teacher" else {})  # fmt: skip

    # -- Ids in the address ----------------------------------------------------------------------------------------------------------

    def _within(self, endpoint: Endpoint, ids: Mapping[str, str]) -> frozenset[int] | None:
        """The classes to which an address narrows a list; None where it does not. Raises NotThere."""
        within: frozenset[int] | None = None
        for part in endpoint.parts:
            own = ids[part]
            found = {
                "schoolSourcedId": self._of_school, "classSourcedId": self._of_class, "courseSourcedId": self._of_course,
                "termSourcedId": self._of_term, "studentSourcedId": self._of_student, "teacherSourcedId": self._of_teacher,
                "userSourcedId": self._of_user,
            }[part](own)  # fmt: skip
            within = found if within is None else within & found
        if len(endpoint.parts) > 1 and not within:
            raise NotThere
        return within

    def _of_school(self, own: str) -> frozenset[int]:
        found = self.roster.sections_of_school(own)
        if found is None:
            raise NotThere
        return found

    def _of_class(self, own: str) -> frozenset[int]:
        found = self.roster.section_of(own)
        if found is None:
            raise NotThere
        return frozenset({found.pk})

    def _of_course(self, own: str) -> frozenset[int]:
        return self._of_class(own.removeprefix("course-")) if own.startswith("course-") else self._of_class("")

    def _of_term(self, own: str) -> frozenset[int]:
        if own not in {term.sourced_id for term in self.roster.terms}:
            raise NotThere
        return frozenset(self.roster.sections)

    def _of_student(self, own: str) -> frozenset[int]:
        """The classes of a child are told of the child: they have their line first."""
        seated = next(iter(self._students(None, own)), None)
        if seated is None or "schedule" not in self.agreed:
            raise NotThere
        if not self._fetch([seated], standard.ENROLLMENT, frozenset({"schedule"})):
            raise NotThere
        found = Enrollment.objects.filter(open_on(self.now.on), student=seated.student, section__in=self.roster.sections)
        return frozenset(found.values_list("section_id", flat=True))

    def _of_teacher(self, own: str) -> frozenset[int]:
        found = next((each for each in self.roster.teachers if each.sourced_id == own), None)
        if found is None:
            raise NotThere
        return frozenset(found.sections)

    def _of_user(self, own: str) -> frozenset[int]:
        return self._of_teacher(own) if any(each.sourced_id == own for each in self.roster.teachers) else self._of_student(own)

    @staticmethod
    def _shown_by(endpoint: Endpoint, within: frozenset[int] | None) -> frozenset[str]:
        """What a list tells of each child by the address alone: who is listed under a class or a school sits there."""
        return frozenset({"schedule"}) if within is not None and endpoint.kind is standard.USER else frozenset()

    # -- Filter and sort -------------------------------------------------------------------------------------------------------------

    def _asked(self, rows: list[Row], endpoint: Endpoint, question: Question) -> list[Row]:
        """The rows that fit the filter, sorted. What must be read of children to answer has an entry of its own."""
        elements = asking.elements_of(question.paths, endpoint.kind)
        known: Mapping[int, Body] = {}
        seated = [row.seated for row in rows if row.seated is not None]
        if elements and seated:
            if len(seated) > MOST_COMPARED:
                raise NotUnderstood(
                    "invalid_filter_field",
                    f"A filter or sort by what is recorded of children looks through {MOST_COMPARED} of them at most. "
                    "Ask without it, or below a class or a school.",
                )
            self._opens(len(seated))
            known = children.known_of(self.now, seated, elements, by=self.by)
        pairs = [(row, self._compared(row, known)) for row in rows]
        fitting = [(row, body) for row, body in pairs if asking.holds(question, body)]
        if question.sort:
            fitting.sort(key=lambda pair: asking.sort_key(question, pair[1]), reverse=question.descending)
        return [row for row, _body in fitting]

    @staticmethod
    def _compared(row: Row, known: Mapping[int, Body]) -> Body:
        """What a filter or sort sees of an object."""
        if row.gone is not None:
            return row.body | {"roles": children.ROLES}
        return known.get(row.seated.student, row.body) if row.seated is not None else row.body

    def _opens(self, number: int) -> None:
        """Count what is opened in this hour, against half of what the whole portal may open of these children. Raises TooMuch."""
        asked = limits.count(f"{self.client.public_id}:children", number, minutes=60)
        if asked > limits.CHILDREN_AN_HOUR and asked > (most := max(limits.CHILDREN_AN_HOUR, 2 * census.seats(self.now).count())):
            raise TooMuch(most, asked)

    # -- Through the gate ------------------------------------------------------------------------------------------------------------

    def _answer(self, page: Sequence[Row], endpoint: Endpoint, question: Question, *, total: int, also: Collection[str]) -> Answer:
        seated = list({row.seated.student: row.seated for row in page if row.seated is not None}.values())
        made: dict[int, Body] = {}
        if seated:
            elements = children.elements_for(endpoint.kind, self.agreed, question.fields, also=also)
            made = self._fetch(seated, endpoint.kind, elements)
        if gone := sorted(row.gone for row in page if row.gone is not None):
            _tell_gone(_fetch_of(self.client, self.now.delivery, self.at).release, gone, by=self.by)
        bodies = []
        for row in page:
            if row.seated is None or (endpoint.kind is standard.ENROLLMENT and row.seated.student in made):
                bodies.append(row.body)
            elif row.seated.student in made:
                bodies.append(made[row.seated.student])
        if question.fields is not None:
            bodies = [_narrowed(body, question.fields) for body in bodies]
        return Answer(bodies, total, len(page))

    def _fetch(self, seated: Sequence[Seated], kind: standard.Kind, elements: frozenset[str]) -> dict[int, Body]:
        if not elements:
            return {}
        self._opens(len(seated))
        fetch = _fetch_of(self.client, self.now.delivery, self.at)
        made = children.fetch(self.now, fetch.release, seated, kind, elements, self.roster, by=self.by)
        _remember(fetch, sorted(made))
        return made


def _narrowed(body: Body, fields: Collection[str]) -> Body:
    """The fields that were asked for. A mark of deletion stays whole: without its status it would read as a child."""
    return body if body["status"] == standard.GONE else {name: value for name, value in body.items() if name in fields}


@transaction.atomic
def _tell_gone(release: Release, students: Sequence[int], *, by: User) -> None:
    """Record which children the tool is told to delete, ahead of the answer."""
    for first in range(0, len(students), MOST_IN_ONE_ENTRY):
        some = students[first : first + MOST_IN_ONE_ENTRY]
        entries.append(Event.RELEASE_DELETIONS, action=Action.CREATE, by=by, about=release, hat=census.HAT, students=some)


def _fetch_of(client: Client, delivery: Delivery, at: dt.datetime) -> Fetch:
    """What the client fetches on this day: one release, in the name of whoever confirmed the preview."""
    day = day_of(at)
    found = Fetch.objects.filter(client=client, day=day, release__delivery=delivery).select_related("release").first()
    return found or _begin_fetch(client, delivery, day, at)


@transaction.atomic
def _begin_fetch(client: Client, delivery: Delivery, day: dt.date, at: dt.datetime) -> Fetch:
    release = Release.objects.create(
        delivery=delivery, state=Release.State.MADE, asked_at=at, asked_by=delivery.seen_by or delivery.opened_by
    )
    entries.append(
        Event.RELEASE_FETCHED,
        action=Action.CREATE,
        by=client.account,
        about=release,
        hat=census.HAT,
        data={"client": str(client.public_id)},
    )
    made, _new = Fetch.objects.update_or_create(client=client, day=day, defaults={"release": release})
    return made


def _remember(fetch: Fetch, students: list[int]) -> None:
    """The release counts each child once, however many pages hold it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH held AS (
                 UPDATE oneroster_fetch f SET students = f.students || ARRAY(SELECT n FROM unnest(%(new)s::bigint[]) n EXCEPT SELECT o FROM unnest(f.students) o)
                 WHERE f.id = %(fetch)s RETURNING release_id, cardinality(students) AS children)
               UPDATE sharing_release r SET children = held.children FROM held WHERE r.id = held.release_id""",
            {"new": students, "fetch": fetch.pk},
        )


def refused(client: Client, delivery: Delivery, refusal: gate.Refused) -> None:
    """Record that the gate let nothing through for a request."""
    entries.refuse(
        Event.RELEASE_REFUSED,
        by=client.account,
        about=delivery,
        hat=census.HAT,
        data={"why": refusal.code, "client": str(client.public_id)},
    )
