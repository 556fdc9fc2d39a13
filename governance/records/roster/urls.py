"""Routes of imports."""

from django.urls import path

from governance.records.roster import views

app_name = "roster"
urlpatterns = [
    path("", views.runs_list, name="runs"),
    path("upload/", views.upload, name="upload"),
    path("values/", views.values_upload, name="values"),
    path("<uuid:public_id>/", views.run_detail, name="run"),
    path("<uuid:public_id>/columns/", views.columns, name="columns"),
    path("<uuid:public_id>/faults.csv", views.faults, name="faults"),
    path("<uuid:public_id>/apply/", views.apply, name="apply"),
    path("<uuid:public_id>/approve/", views.approve, name="approve"),
    path("<uuid:public_id>/drop/", views.drop, name="drop"),
]
