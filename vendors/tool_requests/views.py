"""Pages of tools for staff: policy, form, one action, one template."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from governance.people.http import SignedInRequest
from governance.people.policies import allow, may
from governance.records.models import Section
from governance.requests.queries import sections_to_choose
from governance.vocabulary import Permission
from portal.base import clock
from vendors.providers import links
from vendors.providers import queries as catalogue
from vendors.reviews import desk, status
from vendors.reviews import queries as reviews
from vendors.reviews.models import Guidance
from vendors.reviews.rules import State
from vendors.tool_requests import actions, forms, present, queries

MOST_SHOWN = 30


@require_GET
@allow(Permission.FIND_TOOLS)
def tools(request: SignedInRequest) -> HttpResponse:
    """Find a tool by name or by a pasted link; what one uses and asked for. A link that is known leads straight to the answer."""
    at, on = clock.now(), clock.today()
    form = forms.SearchForm(request.GET)
    form.is_valid()
    text, subject = form.cleaned_data.get("q", "").strip(), form.cleaned_data.get("subject", "")
    link = links.parse(text) if text else None
    if link is not None and (known := links.tool_of(text)) is not None:
        return _straight_to(request, reverse("tools:tool", args=[known.slug]))
    searched = bool(text or subject)
    found = catalogue.named(text) if text else list(catalogue.listed()[:400])
    if subject:
        found = [tool for tool in found if subject in tool.subjects]
    statuses = list(status.of_all(found, at).values())
    if not searched:
        statuses = [each for each in statuses if each.usable]
    own_uses, own_requests = queries.uses_of(request.user), queries.requests_of(request.user)
    own = status.of_all([*(use.tool for use in own_uses), *(asked.tool for asked in own_requests if asked.tool)], at)
    context = {
        "form": form,
        "text": text,
        "link": text if link is not None else "",
        "searched": searched,
        "rows": present.rows(statuses[:MOST_SHOWN]),
        "more": max(0, len(statuses) - MOST_SHOWN),
        "uses": present.use_rows(own_uses, own, _titles(own_uses), on=on),
        "requests": [
            {
                "name": asked.name,
                "url": reverse("tools:request-detail", args=[asked.public_id]),
                "asked_at": asked.asked_at,
                "state": present.request_state(asked, own.get(asked.tool_id or 0)),
            }
            for asked in own_requests[:10]
        ],
        "may_ask": _may_ask(request),
        "may_review": may(request, Permission.REVIEW_TOOLS),
        "usual": queries.usual_wait(at),
    }
    return render(request, "vendors/tool_requests/tools.html", context)


@require_http_methods(["GET", "POST"])
@allow(Permission.FIND_TOOLS)
def tool(request: SignedInRequest, slug: str) -> HttpResponse:
    """One tool: the answer, the conditions, how to use it safely. By POST: use it with these classes."""
    found = catalogue.find_tool(slug)
    if found is None:
        raise Http404
    at, on = clock.now(), clock.today()
    may_ask = _may_ask(request)
    now = status.of(found, at)
    sections = sections_to_choose(request.user, on=on) if may_ask and now.usable else []
    own_use = next((use for use in queries.uses_of(request.user) if use.tool_id == found.pk), None)
    initial = {"sections": [str(pk) for pk in own_use.sections]} if own_use else {}
    form = forms.UseForm(request.POST if request.method == "POST" else None, sections=sections, initial=initial)
    if request.method == "POST" and may_ask and (form.is_valid() or not now.usable):
        chosen = [int(pk) for pk in form.cleaned_data.get("sections", [])]
        try:
            actions.begin_use(tool=found, sections=chosen, by=request.user, at=at)
        except actions.CannotAsk as refusal:
            messages.error(request, refusal.what_to_do)
        else:
            messages.success(request, _("It is on your list. Read the conditions before the first lesson."))
        return redirect("tools:tool", slug)
    elements, purposes = present.titles_of([now])
    waiting = desk.waits_on(now.review, on=on) if now.review is not None and not now.usable else None
    context = {
        "tool": {"name": found.name, "summary": found.summary, "description": found.description, "slug": found.slug},
        "answer": present.answer_of(now),
        "sentence": present.sentence(now, on=on),
        "usable": now.usable,
        "can_be_asked": may_ask and not now.usable and now.state is not State.RETIRED,
        "asked_already": may_ask and queries.open_request(request.user, found) is not None,
        "conditions": present.conditions(now.approval) if now.usable and now.approval else [],
        "reason": now.approval.review.reason if now.usable and now.approval else "",
        "facts": present.facts(now, purposes=purposes),
        "data": [elements.get(key, key) for key in now.approval.elements] if now.usable and now.approval else [],
        "manage_url": reverse("providers:tool", args=[found.public_id]) if may(request, Permission.MANAGE_PROVIDERS) else "",
        "guidance": present.guidance(Guidance.objects.filter(tool=found).first()),
        "alternatives": present.rows(reviews.usable_alternatives(found, at)) if not now.usable else [],
        "decisions": [
            {
                "kind": each.get_kind_display(),
                "about": each.about,
                "educator": each.educator,
                "notice": each.notice,
                "objection": each.objection,
            }
            for each in catalogue.open_decisions(found, on=on)
        ],
        "accessibility": {"text": found.accessibility, "url": found.accessibility_url, "on": found.accessibility_on},
        "waits": ", ".join(person.name for person in waiting.people) if waiting else "",
        "due_on": now.review.due_on if now.review is not None and not now.usable else None,
        "usual": queries.usual_wait(at) if not now.usable else None,
        "form": form if sections else None,
        "own_use": reverse("tools:use", args=[own_use.public_id]) if own_use else "",
        "crumbs": _crumbs(),
    }
    return render(request, "vendors/tool_requests/tool.html", context)


@require_http_methods(["GET", "POST"])
@allow(Permission.ASK_FOR_TOOLS)
def ask(request: SignedInRequest) -> HttpResponse:
    """Ask for a tool, listed or not. What may be used already leads to its page instead."""
    at, on = clock.now(), clock.today()
    listed = catalogue.find_tool(request.GET.get("tool", "")) or links.tool_of(request.GET.get("link", ""))
    if listed is not None and status.of(listed, at).usable:
        messages.info(request, _("You can use “%(tool)s” already. This page says how.") % {"tool": listed.name})
        return redirect("tools:tool", listed.slug)
    form = forms.AskForm(
        request.POST if request.method == "POST" else None,
        sections=sections_to_choose(request.user, on=on),
        on=on,
        tool=listed,
        initial={"name": request.GET.get("name", "")[:120], "link": request.GET.get("link", "")[:400]},
    )
    if form.is_valid():
        said = form.cleaned_data
        try:
            asked = actions.ask(
                name=said.get("name", ""),
                link=said.get("link", ""),
                activity=said["activity"],
                accounts=said["accounts"],
                sections=[int(pk) for pk in said.get("sections", [])],
                wanted_by=said["wanted_by"],
                used_now=said["used_now"],
                tool=listed,
                key=said["key"],
                by=request.user,
                at=at,
            )
        except actions.CannotAsk as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("Sent. You get one e-mail when there is an answer."))
            return redirect("tools:request-detail", asked.public_id)
    context = {
        "form": form,
        "tool": {"name": listed.name, "slug": listed.slug} if listed else None,
        "usual": queries.usual_wait(at),
        "crumbs": _crumbs(),
    }
    return render(request, "vendors/tool_requests/ask.html", context)


@require_GET
@allow(Permission.ASK_FOR_TOOLS)
def request_detail(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One's own request: how far it is, on whom it waits, what to do meanwhile."""
    asked = queries.find(request.user, public_id)
    if asked is None:
        raise Http404
    at, on = clock.now(), clock.today()
    now = status.of(asked.tool, at) if asked.tool else None
    state = queries.state_of(asked)
    waiting = desk.waits_on(asked.review, on=on) if asked.review is not None and state is queries.State.WAITING else None
    context = {
        "name": asked.name,
        "request_id": asked.public_id,
        "state": present.request_state(asked, now),
        "steps": present.request_steps(asked),
        "waiting": state is queries.State.WAITING,
        "answered": state is queries.State.ANSWERED,
        "waits": ", ".join(person.name for person in waiting.people) if waiting else "",
        "due_on": asked.review.due_on if asked.review and waiting else None,
        "usual": queries.usual_wait(at),
        "answer": present.answer_of(now) if now else None,
        "sentence": present.sentence(now, on=on) if now else "",
        "tool_url": present.tool_url(asked.tool) if asked.tool else "",
        "alternatives": present.rows(reviews.usable_alternatives(asked.tool, at)) if asked.tool and not (now and now.usable) else [],
        "facts": [
            {"term": _("What students will do"), "value": asked.activity},
            {"term": _("Accounts"), "value": asked.get_accounts_display()},
            {"term": _("Classes"), "value": ", ".join(_titles([asked]).values()) or _("None named")},
            {"term": _("Used now"), "value": asked.used_now or _("Nothing named")},
        ],
        "wanted_by": asked.wanted_by,
        "crumbs": _crumbs(),
    }
    return render(request, "vendors/tool_requests/request.html", context)


@require_POST
@allow(Permission.ASK_FOR_TOOLS)
def request_withdraw(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Take one's own request back."""
    if queries.find(request.user, public_id) is None:
        raise Http404
    try:
        actions.withdraw(tool_request=public_id, by=request.user, at=clock.now())
    except actions.CannotAsk as refusal:
        messages.error(request, refusal.what_to_do)
        return redirect("tools:request-detail", public_id)
    messages.success(request, _("The request was taken back."))
    return redirect("tools:tools")


@require_http_methods(["GET", "POST"])
@allow(Permission.ASK_FOR_TOOLS)
def use(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Go on using a tool, or stop: with a word on what it let one do."""
    found = queries.find_use(request.user, public_id)
    if found is None:
        raise Http404
    at, on = clock.now(), clock.today()
    form = forms.AllowedWhatForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        words = form.cleaned_data["allowed_what"]
        try:
            if request.POST.get("act") == "renew":
                renewed = actions.renew_use(use=public_id, allowed_what=words, by=request.user, at=at)
                messages.success(request, _("You keep it."))
                return redirect("tools:use", renewed.public_id)
            actions.end_use(use=public_id, allowed_what=words, by=request.user, at=at)
        except actions.CannotAsk as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("It is off your list."))
            return redirect("tools:tools")
    now = status.of(found.tool, at)
    context = {
        "name": found.tool.name,
        "tool_url": present.tool_url(found.tool),
        "answer": present.answer_of(now),
        "usable": now.usable,
        "open": found.ended_at is None,
        "classes": ", ".join(_titles([found]).values()),
        "starts_on": found.starts_on,
        "ends_on": found.ends_on,
        "over": found.ends_on < on,
        "allowed_what": found.allowed_what,
        "form": form,
        "crumbs": _crumbs(),
    }
    return render(request, "vendors/tool_requests/use.html", context)


@require_http_methods(["GET", "POST"])
@allow(Permission.REVIEW_TOOLS)
def unlisted(request: SignedInRequest) -> HttpResponse:
    """Requests for something that the catalogue does not know: join each with a tool, after listing it if need be."""
    if request.method == "POST":
        return _join(request)
    rows = [
        {
            "id": asked.public_id,
            "name": asked.name,
            "link": asked.link,
            "asker": asked.asker.name,
            "activity": asked.activity,
            "accounts": asked.get_accounts_display(),
            "asked_at": asked.asked_at,
            "wanted_by": asked.wanted_by,
            "form": forms.JoinForm(auto_id=f"join-{asked.public_id}-%s", initial={"tool": _likely(asked.name)}),
        }
        for asked in queries.not_joined()[:50]
    ]
    return render(request, "vendors/tool_requests/unlisted.html", {"rows": rows})


def _straight_to(request: SignedInRequest, address: str) -> HttpResponse:
    """Lead to another page. A search that a script sends for a part of this page would put nothing there: it is told to leave the page."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(headers={"HX-Redirect": address})
    return redirect(address)


def _join(request: SignedInRequest) -> HttpResponse:
    form = forms.JoinForm(request.POST)
    asked = next((each for each in queries.not_joined() if str(each.public_id) == request.POST.get("request")), None)
    if asked is None:
        messages.error(request, _("This request was joined or closed already."))
    elif not form.is_valid():
        messages.error(request, _("Choose the tool that is meant. If it is not there, list it in the catalog first."))
    else:
        try:
            actions.join(tool_request=asked.public_id, tool=form.cleaned_data["tool"], by=request.user, at=clock.now())
        except actions.CannotAsk as refusal:
            messages.error(request, refusal.what_to_do)
        else:
            messages.success(request, _("Joined. Who asked sees it on their page."))
    return redirect("tools:unlisted")


def _likely(name: str) -> str:
    found = catalogue.named(name, most=1)
    return found[0].slug if found else ""


def _may_ask(request: SignedInRequest) -> bool:
    return may(request, Permission.ASK_FOR_TOOLS)


def _titles(rows: Any) -> dict[int, str]:
    """Titles of the classes that uses or requests name. One query."""
    wanted = {pk for row in rows for pk in row.sections}
    return dict(Section.objects.filter(pk__in=wanted).order_by("title").values_list("pk", "title")) if wanted else {}


def _crumbs() -> list[dict[str, str]]:
    return [{"label": _("Tools"), "href": reverse("tools:tools")}]
