"""The first page after signing in: what waits on you, what is new, and the ways in."""

import dataclasses

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from governance.people import queries
from governance.people.http import SignedInRequest
from governance.people.policies import signed_in
from governance.vocabulary import Role
from portal.base import clock
from portal.pages import navigation
from portal.pages.home import breach_day, waiting

# What each entry of the menu is for, in a few words.
WHAT_FOR: dict[str, str | Promise] = {
    "/family/": _("See what the portal holds, who opened it and why."),
    "/inbox/": _("Requests that staff sent, with what the rules say."),
    "/students/": _("Your class lists, students and your own looks."),
    "/requests/": _("Ask for data beyond the class list; see how far it is."),
    "/auditing/": _("What you see and until when, your samples and work papers."),
    "/audit/": _("Who opened what, when and on which ground."),
    "/audit/exports/": _("Files of the trail: yours, and those that wait for a second person."),
    "/audit/board-report/": _("What was opened, refused and given out: the numbers for the school board."),
    "/audit/auditors/": _("Who audits the district from outside, how far and until when."),
    "/consents/": _("Ask families about a tool, and see how many have answered."),
    "/incidents/": _("What went wrong with student data, what is done about it, and how it ended."),
    "/incidents/reports/": _("What people told about privacy problems."),
    "/incidents/reports/safety/": _("Worries about a student’s safety, bullying and abuse."),
    "/alerts/": _("Looks that are worth a question, and what became of them."),
    "/clocks/": _("What has to be done by a time, and what is overdue."),
    "/retention/": _("How long data is kept, what has left and by which rule."),
    "/people/families/": _("Sign-in codes, papers and court limits at the desk."),
    "/roster/": _("Bring in rosters and other data; see the faults of a file."),
    "/authority/rules/": _("What is allowed at once, what a steward decides, what is refused."),
    "/authority/stewards/": _("Who decides on which data, and where nobody does."),
    "/people/": _("Accounts, roles and invitations."),
    "/setup/": _("How far the district is, tile by tile."),
    "/status/": _("Is everything running, in words."),
}


@dataclasses.dataclass(frozen=True)
class WayIn:
    """A card that leads into a part of the portal."""

    label: str | Promise
    href: str
    text: str | Promise


@signed_in
@require_safe
def home(request: SignedInRequest) -> HttpResponse:
    """What waits on the signed-in person, by role."""
    on = clock.today()
    roles = queries.roles_of(request.user, on=on)
    waits, news = waiting.items(request.user, roles=roles, on=on, at=clock.now())
    return render(
        request,
        "portal/home/home.html",
        {
            "name": request.user.name.split(" ")[0],
            "waits": waits,
            "news": news,
            "ways": _ways_in(request, roles),
            "reach": breach_day.reach(roles),
            "without_role": not roles,
            "is_family": bool(roles) and roles <= {Role.GUARDIAN, Role.STUDENT},
        },
    )


def _ways_in(request: SignedInRequest, roles: frozenset[Role]) -> list[WayIn]:
    words = {url: text for path, text in WHAT_FOR.items() if (url := navigation.here(path))}
    return [WayIn(entry.label, entry.url, words[entry.url]) for entry in navigation.menu_of(request, roles) if entry.url in words]
