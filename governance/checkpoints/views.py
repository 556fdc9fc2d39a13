"""What outsiders and families get of the seals: the page, checkpoint, key, tiles, extensions, and the proof of one look."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from allauth.core import ratelimit
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.checkpoints import cosignatures, forms, present
from governance.checkpoints import queries as named
from governance.people import queries as people
from governance.people.http import SignedInRequest
from governance.people.policies import allow, public
from governance.records import door
from governance.records.family.queries import Way, all_of
from governance.trail import addresses, entries
from governance.trail import search as trail_search
from governance.trail.seals import proofs, queries, runs
from governance.vocabulary import Event, Permission, Role
from portal.base import clock, release

LATE = dt.timedelta(hours=2)
TRIES = {"portal_cosignature": "20/m/ip"}


@public(reason="whoever keeps a checkpoint can prove that sealed entries were not changed")
@require_safe
def trail(request: HttpRequest) -> HttpResponse:
    """What is proven, what is not, and the newest checkpoint."""
    newest, now = queries.latest_checkpoint(), clock.now()
    district, last_run = people.district(), runs.last_ended()
    signed = named.last_signed()
    declared = [present.public_declaration(each) for each in queries.declared() if each.used]
    return render(
        request,
        "governance/checkpoints/trail.html",
        {
            "newest": newest,
            "note": cosignatures.with_lines(newest.note) if newest else "",
            "late": newest is not None and now - newest.made_at > LATE,
            "stopped": queries.open_refusal() is not None,
            "keys": queries.public_keys(),
            "server_access": district.server_access_count if district else None,
            "held": present.held_words(last_run.held if last_run else None),
            "last_run": last_run,
            "witnesses": [present.public_witness(each, signed) for each in named.witnesses_at(now)],
            "declared": declared,
            "release": release.fingerprint(),
        },
    )


@csrf_exempt  # the signature says who it is from, not the session
@public(reason="a witness has no account; what counts is the signature")
@require_http_methods(["GET", "HEAD", "POST"])
def sign(request: HttpRequest) -> HttpResponse:
    """A form to send in a checkpoint that a witness signed."""
    form, kept, status = forms.SignedCheckpoint(), None, 200
    if request.method == "POST":
        if _is_too_large(request):
            form = forms.SignedCheckpoint({"text": " "})
            form.full_clean()
            form.errors.clear()
            form.add_error(None, _("This is larger than a checkpoint can be. Choose the file whose name begins with “checkpoint-”."))
            return render(request, "governance/checkpoints/sign.html", {"form": form}, status=413)
        if refused := ratelimit.consume_or_429(request, action="portal_cosignature", config=TRIES):
            return refused
        form = forms.SignedCheckpoint(request.POST, request.FILES)
        status = 400
        if form.is_valid():
            try:
                kept = cosignatures.receive(form.cleaned_data["text"], at=clock.now())[0]
                status = 200
            except cosignatures.Refused as refusal:
                form.add_error(None, present.fault_words(refusal.fault))
    return render(request, "governance/checkpoints/sign.html", {"form": form, "kept": kept}, status=status)


@csrf_exempt
@public(reason="a witness's program has no account; what counts is the signature")
@require_POST
def cosignature(request: HttpRequest) -> HttpResponse:
    """The same for a program: the signed checkpoint is the whole body. 200 kept, 400 with the reason, 413 too large, 429 too often."""
    if _is_too_large(request):
        return _answer("too-large", 413)
    if ratelimit.consume_or_429(request, action="portal_cosignature", config=TRIES):
        return _answer("too-often", 429)
    try:
        cosignatures.receive(request.read(cosignatures.MOST_BYTES).decode("utf-8", errors="replace"), at=clock.now())
    except cosignatures.Refused as refusal:
        return _answer(refusal.fault, 400)
    return _answer("kept", 200)


@public(reason="whoever kept a checkpoint of a lost branch has to be able to tell a declared restore from tampering")
@require_safe
def declarations(request: HttpRequest) -> HttpResponse:
    """Proofs of all entries by which two people declared a restore or a key, under the checkpoint of size ?size= (none: the newest)."""
    checkpoint = queries.checkpoint_of_size(_size(request, "size")) if "size" in request.GET else queries.latest_checkpoint()
    if checkpoint is None:
        raise Http404
    found = [proofs.proof_of_declaration(each.entry, each.at, checkpoint=checkpoint) for each in queries.declared()]
    return _plain("trail-declarations/1\n" + "".join(f"--\n{proof}" for proof in found if proof))


def _is_too_large(request: HttpRequest) -> bool:
    """Said from the header alone, so that nothing of a large body is read."""
    told = request.META.get("CONTENT_LENGTH") or "0"
    return not told.isdigit() or int(told) > cosignatures.MOST_BYTES + 4_096  # the form's own parts


def _answer(word: str, status: int) -> HttpResponse:
    return HttpResponse(f"{word}\n", content_type="text/plain; charset=utf-8", status=status, headers={"Cache-Control": "no-store"})


@public(reason="the signed state of the trail is for everybody to keep")
@require_safe
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest checkpoint as a signed note (C2SP tlog-checkpoint); ?size=N the first one of that size."""
    found = queries.checkpoint_of_size(_size(request, "size")) if "size" in request.GET else queries.latest_checkpoint()
    if found is None:
        raise Http404(_("There is no such checkpoint."))
    return _plain(cosignatures.with_lines(found.note))


@public(reason="a public key")
@require_safe
def key(request: HttpRequest) -> HttpResponse:
    """The verifier keys, newest first, a line each."""
    return _plain("".join(f"{found.line}\n" for found in queries.public_keys()))


@public(reason="programs that check the record without the portal are for everybody")
@require_safe
def program(request: HttpRequest, name: str) -> HttpResponse:
    """One of the programs of docs/verify. The page says that the published one is the better source."""
    answer = _plain((Path(settings.BASE_DIR) / "docs" / "verify" / name).read_text(encoding="utf-8"))
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@public(reason="hashes, for witnesses that check that one checkpoint extends another")
@require_safe
def tile(request: HttpRequest, level: int, index: int) -> HttpResponse:
    """The hashes of a tile, 32 bytes each; of the last one as many as there are."""
    if level > 7 or index >= 1 << 62:
        raise Http404
    hashes = queries.tile(level, index)
    if not hashes:
        raise Http404
    return HttpResponse(hashes, content_type="application/octet-stream")


@public(reason="shows that a newer checkpoint only adds to an older one")
@require_safe
def consistency(request: HttpRequest) -> HttpResponse:
    """The hashes that lead from the checkpoint of size ?from= to the one of size ?to= (none: the newest)."""
    old = queries.checkpoint_of_size(_size(request, "from"))
    new = queries.checkpoint_of_size(_size(request, "to")) if request.GET.get("to") else queries.latest_checkpoint()
    if old is None or new is None or old.size > new.size:
        raise Http404
    return _plain(proofs.consistency_of(old, new))


@require_safe
@allow(Permission.SEE_OWN_FAMILY, Permission.SEARCH_TRAIL)
def proof(request: SignedInRequest, address: UUID) -> HttpResponse:
    """One line of the trail as a proof file, for whom it is about and for auditors. Anybody else is told that there is none."""
    found = addresses.entry_at(address)
    if found is None:
        raise Http404
    at, number = found
    text = None
    try:
        for key in _keys_for(request, found):
            text = text or proofs.proof_of(number, at, key=key)
    except proofs.NotSealedYet:
        answer = render(request, "governance/checkpoints/not_sealed.html", status=409)
        answer["Retry-After"] = "60"
        return answer
    if text is None:
        raise Http404
    note = text[text.index("\n\n") + 2 :]
    answer = HttpResponse(text.removesuffix(note) + cosignatures.with_lines(note), content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{address}.tlog-proof"'
    answer["Cache-Control"] = "no-store"
    return answer


def _keys_for(request: SignedInRequest, found: tuple[dt.datetime, int]) -> Iterator[entries.Written]:
    """Committed entries that may let this person have the line. It names staff and hours, so no limit may stand on the family's link."""
    on = clock.today()
    if Role.COMPLIANCE_OFFICER in people.roles_of(request.user, on=on):
        filters = trail_search.Filters(entry=found)
        yield trail_search.open_door(Event.TRAIL_SEARCHED, by=request.user, hat=Role.COMPLIANCE_OFFICER, filters=filters)
    for access in all_of(request.user, on=on):
        if access.way is Way.OPEN and not access.kept_back:
            opened = door.open_trail(by=request.user, reach=access.reach, students=[access.student.pk], on=on, kept_back=access.kept_back)
            if opened is not None:
                yield opened.key


def _size(request: HttpRequest, name: str) -> int:
    given = request.GET.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else -1


def _plain(text: str) -> HttpResponse:
    answer = HttpResponse(text, content_type="text/plain; charset=utf-8")
    answer["Cache-Control"] = "public, max-age=5"
    return answer
