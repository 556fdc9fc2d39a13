from django.urls import path

from vendors.tool_requests import views

app_name = "tools"
urlpatterns = [
    path("", views.tools, name="tools"),
    path("request/", views.ask, name="ask"),
    path("requests/<uuid:public_id>/", views.request_detail, name="request-detail"),
    path("requests/<uuid:public_id>/withdraw/", views.request_withdraw, name="request-withdraw"),
    path("use/<uuid:public_id>/", views.use, name="use"),
    path("unlisted/", views.unlisted, name="unlisted"),
    path("<slug:slug>/", views.tool, name="tool"),
]
