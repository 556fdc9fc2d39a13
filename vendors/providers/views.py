"""Pages of the catalogue for those who keep it: policy, form, one action, one template."""

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from governance.authority.models import Element, Purpose
from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock
from portal.base.errors import CannotDo
from portal.base.telling import tell
from vendors.providers import actions, documents, forms, present, queries
from vendors.providers.models import Channel, Mark, Provider, Tool

_READERS = (Permission.MANAGE_PROVIDERS, Permission.SIGN_AGREEMENTS)

YEAR = dt.timedelta(days=365)


@require_GET
@allow(Permission.MANAGE_PROVIDERS)
def providers_list(request: SignedInRequest) -> HttpResponse:
    """All providers with their tools."""
    form = forms.SearchForm(request.GET)
    form.is_valid()
    text = form.cleaned_data.get("q", "").strip().casefold()
    rows = [present.provider_row(each) for each in queries.providers()]
    if text:
        rows = [row for row in rows if text in row["name"].casefold() or any(text in tool["name"].casefold() for tool in row["tools"])]
    return render(request, "vendors/providers/providers_list.html", {"form": form, "rows": rows, "filtered": bool(text)})


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def provider_new(request: SignedInRequest) -> HttpResponse:
    """List a provider."""
    form = forms.ProviderForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = actions.list_provider(by=request.user, at=clock.now(), **form.cleaned_data)
        except CannotDo as refusal:
            form.add_error("name", refusal.what_to_do)
        else:
            messages.success(request, _("Listed. Now its tools."))
            return redirect("providers:provider", made.public_id)
    return _form_page(request, form, _("List a provider"), reverse("providers:list"))


@require_GET
@allow(*_READERS)
def provider(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One provider: facts, tools, people with an account here."""
    found = _provider(public_id)
    context = {
        "provider": {"name": found.name, "id": found.public_id, "slug": found.slug},
        "facts": present.provider_facts(found),
        "tools": [
            {"name": tool.name, "summary": tool.summary, "url": present.tool_url(tool), "retired": tool.retired_at is not None}
            for tool in found.tools.all()
        ],
        "contacts": [
            {
                "id": contact.public_id,
                "name": contact.user.name,
                "may_sign": contact.may_sign,
                "since": contact.since,
                "invited": contact.user.last_login is None,
                "ends_on": contact.ends_on,
                "last_day_form": forms.LastDayForm(
                    initial={"ends_on": contact.ends_on or clock.today() + YEAR}, auto_id=f"id_{contact.public_id}_%s"
                ),
            }
            for contact in found.contacts.filter(ended_at=None).select_related("user")
        ],
        "crumbs": _crumbs(),
    }
    return render(request, "vendors/providers/provider.html", context)


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def provider_edit(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Change a provider's facts."""
    found = _provider(public_id)
    initial = {name: getattr(found, name) for name in forms.ProviderForm.base_fields}
    form = forms.ProviderForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        try:
            actions.change_provider(provider=found, by=request.user, at=clock.now(), **form.cleaned_data)
        except CannotDo as refusal:
            form.add_error("name", refusal.what_to_do)
        else:
            messages.success(request, _("Saved."))
            return redirect("providers:provider", public_id)
    return _form_page(request, form, _("Change facts"), reverse("providers:provider", args=[public_id]))


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def contact_invite(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Invite somebody of the provider."""
    found = _provider(public_id)
    form = forms.ContactForm(request.POST if request.method == "POST" else None, initial={"ends_on": clock.today() + YEAR})
    if form.is_valid():
        try:
            actions.invite_contact(provider=found, by=request.user, at=clock.now(), **form.cleaned_data)
        except CannotDo as refusal:
            form.add_error("email", refusal.what_to_do)
        else:
            messages.success(request, _("Invited. The link comes by e-mail; a second factor is set up with it."))
            return redirect("providers:provider", public_id)
    return _form_page(request, form, _("Invite a contact"), reverse("providers:provider", args=[public_id]), _("Invite"))


@require_POST
@allow(Permission.MANAGE_PROVIDERS)
def contact_last_day(request: SignedInRequest, public_id: UUID, contact_id: UUID) -> HttpResponse:
    """Until when somebody acts for the provider."""
    contact = _provider(public_id).contacts.filter(public_id=contact_id).first()
    if contact is None:
        raise Http404
    form = forms.LastDayForm(request.POST)
    if form.is_valid():
        day = form.cleaned_data["ends_on"]
        tell(
            request,
            lambda: actions.change_last_day(contact=contact, ends_on=day, by=request.user, at=clock.now()),
            done=_("Saved. The account ends by itself after that day."),
        )
    else:
        messages.error(request, _("Give the last day as a date."))
    return redirect("providers:provider", public_id)


@require_POST
@allow(Permission.MANAGE_PROVIDERS)
def contact_end(request: SignedInRequest, public_id: UUID, contact_id: UUID) -> HttpResponse:
    """Somebody no longer acts for the provider."""
    contact = _provider(public_id).contacts.filter(public_id=contact_id).first()
    if contact is None:
        raise Http404
    actions.end_contact(contact=contact, by=request.user, at=clock.now())
    messages.success(request, _("This person no longer acts for the provider."))
    return redirect("providers:provider", public_id)


# -- Tools ---------------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def tool_new(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """List a tool of a provider."""
    found = _provider(public_id)
    form = forms.NewToolForm(
        request.POST if request.method == "POST" else None,
        purposes=_purposes(),
        initial={"accounts": Tool.Accounts.STUDENTS, "purposes": ["online-learning-tool"], "held_in": "US"},
    )
    if form.is_valid():
        try:
            made = actions.list_tool(provider=found, by=request.user, at=clock.now(), **form.cleaned_data)
        except CannotDo as refusal:
            form.add_error("link" if refusal.code in {"no_link", "other_tool"} else "name", refusal.what_to_do)
        else:
            messages.success(request, _("Listed. Now what it collects and how data reaches it."))
            return redirect("providers:tool", made.public_id)
    return _form_page(request, form, _("List a tool"), reverse("providers:provider", args=[public_id]))


@require_GET
@allow(Permission.MANAGE_PROVIDERS)
def tool(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One tool with all its parts."""
    found = queries.with_everything(Tool.objects.filter(public_id=public_id)).first()
    if found is None:
        raise Http404
    used = {key for channel in found.channels.all() for key in channel.elements} | {
        key for each in found.subprocessors.all() for key in each.elements
    }
    titles = dict(Element.objects.filter(pk__in=used).values_list("key", "title"))
    purposes = dict(Purpose.objects.filter(pk__in=found.purposes).values_list("pk", "title"))
    context = {
        "tool": {"name": found.name, "slug": found.slug, "id": found.public_id, "summary": found.summary},
        "provider": {"name": found.provider.name, "id": found.provider.public_id},
        "facts": present.tool_facts(found, purposes),
        "parts": present.parts(found, titles, queries.listed_elements(found)),
        "retired_at": found.retired_at,
        "retired_because": found.retired_because,
        "crumbs": [*_crumbs(), {"label": found.provider.name, "href": reverse("providers:provider", args=[found.provider.public_id])}],
    }
    return render(request, "vendors/providers/tool.html", context)


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def tool_edit(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Change a tool's facts."""
    found = _tool(public_id)
    initial = {name: getattr(found, name) for name in forms.ToolForm.base_fields} | {"held_in": ", ".join(found.held_in)}
    form = forms.ToolForm(request.POST if request.method == "POST" else None, purposes=_purposes(), initial=initial)
    if form.is_valid():
        try:
            actions.change_tool(tool=found, by=request.user, at=clock.now(), **form.cleaned_data)
        except CannotDo as refusal:
            form.add_error("collects_nothing" if refusal.code == "collects_something" else "name", refusal.what_to_do)
        else:
            messages.success(request, _("Saved."))
            return redirect("providers:tool", public_id)
    return _form_page(request, form, _("Change facts"), present.tool_url(found))


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def tool_retire(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Take a tool out of use, or back."""
    found = _tool(public_id)
    if found.retired_at is not None:
        if request.method == "POST":
            actions.restore_tool(tool=found, by=request.user, at=clock.now())
            messages.success(request, _("Back in the catalog. Whether it may be used says its status."))
        return redirect("providers:tool", public_id)
    form = forms.RetireForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        actions.retire_tool(tool=found, because=form.cleaned_data["because"], by=request.user, at=clock.now())
        messages.success(request, _("Taken out of use."))
        return redirect("providers:tool", public_id)
    return _form_page(request, form, _("Take out of use"), present.tool_url(found), _("Take out of use"))


# -- Parts of a tool -----------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Part:
    """A part of a tool: its form, the action that adds a line, the name of its lines on the tool."""

    title: str | Promise
    form: type[forms.PartForm]
    add: Callable[..., Any]
    lines: str


PARTS: dict[str, Part] = {
    "addresses": Part(gettext_lazy("Addresses"), forms.AddressForm, actions.add_address, "addresses"),
    "collects": Part(gettext_lazy("What it collects"), forms.CollectsForm, actions.say_collects, "collects"),
    "versions": Part(gettext_lazy("Versions"), forms.VersionForm, actions.add_version, "versions"),
    "subprocessors": Part(gettext_lazy("Suppliers that get data"), forms.SubprocessorForm, actions.add_subprocessor, "subprocessors"),
    "marks": Part(gettext_lazy("Ratings and certificates"), forms.MarkForm, actions.add_mark, "marks"),
    "channels": Part(gettext_lazy("How data really travels"), forms.ChannelForm, actions.open_channel, "channels"),
    "decisions": Part(
        gettext_lazy("Scores, ranks, predictions and decisions"), forms.DecisionForm, actions.add_decision, "automated_decisions"
    ),
}


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_PROVIDERS)
def part(request: SignedInRequest, public_id: UUID, what: str) -> HttpResponse:
    """The lines of one part of a tool: add one, take one away; a way of data is switched off instead."""
    found, chosen = queries.with_everything(Tool.objects.filter(public_id=public_id)).first(), PARTS.get(what)
    if found is None or chosen is None:
        raise Http404
    at = clock.now()
    elements = list(Element.objects.all())
    remove, checked = request.POST.get("remove", ""), request.POST.get("checked", "")
    form = chosen.form(request.POST if request.method == "POST" and not (remove or checked) else None, elements=elements)
    if remove:
        return _remove(request, found, chosen, remove, what)
    if checked:
        return _checked(request, found, chosen, checked, what)
    if form.is_valid():
        try:
            chosen.add(tool=found, by=request.user, at=at, **form.cleaned_data)
        except CannotDo as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("Added."))
            return redirect("providers:part", public_id, what)
    titles = {element.key: element.title for element in elements}
    shown = next(each for each in present.parts(found, titles, queries.listed_elements(found)) if each["key"] == what)
    context = {
        "tool": {"name": found.name, "id": found.public_id},
        "part": shown,
        "form": form,
        "closes": what == "channels",
        "check": {"channels": _("Checked today: sends the same"), "marks": _("Found at the issuer's own site")}.get(what, ""),
        "crumbs": [*_crumbs(), {"label": found.name, "href": present.tool_url(found)}],
    }
    return render(request, "vendors/providers/part.html", context)


def _remove(request: SignedInRequest, tool: Tool, chosen: Part, which: str, what: str) -> HttpResponse:
    lines = {str(line.pk): line for line in getattr(tool, chosen.lines).all()}
    line = lines.get(which)
    if line is None:
        messages.info(request, _("This line is gone already."))
    elif isinstance(line, Channel):
        actions.close_channel(channel=line, by=request.user, at=clock.now())
        messages.success(request, _("Marked as switched off."))
    else:
        actions.remove_part(part=line, by=request.user, at=clock.now())
        messages.success(request, _("Taken away."))
    return redirect("providers:part", tool.public_id, what)


def _checked(request: SignedInRequest, tool: Tool, chosen: Part, which: str, what: str) -> HttpResponse:
    """Somebody looked again: a way still sends what stands here, or a mark was found at its issuer."""
    line = {str(line.pk): line for line in getattr(tool, chosen.lines).all()}.get(which)
    if isinstance(line, Channel):
        actions.check_channel(
            channel=line,
            elements=line.elements,
            evidence_note=line.evidence_note,
            checked_on=clock.today(),
            by=request.user,
            at=clock.now(),
        )
        messages.success(request, _("Marked as checked today."))
    elif isinstance(line, Mark):
        actions.verify_mark(mark=line, verified=Mark.Verified.ISSUER, by=request.user, at=clock.now())
        messages.success(request, _("Marked as found at the issuer's own site."))
    return redirect("providers:part", tool.public_id, what)


@require_GET
@allow(Permission.MANAGE_PROVIDERS, Permission.SIGN_AGREEMENTS, Permission.REVIEW_TOOLS)
def document(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """A document, to be saved."""
    found = queries.find_document(public_id)
    if found is None:
        raise Http404
    return documents.as_attachment(found)


# -- Helpers -------------------------------------------------------------------------------------------------------------------


def _provider(public_id: UUID) -> Provider:
    found = queries.find_provider(public_id)
    if found is None:
        raise Http404
    return found


def _tool(public_id: UUID) -> Tool:
    found = queries.tool_by_id(public_id)
    if found is None:
        raise Http404
    return found


def _purposes() -> list[tuple[str, str]]:
    return [(purpose.pk, _(purpose.title)) for purpose in Purpose.objects.filter(aggregate=False)]


def _form_page(request: SignedInRequest, form: Any, heading: str, back: str, button: str = "") -> HttpResponse:
    context = {"form": form, "heading": heading, "back": back, "button": button or _("Save"), "crumbs": _crumbs()}
    return render(request, "vendors/providers/form.html", context)


def _crumbs() -> list[dict[str, str]]:
    return [{"label": _("Providers"), "href": reverse("providers:list")}]
