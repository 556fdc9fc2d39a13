"""Notices of an incident: by audience, written, approved by two people, sent once, and what became of them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from breaches.affected import queries as affected
from breaches.assessment import laws
from breaches.incidents import queries as incidents
from breaches.incidents.models import Incident
from breaches.notices import actions, addressees, contacts, contents, drafts, duties, forms, present, queries, returns
from breaches.notices.models import Audience, Notice, Recipient
from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.vocabulary import Permission
from portal.base import clock
from portal.base.errors import CannotDo
from portal.base.finding import or_404
from portal.base.telling import taken, tell

PAGE = 50


@require_safe
@allow(Permission.HANDLE_INCIDENTS)
def notices(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The notices of an incident, by whom they speak to, with what is asked of each."""
    incident = _incident(request, public_id)
    context = {
        "crumbs": present.crumbs(incident)[:2],
        "incident": public_id,
        "title": incident.title,
        "drill": incident.drill,
        "is_open": incident.closed_at is None,
        "audiences": present.audiences(queries.of_incident(incident), duties.by_audience(incident, at=clock.now()), incident),
        "has_list": affected.of_incident(incident).filter(made_at__isnull=False).exists(),
    }
    return render(request, "breaches/notices/notices.html", context)


def _incident(request: SignedInRequest, public_id: UUID) -> Incident:
    return or_404(incidents.for_reader(request.user, public_id))


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Permission.HANDLE_INCIDENTS)
def new(request: SignedInRequest, public_id: UUID, audience: str) -> HttpResponse:
    """Begin a notice to an audience."""
    incident, name = _incident(request, public_id), audience.replace("-", "_")
    if name not in Audience:
        raise Http404
    is_family = name == Audience.FAMILY
    form = forms.NewForm(
        request.POST if request.method == "POST" else None,
        lists=affected.of_incident(incident).filter(made_at__isnull=False) if is_family else None,
        choices=contents.choices(name),
        duties=duties.by_audience(incident, at=clock.now())[name],
    )
    made = taken(form, lambda: actions.make(incident=public_id, audience=name, by=request.user, at=clock.now(), **form.cleaned_data))
    if made is not None:
        return redirect("notices:write", made.public_id)
    context = {"crumbs": present.crumbs(incident), "title": Audience(name).label, "form": form, "incident": public_id}
    return render(request, "breaches/notices/new.html", context, status=422 if form.is_bound else 200)


# -- One notice --------------------------------------------------------------------------------------------------------------------


@require_safe
@allow(Permission.HANDLE_INCIDENTS)
def notice(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One notice: its text, what it has to say, who approved it, and how far it is."""
    return _page(request, _found(request, public_id))


def _found(request: SignedInRequest, public_id: UUID) -> Notice:
    return or_404(queries.for_reader(request.user, public_id))


def _page(request: SignedInRequest, found: Notice, *, form: Form | None = None, status: int = 200) -> HttpResponse:
    at, is_open = clock.now(), found.incident.closed_at is None
    known = duties.by_audience(found.incident, at=at)[found.audience]
    every = queries.versions_of(found)
    version = every[-1] if every else None
    figures = queries.figures_of(found) if found.audience == Audience.FAMILY and found.started_at is not None else {}
    is_out = addressees.is_out(found)
    to_meet = [each for each in present.duties(found, known) if each["met"] is None and each["state"] is not None]
    context: dict[str, Any] = {
        "crumbs": present.crumbs(found.incident, of_notice=found)[:3],
        "id": found.public_id,
        "title": present.title(found),
        "notice": found.incident.title,
        "drill": found.drill,
        "state": present.state_of(found),
        "is_open": is_open,
        "is_family": found.audience == Audience.FAMILY,
        "is_public": found.audience == Audience.PUBLIC,
        "list": reverse("affected:list", args=[found.affected.public_id]) if found.affected is not None else "",
        "public_url": reverse("public-notices:page", args=[found.public_id]) if found.is_running and not found.drill else "",
        "started": {"when": found.started_at, "who": found.started_by.name} if found.started_by is not None else None,
        "stopped": {"when": found.stopped_at, "who": found.stopped_by.name} if found.stopped_by is not None else None,
        "trouble_at": found.trouble_at,
        "figures": present.figures(found, figures) if figures else [],
        "because": [(Recipient.Because(key).label, number) for key, number in queries.because_of(found)] if figures else [],
        "at_work": bool(figures.get(Recipient.State.WAITING)) and found.is_running and not found.drill,
        "version": version.number if version else 0,
        "sha256": version.sha256 if version else "",
        "text": present.text(found, version) if version else [],
        "approvals": present.approvals(version) if version else [],
        "may": present.reader_may(found, version, request.user) if is_open else {},
        "checklist": present.checklist(found, version, known),
        "must_not": [words for each in contents.beside(found.content, found.duties) for words in each.must_not]
        + list(contents.every()[found.content].must_not),
        "duties": present.duties(found, known),
        "may_meet": is_open and is_out and bool(to_meet),
        "addressees": present.addressees(found, queries.addressees_of(found)),
        "form": form or (_addressee_form(found) if is_open and found.stopped_at is None else None),
        "adding": form is not None,
        "has_more_versions": len(every) > 1,
    }
    return render(request, "breaches/notices/notice.html", context, status=status)


def _addressee_form(found: Notice, data: Any = None) -> forms.AddresseeForm | None:
    if found.audience in {Audience.FAMILY, Audience.PUBLIC}:
        return None
    return forms.AddresseeForm(data, known=contacts.known(found), initial={"way": "mail"})


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Permission.HANDLE_INCIDENTS)
def write(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The text of a notice: the newest version, or a draft from what is known, to be written on."""
    found = _found(request, public_id)
    if found.started_at is not None or found.stopped_at is not None or found.incident.closed_at is not None:
        return redirect("notices:notice", public_id)
    newest = found.versions.last()
    texts = newest.texts if newest is not None else drafts.draft(found)
    form = forms.TextForm(
        request.POST if request.method == "POST" else None, notice=found, texts=texts, initial={"seen": newest.sha256 if newest else ""}
    )
    if form.is_valid():
        try:
            made = actions.write(notice=public_id, texts=form.texts(), seen=form.cleaned_data["seen"], by=request.user, at=clock.now())
        except CannotDo as refused:
            form.add_error(None, refused.what_to_do)
        else:
            if queries.is_lacking(found, made):
                messages.warning(request, _("Saved. Something is still missing: the list below says what. Nobody can approve it yet."))
            else:
                messages.success(request, _("Saved. Two people who did not write it have to approve it now."))
            return redirect("notices:notice", public_id)
    context = {
        "crumbs": present.crumbs(found.incident, of_notice=found),
        "id": public_id,
        "title": present.title(found),
        "form": form,
        "is_draft": newest is None,
        "never": laws.reference()["never_in_a_notice"],
        "must_not": [words for each in contents.beside(found.content, found.duties) for words in each.must_not]
        + list(contents.every()[found.content].must_not),
        "methods": contents.every()[found.content].methods,
    }
    return render(request, "breaches/notices/write.html", context, status=422 if form.is_bound else 200)


@require_safe
@allow(Permission.HANDLE_INCIDENTS)
def versions(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """All versions of the text, what changed from one to the next, and who approved which."""
    found = _found(request, public_id)
    context = {"crumbs": present.crumbs(found.incident, of_notice=found), "versions": present.versions(found, queries.versions_of(found))}
    return render(request, "breaches/notices/versions.html", context)


@require_POST
@allow(Permission.HANDLE_INCIDENTS)
def act(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The buttons of a notice: approve, start, stop, send a test to oneself, stop the clocks that it meets."""
    found = _found(request, public_id)
    given: dict[str, Any] = {"notice": public_id, "by": request.user, "at": clock.now()}
    try:
        match request.POST.get("act"):
            case "approve":
                actions.approve(sha256=request.POST.get("sha256", ""), **given)
                done = _("You approved exactly this text.")
            case "start":
                actions.start(**given)
                done = _("It goes out now.") if not found.drill else _("It is queued. This is a drill: nothing of it goes outside.")
            case "stop":
                actions.stop(**given)
                done = _("Stopped. What had gone has gone.")
            case "test":
                actions.send_test(**given)
                done = _("A test is on its way to %(email)s.") % {"email": request.user.email}
            case "meet":
                met = addressees.meet(**given)
                done = ngettext("%(count)d clock has stopped.", "%(count)d clocks have stopped.", met) % {"count": met}
            case _:
                raise Http404
    except CannotDo as refused:
        messages.error(request, refused.what_to_do)
    else:
        messages.success(request, done)
    return redirect("notices:notice", public_id)


# -- Who gets it, and what became of it --------------------------------------------------------------------------------------------


@require_POST
@allow(Permission.HANDLE_INCIDENTS)
def add_addressee(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Name who gets a notice."""
    found = _found(request, public_id)
    form = or_404(_addressee_form(found, request.POST))
    if not form.is_valid():
        return _page(request, found, form=form, status=422)
    try:
        addressees.add(notice=public_id, by=request.user, at=clock.now(), **form.cleaned_data)
    except CannotDo as refused:
        form.add_error(None, refused.what_to_do)
        return _page(request, found, form=form, status=409)
    return redirect(f"{reverse('notices:notice', args=[public_id])}#addressees")


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Permission.HANDLE_INCIDENTS)
def addressee(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Say that a notice was handed in, with the confirmation; or take somebody off again before it goes out."""
    found = or_404(queries.addressee_for(request.user, public_id))
    back = reverse("notices:notice", args=[found.notice.public_id])
    given: dict[str, Any] = {"addressee": public_id, "by": request.user, "at": clock.now()}
    if request.method == "POST" and request.POST.get("act") == "drop":
        tell(request, lambda: addressees.drop(**given), done=_("Taken off."))
        return redirect(back)
    form = forms.DeliverForm(
        request.POST if request.method == "POST" else None, request.FILES or None, initial={"told_at": timezone.localtime(clock.now())}
    )
    if form.is_valid():
        file = form.cleaned_data.pop("file")
        try:
            addressees.deliver(
                **form.cleaned_data, file=file.chunks() if file else (), media_type=file.content_type if file else "", **given
            )  # fmt: skip
        except CannotDo as refused:
            form.add_error(None, refused.what_to_do)
        else:
            messages.success(request, _("On record."))
            return redirect(back)
    context = {
        "crumbs": present.crumbs(found.notice.incident, of_notice=found.notice),
        "form": form,
        "back": back,
        "one": present.addressees(found.notice, [found])[0],
    }
    return render(request, "breaches/notices/addressee.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Permission.HANDLE_INCIDENTS)
def recipients(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Recipients by where they stand, without names; and what became of several of them."""
    found = _found(request, public_id)
    if found.audience != Audience.FAMILY:
        raise Http404
    form = forms.SettleForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            done, left = actions.settle_many(notice=public_id, by=request.user, at=clock.now(), **form.cleaned_data)
        except CannotDo as refused:
            form.add_error(None, refused.what_to_do)
        else:
            _say_settled(request, done, left)
            return redirect(request.get_full_path())
    return _recipients_page(request, found, form, forms.ReturnsForm(), status=422 if form.is_bound else 200)


def _recipients_page(request: SignedInRequest, found: Notice, form: Form, file_form: Form, *, status: int) -> HttpResponse:
    typed = request.GET.get("state", "")
    state = Recipient.State(typed) if typed in Recipient.State else Recipient.State.CALL
    number = request.GET.get("page", "1")
    page = int(number) if number.isdecimal() and 0 < int(number) < 100_000 else 1
    rows = list(queries.recipients(found, state)[(page - 1) * PAGE : page * PAGE + 1])
    figures = queries.figures_of(found)
    context = {
        "crumbs": present.crumbs(found.incident, of_notice=found),
        "id": found.public_id,
        "states": [
            {"label": each.label, "count": figures[each], "url": f"?state={each.value}", "current": each == state}
            for each in Recipient.State
        ],
        "state": state.label,
        "rows": present.recipients(rows[:PAGE]),
        "previous": f"?state={state.value}&page={page - 1}" if page > 1 else "",
        "next": f"?state={state.value}&page={page + 1}" if len(rows) > PAGE else "",
        "form": form,
        "file_form": file_form,
        "here": request.get_full_path(),
        "is_open": found.incident.closed_at is None and found.started_at is not None,
    }
    return render(request, "breaches/notices/recipients.html", context, status=status)


@require_POST
@allow(Permission.HANDLE_INCIDENTS)
def read_returns(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Take in a file of returned mail: those letters go on paper."""
    found = _found(request, public_id)
    if found.audience != Audience.FAMILY:
        raise Http404
    form = forms.ReturnsForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            read = returns.read(file.read(returns.MOST_BYTES + 1))
            done, left = actions.settle_many(
                notice=public_id, references=read.references, outcome="bounced", by=request.user, at=clock.now()
            )  # fmt: skip
        except returns.NotReadable:
            form.add_error("file", _("This is no delivery report and no table with references, or it is larger than 10 MB."))
        except CannotDo as refused:
            form.add_error(None, refused.what_to_do)
        else:
            _say_settled(request, done, left + read.left_out)
            return redirect("notices:recipients", public_id)
    return _recipients_page(request, found, forms.SettleForm(), form, status=422)


def _say_settled(request: SignedInRequest, done: int, left: int) -> None:
    messages.success(request, ngettext("Written down for %(count)d letter.", "Written down for %(count)d letters.", done) % {"count": done})
    if left:
        words = ngettext(
            "%(count)d was left out: it is none of this notice’s, it was settled before, or the report says that it may still arrive.",
            "%(count)d were left out: they are none of this notice’s, they were settled before, or the report says that they may still arrive.",
            left,
        )
        messages.warning(request, words % {"count": left})
