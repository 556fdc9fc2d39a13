from django.urls import path

from vendors.register import views

app_name = "register"
urlpatterns = [
    path("", views.register, name="register"),
    path("find/", views.find, name="find"),
    path("compare/", views.compare, name="compare"),
    path("print/", views.paper, name="print"),
    path("changes/", views.changes, name="changes"),
    path("changes.atom", views.feed, name="feed"),
    path("<slug:slug>/", views.tool, name="tool"),
    path("<slug:slug>/agreement.pdf", views.document, name="document"),
]
