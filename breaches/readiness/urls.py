from django.urls import path

from breaches.readiness import views

app_name = "readiness"
urlpatterns = [
    path("breach-day/", views.day, name="day"),
    path("breach-day/reach/", views.reach, name="reach"),
    path("breach-day/reach/<uuid:public_id>/", views.missing, name="missing"),
    path("breach-card/", views.card, name="card"),
    path("breach-card/pdf/", views.card_pdf, name="card-pdf"),
]
