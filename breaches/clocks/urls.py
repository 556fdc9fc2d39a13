from django.urls import path

from breaches.clocks import views

app_name = "clocks"
urlpatterns = [
    path("", views.clocks_list, name="clocks"),
    path("calendar/", views.calendar, name="calendar"),
]
