from django.urls import path

from portal.pages.families import views

app_name = "families"
urlpatterns = [
    path("people/families/", views.families, name="families"),
    path("people/families/<uuid:public_id>/", views.child, name="child"),
    path("people/families/links/<uuid:public_id>/code/", views.code, name="code"),
    path("people/families/links/<uuid:public_id>/limit/", views.limit, name="limit"),
    path("people/families/links/<uuid:public_id>/papers/", views.papers, name="papers"),
    path("people/families/links/<uuid:public_id>/question/", views.question, name="question"),
    path("join/", views.join, name="join"),
]
