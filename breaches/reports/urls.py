from django.urls import path

from breaches.reports import views

app_name = "reports"
urlpatterns = [
    path("report/", views.report, name="new"),
    path("report/follow/", views.follow, name="follow"),
    path("incidents/reports/", views.reports, name="reports"),
    path("incidents/reports/safety/", views.safety_reports, name="safety"),
    path("incidents/reports/contact/", views.contact, name="contact"),
    path("incidents/reports/<uuid:public_id>/", views.one_report, name="report"),
    path("incidents/reports/<uuid:public_id>/ask/", views.ask, name="ask"),
    path("incidents/reports/<uuid:public_id>/reporter/", views.reveal, name="reveal"),
    path("incidents/reports/<uuid:public_id>/move/", views.move, name="move"),
    path("incidents/reports/<uuid:public_id>/close/", views.close, name="close"),
]
