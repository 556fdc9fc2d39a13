from django.urls import path

from governance.disclosures import views

app_name = "disclosures"
urlpatterns = [
    path("", views.disclosures, name="disclosures"),
    path("new/", views.record, name="record"),
    path("students/<uuid:public_id>/", views.student, name="student"),
    path("students/<uuid:public_id>/print/", views.student_print, name="student-print"),
    path("students/<uuid:public_id>/lines/<uuid:line>/mistake/", views.mistake, name="mistake"),
]
