from django.urls import path

from vendors.consents import family_views as views

app_name = "consents-family"
urlpatterns = [
    path("<uuid:public_id>/consents/", views.consents, name="consents"),
    path("<uuid:public_id>/consents/receipts/<uuid:number>/", views.receipt, name="receipt"),
    path("<uuid:public_id>/consents/receipts/<uuid:number>/paper/", views.scan, name="scan"),
    path("<uuid:public_id>/consents/<uuid:matter>/<slug:said>/", views.answer, name="answer"),
    path("<uuid:public_id>/tools/", views.tools, name="tools"),
]
