from django.urls import path

from vendors.company import views

app_name = "announcements"
urlpatterns = [
    path("", views.announcements, name="list"),
    path("suppliers/<uuid:public_id>/", views.announcement_take, name="take"),
    path("breaches/<uuid:public_id>/", views.breach_read, name="breach"),
]
