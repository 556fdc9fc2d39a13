from django.urls import path

from vendors.providers import views

app_name = "providers"
urlpatterns = [
    path("", views.providers_list, name="list"),
    path("new/", views.provider_new, name="new"),
    path("documents/<uuid:public_id>/", views.document, name="document"),
    path("tools/<uuid:public_id>/", views.tool, name="tool"),
    path("tools/<uuid:public_id>/edit/", views.tool_edit, name="tool-edit"),
    path("tools/<uuid:public_id>/retire/", views.tool_retire, name="tool-retire"),
    path("tools/<uuid:public_id>/parts/<slug:what>/", views.part, name="part"),
    path("<uuid:public_id>/", views.provider, name="provider"),
    path("<uuid:public_id>/edit/", views.provider_edit, name="edit"),
    path("<uuid:public_id>/tools/new/", views.tool_new, name="tool-new"),
    path("<uuid:public_id>/contacts/new/", views.contact_invite, name="contact-invite"),
    path("<uuid:public_id>/contacts/<uuid:contact_id>/end/", views.contact_end, name="contact-end"),
    path("<uuid:public_id>/contacts/<uuid:contact_id>/last-day/", views.contact_last_day, name="contact-last-day"),
]
