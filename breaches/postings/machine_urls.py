"""The register of incidents for programs, the same in every language."""

from django.urls import path

from breaches.postings import public_views

app_name = "postings-files"
urlpatterns = [path("incidents/public.json", public_views.as_json, name="json")]
