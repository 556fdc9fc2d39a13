"""Routes of requests and of the inbox."""

from django.urls import path

from governance.requests import views

app_name = "requests"
urlpatterns = [
    path("requests/", views.requests_list, name="list"),
    path("requests/new/", views.request_new, name="new"),
    path("requests/<uuid:public_id>/", views.request_detail, name="detail"),
    path("requests/<uuid:public_id>/edit/", views.request_edit, name="edit"),
    path("requests/<uuid:public_id>/check/", views.request_check, name="check"),
    path("requests/<uuid:public_id>/send/", views.request_send, name="send"),
    path("requests/<uuid:public_id>/answer/", views.request_answer, name="answer"),
    path("requests/<uuid:public_id>/withdraw/", views.request_withdraw, name="withdraw"),
    path("requests/<uuid:public_id>/end/", views.grant_end, name="grant-end"),
    path("requests/<uuid:public_id>/decide/", views.request_decide, name="decide"),
    path("inbox/", views.inbox, name="inbox"),
    path("authority/rules/<slug:key>/versions/<uuid:public_id>/simulation/", views.rule_simulation, name="rule-simulation"),
]
