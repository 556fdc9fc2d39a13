"""One view that does nothing."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def empty(request: HttpRequest) -> HttpResponse:
    """An answer of one word."""
    return HttpResponse("ok")


urlpatterns = [path("bench/empty/", empty)]
