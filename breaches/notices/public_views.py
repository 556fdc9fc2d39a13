"""Notices to everybody, on pages that anybody can read and whose address stays: for those whom no letter reaches."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from breaches.notices import contents, queries
from breaches.notices.models import Notice, Version
from governance.people.policies import public
from portal.base.finding import or_404

_NAMES = dict(settings.LANGUAGES)


@public(reason="a notice to everybody: state laws want it where letters do not reach")
@require_safe
def published(request: HttpRequest) -> HttpResponse:
    """The notices that stand here now, the newest first."""
    shown = [{"id": each.public_id, "title": _best(each)["subject"], "when": each.started_at} for each in queries.published()]
    return render(request, "breaches/public_notices/notices.html", {"notices": shown})


@public(reason="a notice to everybody: state laws want it where letters do not reach")
@require_safe
def page(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One notice: in the reader's language where there is one, the others below it."""
    found = or_404(queries.published().filter(public_id=public_id).first())
    best = _best(found)
    others = [_said(found, language) for language in _version(found).texts if language != best["code"]]
    return render(request, "breaches/public_notices/notice.html", {"best": best, "others": others, "when": found.started_at})


def _best(notice: Notice) -> dict[str, Any]:
    language = get_language() or "en"
    return _said(notice, language if language in _version(notice).texts else "en")


def _said(notice: Notice, language: str) -> dict[str, Any]:
    text = _version(notice).texts[language]
    with translation.override(language):
        parts = [{"title": str(heading), "words": text["parts"][key]} for key, heading in contents.every()[notice.content].parts.items()]
    return {"code": language, "name": str(_NAMES.get(language, language)), "subject": text["subject"], "parts": parts}


def _version(notice: Notice) -> Version:
    assert notice.version is not None  # the table holds that a started notice has its text
    return notice.version
