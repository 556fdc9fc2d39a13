from django.urls import path

from breaches.notices import public_views

app_name = "public-notices"
urlpatterns = [
    path("", public_views.published, name="list"),
    path("<uuid:public_id>/", public_views.page, name="page"),
]
