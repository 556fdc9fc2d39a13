from django.urls import path

from vendors.consents import paper_views, views

app_name = "consents"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("policy/", views.policy, name="policy"),
    path("ask/<slug:slug>/", views.ask, name="ask"),
    path("everybody/<slug:subject>/", views.ask_everybody, name="ask-everybody"),
    path("paper/<uuid:student>/", views.paper, name="paper"),
    path("paper/<uuid:student>/<uuid:number>/", views.scan, name="scan"),
    path("papers/", paper_views.papers, name="papers"),
    path("papers/<uuid:number>/", paper_views.mistake, name="mistake"),
    path("campaigns/<uuid:public_id>/", views.campaign, name="campaign"),
    path("campaigns/<uuid:public_id>/end/", views.campaign_end, name="campaign-end"),
    path("campaigns/<uuid:public_id>/paper/", views.campaign_paper, name="campaign-paper"),
]
