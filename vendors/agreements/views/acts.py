"""Acts that are asked once more before they are done."""

import dataclasses
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock
from portal.base.errors import CannotDo
from vendors.agreements import actions, forms
from vendors.agreements.models import Agreement
from vendors.agreements.queries import Held
from vendors.agreements.views.parts import crumbs, held_or_404


@dataclasses.dataclass(frozen=True)
class Act:
    """A verb with the question before it: what it means, what is asked with it, and the words after it."""

    title: str | Promise
    words: str | Promise
    done: str | Promise
    action: Callable[..., Any]
    form: Callable[[Any, Held], Form] | None = None
    kind: str = "warn"


def _end_form(data: Any, held: Held) -> Form:
    others = Agreement.objects.filter(provider=held.agreement.provider, ended_at=None).exclude(pk=held.agreement.pk)
    return forms.EndForm(data, others=list(others))


ACTS: dict[str, Act] = {
    "send": Act(
        gettext_lazy("Send for signing"),
        gettext_lazy("The text is closed. Each side signs exactly this text, named by its hash."),
        gettext_lazy("Sent for signing."),
        actions.send,
    ),
    "take-back": Act(
        gettext_lazy("Take the text back"),
        gettext_lazy("Nobody has signed it. It can be changed again, and gets another hash."),
        gettext_lazy("The text is open again."),
        actions.take_back,
    ),
    "amend": Act(
        gettext_lazy("Begin an amendment"),
        gettext_lazy(
            "A copy of the text that holds, to be changed and signed. Until then the old text holds. Approvals that the change touches are asked again."
        ),
        gettext_lazy("The amendment was begun. Change what is to change, then send it."),
        actions.amend,
    ),
    "renew": Act(
        gettext_lazy("Begin a renewal"),
        gettext_lazy("A copy of the text that goes on where it ends. It holds once both sides have signed it."),
        gettext_lazy("The renewal was begun. Check it, then send it."),
        actions.renew,
        lambda data, held: forms.RenewForm(data),
    ),
    "drop": Act(
        gettext_lazy("Drop this text"),
        gettext_lazy("It will not be signed. What holds already goes on."),
        gettext_lazy("The text was dropped."),
        actions.drop,
        kind="stop",
    ),
    "end": Act(
        gettext_lazy("End the agreement now"),
        gettext_lazy(
            "From this moment on the portal lets no more data go to its tools, and they show as “not any more”. The provider has to delete what it holds."
        ),
        gettext_lazy("The agreement has ended."),
        actions.end,
        _end_form,
        kind="stop",
    ),
}


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def act(request: SignedInRequest, public_id: UUID, what: str) -> HttpResponse:
    """Ask once more, then do it: send, take back, amend, renew, drop, end."""
    held, chosen = held_or_404(public_id), ACTS.get(what)
    if chosen is None:
        raise Http404
    form = chosen.form(request.POST if request.method == "POST" else None, held) if chosen.form else None
    if request.method == "POST" and (form is None or form.is_valid()):
        said = dict(form.cleaned_data) if form is not None else {}
        if "superseded_by" in said:
            other = str(said["superseded_by"])
            said["superseded_by"] = Agreement.objects.filter(public_id=other).first() if other else None
        try:
            chosen.action(agreement=public_id, by=request.user, at=clock.now(), **said)
        except CannotDo as refusal:
            messages.error(request, refusal.what_to_do)
        else:
            messages.success(request, str(chosen.done))
        return redirect("agreements:detail", public_id)
    context = {
        "form": form,
        "act": chosen,
        "title": held.agreement.title,
        "back": reverse("agreements:detail", args=[public_id]),
        "crumbs": crumbs(held),
    }
    return render(request, "vendors/agreements/act.html", context)
