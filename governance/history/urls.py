from django.urls import path

from governance.history import views

app_name = "history"
urlpatterns = [path("<slug:kind>/<uuid:public_id>/", views.history, name="history")]
