"""The addresses for tools' systems: a token for credentials, and OneRoster 1.2. Answers are JSON, errors in the form of their standard.

No word of a request stands in an answer, a log or a key; a token is looked up by its hash.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote_plus, urlencode

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from governance.people.policies import public
from governance.trail import entries
from governance.trail.middleware import CEILING, client_address
from governance.vocabulary import Event
from portal.base import clock
from vendors.oneroster import actions, asking, limits, queries, serving
from vendors.oneroster.asking import NotUnderstood
from vendors.oneroster.queries import Asker
from vendors.oneroster.standard import BASE, Endpoint
from vendors.sharing import gate

# -- OAuth 2, client credentials (RFC 6749 4.4) --------------------------------------------------------------------------------------


@csrf_exempt
@public(reason="whoever asks shows credentials")
def token(request: HttpRequest) -> HttpResponse:
    """A token of 15 minutes for a client id and its secret."""
    if request.method != "POST":
        return _oauth({"error": "invalid_request", "error_description": "Send a POST."}, status=405, Allow="POST")
    given = request.POST
    by_header = "Authorization" in request.headers
    credentials = _basic(request.headers["Authorization"]) if by_header else (given.get("client_id", ""), given.get("client_secret", ""))
    if credentials is None or (by_header and "client_secret" in given):
        return _oauth(
            {"error": "invalid_request", "error_description": "Show the credentials in one way: Basic, or client_id and client_secret."}
        )
    if given.get("grant_type") != "client_credentials":
        return _oauth({"error": "unsupported_grant_type", "error_description": "grant_type is client_credentials."})
    try:
        made, scopes = actions.issue(
            client_id=credentials[0][:100],
            secret=credentials[1][:200],
            wanted=given.get("scope", "").split(),
            address=client_address(request),
            at=clock.now(),
        )
    except actions.NotLetIn as refusal:
        told = {"error": refusal.error, "error_description": refusal.words}
        if refusal.retry_after:
            return _oauth(told, status=429, **{"Retry-After": str(refusal.retry_after)})
        if refusal.error == "invalid_client":
            return _oauth(told, status=401, **{"WWW-Authenticate": 'Basic realm="OneRoster"'})
        return _oauth(told)
    lasts = int(actions.TOKEN_LASTS.total_seconds())
    return _oauth({"access_token": made, "token_type": "Bearer", "expires_in": lasts, "scope": " ".join(scopes)}, status=200)


def _basic(header: str) -> tuple[str, str] | None:
    """Client id and secret of a Basic header, each form-encoded within (RFC 6749 2.3.1)."""
    scheme, _space, coded = header.partition(" ")
    try:
        text = base64.b64decode(coded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    name, colon, secret = text.partition(":")
    return (unquote_plus(name), unquote_plus(secret)) if scheme.lower() == "basic" and colon else None


def _oauth(told: dict[str, Any], *, status: int = 400, **headers: str) -> HttpResponse:
    return _json(told, status=status, headers={"Cache-Control": "no-store", "Pragma": "no-cache", **headers})


# -- OneRoster -----------------------------------------------------------------------------------------------------------------------


class Failed(Exception):
    """A request that is answered with an error of the standard: `status` of HTTP, a code minor, and words."""

    def __init__(self, status: int, code: str, words: str, **headers: str):
        super().__init__(code)
        self.status, self.code, self.words, self.headers = status, code, words, headers


def serve(endpoint: Endpoint) -> Callable[..., HttpResponseBase]:
    """The view of one address. What it is stands in its `endpoint`, from which the OpenAPI document is written."""

    @csrf_exempt  # a token is shown, no cookie: whatever is posted is answered in the form of the standard
    @public(reason="whoever asks shows a token")
    def view(request: HttpRequest, **ids: str) -> HttpResponse:
        with translation.override("en"):  # systems read these words, not people with a language
            try:
                return _served(request, endpoint, ids)
            except Failed as failure:
                return status_info(failure)

    view.endpoint = endpoint  # type: ignore[attr-defined]  # a function may carry more
    return view


@csrf_exempt
@public(reason="whoever asks shows a token")
def unknown(request: HttpRequest, rest: str) -> HttpResponse:
    """Whatever else is asked below this address."""
    try:
        _asker(request)
        raise Failed(404, "unknownobject", "There is no such address. /api/docs names all that there are.")
    except Failed as failure:
        return status_info(failure)


def status_info(failure: Failed) -> HttpResponse:
    """An error as the standard words it."""
    told = {
        "imsx_codeMajor": "failure",
        "imsx_severity": "error",
        "imsx_description": failure.words,
        "imsx_CodeMinor": {
            "imsx_codeMinorField": [{"imsx_codeMinorFieldName": "TargetEndSystem", "imsx_codeMinorFieldValue": failure.code}]
        },
    }
    return _json(told, status=failure.status, headers=failure.headers)


def _served(request: HttpRequest, endpoint: Endpoint, ids: Mapping[str, str]) -> HttpResponse:
    if request.method != "GET":
        raise Failed(405, "forbidden", "Everything here is read with GET.", Allow="GET")
    asker = _asker(request)
    if not asker.scopes & set(endpoint.scopes):
        raise Failed(403, "forbidden", "The token has none of the scopes that this address needs.")
    if limits.count(f"{asker.client.public_id}:requests") > limits.REQUESTS_A_MINUTE:
        raise _too_much(asker, "requests", limits.REQUESTS_A_MINUTE, limits.REQUESTS_A_MINUTE + 1)
    if asker.delivery is None:
        raise _closed(asker, gate.Refused("stopped"))
    try:
        return _answer(request, asker, endpoint, ids)
    except gate.Refused as refusal:
        raise _closed(asker, refusal) from refusal
    except serving.NotThere as missing:
        raise Failed(404, "unknownobject", "There is no such object.") from missing
    except serving.TooMuch as stopped:
        raise _too_much(asker, "children", stopped.most, stopped.asked, minutes=60) from stopped
    except NotUnderstood as fault:
        raise Failed(400, fault.code, fault.words) from fault
    except DatabaseError as error:
        if getattr(error.__cause__, "pgcode", None) != CEILING:
            raise
        raise Failed(429, "server_busy", "The portal hands out no more records in this hour.", **{"Retry-After": "900"}) from error


def _asker(request: HttpRequest) -> Asker:
    scheme, _space, shown = request.headers.get("Authorization", "").partition(" ")
    found = queries.asker_of(shown.strip(), clock.now()) if scheme.lower() == "bearer" and shown.strip() else None
    if found is not None and found.why_not:
        actions.refuse(found.client, found.why_not)
    if found is None or found.why_not:
        words = "Get a token at /oauth/token and send it as a Bearer token; it lasts 15 minutes."
        raise Failed(401, "unauthorisedrequest", words, **{"WWW-Authenticate": 'Bearer realm="OneRoster", error="invalid_token"'})
    return found


def _answer(request: HttpRequest, asker: Asker, endpoint: Endpoint, ids: Mapping[str, str]) -> HttpResponse:
    assert asker.delivery is not None
    service = serving.Service(asker.client, asker.delivery, clock.now())
    question = asking.read(request.GET.dict(), endpoint.kind, service.agreed)
    if any("\x00" in own for own in ids.values()):
        raise serving.NotThere
    if endpoint.single:
        _count_rows(asker, 1)
        answer = service.one(endpoint, ids, question)
        return _json({endpoint.kind.one: answer.bodies[0]})
    _count_rows(asker, question.asked if question.asked > question.limit else 0)
    answer = service.listed(endpoint, ids, question)
    _count_rows(asker, answer.rows)
    headers = {"X-Total-Count": str(answer.total), "Link": _links(request, question, answer.total)}
    return _json({endpoint.kind.many: answer.bodies}, headers={name: text for name, text in headers.items() if text})


def _count_rows(asker: Asker, rows: int) -> None:
    """Raises Failed beyond the rows of a minute; whoever asks for more in one go has asked for them."""
    if rows and (asked := limits.count(f"{asker.client.public_id}:rows", rows)) > limits.ROWS_A_MINUTE:
        raise _too_much(asker, "rows", limits.ROWS_A_MINUTE, asked)


def _too_much(asker: Asker, what: str, most: int, asked: int, *, minutes: int = 1) -> Failed:
    """The refusal; once a span it leaves the entry that those who look into alerts are told of."""
    per = "minute" if minutes == 1 else "hour"
    if limits.count(f"{asker.client.public_id}:{what}:told", minutes=minutes) == 1:
        entries.refuse(
            Event.LIMIT_REACHED,
            by=asker.client.account,
            about=asker.client,
            data={"per": per, "limit": most, "asked": asked, "what": what, "client": str(asker.client.public_id)},
        )
    words = f"At most {most} {what} in one {per}. Wait, and ask for the rest then."
    return Failed(429, "server_busy", words, **{"Retry-After": str(limits.seconds_left(minutes))})


def _closed(asker: Asker, refusal: gate.Refused) -> Failed:
    if asker.delivery is not None:
        serving.refused(asker.client, asker.delivery, refusal)
    else:
        actions.refuse(asker.client, "closed", code=refusal.code)
    return Failed(403, "forbidden", refusal.words)


def _links(request: HttpRequest, question: asking.Question, total: int) -> str:
    """RFC 8288: where this list goes on, as far as it does."""
    size = question.limit
    last = max(0, (total - 1) // size * size)
    places = {"first": 0, "last": last}
    if question.offset + size < total:
        places["next"] = question.offset + size
    if question.offset > 0:
        places["prev"] = max(0, question.offset - size)
    here = settings.BASE_URL.rstrip("/") + request.path
    kept = {name: value for name, value in request.GET.items() if name not in ("limit", "offset")}
    return ", ".join(f'<{here}?{urlencode(kept | {"limit": size, "offset": place})}>; rel="{rel}"' for rel, place in places.items())


def _json(told: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    answer = HttpResponse(json.dumps(told, ensure_ascii=False), content_type="application/json", status=status)
    for name, value in (headers or {}).items():
        answer[name] = value
    return answer


def address_of(endpoint: Endpoint) -> str:
    """The endpoint's path as Django's routes are written."""
    return f"{BASE.lstrip('/')}{endpoint.path}".replace("{", "<str:").replace("}", ">")
