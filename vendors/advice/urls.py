from django.urls import path

from vendors.advice import views

app_name = "advice"
urlpatterns = [
    path("", views.advice, name="list"),
    path("new/", views.new, name="new"),
    path("keys/<uuid:public_id>/", views.key, name="key"),
    path("reviews/<uuid:public_id>/file/", views.give, name="give"),
]
