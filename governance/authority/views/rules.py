"""Pages of the rules."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from governance.authority import actions, decisions, forms, present, queries, rules
from governance.authority.models import RuleVersion
from governance.authority.views.parts import crumbs, known_names
from governance.people.http import SignedInRequest
from governance.people.models import User
from governance.people.policies import allow, may
from governance.vocabulary import Kind, Outcome, Permission
from portal.base import clock
from portal.base.components import Status
from portal.base.errors import CannotDo
from portal.base.telling import tell


@require_GET
@allow(Permission.SEE_RULES)
def rules_list(request: SignedInRequest) -> HttpResponse:
    """All rules in words, by kind."""
    form = forms.RuleFilter(request.GET)
    form.is_valid()
    found = queries.rule_rows(at=clock.now(), kind=form.cleaned_data.get("kind", ""), text=form.cleaned_data.get("q", ""))
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in found:
        groups.setdefault(row.kind, []).append(_rule_row(row))
    context = {
        "form": form,
        "groups": [(Kind(kind).label, groups[str(kind)]) for kind in Kind if str(kind) in groups],
        "drafts": sum(row.draft is not None for row in found),
        "filtered": any(request.GET.values()),
        "may_manage": may(request, Permission.MANAGE_RULES),
    }
    return render(request, "governance/authority/rules_list.html", context)


def _rule_row(row: queries.RuleRow) -> dict[str, Any]:
    version = row.shown
    return {
        "url": reverse("authority:rule", args=[row.key]),
        "title": _(version.title),
        "words": _(version.words),
        "name": str(version),
        "citation": version.citation,
        "outcome": _outcome(version),
        "state": _state_of(row),
    }


def _outcome(version: RuleVersion) -> Status:
    return Status(present.OUTCOME_KINDS[Outcome(version.outcome)], str(Outcome(version.outcome).label))


def _state_of(row: queries.RuleRow) -> Status:
    if row.draft is not None:
        return Status("warn", _("A draft waits for approval"))
    if row.coming is not None:
        return Status("info", _("A new version is coming"))
    return Status("ok", _("In force")) if row.in_force is not None else Status("off", _("Not in force"))


@require_GET
@allow(Permission.SEE_RULES)
def rule_detail(request: SignedInRequest, key: str) -> HttpResponse:
    """One rule: what holds, in words; its conditions; its versions."""
    versions = list(RuleVersion.objects.filter(rule=key).select_related("rule", "drafted_by", "approved_by"))
    if not versions:
        raise Http404
    row = queries.row_of(versions, at=clock.now())
    context = {
        **_version_page(row.shown),
        "key": key,
        "kind": Kind(row.kind).label,
        "state": _state_of(row),
        "versions": [_version_row(version, row) for version in versions],
        "may_manage": may(request, Permission.MANAGE_RULES),
        "has_draft": row.draft is not None,
        "crumbs": crumbs(),
    }
    return render(request, "governance/authority/rule_detail.html", context)


def _version_page(version: RuleVersion) -> dict[str, Any]:
    names = known_names()
    spoken_of = queries.elements_spoken_of(version)
    return {
        "title": _(version.title),
        "words": _(version.words),
        "name": str(version),
        "outcome": _outcome(version),
        "citation": version.citation,
        "basis": version.basis,
        "max_days": version.max_days,
        "conditions": present.condition_lines(version.when, names),
        "source": forms.as_text(version.when),
        "elements": [_(element.title) for element in spoken_of] if len(spoken_of) <= 40 else [],
        "element_count": len(spoken_of),
    }


def _version_row(version: RuleVersion, row: queries.RuleRow) -> dict[str, Any]:
    if version == row.in_force:
        state = Status("ok", _("In force"))
    elif version.approved_at is None:
        state = Status("warn", _("Draft"))
    elif version == row.coming:
        state = Status("info", _("Coming"))
    else:
        state = Status("off", _("Ended") if version.ended_by_id else _("Replaced"))
    return {
        "url": reverse("authority:version", args=[version.rule_id, version.public_id]),
        "name": str(version),
        "state": state,
        "from": version.in_force_from,
        "until": version.in_force_until,
        "drafted_by": version.drafted_by.name if version.drafted_by else _("shipped with the portal"),
        "approved_by": version.approved_by.name if version.approved_by else "",
    }


@require_http_methods(["GET", "POST"])
@allow(Permission.MANAGE_RULES)
def rule_draft(request: SignedInRequest, key: str = "") -> HttpResponse:
    """Draft the next version of a rule, or a new rule."""
    versions = list(RuleVersion.objects.filter(rule=key).select_related("rule").order_by("-number")) if key else []
    if key and not versions:
        raise Http404
    initial = _draft_initial(versions[0]) if versions else {"when": forms.as_text({"all": [{"eq": ["$asker.role", "teacher"]}]})}
    form = forms.RuleForm(
        request.POST or None, initial=initial, existing=bool(versions), known=actions.known_words(), in_words=present.fault_in_words
    )
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            draft = actions.draft_version(
                key=said["key"],
                kind=Kind(said["kind"]),
                title=said["title"],
                words=said["words"],
                outcome=Outcome(said["outcome"]),
                when=said["when"],
                elements=said["elements"],
                max_days=said["max_days"],
                citation=said["citation"],
                basis=said["basis"],
                by=request.user,
                at=clock.now(),
            )
        except CannotDo as refusal:
            form.add_error(None, refusal.what_to_do)
        except rules.Invalid as refusal:
            for fault in refusal.faults:
                form.add_error("when", present.fault_in_words(fault))
        else:
            messages.success(request, _("The draft is saved. Another person approves it."))
            return redirect("authority:version", draft.rule_id, draft.public_id)
    facts = [
        {"name": f"${name}", "label": present.FACT_LABELS[name], "type": fact.type.value, "words": ", ".join(sorted(fact.words))}
        for name, fact in rules.VOCABULARY.items()
        if not versions or Kind(versions[0].rule.kind) in fact.kinds
    ]
    context = {"form": form, "key": key, "facts": facts, "crumbs": crumbs(key)}
    return render(request, "governance/authority/rule_draft.html", context)


def _draft_initial(version: RuleVersion) -> dict[str, Any]:
    return {
        "key": version.rule_id,
        "kind": version.rule.kind,
        "title": version.title,
        "words": version.words,
        "outcome": version.outcome,
        "when": forms.as_text(version.when),
        "elements": version.elements,
        "max_days": version.max_days,
        "citation": version.citation,
        "basis": version.basis,
    }


@require_GET
@allow(Permission.SEE_RULES)
def version_detail(request: SignedInRequest, key: str, public_id: UUID) -> HttpResponse:
    """One version beside the one that holds; a draft with what can be done about it."""
    return _version_detail(request, _version(key, public_id))


def _version_detail(request: SignedInRequest, version: RuleVersion, *, end_form: forms.EndForm | None = None) -> HttpResponse:
    key, public_id = version.rule_id, version.public_id
    versions = list(RuleVersion.objects.filter(rule=key).select_related("rule", "drafted_by", "approved_by"))
    row = queries.row_of(versions, at=clock.now())
    is_draft = version.approved_at is None
    own = version.drafted_by_id == request.user.pk
    may_manage = may(request, Permission.MANAGE_RULES)
    context = {
        **_version_page(version),
        "key": key,
        "kind": Kind(version.rule.kind).label,
        "public_id": public_id,
        "state": _version_row(version, row)["state"],
        "version": _version_row(version, row),
        "is_draft": is_draft,
        "own": own,
        "may_approve": is_draft and may_manage and not own,
        "may_drop": is_draft and may_manage,
        "approve_form": forms.ApproveForm(),
        "end": _ending(version, request.user) if version == row.in_force else None,
        "may_end": version == row.in_force and may_manage,
        "end_form": end_form or forms.EndForm(),
        "changes": _changes(row.in_force, version) if row.in_force is not None and row.in_force != version else [],
        "crumbs": crumbs(key),
    }
    return render(request, "governance/authority/version_detail.html", context, status=422 if end_form is not None else 200)


def _ending(version: RuleVersion, user: User) -> dict[str, Any] | None:
    if version.end_proposed_at is None:
        return None
    return {
        "by": version.end_proposed_by.name if version.end_proposed_by else "",
        "at": version.end_proposed_at,
        "reason": version.end_reason,
        "own": version.end_proposed_by_id == user.pk,
    }


def _changes(before: RuleVersion, after: RuleVersion) -> list[dict[str, str]]:
    names = known_names()
    said = {
        _("Title"): lambda version: _(version.title),
        _("Words"): lambda version: _(version.words),
        _("What follows"): lambda version: str(Outcome(version.outcome).label),
        _("Conditions"): lambda version: "; ".join(present.condition_lines(version.when, names)),
        _("Kinds of data"): lambda version: (
            ", ".join(str(names.elements.get(key, key)) for key in version.elements) or _("whatever the condition says")
        ),
        _("Days at most"): lambda version: str(version.max_days or "–"),
        _("Citation"): lambda version: version.citation,
        _("Legal basis"): lambda version: version.basis or "–",
    }
    return [{"what": what, "before": tell(before), "after": tell(after)} for what, tell in said.items() if tell(before) != tell(after)]


@require_POST
@allow(Permission.MANAGE_RULES)
def version_approve(request: SignedInRequest, key: str, public_id: UUID) -> HttpResponse:
    """Approve somebody else's draft."""
    version = _version(key, public_id)
    form = forms.ApproveForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Give a day and a time, or leave the field empty for now."))
        return redirect("authority:version", key, public_id)
    try:
        approved = actions.approve_version(
            version=version.public_id, by=request.user, in_force_from=form.cleaned_data["in_force_from"], at=clock.now()
        )
    except CannotDo as refusal:
        messages.error(request, refusal.what_to_do)
        return redirect("authority:version", key, public_id)
    except rules.Invalid as refusal:
        messages.error(request, " ".join(present.fault_in_words(fault) for fault in refusal.faults))
        return redirect("authority:version", key, public_id)
    messages.success(request, _("%(name)s is approved.") % {"name": str(approved)})
    return redirect("authority:rule", key)


@require_POST
@allow(Permission.MANAGE_RULES)
def version_drop(request: SignedInRequest, key: str, public_id: UUID) -> HttpResponse:
    """Give up a draft."""
    version = _version(key, public_id)
    others = RuleVersion.objects.filter(rule=key).exclude(pk=version.pk).exists()
    try:
        actions.drop_draft(version=version.public_id, by=request.user, at=clock.now())
    except CannotDo as refusal:
        messages.error(request, refusal.what_to_do)
        return redirect("authority:version", key, public_id)
    messages.success(request, _("The draft was dropped."))
    return redirect("authority:rule", key) if others else redirect("authority:rules")


@require_POST
@allow(Permission.MANAGE_RULES)
def version_end(request: SignedInRequest, key: str, public_id: UUID) -> HttpResponse:
    """Propose that a rule end; agree to it as another person; or keep the rule."""
    version, now, answer = _version(key, public_id), clock.now(), request.POST.get("answer")
    given: dict[str, Any] = {"version": version.public_id, "by": request.user, "at": now}
    if answer == "agree":
        tell(request, lambda: actions.end_version(**given), done=_("The rule has ended. Decisions that rest on it keep it."))
    elif answer == "keep":
        tell(request, lambda: actions.keep_version(**given), done=_("The rule stays."))
    else:
        form = forms.EndForm(request.POST)
        if not form.is_valid():
            return _version_detail(request, version, end_form=form)
        reason = form.cleaned_data["reason"]
        tell(request, lambda: actions.propose_end(reason=reason, **given), done=_("Proposed. It holds until another person agrees."))
    return redirect("authority:version", key, public_id)


@require_GET
@allow(Permission.SEE_RULES)
def rules_try(request: SignedInRequest) -> HttpResponse:
    """Try the rules on a case, as they are or with one draft in force."""
    form = forms.CaseForm(request.GET if "role" in request.GET else None)
    draft = _draft_in(request)
    cards: list[present.Card] = []
    if form.is_bound and form.is_valid():
        in_force = decisions.in_force()
        case = form.cleaned_data
        decision = (decisions.with_draft(in_force, draft) if draft else in_force).decide(
            role=case["role"],
            relation=case["relation"],
            purpose=case["purpose"],
            elements=case["elements"],
            days=case["days"],
            decider_named=case["decider"],
        )
        cards = present.cards(decision, known_names())
    context = {
        "form": form,
        "cards": cards,
        "draft": str(draft) if draft else "",
        "draft_id": draft.public_id if draft else "",
        "crumbs": crumbs(),
    }
    return render(request, "governance/authority/rules_try.html", context)


def _draft_in(request: SignedInRequest) -> RuleVersion | None:
    text = request.GET.get("draft", "")
    if not text:
        return None
    try:
        found = RuleVersion.objects.select_related("rule").filter(public_id=UUID(text), approved_at=None).first()
    except ValueError:
        found = None
    if found is None:
        raise Http404
    return found


def _version(key: str, public_id: UUID) -> RuleVersion:
    found = RuleVersion.objects.select_related("rule", "drafted_by", "approved_by").filter(rule=key, public_id=public_id).first()
    if found is None:
        raise Http404
    return found
