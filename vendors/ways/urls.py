from django.urls import path

from vendors.ways import views

app_name = "ways"
urlpatterns = [
    path("", views.ways, name="list"),
    path("<uuid:public_id>/", views.way, name="way"),
    path("children/<uuid:public_id>/", views.children, name="children"),
]
