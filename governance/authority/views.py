"""Pages of the rules, the stewards and the published catalogue."""

import datetime as dt
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from governance.authority import actions, decisions, forms, present, queries, rules, stewards
from governance.authority.models import Element, Purpose, RuleVersion, Stewardship
from governance.people import permissions
from governance.people import queries as people
from governance.people.http import SignedInRequest
from governance.people.models import User
from governance.people.policies import allow, signed_in
from governance.vocabulary import Kind, Outcome, Permission, Principle, Tier
from portal.base import clock
from portal.base.components import Status
from portal.base.errors import CannotDo
from portal.base.telling import tell

# -- Rules ---------------------------------------------------------------------------------------------------------------------


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
        "may_manage": _holds(request, Permission.MANAGE_RULES),
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
        "may_manage": _holds(request, Permission.MANAGE_RULES),
        "has_draft": row.draft is not None,
        "crumbs": _crumbs(),
    }
    return render(request, "governance/authority/rule_detail.html", context)


def _version_page(version: RuleVersion) -> dict[str, Any]:
    names = _names()
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
    context = {"form": form, "key": key, "facts": facts, "crumbs": _crumbs(key)}
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
    may_manage = _holds(request, Permission.MANAGE_RULES)
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
        "crumbs": _crumbs(key),
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
    names = _names()
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
        cards = present.cards(decision, _names())
    context = {
        "form": form,
        "cards": cards,
        "draft": str(draft) if draft else "",
        "draft_id": draft.public_id if draft else "",
        "crumbs": _crumbs(),
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


# -- Stewards ------------------------------------------------------------------------------------------------------------------


@require_GET
@allow(Permission.SEE_RULES, Permission.DESIGNATE_STEWARDS)
def stewards_list(request: SignedInRequest) -> HttpResponse:
    """Who decides about which data at which schools today, and where nobody does."""
    on = clock.today()
    today = stewards.desks(on)
    coverage = stewards.coverage(on, today=today)
    context = {
        "rows": _coverage_rows(coverage),
        "gaps": sum(each.person is None for each in coverage),
        "designations": [_designation(desk) for desk in today.open],
        "coming": [_plain_designation(each) for each in stewards.coming(on)],
        "admins": ", ".join(admin.name for admin in today.admins),
        "may_designate": _holds(request, Permission.DESIGNATE_STEWARDS),
    }
    return render(request, "governance/authority/stewards_list.html", context)


def _coverage_rows(coverage: Iterable[stewards.Coverage]) -> list[dict[str, Any]]:
    """One row a category: the schools that have the same answer stand together."""
    by_category: dict[str, dict[stewards.Person | None, list[stewards.Coverage]]] = {}
    for each in coverage:
        by_category.setdefault(each.category, {}).setdefault(each.person, []).append(each)
    rows = []
    for category, answers in sorted(by_category.items()):
        lines = []
        for person, covered in answers.items():
            desk = covered[0].desk
            deputy = person is not None and desk is not None and desk.steward != person
            lines.append(
                {
                    "status": Status("stop", _("Nobody today")) if person is None else Status("warn" if deputy else "ok", person.name),
                    "note": _("deputy") if deputy else person.title if person is not None else _("the district admins decide"),
                    "schools": "" if len(answers) == 1 else ", ".join(each.school.name for each in covered),
                }
            )
        rows.append({"category": _(category), "lines": lines})
    return rows


def _designation(desk: stewards.Desk) -> dict[str, Any]:
    state = (
        Status("ok", _("Decides"))
        if desk.steward and not desk.away
        else Status("warn", _("Away, the deputy decides"))
        if desk.deputy
        else Status("stop", _("Nobody can decide"))
    )
    return {**_plain_designation(desk.stewardship), "state": state}


def _plain_designation(stewardship: Stewardship) -> dict[str, Any]:
    return {
        "url": reverse("authority:stewardship", args=[stewardship.public_id]),
        "title": stewardship.title,
        "steward": stewardship.steward.name,
        "deputy": stewardship.deputy.name if stewardship.deputy else "",
        "categories": len(stewardship.categories),
        "schools": ", ".join(school.name for school in stewardship.schools.all()) or _("the whole district"),
        "order": stewardship.order,
        "starts_on": stewardship.starts_on,
        "ends_on": stewardship.ends_on,
    }


@require_http_methods(["GET", "POST"])
@allow(Permission.DESIGNATE_STEWARDS)
def steward_designate(request: SignedInRequest) -> HttpResponse:
    """Designate a data steward by order."""
    on = clock.today()
    form = forms.DesignateForm(
        request.POST or None,
        people=_who_may_decide(on),
        categories=stewards.held_categories(),
        schools=stewards.schools(),
        initial={"starts_on": on, "categories": request.GET.getlist("category")},
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.designate(by=request.user, at=clock.now(), **form.cleaned_data)
        except CannotDo as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("%(name)s is designated.") % {"name": made.steward.name})
            return redirect("authority:stewards")
    return render(request, "governance/authority/steward_designate.html", {"form": form, "crumbs": _steward_crumbs()})


@require_http_methods(["GET", "POST"])
@allow(Permission.SEE_RULES, Permission.DESIGNATE_STEWARDS)
def stewardship_detail(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One designation: what it covers, days away, its end."""
    found = Stewardship.objects.select_related("steward", "deputy", "designated_by", "ended_by").filter(public_id=public_id).first()
    if found is None:
        raise Http404
    may_set = found.ended_at is None and (found.steward_id == request.user.pk or _holds(request, Permission.DESIGNATE_STEWARDS))
    form = forms.AbsenceForm(request.POST or None)
    if request.method == "POST" and may_set and form.is_valid():
        try:
            actions.set_absence(stewardship=public_id, by=request.user, at=clock.now(), **form.cleaned_data)
        except CannotDo as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("Saved. The deputy decides on these days."))
            return redirect("authority:stewardship", public_id)
    context = {
        **_plain_designation(found),
        "public_id": public_id,
        "category_names": [_(category) for category in found.categories],
        "designated_by": found.designated_by.name if found.designated_by else "",
        "designated_at": found.designated_at,
        "ended_at": found.ended_at,
        "absences": [{"starts_on": each.starts_on, "ends_on": each.ends_on} for each in found.absences.order_by("starts_on")],
        "form": form,
        "may_set": may_set,
        "may_end": found.ended_at is None and _holds(request, Permission.DESIGNATE_STEWARDS),
        "crumbs": _steward_crumbs(),
    }
    return render(request, "governance/authority/stewardship_detail.html", context)


@require_POST
@allow(Permission.DESIGNATE_STEWARDS)
def stewardship_end(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """End a designation now."""
    if not Stewardship.objects.filter(public_id=public_id).exists():
        raise Http404
    actions.end_stewardship(stewardship=public_id, by=request.user, at=clock.now())
    messages.success(request, _("The designation has ended. See below what nobody decides on now."))
    return redirect("authority:stewards")


def _who_may_decide(on: dt.date) -> Any:
    holders = permissions.HOLDERS[Permission.DECIDE_REQUESTS]
    return User.objects.filter(pk__in={user.pk for role in holders for user in people.people_with(role, on=on)}).order_by("name", "pk")


# -- The catalogue -------------------------------------------------------------------------------------------------------------


@require_GET
@signed_in
def purposes_list(request: SignedInRequest) -> HttpResponse:
    """The published purposes, by the principle that each serves."""
    found = list(Purpose.objects.all())
    groups = [
        {
            "principle": str(principle),
            "words": principle.label,
            "rows": [
                {
                    "url": reverse("authority:purpose", args=[purpose.pk]),
                    "title": _(purpose.title),
                    "words": _(purpose.plain_description),
                    "level": _("Counts only") if purpose.aggregate else _("Single students"),
                    "kinds": len(purpose.capped_elements),
                    "max_days": purpose.max_days,
                }
                for purpose in found
                if purpose.principle == principle
            ],
        }
        for principle in Principle
    ]
    return render(request, "governance/authority/purposes_list.html", {"groups": groups})


@require_GET
@signed_in
def purpose_detail(request: SignedInRequest, key: str) -> HttpResponse:
    """One purpose: whose work it is, which data it needs at most, and on which basis it rests."""
    purpose = Purpose.objects.filter(pk=key).first()
    if purpose is None:
        raise Http404
    names = _names()
    roles = [present.value_in_words("purpose.roles", role, names).replace("_", " ") for role in purpose.facts.get("roles", ())]
    elements = Element.objects.filter(pk__in=purpose.capped_elements)
    context = {
        "title": _(purpose.title),
        "words": _(purpose.plain_description),
        "facts": [
            {"term": _("Principle"), "value": f"{purpose.principle}: {Principle(purpose.principle).label}"},
            {"term": _("Whose work it is"), "value": ", ".join(roles) or "–"},
            {"term": _("Level"), "value": _("Counts and rates only") if purpose.aggregate else _("Data on single students")},
            {"term": _("Longest time"), "value": _("%(days)d days") % {"days": purpose.max_days}},
            {
                "term": _("A person decides"),
                "value": _("must be named") if purpose.named_decider_required else _("no program decides here"),
            },
        ],
        "elements": [
            {"url": reverse("authority:element", args=[each.key]), "title": _(each.title), "category": _(each.category)}
            for each in elements
        ],
        "bases": [{"title": basis.title, "citation": basis.citation, "words": basis.plain_words} for basis in queries.bases_of(purpose)],
        "crumbs": [{"label": _("Purposes"), "href": reverse("authority:purposes")}],
    }
    return render(request, "governance/authority/purpose_detail.html", context)


@require_GET
@signed_in
def elements_list(request: SignedInRequest) -> HttpResponse:
    """Every kind of data that the district names, by category."""
    found = list(Element.objects.all())
    categories = sorted({element.category for element in found})
    form = forms.ElementFilter(request.GET, categories=categories)
    form.is_valid()
    text, category = form.cleaned_data.get("q", "").casefold(), form.cleaned_data.get("category", "")
    groups: dict[str, list[dict[str, Any]]] = {}
    for element in found:
        if (not category or element.category == category) and text in f"{element.title} {element.key} {element.category}".casefold():
            groups.setdefault(_(element.category), []).append(_element_row(element))
    context = {"form": form, "groups": sorted(groups.items()), "shown": sum(map(len, groups.values()))}
    return render(request, "governance/authority/elements_list.html", context)


def _element_row(element: Element) -> dict[str, Any]:
    return {
        "url": reverse("authority:element", args=[element.key]),
        "title": _(element.title),
        "key": element.key,
        "tier": Tier(element.tier).label,
        "wi_class": present.WI_CLASSES.get(element.wi_class, element.wi_class),
        "held": Status("ok", _("Kept here")) if element.held_in else Status("off", _("Not kept here")),
    }


@require_GET
@signed_in
def element_detail(request: SignedInRequest, key: str) -> HttpResponse:
    """One kind of data: how sensitive it is, how long it is kept, and which purposes may need it."""
    element = Element.objects.filter(pk=key).first()
    if element is None:
        raise Http404
    row = _element_row(element)
    purposes = Purpose.objects.filter(capped_elements__contains=[key])
    context = {
        **row,
        "facts": [
            {"term": _("Category"), "value": _(element.category)},
            {"term": _("Sensitivity"), "value": row["tier"]},
            {"term": _("Class in Wisconsin law"), "value": row["wi_class"]},
            {"term": _("Kept in the portal"), "status": row["held"]},
            {"term": _("How long it is kept"), "value": element.retention or "–"},
            {"term": _("Name in rules and in the trail"), "value": element.key},
            {"term": _("Checked against a source"), "value": _("yes") if element.verified else _("not yet reviewed")},
        ],
        "purposes": [
            {"url": reverse("authority:purpose", args=[each.pk]), "title": _(each.title), "words": _(each.plain_description)}
            for each in purposes
        ],
        "crumbs": [{"label": _("Kinds of data"), "href": reverse("authority:elements")}],
    }
    return render(request, "governance/authority/element_detail.html", context)


# -- Parts ---------------------------------------------------------------------------------------------------------------------


def _names() -> present.Names:
    return present.Names(
        {key: _(title) for key, title in queries.element_titles().items()},
        {key: _(title) for key, title in Purpose.objects.values_list("pk", "title")},
    )


def _holds(request: SignedInRequest, permission: Permission) -> bool:
    return permissions.holds(people.roles_of(request.user, on=clock.today()), permission)


def _crumbs(key: str = "") -> list[dict[str, str]]:
    found = [{"label": _("Rules"), "href": reverse("authority:rules")}]
    return [*found, {"label": key, "href": reverse("authority:rule", args=[key])}] if key else found


def _steward_crumbs() -> list[dict[str, str]]:
    return [{"label": _("Data stewards"), "href": reverse("authority:stewards")}]
