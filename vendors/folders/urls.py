from django.urls import path

from vendors.folders import views

app_name = "folders"
urlpatterns = [
    path("", views.folders, name="folders"),
    path("<uuid:public_id>/", views.folder, name="folder"),
    path("<uuid:public_id>/<slug:act>/", views.act, name="act"),
]
