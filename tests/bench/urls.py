"""The portal's addresses and the benches' own pages."""

from django.urls import path

from portal.urls import urlpatterns as portal_urls
from tests.bench import oneroster_page, pages

urlpatterns = [
    path("bench/door/<int:number>/", pages.by_door),
    path("bench/bare/<int:number>/", pages.bare),
    path("bench/stock/<int:number>/", pages.stock),
    path("bench/oneroster/", oneroster_page.bare),
    *portal_urls,
]
