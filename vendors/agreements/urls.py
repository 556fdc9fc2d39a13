from django.urls import path

from vendors.agreements import views

app_name = "agreements"
urlpatterns = [
    path("", views.agreements_list, name="list"),
    path("new/", views.agreement_new, name="new"),
    path("<uuid:public_id>/", views.agreement_detail, name="detail"),
    path("<uuid:public_id>/terms/", views.terms, name="terms"),
    path("<uuid:public_id>/services/", views.services, name="services"),
    path("<uuid:public_id>/schedule/<slug:slug>/", views.schedule, name="schedule"),
    path("<uuid:public_id>/clauses/", views.clauses, name="clauses"),
    path("<uuid:public_id>/document/", views.document, name="document"),
    path("<uuid:public_id>/sign/", views.sign, name="sign"),
    path("<uuid:public_id>/paper/", views.paper, name="paper"),
    path("<uuid:public_id>/join/", views.join, name="join"),
    path("<uuid:public_id>/act/<slug:what>/", views.act, name="act"),
]
