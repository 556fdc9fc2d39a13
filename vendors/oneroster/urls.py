from django.urls import path

from vendors.oneroster import views

app_name = "oneroster"
urlpatterns = [path("deliveries/<uuid:public_id>/connection/", views.connection, name="connection")]
