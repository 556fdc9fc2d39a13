from django.urls import path

from breaches.affected import views

app_name = "affected"
urlpatterns = [
    path("<uuid:public_id>/affected/", views.lists, name="lists"),
    path("affected/<uuid:public_id>/", views.one, name="list"),
    path("affected/<uuid:public_id>/names/", views.names, name="names"),
    path("affected/<uuid:public_id>/grades/", views.grades, name="grades"),
    path("affected/<uuid:public_id>/propose/", views.propose, name="propose"),
    path("affected/corrections/<uuid:public_id>/", views.decide, name="decide"),
]
