"""Addresses of the audit pages."""

from django.urls import path

from governance.audit import views

app_name = "audit"
urlpatterns = [
    path("", views.search, name="search"),
    path("students/", views.students, name="students"),
    path("students/<uuid:public_id>/", views.student, name="student"),
    path("people/<uuid:public_id>/", views.person, name="person"),
    path("saved/", views.saved, name="saved"),
    path("saved/new/", views.save, name="saved-new"),
    path("saved/<uuid:public_id>/", views.run_saved, name="saved-run"),
    path("saved/<uuid:public_id>/delete/", views.delete_saved, name="saved-delete"),
    path("entries/<uuid:address>/", views.entry, name="entry"),
]
