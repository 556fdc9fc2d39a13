"""Routes of the rules, the stewards and the catalogue."""

from django.urls import path

from governance.authority.views import catalogue, rules, stewards

app_name = "authority"
urlpatterns = [
    path("authority/rules/", rules.rules_list, name="rules"),
    path("authority/rules/try/", rules.rules_try, name="rules-try"),
    path("authority/rules/new/", rules.rule_draft, name="rule-new"),
    path("authority/rules/<slug:key>/", rules.rule_detail, name="rule"),
    path("authority/rules/<slug:key>/draft/", rules.rule_draft, name="rule-draft"),
    path("authority/rules/<slug:key>/versions/<uuid:public_id>/", rules.version_detail, name="version"),
    path("authority/rules/<slug:key>/versions/<uuid:public_id>/approve/", rules.version_approve, name="version-approve"),
    path("authority/rules/<slug:key>/versions/<uuid:public_id>/drop/", rules.version_drop, name="version-drop"),
    path("authority/rules/<slug:key>/versions/<uuid:public_id>/end/", rules.version_end, name="version-end"),
    path("authority/stewards/", stewards.stewards_list, name="stewards"),
    path("authority/stewards/designate/", stewards.steward_designate, name="designate"),
    path("authority/stewards/<uuid:public_id>/", stewards.stewardship_detail, name="stewardship"),
    path("authority/stewards/<uuid:public_id>/end/", stewards.stewardship_end, name="stewardship-end"),
    path("authority/purposes/", catalogue.purposes_list, name="purposes"),
    path("authority/purposes/<slug:key>/", catalogue.purpose_detail, name="purpose"),
    path("authority/laws/", catalogue.laws_list, name="laws"),
    path("authority/elements/", catalogue.elements_list, name="elements"),
    path("authority/elements/<slug:key>/", catalogue.element_detail, name="element"),
]
