from django.urls import path

from governance.records import views
from governance.records.emergency import views as emergency
from governance.records.questions import views as questions

app_name = "records"
urlpatterns = [
    path("", views.students, name="students"),
    path("find/", views.find, name="find"),
    path("my-looks/", views.my_looks, name="my-looks"),
    path("questions/", questions.questions, name="questions"),
    path("questions/<uuid:public_id>/", questions.question, name="question"),
    path("emergency/", emergency.emergency, name="emergency"),
    path("emergency/open/", emergency.declare, name="emergency-open"),
    path("emergency/reviews/", emergency.reviews, name="emergency-reviews"),
    path("emergency/reviews/<uuid:public_id>/", emergency.review, name="emergency-review"),
    path("emergency/<uuid:public_id>/", emergency.sheet, name="emergency-sheet"),
    path("<uuid:public_id>/", views.student, name="student"),
]
