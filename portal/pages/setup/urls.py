from django.urls import path

from portal.pages.setup import views

app_name = "setup"
urlpatterns = [
    path("", views.setup, name="setup"),
    path("facts/<slug:part>/", views.facts, name="facts"),
    path("families/", views.families, name="families"),
]
