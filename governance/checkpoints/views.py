"""What outsiders and families get of the seals: the page, checkpoint, key, tiles, extensions, and the proof of one look."""

import datetime as dt
from collections.abc import Iterator
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from governance.people import queries as people
from governance.people.http import SignedInRequest
from governance.people.policies import allow, public
from governance.records import door
from governance.records.family.queries import Way, all_of
from governance.trail import addresses, entries
from governance.trail import search as trail_search
from governance.trail.seals import proofs, queries
from governance.vocabulary import Event, Permission, Role
from portal.base import clock

LATE = dt.timedelta(hours=2)


@public(reason="whoever keeps a checkpoint can prove that sealed entries were not changed")
@require_safe
def trail(request: HttpRequest) -> HttpResponse:
    """What is proven, what is not, and the newest checkpoint."""
    newest = queries.latest_checkpoint()
    district = people.district()
    return render(
        request,
        "governance/checkpoints/trail.html",
        {
            "newest": newest,
            "late": newest is not None and clock.now() - newest.made_at > LATE,
            "keys": queries.public_keys(),
            "server_access": district.server_access_count if district else None,
        },
    )


@public(reason="the signed state of the trail is for everybody to keep")
@require_safe
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest checkpoint as a signed note (C2SP tlog-checkpoint); ?size=N the first one of that size."""
    found = queries.checkpoint_of_size(_size(request, "size")) if "size" in request.GET else queries.latest_checkpoint()
    if found is None:
        raise Http404(_("There is no such checkpoint."))
    return _plain(found.note)


@public(reason="a public key")
@require_safe
def key(request: HttpRequest) -> HttpResponse:
    """The verifier keys, newest first, a line each."""
    return _plain("".join(f"{found.line}\n" for found in queries.public_keys()))


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
    answer = HttpResponse(text, content_type="text/plain; charset=utf-8")
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
