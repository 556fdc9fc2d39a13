from django.urls import path

from breaches.remedies import family_views as views

app_name = "remedies-family"
urlpatterns = [
    path("<uuid:public_id>/remedies/", views.remedies, name="remedies"),
    path("<uuid:public_id>/remedies/<uuid:offer>/code/", views.code, name="code"),
    path("<uuid:public_id>/remedies/<uuid:offer>/<slug:said>/", views.answer, name="answer"),
]
