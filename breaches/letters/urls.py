from django.urls import path

from breaches.letters import family_views, public_views, views

app_name = "letters"
urlpatterns = [
    path("letter/", public_views.letter, name="letter"),
    path("family/<uuid:public_id>/letters/", family_views.letters, name="family"),
    path("incidents/<uuid:public_id>/letters/", views.incident, name="incident"),
    path("incidents/letters/<uuid:public_id>/", views.notice, name="notice"),
    path("incidents/letters/answers/<uuid:public_id>/", views.handle, name="handle"),
]
