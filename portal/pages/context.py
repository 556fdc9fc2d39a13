"""What every page may use, worked out only where a page uses it: public pages then touch neither session nor user."""

import dataclasses
import uuid
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, resolve, reverse, translate_url
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language, get_language_info, gettext

from breaches.drills import present as drill_words
from breaches.drills import queries as drills
from breaches.readiness import queries as readiness
from governance.people import permissions, queries
from governance.people.models import User
from governance.vocabulary import STAFF_ROLES, Permission, Role
from portal.base import clock, mail
from portal.pages import navigation, personas


@dataclasses.dataclass(frozen=True)
class Language:
    """A language of the portal and the address of the present page in it."""

    code: str
    name: str
    url: str
    current: bool


@dataclasses.dataclass(frozen=True)
class Person:
    """Who is signed in, in words for the header."""

    name: str
    roles: tuple[str, ...]


def site(request: HttpRequest) -> dict[str, Any]:
    """Context processor: district, nav, person, languages, public_pages, site_name, demo, personas."""
    district = SimpleLazyObject(queries.district)
    return {
        "district": district,
        "site_name": SimpleLazyObject(lambda: _site_name(district)),
        "nav": SimpleLazyObject(lambda: navigation.folded(navigation.menu_of(request, _roles(request)))),
        "person": SimpleLazyObject(lambda: _person(request)),
        "languages": SimpleLazyObject(lambda: languages(request)),
        "public_pages": SimpleLazyObject(navigation.public_pages),
        "home_url": SimpleLazyObject(lambda: navigation.here("/home/") or "/"),
        "account_url": SimpleLazyObject(lambda: navigation.here("/account/")),
        "front_url": SimpleLazyObject(lambda: navigation.here("/") or "/"),
        "demo": settings.DEMO,
        "drill_of_page": SimpleLazyObject(lambda: _drill_of_page(request)),
        "second_mail": SimpleLazyObject(lambda: _second_mail(request)),
        "personas": personas.PERSONAS if settings.DEMO else (),
    }


def languages(request: HttpRequest) -> list[Language]:
    """The languages with the same page's address in each; a page that has only one language offers no other."""
    path, current = request.get_full_path(), get_language()
    found = []
    for code, _ in settings.LANGUAGES:
        url = path if code == current else _in_language(request, code)
        if url:
            found.append(Language(code, get_language_info(code)["name_local"].capitalize(), url, code == current))
    return found


def _in_language(request: HttpRequest, code: str) -> str:
    path = request.get_full_path()
    try:
        resolve(request.path_info)
    except Resolver404:
        return _swap_prefix(path, code)  # the page that says "not found" can be read in each language too
    translated = translate_url(path, code)
    return translated if translated != path else ""


def _swap_prefix(path: str, code: str) -> str:
    bare = path
    for other, _ in settings.LANGUAGES:
        if path.startswith(f"/{other}/"):
            bare = path[len(other) + 1 :]
    return bare if code == settings.LANGUAGE_CODE else f"/{code}{bare}"


def _roles(request: HttpRequest) -> frozenset[Role]:
    user = getattr(request, "user", None)
    return queries.roles_of(user, on=clock.today()) if isinstance(user, User) else frozenset()


def _person(request: HttpRequest) -> Person:
    if not isinstance(request.user, User):
        return Person("", ())
    assignments = queries.assignments_of(request.user, on=clock.today())
    roles = dict.fromkeys(str(Role(assignment.role).label) for assignment in assignments)
    return Person(request.user.name or request.user.email, tuple(roles))


def _second_mail(request: HttpRequest) -> str:
    """Why mail goes by the second server, for staff; empty where it does not, which costs no query where there is no second one."""
    if not mail.has_second() or not _roles(request) & STAFF_ROLES:
        return ""
    switch = readiness.second_path_since()
    return switch.reason if switch else ""


# Rooms whose pages may be about an incident: only there is it asked whether it is a drill.
_OF_INCIDENTS = frozenset({"incidents", "assessment", "affected", "notices", "letters", "remedies", "postings", "drills"})


def _drill_of_page(request: HttpRequest) -> dict[str, str]:
    """The drill that the page is about, for whom its pages let in: its number and address; empty for any other page, without a query."""
    match = request.resolver_match
    if (
        match is None
        or not _OF_INCIDENTS.intersection(match.namespaces)
        or not permissions.holds(_roles(request), Permission.HANDLE_INCIDENTS)
    ):
        return {}
    found = drills.of_page(value for value in match.kwargs.values() if isinstance(value, uuid.UUID))
    if found is None:
        return {}
    exercise = getattr(found, "exercise", None)
    return {
        "number": str(found),
        "url": drill_words.address(exercise) if exercise else reverse("incidents:incident", args=[found.public_id]),
    }


def _site_name(district: Any) -> str:
    return gettext("%(district)s student data") % {"district": district.short_name} if district else gettext("Student data portal")
