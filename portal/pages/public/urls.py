from django.urls import path

from portal.pages.public import views

app_name = "public"
urlpatterns = [
    path("", views.home, name="home"),
    path("rights/", views.rights, name="rights"),
    path("rights/print/", views.rights_print, name="rights-print"),
    path("limits/", views.limits, name="limits"),
]
