"""Addresses of the checks of the whole trail."""

from django.urls import path

from governance.checkpoints import office

app_name = "checks"
urlpatterns = [path("", office.check_list, name="checks")]
