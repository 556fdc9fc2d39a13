"""Holds outside auditors to reading: every form and every change is refused, but for what `policies` names."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from governance.auditors import actions, policies, queries

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class ReadOnly:
    """After the policies: a page that a person may not open has answered already."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict) -> HttpResponse | None:
        if request.method in SAFE or not request.user.is_authenticated:
            return None
        user = request.user
        name = request.resolver_match.view_name if request.resolver_match else ""
        if policies.reason_of(view, name) is not None or not queries.is_auditor(user):
            return None
        actions.refuse_write(page=name, by=user)
        return render(request, "governance/auditors/read_only.html", status=403)
