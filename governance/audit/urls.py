"""Addresses of the audit pages."""

from django.urls import path

from governance.audit import views

app_name = "audit"
urlpatterns = [
    path("", views.search, name="search"),
    path("students/", views.students, name="students"),
    path("entries/<uuid:address>/", views.entry, name="entry"),
]
