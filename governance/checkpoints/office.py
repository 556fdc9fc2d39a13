"""Pages of the district's staff about witnesses, restores and keys, and checks of the trail."""

from collections.abc import Callable
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.checkpoints import checks, declarations, forms, present, queries, witnesses
from governance.checkpoints.models import Declaration, Sending, Witness
from governance.people.http import SignedInRequest
from governance.people.models import User
from governance.people.policies import allow, may
from governance.trail.seals import queries as seals
from governance.trail.seals import runs
from governance.vocabulary import Permission
from portal.base import clock
from portal.base.errors import CannotDo
from portal.base.telling import tell


# -- Witnesses ---------------------------------------------------------------------------------------------------------
@allow(Permission.MANAGE_SEALS, Permission.SECOND_KEY)
@require_safe
def witness_list(request: SignedInRequest) -> HttpResponse:
    """Who gets checkpoints, who waits for a second person, and what became of the mails."""
    return _witness_page(request, forms.NewWitness(today=clock.today()))


def _witness_page(request: SignedInRequest, form: forms.NewWitness) -> HttpResponse:
    signed, today = queries.last_signed(), clock.today()
    rows = [present.witness_row(each, reader=request.user, signed=signed, on=today) for each in queries.witnesses()]
    return render(
        request,
        "governance/checkpoints/witnesses.html",
        {
            "form": form,
            "waiting": [row for row in rows if row.waiting],
            "rows": [row for row in rows if not row.waiting],
            "sendings": [present.sending_row(each) for each in queries.sendings()],
            "may_propose": may(request, Permission.MANAGE_SEALS),
            "here": "witnesses",
        },
    )


@allow(Permission.MANAGE_SEALS)
@require_POST
@reauthentication_required
def witness_new(request: SignedInRequest) -> HttpResponse:
    """Propose a witness."""
    form = forms.NewWitness(request.POST, today=clock.today())
    if form.is_valid():
        try:
            witnesses.propose(by=request.user, at=clock.now(), **form.cleaned_data)
        except CannotDo as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("Proposed. Another key holder confirms it."))
            return redirect("checkpoints:witnesses")
    return _witness_page(request, form)


@allow(Permission.MANAGE_SEALS, Permission.SECOND_KEY)
@require_POST
@reauthentication_required
def witness_decide(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Confirm or refuse a proposed witness, or end one."""
    get_object_or_404(Witness, public_id=public_id)
    acts: dict[str, tuple[Callable, str]] = {
        "confirm": (witnesses.confirm, _("The witness is named and gets the newest checkpoint by e-mail.")),
        "refuse": (witnesses.refuse, _("The witness is not named.")),
        "end": (witnesses.end, _("Nothing more is sent to this witness.")),
    }
    act, words = _chosen(request, acts)
    return _done(request, lambda: act(witness_id=public_id, by=request.user, at=clock.now()), words, "checkpoints:witnesses")


@allow(Permission.MANAGE_SEALS)
@require_POST
@reauthentication_required
def sending_returned(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Note that a mail to a witness came back."""
    get_object_or_404(Sending, public_id=public_id)
    return _done(
        request,
        lambda: witnesses.note_returned(sending_id=public_id, by=request.user, at=clock.now()),
        _("Noted. Ask the witness for an address that works."),
        "checkpoints:witnesses",
    )


def _chosen(request: SignedInRequest, acts: dict[str, tuple[Callable, str]]) -> tuple[Callable, str]:
    try:
        return acts[request.POST.get("answer", "")]
    except KeyError as error:
        raise Http404 from error


def _done(request: SignedInRequest, act: Callable[[], object], words: str, page: str) -> HttpResponse:
    tell(request, lambda: act(), done=words)
    return redirect(page)


# -- Restores and keys -------------------------------------------------------------------------------------------------
@allow(Permission.MANAGE_SEALS, Permission.SECOND_KEY)
@require_safe
def restores(request: SignedInRequest) -> HttpResponse:
    """What the sealer refuses to go on behind, what waits for a second person, and what was declared."""
    return _restores_page(request, forms.DeclareRestore(), forms.DeclareKey())


def _restores_page(request: SignedInRequest, restore_form: forms.DeclareRestore, key_form: forms.DeclareKey) -> HttpResponse:
    used = seals.used_declarations()
    rows = [present.declaration_row(each, reader=request.user, used=used) for each in queries.declarations()]
    loss = declarations.loss_that_the_sealer_found()
    return render(
        request,
        "governance/checkpoints/restores.html",
        {
            "refusal": seals.open_refusal(),
            "loss": present.lost_words(loss.first, loss.last.size) if loss else "",
            "loss_from": loss.first if loss else None,
            "loss_to": loss.last.size if loss else None,
            "waiting": [row for row in rows if row.waiting],
            "rows": [row for row in rows if not row.waiting],
            "restore_form": restore_form,
            "key_form": key_form,
            "may_propose": may(request, Permission.MANAGE_SEALS),
            "here": "restores",
        },
    )


@allow(Permission.MANAGE_SEALS)
@require_POST
@reauthentication_required
def restore_new(request: SignedInRequest) -> HttpResponse:
    """Propose to declare a restore."""
    form = forms.DeclareRestore(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            declarations.propose_restore(
                reason=Declaration.Reason(given["reason"]),
                backup_at=given["backup_at"],
                kept=given["kept"],
                by=request.user,
                at=clock.now(),
            )
        except CannotDo as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("Proposed. Another key holder confirms it."))
            return redirect("checkpoints:restores")
    return _restores_page(request, form, forms.DeclareKey())


@allow(Permission.MANAGE_SEALS)
@require_POST
@reauthentication_required
def key_new(request: SignedInRequest) -> HttpResponse:
    """Propose a new signing key."""
    form = forms.DeclareKey(request.POST)
    if form.is_valid():
        try:
            declarations.propose_key(reason=Declaration.Reason(form.cleaned_data["reason"]), by=request.user, at=clock.now())
        except CannotDo as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            messages.success(request, _("Proposed. Another key holder confirms it."))
            return redirect("checkpoints:restores")
    return _restores_page(request, forms.DeclareRestore(), form)


@allow(Permission.MANAGE_SEALS, Permission.SECOND_KEY)
@require_POST
@reauthentication_required
def declaration_decide(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Confirm or refuse a proposed restore or key."""
    get_object_or_404(Declaration, public_id=public_id)
    act, words = _chosen(
        request,
        {
            "confirm": (declarations.confirm, _("Declared. The sealer goes on within a minute; everybody can read it on the public page.")),
            "refuse": (declarations.refuse, _("It is not declared.")),
        },
    )
    return _done(request, lambda: act(declaration_id=public_id, by=request.user, at=clock.now()), words, "checkpoints:restores")


# -- Checks of the whole trail -----------------------------------------------------------------------------------------
@allow(Permission.SEE_STATUS)
@require_http_methods(["GET", "HEAD", "POST"])
def check_list(request: SignedInRequest) -> HttpResponse:
    """The last checks of the whole trail and what they found; POST asks for one now."""
    if request.method == "POST":
        checks.ask(by=request.user)
        messages.success(request, _("Asked. The check begins within a minute and goes on in the background."))
        return redirect("checks:checks")
    found = runs.latest()
    askers = User.objects.filter(public_id__in={run.asked_by for run in found if run.asked_by})
    names = {user.public_id: user.name for user in askers}
    rows = [present.run_row(run, names) for run in found]
    return render(
        request,
        "governance/checkpoints/checks.html",
        {
            "rows": rows,
            "running": next((row for row in rows if row.running), None),
            "may_see_keys": may(request, Permission.MANAGE_SEALS, Permission.SECOND_KEY),
            "here": "checks",
        },
    )
