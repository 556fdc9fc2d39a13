"""Pages of requests: policy, form, one action, one template."""

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

from governance.authority import decisions, stewards
from governance.authority import present as rules_in_words
from governance.authority import queries as catalogue
from governance.authority.models import Purpose, RuleVersion
from governance.people import queries as people
from governance.people.http import SignedInRequest
from governance.people.models import School
from governance.people.policies import allow
from governance.records import scope
from governance.records.models import Section, Student
from governance.requests import actions, forms, present, queries, simulation
from governance.requests.models import DataRequest
from governance.vocabulary import Outcome, Permission
from portal.base import clock
from portal.base.components import Status
from portal.base.errors import CannotDo
from portal.base.telling import tell

State = DataRequest.State


# -- Asking --------------------------------------------------------------------------------------------------------------------


@require_GET
@allow(Permission.MAKE_REQUESTS)
def requests_list(request: SignedInRequest) -> HttpResponse:
    """The own requests: state, on whom each waits, what ends soon."""
    on = clock.today()
    today = stewards.desks(on)
    found = queries.requests_of(request.user)
    schools = queries.schools_of_all(found)
    held = [queries.Held(each, queries.waits_on(each, today, schools[each.pk]), schools[each.pk]) for each in found]
    names = _school_names()
    rows = [present.row(each, on=on, schools=names, for_steward=False) for each in held]
    return render(
        request,
        "governance/requests/requests_list.html",
        {"rows": rows, "ending": [row for row in rows if row.renew_url]},
    )


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
                "crumbs": _crumbs(),
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
        return render(request, "governance/requests/request_no_students.html", {"crumbs": _crumbs()})
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
        "crumbs": _crumbs(),
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
    names = _names()
    context = {
        "request_id": draft.public_id,
        "crumbs": _crumbs(),
        "title": draft.what_for,
        "facts": present.facts(draft, _sections_of(draft), on=on),
        "cards": _cards(draft, checked, names),
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
    found = _readable(request, public_id)[0]
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


@require_http_methods(["GET", "POST"])
@allow(Permission.MAKE_REQUESTS)
def request_withdraw(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Ask once more, then take a request back."""
    found = _readable(request, public_id)[0]
    if found.asker_id != request.user.pk:
        raise Http404
    if request.method == "POST":
        return _done(request, _("The request was taken back."), "requests:list", actions.withdraw, data_request=public_id)
    return render(
        request, "governance/requests/request_withdraw.html", {"number": str(found), "title": found.what_for, "request_id": public_id}
    )


@require_http_methods(["GET", "POST"])
@allow(Permission.MAKE_REQUESTS, Permission.DECIDE_REQUESTS)
def grant_end(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Ask once more, then end the permission before its last day."""
    found, _waiting = _readable(request, public_id)
    if found.grant is None:
        raise Http404
    if request.method == "POST":
        because = "not_needed" if found.asker_id == request.user.pk else "steward"
        detail = reverse("requests:detail", args=[public_id])
        return _done(request, _("The permission has ended."), detail, actions.end_grant, data_request=public_id, because=because)
    context = {"number": str(found), "title": found.what_for, "request_id": public_id, "ends_on": found.grant.ends_on, "crumbs": _crumbs()}
    return render(request, "governance/requests/grant_end.html", context)


# -- Reading -------------------------------------------------------------------------------------------------------------------


@require_GET
@allow(Permission.MAKE_REQUESTS, Permission.DECIDE_REQUESTS)
def request_detail(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One request: how far it is, what was said, what was decided and why."""
    found, waiting = _readable(request, public_id)
    if found.state == State.DRAFT:
        return redirect("requests:edit", public_id)
    on = clock.today()
    own = found.asker_id == request.user.pk
    waits = present.people_in_words(waiting) if found.state in queries.WAITING else ""
    grant = found.grant
    running = grant is not None and grant.ended_at is None and grant.ends_on >= on
    context = {
        "number": str(found),
        "title": found.what_for,
        "request_id": found.public_id,
        "crumbs": _crumbs(own=own),
        "state": present.state_of(found, on=on),
        "asker": present.named(found.asker),
        "own": own,
        "steps": present.steps(found, on=on),
        "facts": present.facts(found, _sections_of(found), on=on, waits=waits),
        "elements": _elements(found),
        "outcome": present.outcome_sentences(found) if found.state in queries.DECIDED or found.grant_id else [],
        "decided": found.state in queries.DECIDED,
        "refused": found.state == State.REFUSED,
        "reason": found.decision_reason,
        "decided_by": present.named(found.decided_by) if found.decided_by else "",
        "decided_at": found.decided_at,
        "history": present.history(found),
        "may_answer": own and found.state == State.INFORMATION_ASKED,
        "answer_form": forms.MessageForm(label=_("Your answer")),
        "may_withdraw": own and found.state in queries.WAITING,
        "may_end": running and (own or found.decided_by_id == request.user.pk),
        "renew_url": present.renew_url(found)
        if own and running and grant is not None and grant.ends_on - on <= present.RENEW_WITHIN
        else "",
        "may_decide": found.state in queries.WAITING and waiting.includes(request.user.pk),
        "cards": _saved_cards(found),
    }
    return render(request, "governance/requests/request_detail.html", context)


@require_POST
@allow(Permission.MAKE_REQUESTS)
def request_answer(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The asker answers an open question."""
    found = _readable(request, public_id)[0]
    if found.asker_id != request.user.pk:
        raise Http404
    form = forms.MessageForm(request.POST)
    detail = reverse("requests:detail", args=[public_id])
    if not form.is_valid():
        messages.error(request, _("Write an answer of at most 2,000 characters."))
        return redirect(detail)
    return _done(
        request, _("Your answer was sent."), detail, actions.give_information, data_request=public_id, text=form.cleaned_data["text"]
    )


# -- Deciding ------------------------------------------------------------------------------------------------------------------


@require_GET
@allow(Permission.DECIDE_REQUESTS)
def inbox(request: SignedInRequest) -> HttpResponse:
    """What waits for a decision, the most urgent first."""
    at, on = clock.now(), clock.today()
    held = queries.waiting_requests(on)
    visible = [each for each in held if queries.may_see_waiting(request.user, each, on=on)]
    mine = [each for each in visible if each.waiting.includes(request.user.pk) and each.data_request.state == State.SUBMITTED]
    form = forms.InboxFilter(
        request.GET, purposes=sorted({(each.data_request.purpose_id, _(each.data_request.purpose.title)) for each in visible})
    )
    form.is_valid()
    shows = form.cleaned_data.get("waits") or forms.InboxFilter.MINE
    if shows == forms.InboxFilter.CLOSED:
        decided = queries.decided_by(request.user)
        schools = queries.schools_of_all(decided)
        shown = [queries.Held(each, queries.NOBODY, schools[each.pk]) for each in decided]
    elif shows == forms.InboxFilter.ALL:
        shown = visible
    elif shows == forms.InboxFilter.QUESTIONS:
        shown = [each for each in visible if each.data_request.state == State.INFORMATION_ASKED]
    else:
        shown = mine
    names = _school_names()
    rows = [present.row(each, on=on, schools=names, for_steward=True) for each in queries.narrowed(shown, form.cleaned_data)]
    context = {
        "form": form,
        "rows": rows,
        "mine": len(mine),
        "overdue": sum(each.data_request.due_on is not None and each.data_request.due_on < on for each in mine),
        "median": queries.median_days(at),
        "filtered": bool(request.GET),
        "gaps": sum(each.waiting.gap for each in visible),
    }
    return render(request, "governance/requests/inbox.html", context)


@require_http_methods(["GET", "POST"])
@allow(Permission.DECIDE_REQUESTS)
def request_decide(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """What the rules say, what to allow, for whom, until when, and why."""
    found, waiting = _readable(request, public_id)
    detail = reverse("requests:detail", args=[public_id])
    if found.asker_id != request.user.pk and found.state not in queries.WAITING and request.method == "GET":
        return redirect(detail)
    at, on = clock.now(), clock.today()
    act = request.POST.get("act", "")
    may_decide = found.state in queries.WAITING and waiting.includes(request.user.pk)
    if act in {"approve", "refuse"} and not may_decide:
        # The action says why not, and records that somebody tried.
        ticked = [name.removeprefix("allow-") for name in request.POST if name.startswith("allow-")]
        return _decided(request, public_id, allow=ticked, reason=request.POST.get("reason", ""))
    try:
        checked = actions.check(found, at=at)
    except CannotDo as refusal:
        checked, trouble = None, refusal.what_to_do
    else:
        trouble = ""
    sections = _sections_of(found)
    asked = [(each.element_id, _(each.element.title), each.reason) for each in found.requested.all() if each.allowed is None]
    last_day = found.wanted_until
    first = found.first_key if found.first_key_by_id else {}
    if first:
        asked = [each for each in asked if each[0] in first["elements"]]
        last_day = min(last_day, dt.date.fromisoformat(first["ends_on"]))
        sections = [section for section in sections if section.pk in first["sections"]]
    question = forms.MessageForm(request.POST if act == "ask" else None, label=_("Your question"))
    form = forms.DecideForm(
        request.POST if act in {"approve", "refuse"} else None,
        elements=asked,
        sections=[(section.pk, section.title) for section in sections],
        first_day=min(on, last_day),
        last_day=last_day,
        initial=_decide_initial(asked, sections, min(last_day, checked.last_day(on)) if checked else last_day, first, checked),
    )
    if act == "ask" and question.is_valid():
        return _done(
            request,
            _("Your question was sent."),
            detail,
            actions.ask_information,
            data_request=public_id,
            text=question.cleaned_data["text"],
        )
    if act == "refuse":
        reason = request.POST.get("reason", "").strip()[:1000]
        if reason:
            return _decided(request, public_id, allow=[], reason=reason)
        form.is_valid()
        form.errors.clear()
        form.add_error("reason", _("Give a reason. Families can read it."))
    if act == "approve":
        if form.is_valid() and not form.allowed():
            form.add_error(None, _("Tick at least one kind of data, or refuse the request."))
        if form.is_valid():
            return _decided(
                request,
                public_id,
                allow=form.allowed(),
                reason=form.cleaned_data["reason"],
                ends_on=form.cleaned_data["ends_on"],
                sections=form.chosen_sections(),
                left_out=form.left_out(),
            )
    names = _names()
    context = {
        "number": str(found),
        "title": found.what_for,
        "request_id": found.public_id,
        "crumbs": _crumbs(own=False),
        "asker": present.named(found.asker),
        "sent": found.submitted_at,
        "facts": present.facts(found, _sections_of(found), on=on, waits=present.people_in_words(waiting)),
        "due": present.row(queries.Held(found, waiting, frozenset()), on=on, schools={}, for_steward=True).due,
        "cards": _cards(found, checked, names) if checked else [],
        "trouble": trouble,
        "waits": waiting,
        "people": present.people_in_words(waiting),
        "order": waiting.desk.stewardship.order if waiting.desk and not waiting.gap else "",
        "own": found.asker_id == request.user.pk,
        "may_decide": may_decide,
        "second": bool(first),
        "two_keys": checked is not None and any(said.outcome is Outcome.TWO_KEYS for said in checked.decision.by_element.values()),
        "first_key_by": present.named(found.first_key_by) if found.first_key_by else "",
        "form": form,
        "lines": form.lines(),
        "question": question,
        "asking": act == "ask",
        "history": present.history(found),
        "already": [_(each.element.title) for each in found.requested.all() if each.allowed],
        "never": [_(each.element.title) for each in found.requested.all() if each.allowed is False],
    }
    return render(request, "governance/requests/request_decide.html", context)


def _decided(request: SignedInRequest, public_id: UUID, **decision: Any) -> HttpResponse:
    try:
        found = actions.decide(data_request=public_id, by=request.user, at=clock.now(), **decision)
    except CannotDo as refusal:
        messages.error(request, refusal.what_to_do)
        return redirect("requests:detail", public_id)
    if found.state in queries.WAITING:
        messages.success(request, _("You agreed. %(number)s now waits for a second person.") % {"number": str(found)})
    else:
        messages.success(request, _("%(number)s: %(state)s.") % {"number": str(found), "state": State(found.state).label})
    return redirect("requests:inbox")


# -- Parts ---------------------------------------------------------------------------------------------------------------------


def _done(request: SignedInRequest, said: str, where: str, action: Any, **arguments: Any) -> HttpResponse:
    """Run one action; its refusal becomes a message on the page."""
    tell(request, lambda: action(by=request.user, at=clock.now(), **arguments), done=said)
    return redirect(where)


def _crumbs(*, own: bool = True) -> list[dict[str, str]]:
    if own:
        return [{"label": _("My requests"), "href": reverse("requests:list")}]
    return [{"label": _("Requests to decide"), "href": reverse("requests:inbox")}]


def _readable(request: SignedInRequest, public_id: UUID) -> tuple[DataRequest, stewards.Waiting]:
    found = queries.find(request.user, public_id, on=clock.today())
    if found is None:
        raise Http404
    return found


def _own_draft(request: SignedInRequest, public_id: UUID) -> DataRequest:
    found = _readable(request, public_id)[0]
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


def _decide_initial(
    asked: list[tuple[str, str, str]], sections: list[Section], last_day: dt.date, first: dict[str, Any], checked: actions.Checked | None
) -> dict[str, Any]:
    refused = checked.decision.refused if checked else ()
    initial: dict[str, Any] = {
        "sections": [str(section.pk) for section in sections],
        "ends_on": last_day,
        "reason": first.get("reason", ""),
    }
    return initial | {f"allow-{key}": key not in refused for key, _title, _reason in asked}


def _with_counts(sections: list[Section], on: dt.date) -> list[tuple[Section, int]]:
    counts: dict[int, int] = {}
    for section in scope.enrolled_in([section.pk for section in sections], on=on).values_list("section_id", flat=True):
        counts[section] = counts.get(section, 0) + 1
    return [(section, counts.get(section.pk, 0)) for section in sections]


def _sections_of(found: DataRequest) -> list[Section]:
    return list(Section.objects.filter(pk__in=found.sections)) if found.sections else []


def _elements(found: DataRequest) -> list[dict[str, Any]]:
    kinds = {True: ("ok", _("Allowed")), False: ("stop", _("Left out")), None: ("wait", _("Waits"))}
    return [
        {
            "title": _(each.element.title),
            "reason": each.reason,
            "kind": kinds[each.allowed][0],
            "state": kinds[each.allowed][1],
            "why_not": each.left_out_reason,
        }
        for each in found.requested.all()
    ]


def _cards(found: DataRequest, checked: actions.Checked, names: rules_in_words.Names) -> list[rules_in_words.Card]:
    purpose = decisions.in_force().purposes[found.purpose_id]
    return [rules_in_words.purpose_card(purpose, checked.decision), *rules_in_words.cards(checked.decision, names)]


def _saved_cards(found: DataRequest) -> list[dict[str, Any]]:
    """The rules that were named when it was sent or decided, as they were then."""
    said = found.facts.get("decided") or found.facts.get("sent")
    return [
        {
            "outcome": rules_in_words.CARD_OUTCOMES[rule.outcome],
            "outcome_text": rule.outcome.label,
            "title": _(rule.title),
            "words": _(rule.words),
            "citation": rule.citation,
            "elements": [_(title) for title in rule.elements],
            "rule": rule.name,
        }
        for rule in catalogue.saved_rules(said["elements"] if said else {})
    ]


def _already_theirs(checked: actions.Checked) -> bool:
    return not checked.waits and actions.given_anyway(checked)


def _names() -> rules_in_words.Names:
    rules = decisions.in_force()
    return rules_in_words.Names(
        {key: _(title) for key, title in catalogue.element_titles().items()}, {key: _(each.title) for key, each in rules.purposes.items()}
    )


def _school_names() -> dict[int, str]:
    return dict(School.objects.values_list("pk", "name"))


def _asking_steps(at: int) -> list[dict[str, str]]:
    labels = [_("Purpose"), _("Data and classes"), _("Check"), _("Send")]
    return [{"label": label, "state": "done" if index < at else "current" if index == at else "todo"} for index, label in enumerate(labels)]


# -- Rules and past requests ---------------------------------------------------------------------------------------------------


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
    names = _names()
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
