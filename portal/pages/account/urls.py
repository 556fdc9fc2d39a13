from django.urls import path

from portal.pages.account import views

app_name = "account"
urlpatterns = [
    path("", views.account, name="account"),
    path("devices/", views.devices, name="devices"),
    path("devices/<slug:name>/end/", views.end_device, name="end-device"),
    path("sign-out-everywhere/", views.sign_out_everywhere, name="sign-out-everywhere"),
]
