from django.urls import path

from vendors.agreements.views import acts, agreements, drafts, signatures

app_name = "agreements"
urlpatterns = [
    path("", agreements.agreements_list, name="list"),
    path("new/", agreements.agreement_new, name="new"),
    path("<uuid:public_id>/", agreements.agreement_detail, name="detail"),
    path("<uuid:public_id>/terms/", drafts.terms, name="terms"),
    path("<uuid:public_id>/services/", drafts.services, name="services"),
    path("<uuid:public_id>/schedule/<slug:slug>/", drafts.schedule, name="schedule"),
    path("<uuid:public_id>/clauses/", drafts.clauses, name="clauses"),
    path("<uuid:public_id>/document/", drafts.document, name="document"),
    path("<uuid:public_id>/sign/", signatures.sign, name="sign"),
    path("<uuid:public_id>/paper/", signatures.paper, name="paper"),
    path("<uuid:public_id>/join/", agreements.join, name="join"),
    path("<uuid:public_id>/act/<slug:what>/", acts.act, name="act"),
]
