"""What several pages of requests need."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from governance.authority import decisions, stewards
from governance.authority import present as rules_in_words
from governance.authority import queries as catalogue
from governance.people.http import SignedInRequest
from governance.people.models import School
from governance.records.models import Section
from governance.requests import actions, queries
from governance.requests.models import DataRequest
from portal.base import clock
from portal.base.telling import tell

State = DataRequest.State


def carry_out(request: SignedInRequest, said: str, where: str, action: Any, **arguments: Any) -> HttpResponse:
    """Run one action; its refusal becomes a message on the page."""
    tell(request, lambda: action(by=request.user, at=clock.now(), **arguments), done=said)
    return redirect(where)


def crumbs(*, own: bool = True) -> list[dict[str, str]]:
    """The way back: to the own requests, or to those that wait for a decision."""
    if own:
        return [{"label": _("My requests"), "href": reverse("requests:list")}]
    return [{"label": _("Requests to decide"), "href": reverse("requests:inbox")}]


def readable(request: SignedInRequest, public_id: UUID) -> tuple[DataRequest, stewards.Waiting]:
    """A request that this person may read, and on whom it waits; 404 for any other."""
    found = queries.find(request.user, public_id, on=clock.today())
    if found is None:
        raise Http404
    return found


def sections_of(found: DataRequest) -> list[Section]:
    """The classes that were asked for."""
    return list(Section.objects.filter(pk__in=found.sections)) if found.sections else []


def cards_of(found: DataRequest, checked: actions.Checked, names: rules_in_words.Names) -> list[rules_in_words.Card]:
    """The rules that speak about a request, in words: of its purpose first, then of its elements."""
    purpose = decisions.in_force().purposes[found.purpose_id]
    return [rules_in_words.purpose_card(purpose, checked.decision), *rules_in_words.cards(checked.decision, names)]


def known_names() -> rules_in_words.Names:
    """The words for elements and purposes, in the reader's language."""
    rules = decisions.in_force()
    return rules_in_words.Names(
        {key: _(title) for key, title in catalogue.element_titles().items()}, {key: _(each.title) for key, each in rules.purposes.items()}
    )


def school_names() -> dict[int, str]:
    """Each school by its id."""
    return dict(School.objects.values_list("pk", "name"))
