from django.urls import path

from breaches.incidents import views

app_name = "incidents"
urlpatterns = [
    path("", views.incidents, name="incidents"),
    path("new/", views.new, name="new"),
    path("from-report/<uuid:public_id>/", views.from_report, name="from-report"),
    path("tasks/<uuid:public_id>/", views.finish, name="finish"),
    path("evidence/<uuid:public_id>/", views.custody, name="custody"),
    path("<uuid:public_id>/", views.incident, name="incident"),
    path("<uuid:public_id>/act/", views.act, name="act"),
    path("<uuid:public_id>/contain/", views.contain, name="contain"),
    path("<uuid:public_id>/moments/<int:number>/", views.decide_moment, name="moment"),
    path("<uuid:public_id>/close/", views.close, name="close"),
]
