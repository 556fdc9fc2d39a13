"""The main menu. Who sees an entry is what the view's own policy says, so it is declared once."""

import dataclasses
import functools
import itertools
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, get_urlconf, resolve
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from breaches.reports import queries as reports
from governance.alerts import queries as alerts
from governance.exports import queries as exports
from governance.people import permissions, policies
from governance.people.models import User
from governance.requests import queries as requests
from governance.vocabulary import Role
from portal.base import clock
from vendors.reviews import queries as reviews
from vendors.ways import queries as ways


@dataclasses.dataclass(frozen=True)
class Place:
    """A page of the menu. `roles` narrows it further, where one page has two names; `waiting` counts what waits there on a person.
    Places of one `group` are folded together for those who have many of them.
    """

    path: str
    label: str | Promise
    group: str | Promise = ""
    roles: frozenset[Role] = frozenset()
    waiting: Callable[[HttpRequest], int] | None = None


@dataclasses.dataclass(frozen=True)
class Entry:
    """What the layouts show of a place. `counter` is asked only where the number is shown."""

    label: str | Promise
    url: str
    active: bool = False
    counter: Callable[[], int] | None = None
    group: str | Promise = ""

    @functools.cached_property
    def count(self) -> int:
        """How much waits there; 0 where nothing is counted."""
        return self.counter() if self.counter else 0


@dataclasses.dataclass(frozen=True)
class Fold:
    """Entries of one group, folded."""

    label: str | Promise
    entries: list[Entry]

    @property
    def active(self) -> bool:
        """Whether the present page is in it."""
        return any(entry.active for entry in self.entries)

    @functools.cached_property
    def count(self) -> int:
        """How much waits in it."""
        return sum(entry.count for entry in self.entries)


def _requests_waiting(request: HttpRequest) -> int:
    return len(requests.requests_waiting_on(request.user, clock.today())) if isinstance(request.user, User) else 0


def _alerts_waiting(request: HttpRequest) -> int:
    return alerts.count_open_for(request.user) if isinstance(request.user, User) else 0


def _reports_waiting(request: HttpRequest) -> int:
    return reports.waiting(request.user, on=clock.today(), apart=False).count() if isinstance(request.user, User) else 0


def _safety_reports_waiting(request: HttpRequest) -> int:
    return reports.waiting(request.user, on=clock.today(), apart=True).count() if isinstance(request.user, User) else 0


def _reviews_waiting(request: HttpRequest) -> int:
    return len(reviews.waiting_on(request.user, clock.today())) if isinstance(request.user, User) else 0


def _ways_waiting(request: HttpRequest) -> int:
    return ways.waiting_for(request.user, clock.now()) if isinstance(request.user, User) else 0


def _exports_waiting(request: HttpRequest) -> int:
    return exports.waiting_on(request.user, on=clock.today()).count() if isinstance(request.user, User) else 0


_TOOLS, _TRAIL, _INCIDENTS, _DISTRICT = _("Tools and providers"), _("Trail"), _("Incidents and reports"), _("District")
# A group that shows no more than this is not folded.
FEW = 2

MENU = (
    Place("/home/", _("Home")),
    Place("/family/", _("My children"), roles=frozenset({Role.GUARDIAN})),
    Place("/family/", _("My record"), roles=frozenset({Role.STUDENT})),
    Place("/inbox/", _("Inbox"), waiting=_requests_waiting),
    Place("/students/", _("Students")),
    Place("/requests/", _("Requests")),
    Place("/provider/", _("My company")),
    Place("/auditing/", _("My audit")),
    Place("/tools/", _("Tools"), _TOOLS),
    Place("/consents/", _("Families’ answers"), _TOOLS),
    Place("/reviews/", _("Reviews"), _TOOLS, waiting=_reviews_waiting),
    Place("/agreements/", _("Agreements"), _TOOLS),
    Place("/providers/", _("Providers"), _TOOLS),
    Place("/deletions/", _("Deletion orders"), _TOOLS),
    Place("/announcements/", _("From providers"), _TOOLS),
    Place("/sharing/", _("Sharing"), _TOOLS),
    Place("/ways/", _("How data travels"), _TOOLS, waiting=_ways_waiting),
    Place("/audit/", _("Audit"), _TRAIL),
    Place("/audit/exports/", _("Exports"), _TRAIL, waiting=_exports_waiting),
    Place("/audit/board-report/", _("Board report"), _TRAIL),
    Place("/audit/verify/", _("Tamper check"), _TRAIL),
    Place("/audit/auditors/", _("Auditors"), _TRAIL),
    Place("/alerts/", _("Odd looks"), _TRAIL, waiting=_alerts_waiting),
    Place("/retention/", _("Retention"), _TRAIL),
    Place("/disclosures/", _("Disclosures"), _TRAIL),
    Place("/incidents/", _("Incidents"), _INCIDENTS),
    Place("/incidents/reports/", _("Reports"), _INCIDENTS, waiting=_reports_waiting),
    Place("/incidents/reports/safety/", _("Reports about safety"), _INCIDENTS, waiting=_safety_reports_waiting),
    Place("/clocks/", _("Clocks"), _INCIDENTS),
    Place("/people/families/", _("Families"), _DISTRICT),
    Place("/roster/", _("Roster"), _DISTRICT),
    Place("/authority/rules/", _("Rules"), _DISTRICT),
    Place("/authority/stewards/", _("Stewards"), _DISTRICT),
    Place("/people/", _("People"), _DISTRICT),
    Place("/setup/", _("Setup"), _DISTRICT),
    Place("/status/", _("Status"), _DISTRICT),
)
PUBLIC = (
    Place("/rights/", _("Your rights")),
    Place("/limits/", _("What we record")),
    Place("/register/", _("Tools we use")),
    Place("/notices/", _("Notices of data breaches")),
    Place("/report/", _("Tell us about a privacy problem")),
    Place("/incidents/public/", _("Incidents with student data")),
)


def here(path: str) -> str | None:
    """The path with the prefix of the reader's language, where such a page exists; else None."""
    found = _find(path, get_language() or settings.LANGUAGE_CODE, get_urlconf())
    return found[0] if found else None


def menu_of(request: HttpRequest, roles: frozenset[Role]) -> list[Entry]:
    """The entries a person with these roles may open, the one that holds the present page marked."""
    entries: list[tuple[Place, str]] = []
    for place in MENU:
        found = _find(place.path, get_language() or settings.LANGUAGE_CODE, get_urlconf())
        if found and _may_open(found[1], roles) and (not place.roles or place.roles & roles):
            entries.append((place, found[0]))
    holds = max((url for _, url in entries if request.path.startswith(url)), key=len, default="")
    return [Entry(place.label, url, active=url == holds, counter=_counter(place, request), group=place.group) for place, url in entries]


def folded(entries: list[Entry]) -> list[Entry | Fold]:
    """The entries as the menu shows them: those of one group under its name, where there are more than a few."""
    shown: list[Entry | Fold] = []
    for group, places in itertools.groupby(entries, key=lambda entry: entry.group):
        found = list(places)
        shown.extend([Fold(group, found)] if group and len(found) > FEW else found)
    return shown


def public_pages() -> list[Entry]:
    """The pages that everybody may read and that exist, for footers and the public menu."""
    return [Entry(place.label, url) for place in PUBLIC if (url := here(place.path))]


def _counter(place: Place, request: HttpRequest) -> Callable[[], int] | None:
    return functools.partial(place.waiting, request) if place.waiting else None


@functools.lru_cache(maxsize=256)
def _find(path: str, language: str, urlconf: str | None) -> tuple[str, policies.Policy | None] | None:
    prefix = "" if language == settings.LANGUAGE_CODE else f"/{language}"
    for candidate in dict.fromkeys((f"{prefix}{path}", path)):
        try:
            return candidate, policies.policy_of(resolve(candidate).func)
        except Resolver404:
            continue
    return None


def _may_open(policy: policies.Policy | None, roles: frozenset[Role]) -> bool:
    if policy is None:
        return False
    return not policy.permissions or any(permissions.holds(roles, permission) for permission in policy.permissions)
