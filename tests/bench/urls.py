"""The portal's addresses and the benches' own pages."""

from portal.urls import urlpatterns as portal_urls

urlpatterns = [*portal_urls]
