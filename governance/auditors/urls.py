"""Addresses of audits by outsiders: the district's pages under /audit/auditors/, the auditor's own under /auditing/."""

from django.urls import path

from governance.auditors.views import engagements, home, papers, samples

app_name = "auditors"
urlpatterns = [
    path("audit/auditors/", engagements.auditors, name="auditors"),
    path("audit/auditors/new/", engagements.invite, name="invite"),
    path("audit/auditors/<uuid:public_id>/", engagements.auditor, name="auditor"),
    path("audit/auditors/<uuid:public_id>/decide/", engagements.decide, name="decide"),
    path("auditing/", home.home, name="home"),
    path("auditing/samples/new/", samples.sample_new, name="sample-new"),
    path("auditing/samples/<uuid:public_id>/", samples.sample, name="sample"),
    path("auditing/samples/<uuid:public_id>/draw/", samples.sample_draw, name="sample-draw"),
    path("auditing/samples/<uuid:public_id>/sample.json", samples.sample_file, name="sample-file"),
    path("auditing/papers/new/", papers.paper_new, name="paper-new"),
    path("auditing/papers/<uuid:public_id>/", papers.paper, name="paper"),
    path("auditing/papers/<uuid:public_id>/edit/", papers.paper_edit, name="paper-edit"),
    path("auditing/papers/<uuid:public_id>/move/", papers.paper_move, name="paper-move"),
    path("auditing/papers/<uuid:public_id>/answer/", papers.paper_answer, name="paper-answer"),
    path("auditing/papers/<uuid:public_id>/print/", papers.paper_print, name="paper-print"),
    path("auditing/papers/<uuid:public_id>/paper.json", papers.paper_file, name="paper-file"),
]
