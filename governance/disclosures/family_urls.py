from django.urls import path

from governance.disclosures import family_views

app_name = "family-disclosures"
urlpatterns = [
    path("<uuid:public_id>/disclosures/", family_views.disclosures, name="disclosures"),
    path("<uuid:public_id>/disclosures/print/", family_views.disclosures_print, name="print"),
    path("<uuid:public_id>/disclosures/<slug:form>/", family_views.download, name="download"),
]
