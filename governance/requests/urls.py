"""Routes of requests and of the inbox."""

from django.urls import path

from governance.requests.views import drafts, inbox, requests, simulation

app_name = "requests"
urlpatterns = [
    path("requests/", requests.requests_list, name="list"),
    path("requests/new/", drafts.request_new, name="new"),
    path("requests/<uuid:public_id>/", requests.request_detail, name="detail"),
    path("requests/<uuid:public_id>/edit/", drafts.request_edit, name="edit"),
    path("requests/<uuid:public_id>/check/", drafts.request_check, name="check"),
    path("requests/<uuid:public_id>/send/", drafts.request_send, name="send"),
    path("requests/<uuid:public_id>/answer/", requests.request_answer, name="answer"),
    path("requests/<uuid:public_id>/withdraw/", requests.request_withdraw, name="withdraw"),
    path("requests/<uuid:public_id>/end/", requests.grant_end, name="grant-end"),
    path("requests/<uuid:public_id>/decide/", inbox.request_decide, name="decide"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("authority/rules/<slug:key>/versions/<uuid:public_id>/simulation/", simulation.rule_simulation, name="rule-simulation"),
]
