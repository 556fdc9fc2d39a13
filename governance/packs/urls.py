from django.urls import path

from governance.packs import views

app_name = "packs"
urlpatterns = [
    path("family/<uuid:public_id>/proofs/", views.family, name="family"),
    path("family/<uuid:public_id>/proofs/<uuid:pack>/", views.family_file, name="family-file"),
    path("audit/packs/<uuid:public_id>/", views.audit, name="audit"),
    path("audit/packs/<uuid:public_id>/<uuid:pack>/", views.audit_file, name="audit-file"),
]
