from django.urls import path

from governance.people import views

app_name = "people"
urlpatterns = [
    path("people/", views.people, name="people"),
    path("people/new/", views.new, name="new"),
    path("people/proposals/", views.proposals, name="proposals"),
    path("people/proposals/<uuid:public_id>/", views.decide, name="decide"),
    path("people/<uuid:public_id>/", views.person, name="person"),
    path("people/<uuid:public_id>/roles/", views.give_role, name="give-role"),
    path("people/<uuid:public_id>/roles/<uuid:role_id>/end/", views.end_role, name="end-role"),
    path("people/<uuid:public_id>/second-step/", views.reset_second_step, name="reset-second-step"),
    path("people/second-steps/<uuid:public_id>/", views.decide_reset, name="decide-reset"),
    path("people/<uuid:public_id>/invite/", views.invite, name="invite"),
    path("people/<uuid:public_id>/<slug:what>/", views.change_account, name="change-account"),
    path("accounts/email/", views.no_such_page, name="no-email-page"),
    path("invitation/", views.invitation, name="invitation"),
    path("invitation/<str:token>/", views.invitation_link, name="invitation-link"),
]
