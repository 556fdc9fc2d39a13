"""Addresses of the pages about checkpoints."""

from django.urls import path

from governance.checkpoints import office, views

app_name = "checkpoints"
urlpatterns = [
    path("", views.trail, name="trail"),
    path("sign/", views.sign, name="sign"),
    path("witnesses/", office.witness_list, name="witnesses"),
    path("witnesses/new/", office.witness_new, name="witness-new"),
    path("witnesses/<uuid:public_id>/", office.witness_decide, name="witness-decide"),
    path("witnesses/mail/<uuid:public_id>/", office.sending_returned, name="sending-returned"),
    path("restores/", office.restores, name="restores"),
    path("restores/new/", office.restore_new, name="restore-new"),
    path("restores/key/", office.key_new, name="key-new"),
    path("restores/<uuid:public_id>/", office.declaration_decide, name="declaration-decide"),
]
