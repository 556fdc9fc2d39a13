from django.urls import path

from governance.alerts import views

app_name = "alerts"
urlpatterns = [
    path("", views.alerts, name="alerts"),
    path("limits/", views.numbers, name="limits"),
    path("limits/change/", views.change_numbers, name="limits-change"),
    path("limits/<uuid:public_id>/confirm/", views.confirm_numbers, name="limits-confirm"),
    path("limits/<uuid:public_id>/drop/", views.drop_numbers, name="limits-drop"),
    path("planted/", views.planted, name="planted"),
    path("planted/new/", views.plant, name="plant"),
    path("planted/<uuid:public_id>/confirm/", views.confirm_planting, name="planting-confirm"),
    path("planted/<uuid:public_id>/end/", views.end_planting, name="planting-end"),
    path("<uuid:public_id>/", views.alert, name="alert"),
    path("<uuid:public_id>/ask/", views.ask, name="ask"),
    path("<uuid:public_id>/answer/", views.answer, name="answer"),
    path("<uuid:public_id>/close/", views.close, name="close"),
]
