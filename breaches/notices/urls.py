from django.urls import path

from breaches.notices import views

app_name = "notices"
urlpatterns = [
    path("<uuid:public_id>/notices/", views.notices, name="notices"),
    path("<uuid:public_id>/notices/new/<slug:audience>/", views.new, name="new"),
    path("notices/<uuid:public_id>/", views.notice, name="notice"),
    path("notices/<uuid:public_id>/write/", views.write, name="write"),
    path("notices/<uuid:public_id>/versions/", views.versions, name="versions"),
    path("notices/<uuid:public_id>/act/", views.act, name="act"),
    path("notices/<uuid:public_id>/addressees/", views.add_addressee, name="add-addressee"),
    path("notices/<uuid:public_id>/recipients/", views.recipients, name="recipients"),
    path("notices/<uuid:public_id>/returns/", views.read_returns, name="returns"),
    path("notices/addressees/<uuid:public_id>/", views.addressee, name="addressee"),
]
