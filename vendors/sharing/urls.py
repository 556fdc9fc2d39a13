from django.urls import path

from vendors.sharing import views

app_name = "sharing"
urlpatterns = [
    path("", views.deliveries, name="list"),
    path("new/", views.delivery_new, name="new"),
    path("deliveries/<uuid:public_id>/", views.delivery, name="delivery"),
    path("deliveries/<uuid:public_id>/preview/", views.preview, name="preview"),
    path("deliveries/<uuid:public_id>/send/", views.send, name="send"),
    path("deliveries/<uuid:public_id>/stop/", views.stop, name="stop"),
    path("tasks/<uuid:public_id>/", views.task, name="task"),
]
