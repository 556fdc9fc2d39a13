"""Routes of the rules, the stewards and the catalogue."""

from django.urls import path

from governance.authority import views

app_name = "authority"
urlpatterns = [
    path("authority/rules/", views.rules_list, name="rules"),
    path("authority/rules/try/", views.rules_try, name="rules-try"),
    path("authority/rules/new/", views.rule_draft, name="rule-new"),
    path("authority/rules/<slug:key>/", views.rule_detail, name="rule"),
    path("authority/rules/<slug:key>/draft/", views.rule_draft, name="rule-draft"),
    path("authority/rules/<slug:key>/versions/<uuid:public_id>/", views.version_detail, name="version"),
    path("authority/rules/<slug:key>/versions/<uuid:public_id>/approve/", views.version_approve, name="version-approve"),
    path("authority/rules/<slug:key>/versions/<uuid:public_id>/drop/", views.version_drop, name="version-drop"),
    path("authority/rules/<slug:key>/versions/<uuid:public_id>/end/", views.version_end, name="version-end"),
    path("authority/stewards/", views.stewards_list, name="stewards"),
    path("authority/stewards/designate/", views.steward_designate, name="designate"),
    path("authority/stewards/<uuid:public_id>/", views.stewardship_detail, name="stewardship"),
    path("authority/stewards/<uuid:public_id>/end/", views.stewardship_end, name="stewardship-end"),
    path("authority/purposes/", views.purposes_list, name="purposes"),
    path("authority/purposes/<slug:key>/", views.purpose_detail, name="purpose"),
    path("authority/elements/", views.elements_list, name="elements"),
    path("authority/elements/<slug:key>/", views.element_detail, name="element"),
]
