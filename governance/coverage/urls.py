from django.urls import path

from governance.coverage import views

app_name = "coverage"
urlpatterns = [
    path("", views.systems, name="systems"),
    path("<uuid:public_id>/", views.system, name="system"),
    path("<uuid:public_id>/end/", views.system_end, name="system-end"),
]
