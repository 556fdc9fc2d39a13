"""Public pages, rendered once per process and version and then handed out from memory (docs/reference/public-pages.md).

What may stand on the shelf is named by the module in `settings.PUBLIC_PAGES`: its `paths()` and its `stamp()`. A page is
rendered by sending a clean request (no cookie, no query, nobody signed in) through the whole chain of middleware, so it
carries every header a page of the ordinary way carries. An answer that sets a cookie or varies by one is not kept.
"""

import dataclasses
import functools
import gzip
import hashlib
import importlib
import io
import threading
import time
from collections.abc import Callable, Mapping
from http.cookies import SimpleCookie
from typing import Protocol

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.wsgi import WSGIRequest
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.http.response import ResponseHeaders
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header

from portal.base import logs

log = logs.get(__name__)
Chain = Callable[[HttpRequest], HttpResponseBase]

# These belong to one answer, not to the page.
_OF_ONE_ANSWER = {"x-request-id", "content-length", "vary", "etag", "cache-control", "date"}
_VARY = "Accept-Encoding, Accept-Language"
_CACHE_CONTROL = "public, max-age=60"
_MOST_HOSTS = 20


class Source(Protocol):
    """The module that `settings.PUBLIC_PAGES` names."""

    def paths(self) -> Mapping[str, str]:
        """Path -> language code of every page that may stand on the shelf."""
        ...

    def stamp(self) -> str:
        """Changes whenever what the pages show may have changed. May ask the database; may raise its errors."""
        ...


@dataclasses.dataclass(frozen=True, slots=True)
class Body:
    """A page in one encoding. `store` is what its headers hold, checked and encoded once."""

    content: bytes
    store: dict[str, tuple[str, str]]

    @classmethod
    def of(cls, content: bytes, headers: Mapping[str, str]) -> "Body":
        """The body with its length among the headers."""
        return cls(content, dict(ResponseHeaders({**headers, "Content-Length": str(len(content))})._store))


class Answer(HttpResponse):
    """An answer from the shelf. It skips what HttpResponse does anew for each: guessing the type and checking twenty headers, a third
    of the time of an answer. Everything that Django's handlers read of an answer is set here; the tests read each of them.
    """

    def __init__(self, body: Body, *, with_content: bool):
        self.headers = ResponseHeaders({})
        self.headers._store = body.store.copy()
        self._container = [body.content if with_content else b""]
        self._resource_closers: list[Callable[[], None]] = []
        self._handler_class = None
        self._charset = None
        self._reason_phrase = None
        self.cookies = SimpleCookie()
        self.closed = False


@dataclasses.dataclass(frozen=True, slots=True)
class Page:
    """One rendered page in both encodings, with the headers every answer of it carries."""

    plain: Body
    zipped: Body
    unchanged: dict[str, str]
    etag: str

    @classmethod
    def of(cls, response: HttpResponse) -> "Page | None":
        """The page of an answer; None where the answer is not the same for everybody."""
        personal = response.cookies or "cookie" in response.get("Vary", "").lower()
        if response.status_code != 200 or response.streaming or personal:
            return None
        body = response.content
        etag = hashlib.sha256(body).hexdigest()[:32]
        headers = {name: value for name, value in response.items() if name.lower() not in _OF_ONE_ANSWER}
        headers |= {"Vary": _VARY, "Cache-Control": _CACHE_CONTROL, "ETag": f'"{etag}"'}
        zipped = headers | {"Content-Encoding": "gzip", "ETag": f'"{etag}-gz"'}
        return cls(
            plain=Body.of(body, headers),
            zipped=Body.of(gzip.compress(body, 9, mtime=0), zipped),
            unchanged={name: value for name, value in headers.items() if name not in ("Content-Type", "ETag")},
            etag=etag,
        )

    def answer(self, request: HttpRequest) -> HttpResponse:
        """200 in the encoding asked for, or 304 where the reader has it already; HEAD gets the headers alone."""
        given = request.META
        zipped = _takes_gzip(given.get("HTTP_ACCEPT_ENCODING", ""))
        body = self.zipped if zipped else self.plain
        if self.etag in given.get("HTTP_IF_NONE_MATCH", ""):
            return HttpResponseNotModified(headers=self.unchanged | {"ETag": body.store["etag"][1]})
        return Answer(body, with_content=request.method != "HEAD")


class Shelf:
    """The pages of one process. Safe to use from many threads."""

    def __init__(self, render: Chain, source: Source, recheck_seconds: float):
        self._render = render
        self._source = source
        self._recheck_seconds = recheck_seconds
        self._pages: dict[tuple[str, bool, str], Page] = {}
        self._stamp = ""
        self._checked = float("-inf")
        self._lock = threading.Lock()
        self._paths: Mapping[str, str] | None = None
        self._hosts: set[str] = set()

    def answer(self, request: HttpRequest) -> HttpResponse | None:
        """The answer from memory; None where this path, method or moment needs the ordinary way."""
        if self._paths is None:
            self._paths = self._source.paths()
        language = self._paths.get(request.path_info)
        if language is None or request.method not in ("GET", "HEAD"):
            return None
        secure = request.is_secure()
        if settings.SECURE_SSL_REDIRECT and not secure:
            return None
        host = request.META.get("HTTP_HOST", "")
        if host not in self._hosts:
            try:
                host = request.get_host()
            except DisallowedHost:
                return None  # refused further in, with the headers of every answer
            if host == request.META.get("HTTP_HOST") and len(self._hosts) < _MOST_HOSTS:
                self._hosts.add(host)
        if time.monotonic() - self._checked >= self._recheck_seconds:
            self._look_for_changes()
        wanted = preferred_language(request.META.get("HTTP_ACCEPT_LANGUAGE", ""))
        key = (request.path_info, secure, wanted if wanted != language else "")
        page = self._pages.get(key) or self._make(key, host)
        return page.answer(request) if page else None

    def _look_for_changes(self) -> None:
        """Empty the shelf when the stamp changed. With the database away, what is on the shelf stays good."""
        self._checked = time.monotonic()
        try:
            stamp = self._source.stamp()
        except DatabaseError as error:
            log.warning("public pages: database unreachable, going on with what is in memory", error_type=type(error).__name__)
            return
        if stamp != self._stamp:
            with self._lock:
                self._stamp = stamp
                self._pages = {}

    def _make(self, key: tuple[str, bool, str], host: str) -> Page | None:
        """Render one page; while one thread does, the others wait for it instead of doing the same."""
        with self._lock:
            if page := self._pages.get(key):
                return page
            path, secure, wanted = key
            response = self._render(clean_request(path, host=host, secure=secure, accept_language=wanted))
            page = Page.of(response) if isinstance(response, HttpResponse) else None
            if page:
                self._pages[key] = page
            elif response.status_code == 200:
                log.error("public page is not the same for everybody, not kept", path=path)
            return page


def clean_request(path: str, *, host: str, secure: bool, accept_language: str) -> WSGIRequest:
    """A request by nobody: no cookie, no query, no address."""
    return WSGIRequest(
        {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "443" if secure else "80",
            "HTTP_HOST": host,
            "HTTP_ACCEPT_LANGUAGE": accept_language,
            "wsgi.url_scheme": "https" if secure else "http",
            "wsgi.input": io.BytesIO(),
        }
    )


@functools.lru_cache(maxsize=512)
def preferred_language(header: str) -> str:
    """The language of ours that an Accept-Language header likes best; empty where it names none of them."""
    for code, _weight in parse_accept_lang_header(header[:500].lower()):
        try:
            return get_supported_language_variant(code)
        except LookupError:
            continue
    return ""


@functools.lru_cache(maxsize=128)
def _takes_gzip(header: str) -> bool:
    for part in header.lower().split(","):
        name, _semicolon, weight = part.replace(" ", "").partition(";")
        if name in ("gzip", "*"):
            return weight not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def source_in_settings() -> Source:
    """The module that `settings.PUBLIC_PAGES` names."""
    source: Source = importlib.import_module(settings.PUBLIC_PAGES)
    return source
