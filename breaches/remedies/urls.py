from django.urls import path

from breaches.remedies import views

app_name = "remedies"
urlpatterns = [
    path("<uuid:public_id>/remedies/", views.remedies, name="remedies"),
    path("<uuid:public_id>/remedies/new/<slug:kind>/", views.new, name="new"),
    path("remedies/<uuid:public_id>/", views.remedy, name="remedy"),
    path("remedies/<uuid:public_id>/act/", views.act, name="act"),
    path("remedies/<uuid:public_id>/names/", views.names, name="names"),
    path("remedies/<uuid:public_id>/offers/<uuid:offer>/", views.offer, name="offer"),
]
