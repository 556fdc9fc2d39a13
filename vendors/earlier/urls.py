from django.urls import path

from vendors.earlier import views

app_name = "earlier"
urlpatterns = [
    path("", views.sheets, name="sheets"),
    path("export/", views.export, name="export"),
    path("<uuid:public_id>/", views.sheet, name="sheet"),
    path("<uuid:public_id>/<slug:act>/", views.act, name="act"),
]
