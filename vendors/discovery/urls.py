from django.urls import path

from vendors.discovery import views

app_name = "discovery"
urlpatterns = [
    path("", views.uploads, name="uploads"),
    path("<uuid:public_id>/", views.upload, name="upload"),
    path("domains/", views.decided, name="decided"),
    path("domains/<uuid:public_id>/", views.domain, name="domain"),
]
