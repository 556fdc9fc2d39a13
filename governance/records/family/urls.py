from django.urls import path

from governance.records.family import views

app_name = "family"
urlpatterns = [
    path("", views.family, name="family"),
    path("<uuid:public_id>/", views.overview, name="overview"),
    path("<uuid:public_id>/looks/", views.looks, name="looks"),
    path("<uuid:public_id>/looks/<int:number>/ask/", views.ask, name="ask"),
    path("<uuid:public_id>/data/", views.data, name="data"),
    path("<uuid:public_id>/data/<slug:form>/", views.download, name="download"),
]
