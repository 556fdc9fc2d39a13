from django.urls import path

from portal.pages.home import views

urlpatterns = [path("home/", views.home, name="home")]
