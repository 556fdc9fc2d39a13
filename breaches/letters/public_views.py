"""The page behind the code of a letter: for whoever holds the letter, signed in or not. It never says whose letter it is."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from breaches.letters import actions, offers, present, queries, tries
from breaches.letters.forms import AnswerForm, CodeForm
from breaches.letters.models import Code
from governance.people.policies import public
from governance.records import queries as records
from governance.trail.middleware import client_address
from portal.base import clock
from portal.base.errors import CannotDo


@public(reason="whoever holds a letter may read it again with its code, without an account")
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("code", "words")
def letter(request: HttpRequest) -> HttpResponse:
    """Type the code, read the letter, answer it. The code comes in the body of the request and stands in no address."""
    form = CodeForm(request.POST or None)
    if not form.is_valid():
        return _ask(request, form, status=422 if form.is_bound else 200)
    address = client_address(request)
    if tries.too_many(address):
        return _ask(request, form, status=429, too_many=True)
    is_answer = "kind" in request.POST or "words" in request.POST
    look = actions.find if is_answer else actions.open_letter
    try:
        found = look(code=form.cleaned_data["code"], at=clock.now())
    except CannotDo as refused:
        form.add_error("code", refused.what_to_do)
        return _ask(request, form, status=403)
    if found is None:
        tries.count(address)
        form.add_error("code", _("This code opens no letter. Check each letter and number."))
        return _ask(request, form, status=422)
    if is_answer:
        return _answer(request, found)
    return _letter(request, found, AnswerForm(initial={"code": form.cleaned_data["code"]}))


def _ask(request: HttpRequest, form: CodeForm, *, status: int, too_many: bool = False) -> HttpResponse:
    return render(request, "breaches/letters/code.html", {"form": form, "too_many": too_many}, status=status)


def _answer(request: HttpRequest, found: Code) -> HttpResponse:
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _letter(request, found, form, status=422)
    try:
        actions.answer(**form.cleaned_data, at=clock.now())
    except CannotDo as refused:
        form.add_error(None, refused.what_to_do)
        return _letter(request, found, form, status=409)
    return _letter(request, found, AnswerForm(initial={"code": form.cleaned_data["code"]}), sent=True)


def _letter(request: HttpRequest, found: Code, form: AnswerForm, *, sent: bool = False, status: int = 200) -> HttpResponse:
    recipient, language = found.recipient, get_language() or "en"
    code = form.data.get("code") or form.initial.get("code", "")
    context = {
        "said": present.said(recipient.notice, language),
        "elements": present.element_titles(queries.elements_for(recipient), records.element_titles()),
        "offers": offers.to(recipient),
        "answers": present.own_answers(queries.answers_to(found)),
        "form": form,
        "code": code,
        "pages": present.other_languages(recipient.notice, language),
        "sent": sent,
    }
    return render(request, "breaches/letters/letter.html", context, status=status)
