"""Addresses for systems, the same in every language."""

from django.urls import path

from vendors.oneroster import machine, views
from vendors.oneroster.standard import BASE, ENDPOINTS

app_name = "oneroster-api"
urlpatterns = [
    path("oauth/token", machine.token, name="token"),
    *(path(machine.address_of(endpoint), machine.serve(endpoint), name=endpoint.operation) for endpoint in ENDPOINTS),
    path(f"{BASE.lstrip('/')}<path:rest>", machine.unknown, name="unknown"),
    path("api/openapi.json", views.openapi_document, name="openapi"),
    path("api/docs", views.docs, name="docs"),
]
