from django.urls import path

from vendors.company import views

app_name = "company"
urlpatterns = [
    path("", views.company_home, name="home"),
    path("questionnaires/<uuid:public_id>/", views.questionnaire, name="questionnaire"),
    path("agreements/<uuid:public_id>/", views.agreement, name="agreement"),
    path("agreements/<uuid:public_id>/sign/", views.sign, name="sign"),
    path("documents/<uuid:public_id>/", views.document, name="document"),
    path("deletions/<uuid:public_id>/", views.deletion, name="deletion"),
    path("breach/", views.breach, name="breach"),
    path("breach/<uuid:public_id>/", views.breach_notice, name="breach-notice"),
    path("suppliers/new/", views.supplier, name="supplier"),
]
