from django.urls import path

from vendors.ends import views

app_name = "ends"
urlpatterns = [
    path("", views.orders_list, name="list"),
    path("<uuid:public_id>/", views.order_detail, name="detail"),
]
