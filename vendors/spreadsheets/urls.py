from django.urls import path

from vendors.spreadsheets import views

app_name = "spreadsheets"
urlpatterns = [
    path("", views.sheets, name="sheets"),
    path("<slug:kind>.csv", views.export, name="export"),
    path("<uuid:public_id>/", views.sheet, name="sheet"),
    path("<uuid:public_id>/<slug:act>/", views.act, name="act"),
]
