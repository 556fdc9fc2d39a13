"""One view that does nothing."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def empty(request: HttpRequest) -> HttpResponse:
    """An answer of one word. It says its length, as CommonMiddleware would have it: without, the server sends it in chunks, which takes longer."""
    return HttpResponse("ok", headers={"Content-Length": "2"})


urlpatterns = [path("bench/empty/", empty)]
