"""Accounts and roles for the district's admins; the page behind an invitation."""

import datetime as dt
from collections import defaultdict
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.login import perform_password_login
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.account.models import Login
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.people import accounts, forms, invitations, permissions, present, queries, roles, second_factor
from governance.people.http import SignedInRequest
from governance.people.models import RoleAssignment, RoleProposal, SecondStepReset, User
from governance.people.policies import allow, public
from governance.vocabulary import Permission, Role
from portal.base import clock
from portal.base.telling import tell

SHOWN = 50
INVITATION = "invitation"  # where the session keeps the token between the link and the form


@allow(Permission.MANAGE_PEOPLE)
@require_http_methods(["GET", "POST"])
def people(request: SignedInRequest) -> HttpResponse:
    """Who has an account, found by name, e-mail or role. Unasked, families are left out: there are many of them."""
    form = forms.FindPeople(request.POST if request.method == "POST" else request.GET or None)
    asked = form.cleaned_data if form.is_valid() else {}
    today = clock.today()
    found = queries.persons().order_by("name", "pk")
    if term := asked.get("term", "").strip():
        students = RoleAssignment.objects.filter(role=Role.STUDENT).values("user")
        found = found.filter(Q(name__icontains=term) | (Q(email__icontains=term) & ~Q(pk__in=students)))
    if not any(asked.values()):
        in_families = RoleAssignment.objects.filter(queries.in_force(today), role__in=permissions.FAMILY_ROLES).values("user")
        found = found.exclude(pk__in=in_families)
    if role := asked.get("role"):
        found = found.filter(pk__in=RoleAssignment.objects.filter(queries.in_force(today), role=role).values("user"))
    users = list(found[: SHOWN + 1])
    return render(
        request,
        "governance/people/people.html",
        {
            "form": form,
            "rows": _rows(users[:SHOWN], today),
            "more": len(users) > SHOWN,
            "shown": SHOWN,
            "waiting": RoleProposal.objects.filter(state=RoleProposal.State.WAITING).count(),
        },
    )


def _crumbs() -> list[dict[str, str]]:
    return [{"label": _("People"), "href": reverse("people:people")}]


def _rows(users: list[User], today: dt.date) -> list[present.PersonRow]:
    of_user: dict[int, list[RoleAssignment]] = defaultdict(list)
    for assignment in RoleAssignment.objects.filter(queries.in_force(today), user__in=users).select_related("school").order_by("pk"):
        of_user[assignment.user_id].append(assignment)
    return [present.person_row(user, of_user[user.pk]) for user in users]


@allow(Permission.MANAGE_PEOPLE)
@require_http_methods(["GET", "POST"])
def new(request: SignedInRequest) -> HttpResponse:
    """Make an account; the role and the invitation follow on the person's page."""
    form = forms.NewAccount(request.POST or None)
    if form.is_valid():
        try:
            user = accounts.make(by=request.user, at=clock.now(), **form.cleaned_data)
        except accounts.CannotChangeAccount as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("The account is made. Give it a role, then invite the person."))
            return redirect("people:person", user.public_id)
    return render(request, "governance/people/person_new.html", {"form": form, "crumbs": _crumbs()})


@allow(Permission.MANAGE_PEOPLE)
@require_safe
def person(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One account with its roles, past ones too."""
    return _person_page(request, _user(public_id))


def _user(public_id: UUID) -> User:
    return get_object_or_404(User, public_id=public_id)


def _person_page(request: SignedInRequest, user: User, *, role_form: forms.GiveRole | None = None, link: str = "") -> HttpResponse:
    today = clock.today()
    history = RoleAssignment.objects.filter(user=user).select_related("school", "given_by", "proposal").order_by("-given_at", "-pk")
    in_force = [one for one in history if one.ended_at is None]
    proposals = RoleProposal.objects.filter(user=user, state=RoleProposal.State.WAITING).select_related("user", "proposed_by")
    return render(
        request,
        "governance/people/person.html",
        {
            "row": present.person_row(user, in_force),
            "last_login": user.last_login,
            "is_active": user.is_active,
            "is_self": user.pk == request.user.pk,
            "is_family": bool(queries.roles_of(user, on=today) & permissions.FAMILY_ROLES),
            "history": [present.role_row(one, today=today) for one in history],
            "proposals": [present.proposal_row(one, reader=request.user, at=clock.now()) for one in proposals],
            "role_form": role_form or forms.GiveRole(today=today),
            "two_key_roles": present.two_key_labels(),
            "link": link,
            "reset_form": forms.ResetSecondStep() if queries.has_second_step(user) else None,
            "reset_waits": SecondStepReset.objects.filter(user=user, state=SecondStepReset.State.WAITING).exists(),
            "may_search_trail": permissions.holds(queries.roles_of(request.user, on=today), Permission.SEARCH_TRAIL),
            "crumbs": _crumbs(),
        },
    )


@allow(Permission.MANAGE_PEOPLE)
@require_POST
@reauthentication_required
def give_role(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Give a role, or propose one that takes two people."""
    user = _user(public_id)
    form = forms.GiveRole(request.POST, today=clock.today())
    if form.is_valid():
        given = form.cleaned_data
        role = Role(given["role"])
        try:
            if role in permissions.TWO_KEY_ROLES:
                roles.propose(
                    user=user,
                    role=role,
                    starts_on=given["starts_on"],
                    ends_on=given["ends_on"],
                    reason=given["reason"],
                    by=request.user,
                    at=clock.now(),
                )
                messages.success(request, _("Proposed. Another key holder confirms it."))
            else:
                roles.give(
                    user=user,
                    role=role,
                    school=given["school"],
                    starts_on=given["starts_on"],
                    ends_on=given["ends_on"],
                    by=request.user,
                    at=clock.now(),
                )
                messages.success(request, _("The role is given."))
        except roles.CannotGiveRole as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            return redirect("people:person", public_id)
    return _person_page(request, user, role_form=form)


@allow(Permission.MANAGE_PEOPLE)
@require_POST
@reauthentication_required
def end_role(request: SignedInRequest, public_id: UUID, role_id: UUID) -> HttpResponse:
    """End one role of a person now."""
    assignment = get_object_or_404(RoleAssignment, public_id=role_id, user__public_id=public_id)
    tell(request, lambda: roles.end(assignment_id=assignment.pk, by=request.user, at=clock.now()), done=_("The role has ended."))
    return redirect("people:person", public_id)


@allow(Permission.MANAGE_PEOPLE)
@require_POST
@reauthentication_required
def invite(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Send the link by mail, or show it once."""
    user = _user(public_id)
    try:
        if request.POST.get("way") == "show":
            return _person_page(request, user, link=invitations.make(user=user, by=request.user, at=clock.now()))
        invitations.mail(user=user, by=request.user, at=clock.now())
    except invitations.CannotInvite as refusal:
        messages.error(request, refusal.what_to_do)
    else:
        messages.success(request, _("The invitation goes out by e-mail. Its link works once and for seven days."))
    return redirect("people:person", public_id)


@allow(Permission.MANAGE_PEOPLE)
@require_POST
@reauthentication_required
def change_account(request: SignedInRequest, public_id: UUID, what: str) -> HttpResponse:
    """Suspend or restore an account, or sign it out everywhere."""
    user = _user(public_id)
    try:
        if what == "suspend":
            accounts.suspend(user_id=user.pk, by=request.user, at=clock.now())
            messages.success(request, _("The account is suspended and signed out everywhere."))
        elif what == "restore":
            accounts.restore(user_id=user.pk, by=request.user, at=clock.now())
            messages.success(request, _("The account can be used again."))
        elif what == "sign-out":
            accounts.end_sessions(user=user, by=request.user, at=clock.now())
            messages.success(request, _("This person is signed out everywhere."))
        else:
            raise Http404
    except accounts.CannotChangeAccount as refusal:
        messages.error(request, refusal.what_to_do)
    return redirect("people:person", public_id)


@allow(Permission.MANAGE_PEOPLE)
@require_POST
@reauthentication_required
def reset_second_step(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Ask a second person to take away a lost second step."""
    user = _user(public_id)
    form = forms.ResetSecondStep(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say how you made sure who is asking."))
        return redirect("people:person", public_id)
    tell(
        request,
        lambda: second_factor.propose_reset(user=user, checked=form.cleaned_data["checked"], by=request.user, at=clock.now()),
        done=_("Asked. Another key holder confirms it; until then nothing changes."),
    )
    return redirect("people:person", public_id)


# -- Two keys ----------------------------------------------------------------------------------------------------------
@allow(Permission.SECOND_KEY)
@require_safe
def proposals(request: SignedInRequest) -> HttpResponse:
    """Powerful roles that wait for a second person, and what became of the latest ones."""
    found = RoleProposal.objects.select_related("user", "proposed_by", "decided_by")[:SHOWN]
    rows = [present.proposal_row(one, reader=request.user, at=clock.now()) for one in found]
    return render(
        request,
        "governance/people/proposals.html",
        {
            "waiting": [row for row in rows if row.waiting],
            "decided": [row for row in rows if not row.waiting],
            "alone_form": forms.AloneReason(),
            "resets": SecondStepReset.objects.filter(state=SecondStepReset.State.WAITING).select_related("user", "proposed_by"),
            "may_see_people": permissions.holds(queries.roles_of(request.user, on=clock.today()), Permission.MANAGE_PEOPLE),
        },
    )


@allow(Permission.SECOND_KEY)
@require_POST
@reauthentication_required
def decide(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Confirm or refuse a proposed role, or ask to go on with one key."""
    proposal = get_object_or_404(RoleProposal, public_id=public_id)
    answer = request.POST.get("answer")
    try:
        if answer == "confirm":
            roles.confirm(proposal_id=proposal.pk, by=request.user, at=clock.now())
            messages.success(request, _("The role is given."))
        elif answer == "refuse":
            roles.refuse(proposal_id=proposal.pk, by=request.user, at=clock.now())
            messages.success(request, _("The role is not given."))
        elif answer == "alone":
            form = forms.AloneReason(request.POST)
            if form.is_valid():
                roles.go_alone(proposal_id=proposal.pk, reason=form.cleaned_data["reason"], by=request.user, at=clock.now())
                messages.success(request, _("The other key holders are told. You can go on alone in one day if nobody answers."))
            else:
                messages.error(request, _("Say why nobody else can confirm."))
    except roles.CannotGiveRole as refusal:
        messages.error(request, refusal.what_to_do)
    return redirect("people:proposals")


@allow(Permission.SECOND_KEY)
@require_POST
@reauthentication_required
def decide_reset(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Take a lost second step away, or leave it."""
    reset = get_object_or_404(SecondStepReset, public_id=public_id)
    try:
        if request.POST.get("answer") == "confirm":
            second_factor.confirm_reset(reset_id=reset.pk, by=request.user, at=clock.now())
            messages.success(request, _("The second step is taken away. The person is signed out and told by e-mail."))
        else:
            second_factor.refuse_reset(reset_id=reset.pk, by=request.user, at=clock.now())
            messages.success(request, _("The second step stays as it is."))
    except second_factor.CannotReset as refusal:
        messages.error(request, refusal.what_to_do)
    return redirect("people:proposals")


# -- Invitations -------------------------------------------------------------------------------------------------------
@public(reason="whoever has the link has no password yet; the link works once, and the page shows nothing without it")
@never_cache
@require_safe
def invitation_link(request: HttpRequest, token: str) -> HttpResponse:
    """Take the secret out of the address before a page is shown."""
    request.session[INVITATION] = token
    return redirect("people:invitation")


@public(reason="the form behind an invitation link; without one it only says so")
@never_cache
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest) -> HttpResponse:
    """Choose the first password."""
    token = request.session.get(INVITATION, "")
    try:
        invited = invitations.find(token, at=clock.now())
        form = forms.ChoosePassword(request.POST or None, user=invited.user)
        if form.is_valid():
            user = invitations.accept(token=token, password=form.cleaned_data["password"], at=clock.now())
            request.session.flush()
            answer = perform_password_login(request, {}, Login(user=user, email=user.email))
            if request.user.is_authenticated:
                reauthenticate_by_password(request)  # just typed, twice: the second step is set up without a third time
            return answer
    except invitations.LinkNotValid:
        return render(request, "governance/people/invitation_invalid.html", status=410)
    return render(request, "governance/people/invitation.html", {"form": form, "email": invited.user.email, "name": invited.user.name})


@public(reason="stands in the place of the sign-in library's page: a district changes addresses, not the person")
def no_such_page(request: HttpRequest) -> HttpResponse:
    """There is no page on which somebody changes the e-mail that they sign in with."""
    raise Http404
