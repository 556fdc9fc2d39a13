from django.urls import path

from vendors.drops import views

app_name = "drops"
urlpatterns = [
    path("<uuid:public_id>/", views.drop, name="drop"),
    path("<uuid:public_id>/start/", views.start, name="start"),
    path("<uuid:public_id>/stop/", views.stop, name="stop"),
]
