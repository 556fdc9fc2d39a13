from django.urls import path

from breaches.postings import pack_views, public_views, views, year_views

app_name = "postings"
urlpatterns = [
    path("public/", public_views.register, name="register"),
    path("public/print/", public_views.paper, name="print"),
    path("public/feed.atom", public_views.feed, name="feed"),
    path("public/<slug:slug>/", public_views.page, name="page"),
    path("year/", year_views.report, name="year"),
    path("year/pdf/", year_views.report_pdf, name="year-pdf"),
    path("<uuid:public_id>/posting/", views.posting, name="posting"),
    path("<uuid:public_id>/posting/write/", views.write, name="write"),
    path("<uuid:public_id>/posting/act/", views.act, name="act"),
    path("<uuid:public_id>/packs/", pack_views.packs, name="packs"),
    path("packs/<uuid:public_id>/decide/", pack_views.decide, name="decide"),
    path("packs/<uuid:public_id>/file/", pack_views.file, name="file"),
]
