"""Addresses of audits by outsiders: the district's pages under /audit/auditors/, the auditor's own under /auditing/."""

from django.urls import path

from governance.auditors import views

app_name = "auditors"
urlpatterns = [
    path("audit/auditors/", views.auditors, name="auditors"),
    path("audit/auditors/new/", views.invite, name="invite"),
    path("audit/auditors/<uuid:public_id>/", views.auditor, name="auditor"),
    path("audit/auditors/<uuid:public_id>/decide/", views.decide, name="decide"),
    path("auditing/", views.home, name="home"),
    path("auditing/samples/new/", views.sample_new, name="sample-new"),
    path("auditing/samples/<uuid:public_id>/", views.sample, name="sample"),
    path("auditing/samples/<uuid:public_id>/draw/", views.sample_draw, name="sample-draw"),
    path("auditing/samples/<uuid:public_id>/sample.json", views.sample_file, name="sample-file"),
    path("auditing/papers/new/", views.paper_new, name="paper-new"),
    path("auditing/papers/<uuid:public_id>/", views.paper, name="paper"),
    path("auditing/papers/<uuid:public_id>/edit/", views.paper_edit, name="paper-edit"),
    path("auditing/papers/<uuid:public_id>/move/", views.paper_move, name="paper-move"),
    path("auditing/papers/<uuid:public_id>/answer/", views.paper_answer, name="paper-answer"),
    path("auditing/papers/<uuid:public_id>/print/", views.paper_print, name="paper-print"),
    path("auditing/papers/<uuid:public_id>/paper.json", views.paper_file, name="paper-file"),
]
