from django.urls import path

from vendors.reviews import views

app_name = "reviews"
urlpatterns = [
    path("", views.reviews_list, name="list"),
    path("open/<slug:slug>/", views.review_open, name="open"),
    path("guidance/<slug:slug>/", views.guidance, name="guidance"),
    path("<uuid:public_id>/", views.review_detail, name="detail"),
    path("<uuid:public_id>/decide/", views.review_decide, name="decide"),
    path("<uuid:public_id>/questionnaire/", views.questionnaire, name="questionnaire"),
]
