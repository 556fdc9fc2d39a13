from django.urls import path

from portal.pages.status import views

app_name = "status"
urlpatterns = [path("", views.status, name="status")]
