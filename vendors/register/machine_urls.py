"""Files of the register, the same in every language."""

from django.urls import path

from vendors.register import views

app_name = "register-files"
urlpatterns = [
    path("register.json", views.as_json, name="json"),
    path("register.csv", views.as_csv, name="csv"),
    path("register.jsonld", views.as_linked_data, name="jsonld"),
]
