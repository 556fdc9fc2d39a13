"""Addresses of retention."""

from django.urls import path

from governance.retention import views

app_name = "retention"
urlpatterns = [
    path("retention/", views.retention, name="retention"),
    path("retention/rules/", views.propose, name="propose"),
    path("retention/rules/<uuid:public_id>/", views.decide, name="decide"),
    path("retention/holds/", views.place_hold, name="place-hold"),
    path("retention/holds/<uuid:public_id>/", views.end_hold, name="end-hold"),
    path("family/<uuid:public_id>/kept/", views.family, name="family"),
]
