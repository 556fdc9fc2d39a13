"""Addresses of the pages about checkpoints."""

from django.urls import path

from governance.checkpoints import views

app_name = "checkpoints"
urlpatterns = [
    path("", views.trail, name="trail"),
]
