from django.urls import path

from breaches.drills import views

app_name = "drills"
urlpatterns = [
    path("", views.drills, name="drills"),
    path("start/<slug:scenario>/", views.start, name="start"),
    path("tasks/<uuid:public_id>/", views.task, name="task"),
    path("<uuid:public_id>/", views.drill, name="drill"),
    path("<uuid:public_id>/act/", views.act, name="act"),
    path("<uuid:public_id>/result/", views.result, name="result"),
]
