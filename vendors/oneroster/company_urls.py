from django.urls import path

from vendors.oneroster import views

app_name = "oneroster-company"
urlpatterns = [
    path("", views.connections, name="connections"),
    path("<uuid:public_id>/", views.own_connection, name="connection"),
]
