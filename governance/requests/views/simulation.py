"""What a drafted rule would have meant for past requests."""

import datetime as dt
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from governance.authority import present as rules_in_words
from governance.authority.models import RuleVersion
from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.requests import queries, simulation
from governance.requests.views.parts import known_names
from governance.vocabulary import Outcome, Permission
from portal.base import clock
from portal.base.components import Status


@require_GET
@allow(Permission.MANAGE_RULES)
def rule_simulation(request: SignedInRequest, key: str, public_id: UUID) -> HttpResponse:
    """What a drafted rule would have meant for the requests of the last year."""
    draft = RuleVersion.objects.select_related("rule").filter(rule=key, public_id=public_id, approved_at=None).first()
    if draft is None:
        raise Http404
    on = clock.today()
    found = simulation.simulate(draft, since=on - dt.timedelta(days=365))
    own = [each for each in found.changed if queries.was_theirs(request.user, each.data_request, on=on)]
    names = known_names()
    context = {
        "name": str(draft),
        "title": _(draft.title),
        "tried": found.tried,
        "since": found.since,
        "refused": found.requests_that_become(Outcome.REFUSE),
        "waiting": found.requests_that_become(Outcome.STEWARD) + found.requests_that_become(Outcome.TWO_KEYS),
        "allowed": found.requests_that_become(Outcome.ALLOW),
        "rows": [
            {
                "number": str(each.data_request),
                "purpose": _(each.data_request.purpose.title),
                "asker": each.data_request.asker.title or each.data_request.hat,
                "element": names.elements.get(each.element, each.element),
                "before": Status(rules_in_words.OUTCOME_KINDS[each.before], str(each.before.label)),
                "after": Status(rules_in_words.OUTCOME_KINDS[each.after], str(each.after.label)),
            }
            for each in own[:200]
        ],
        "others": len({each.data_request.pk for each in found.changed} - {each.data_request.pk for each in own}),
        "crumbs": [
            {"label": _("Rules"), "href": reverse("authority:rules")},
            {"label": key, "href": reverse("authority:rule", args=[key])},
            {"label": str(draft), "href": reverse("authority:version", args=[key, public_id])},
        ],
    }
    return render(request, "governance/requests/rule_simulation.html", context)
