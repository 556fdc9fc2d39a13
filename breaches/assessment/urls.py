from django.urls import path

from breaches.assessment import views

app_name = "assessment"
urlpatterns = [
    path("laws/", views.law_list, name="laws"),
    path("laws/<slug:slug>/", views.law_review, name="law-review"),
    path("<uuid:public_id>/assessment/", views.assessment, name="assessment"),
    path("<uuid:public_id>/assessment/facts/", views.facts, name="facts"),
    path("<uuid:public_id>/assessment/<slug:slug>/", views.law, name="law"),
    path("<uuid:public_id>/clocks/", views.clocks, name="clocks"),
    path("<uuid:public_id>/clocks/moments/<int:moment>/", views.moment_decide, name="moment-decide"),
    path("<uuid:public_id>/clocks/<str:key>/done/", views.meet, name="meet"),
]
