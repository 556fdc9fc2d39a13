"""What a tool may be told that is about no child: schools, sessions, courses, classes and teachers around the children whom it may be told of.

Ids of schools, sessions and classes are the roster's own; those of people are made for one tool (`bundles.id_of`).
"""

import dataclasses
import datetime as dt
import functools
import uuid
from collections.abc import Collection
from typing import Any

from django.conf import settings

from governance.people import queries as people
from governance.people.models import School
from governance.records.models import Enrollment, Section, Student, Teaching, Term
from governance.records.scope import open_on
from vendors.oneroster import census
from vendors.oneroster.census import Holds
from vendors.oneroster.standard import BASE, CLASS_TYPES, ORG_TYPES, SESSION_TYPES

Body = dict[str, Any]
_FOLDERS = {"org": "orgs", "academicSession": "academicSessions", "course": "courses", "class": "classes", "user": "users"}


def ref(kind: str, sourced_id: str) -> Body:
    """A reference to another object."""
    return {"href": f"{settings.BASE_URL.rstrip('/')}{BASE}{_FOLDERS[kind]}/{sourced_id}", "sourcedId": sourced_id, "type": kind}


def moment(at: dt.datetime) -> str:
    """A time of the standard: UTC, to the millisecond."""
    return at.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclasses.dataclass(frozen=True)
class Teacher:
    """A member of staff who teaches one of the classes."""

    sourced_id: str
    body: Body
    sections: tuple[int, ...]


class Roster:
    """Each part is read when it is first asked for."""

    def __init__(self, now: Holds):
        self.now = now
        self.elements = now.permit.elements

    def head(self, sourced_id: str) -> Body:
        """What every object begins with; these change with the roster at the latest."""
        return {"sourcedId": sourced_id, "status": "active", "dateLastModified": moment(self.now.roster_at)}

    @functools.cached_property
    def sections(self) -> dict[int, Section]:
        """Classes that use the tool with at least one child of whom it may be told; none where the schedule is not agreed. Two queries."""
        if "schedule" not in self.elements:
            return {}
        seated = census.seats(self.now).order_by().values("student")
        here = Enrollment.objects.filter(open_on(self.now.on), section__in=self.now.sections, student__in=seated).values("section")
        return {each.pk: each for each in Section.objects.filter(pk__in=here, active=True).select_related("school").order_by("pk")}

    @functools.cached_property
    def schools(self) -> dict[int, School]:
        """Schools of these classes, and of the children where that is agreed. At most two queries."""
        found = {each.school.pk: each.school for each in self.sections.values() if each.school is not None}
        if "school" in self.elements:
            seated = census.seats(self.now).order_by().values("student")
            attended = Student.objects.filter(pk__in=seated).values("school")
            found |= {each.pk: each for each in School.objects.filter(pk__in=attended)}
        return found

    @functools.cached_property
    def root(self) -> School | None:
        """The district's own row of the roster. One query."""
        return School.objects.filter(kind="district").order_by("pk").first()

    @functools.cached_property
    def root_id(self) -> str:
        """The id of the district's own org, whether the roster names it or not."""
        return self.root.sourced_id if self.root else "district"

    def school_id(self, pk: int | None) -> str:
        """The id of a school; the district's own where there is none."""
        found = self.schools.get(pk or 0)
        return found.sourced_id if found else self.root_id

    def orgs(self) -> list[Body]:
        """The district, then its schools."""
        own = people.district()
        name = self.root.name if self.root else own.name if own else "District"
        schools = sorted(self.schools.values(), key=lambda each: each.sourced_id)
        schools = [each for each in schools if each.sourced_id != self.root_id]
        return [
            self.head(self.root_id)
            | {"name": name, "type": "district", "identifier": self.root.identifier if self.root else ""}
            | ({"children": [ref("org", each.sourced_id) for each in schools]} if schools else {}),
            *(
                self.head(each.sourced_id)
                | {
                    "name": each.name, "type": each.kind if each.kind in ORG_TYPES else "school", "identifier": each.identifier,
                    "parent": ref("org", self.root_id),
                }
                for each in schools
            ),
        ]  # fmt: skip

    @functools.cached_property
    def terms(self) -> list[Term]:
        """Sessions of today; none where no class is told. One query."""
        if not self.sections:
            return []
        return list(Term.objects.filter(begins__lte=self.now.on, ends__gte=self.now.on, active=True).order_by("begins", "pk"))

    def sessions(self) -> list[Body]:
        """Sessions; the standard's last day is the one after."""
        return [
            self.head(term.sourced_id)
            | {
                "title": term.title, "startDate": term.begins.isoformat(), "endDate": (term.ends + dt.timedelta(days=1)).isoformat(),
                "type": term.kind if term.kind in SESSION_TYPES else "term", "schoolYear": str(term.ends.year),
            }
            for term in self.terms
        ]  # fmt: skip

    def courses(self) -> list[Body]:
        """The roster keeps classes alone: each has a course of its own."""
        return [
            self.head(f"course-{each.sourced_id}")
            | {"title": each.title, "courseCode": "", "subjects": list(each.subjects), "org": ref("org", self.school_id(each.school_id))}
            for each in self.sections.values()
        ]

    def classes(self, only: Collection[int] | None = None) -> list[Body]:
        """Classes; with `only` those of these sections."""
        terms = [ref("academicSession", term.sourced_id) for term in self.terms]
        return [
            self.head(each.sourced_id)
            | {
                "title": each.title, "classType": each.kind if each.kind in CLASS_TYPES else "scheduled", "subjects": list(each.subjects),
                "course": ref("course", f"course-{each.sourced_id}"), "school": ref("org", self.school_id(each.school_id)), "terms": terms,
            }
            for each in self.sections.values()
            if only is None or each.pk in only
        ]  # fmt: skip

    def section_of(self, sourced_id: str) -> Section | None:
        """The class with this id, if the tool may be told of it."""
        return next((each for each in self.sections.values() if each.sourced_id == sourced_id), None)

    def sections_of_school(self, sourced_id: str) -> frozenset[int] | None:
        """Classes of a school; None for one of which the tool is not told."""
        school = next((each for each in self.schools.values() if each.sourced_id == sourced_id and each.kind != "district"), None)
        return None if school is None else frozenset(each.pk for each in self.sections.values() if each.school_id == school.pk)

    @functools.cached_property
    def teachers(self) -> list[Teacher]:
        """Who teaches these classes, where teachers' names are agreed; by their ids. One query."""
        if "teachers" not in self.elements or not self.sections:
            return []
        found = Teaching.objects.filter(open_on(self.now.on), section__in=self.sections, staff_member__active=True)
        taught: dict[str, list[int]] = {}
        members = {}
        for teaching in found.select_related("staff_member").order_by("pk"):
            own = str(uuid.uuid5(self.now.delivery.tool.public_id, teaching.staff_member.sourced_id))
            members[own] = teaching.staff_member
            taught.setdefault(own, []).append(teaching.section_id)
        made = []
        for own, member in members.items():
            given, _space, family = member.name.rpartition(" ")
            org = ref("org", self.school_id(self.sections[taught[own][0]].school_id))
            body = self.head(own) | {
                "enabledUser": "true", "givenName": given or family, "familyName": family, "username": member.email or own,
                "roles": [{"roleType": "primary", "role": "teacher", "org": org}], "primaryOrg": org,
            }  # fmt: skip
            made.append(Teacher(own, body | ({"email": member.email} if member.email else {}), tuple(sorted(set(taught[own])))))
        return sorted(made, key=lambda each: each.sourced_id)
