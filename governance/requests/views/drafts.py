"""Pages on which a request is written: its purpose, the data and the classes, what the rules say of it, and sending it."""

import datetime as dt
import uuid
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from governance.authority import decisions
from governance.authority import queries as catalogue
from governance.authority.models import Purpose
from governance.people import queries as people
from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.records import scope
from governance.records.models import Section, Student
from governance.requests import actions, forms, present, queries
from governance.requests.models import DataRequest
from governance.requests.views.parts import State, cards_of, crumbs, known_names, readable, sections_of
from governance.vocabulary import Outcome, Permission
from portal.base import clock
from portal.base.errors import CannotDo


@require_http_methods(["GET", "POST"])
@allow(Permission.MAKE_REQUESTS)
def request_new(request: SignedInRequest) -> HttpResponse:
    """A new request: first the purpose, then the rest. `student` names one student by the opaque id, `again` renews an earlier request."""
    earlier = _earlier(request)
    purposes = catalogue.purposes_for(people.roles_of(request.user, on=clock.today()))
    chosen = request.GET.get("purpose") or (earlier.purpose_id if earlier else "")
    purpose = next((each for each in purposes if each.pk == chosen), None)
    student = _student(request)
    if purpose is None:
        return render(
            request,
            "governance/requests/request_purpose.html",
            {
                "form": forms.PurposeForm(purposes=purposes),
                "student": student.public_id if student else "",
                "has_purposes": bool(purposes),
                "crumbs": crumbs(),
            },
        )
    students = [student.pk] if student else list(earlier.students) if earlier else []
    return _details(request, purpose=purpose, students=students, draft=None, earlier=earlier)


@require_http_methods(["GET", "POST"])
@allow(Permission.MAKE_REQUESTS)
def request_edit(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Go on with a draft."""
    draft = _own_draft(request, public_id)
    return _details(request, purpose=draft.purpose, students=draft.students, draft=draft, earlier=None)


def _details(
    request: SignedInRequest, *, purpose: Purpose, students: list[int], draft: DataRequest | None, earlier: DataRequest | None
) -> HttpResponse:
    on = clock.today()
    sections = queries.sections_to_choose(request.user, on=on)
    standing = queries.standing_of(
        request.user, sections=[] if students else [section.pk for section in sections], students=students, on=on
    )
    if standing is None:
        return render(request, "governance/requests/request_no_students.html", {"crumbs": crumbs()})
    offers, given = _offers(standing, purpose)
    form = forms.RequestForm(
        request.POST if request.method == "POST" else None,
        purpose=purpose,
        sections=_with_counts(sections, on),
        offers=offers,
        named_students=len(students),
        on=on,
        initial=_initial(draft or earlier, purpose=purpose, key=draft.idempotency_key if draft else None, on=on),
    )
    if request.method == "POST":
        good = form.is_valid()
        key = form.cleaned_data.get("key")
        if key is not None:
            try:
                kept = actions.save_draft(by=request.user, purpose=purpose.pk, students=students, key=key, at=clock.now(), **form.kept())
            except CannotDo as refusal:
                messages.error(request, refusal.what_to_do)
                return redirect("requests:list")
            if good:
                return redirect("requests:check", kept.public_id)
    context = {
        "form": form,
        "purpose": _(purpose.title),
        "purpose_words": _(purpose.plain_description),
        "groups": list(form.groups()),
        "given": given,
        "named_students": len(students),
        "draft": draft.public_id if draft else None,
        "crumbs": crumbs(),
        "steps": _asking_steps(1),
    }
    return render(request, "governance/requests/request_form.html", context)


@require_GET
@allow(Permission.MAKE_REQUESTS)
def request_check(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """What the rules say before it is sent, and on whom it will wait: the same evaluator that decides later."""
    draft = _own_draft(request, public_id)
    at, on = clock.now(), clock.today()
    try:
        checked = actions.check(draft, at=at)
    except CannotDo as refusal:
        messages.error(request, refusal.what_to_do)
        return redirect("requests:edit", public_id)
    names = known_names()
    context = {
        "request_id": draft.public_id,
        "crumbs": crumbs(),
        "title": draft.what_for,
        "facts": present.facts(draft, sections_of(draft), on=on),
        "cards": cards_of(draft, checked, names),
        "reasons": [{"term": names.elements[asked.element_id], "value": asked.reason} for asked in draft.requested.all()],
        "waits": present.waits_in_words(checked.waits, names),
        "due_on": checked.due_on if checked.waits else None,
        "usual": queries.usual_wait(at),
        "sendable": checked.sendable and not _already_theirs(checked),
        "already": _already_theirs(checked),
        "refused": len(checked.decision.refused),
        "shortest": checked.shortest_limit if checked.last_day(on) < draft.wanted_until else None,
        "steps": _asking_steps(2),
    }
    return render(request, "governance/requests/request_check.html", context)


@require_POST
@allow(Permission.MAKE_REQUESTS)
def request_send(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Send a draft."""
    found = readable(request, public_id)[0]
    if found.asker_id != request.user.pk:
        raise Http404
    try:
        sent = actions.submit(data_request=public_id, by=request.user, at=clock.now())
    except CannotDo as refusal:
        messages.error(request, refusal.what_to_do)
        return redirect("requests:detail" if refusal.code == "already_sent" else "requests:edit", public_id)
    numbers = ", ".join(str(each) for each in sent)
    messages.success(request, _("Sent: %(numbers)s.") % {"numbers": numbers})
    return redirect("requests:list" if len(sent) > 1 else reverse("requests:detail", args=[sent[0].public_id]))


def _own_draft(request: SignedInRequest, public_id: UUID) -> DataRequest:
    found = readable(request, public_id)[0]
    if found.asker_id != request.user.pk or found.state != State.DRAFT:
        raise Http404
    return found


def _student(request: SignedInRequest) -> Student | None:
    """The student named in the address, if the person reaches the student; a stranger's answers like a missing one."""
    text = request.GET.get("student", "")
    if not text:
        return None
    try:
        student = Student.objects.filter(public_id=UUID(text)).first()
    except ValueError:
        student = None
    if student is None or scope.staff_reach(request.user, [student.pk], on=clock.today()) is None:
        raise Http404
    return student


def _earlier(request: SignedInRequest) -> DataRequest | None:
    text = request.GET.get("again", "")
    if not text:
        return None
    try:
        found = queries.find(request.user, UUID(text), on=clock.today())
    except ValueError:
        found = None
    if found is None or found[0].asker_id != request.user.pk:
        raise Http404
    return found[0]


def _offers(standing: queries.Standing, purpose: Purpose) -> tuple[list[forms.Offer], list[str]]:
    """Kinds of data that may be asked for, and the titles of those that the rules give at once anyway."""
    elements = {each.key: each for each in catalogue.held_elements(purpose.capped_elements)}
    decision = decisions.decide_request(
        role=standing.hat, relation=standing.relation, purpose=purpose.pk, elements=list(elements), days=1, decider_named=True
    )
    offers, given = [], []
    for key, element in elements.items():
        said = decision.by_element[key]
        if said.outcome is Outcome.ALLOW:
            given.append(_(element.title))
        elif said.outcome is not Outcome.REFUSE:
            offers.append(forms.Offer(key, _(element.title), _(element.category), said.outcome, str(said.outcome.label)))
    return offers, given


def _initial(source: DataRequest | None, *, purpose: Purpose, key: UUID | None, on: dt.date) -> dict[str, Any]:
    last = on + dt.timedelta(days=purpose.max_days)
    if source is None:
        return {"wanted_until": min(last, on + dt.timedelta(days=90))}
    initial: dict[str, Any] = {
        "key": key or uuid.uuid4(),
        "what_for": source.what_for,
        "sections": [str(pk) for pk in source.sections],
        "wanted_until": min(last, max(source.wanted_until, on)) if key else min(last, on + dt.timedelta(days=90)),
        "named_decider": source.named_decider,
    }
    for asked in source.requested.all():
        if key or asked.allowed is not False:
            initial |= {f"use-{asked.element_id}": True, f"why-{asked.element_id}": asked.reason}
    return initial


def _with_counts(sections: list[Section], on: dt.date) -> list[tuple[Section, int]]:
    counts: dict[int, int] = {}
    for section in scope.enrolled_in([section.pk for section in sections], on=on).values_list("section_id", flat=True):
        counts[section] = counts.get(section, 0) + 1
    return [(section, counts.get(section.pk, 0)) for section in sections]


def _already_theirs(checked: actions.Checked) -> bool:
    return not checked.waits and actions.given_anyway(checked)


def _asking_steps(at: int) -> list[dict[str, str]]:
    labels = [_("Purpose"), _("Data and classes"), _("Check"), _("Send")]
    return [{"label": label, "state": "done" if index < at else "current" if index == at else "todo"} for index, label in enumerate(labels)]
